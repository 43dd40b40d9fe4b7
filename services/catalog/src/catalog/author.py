"""Who changed something, for the histories that people read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Author:
    person_id: str
    name: str
