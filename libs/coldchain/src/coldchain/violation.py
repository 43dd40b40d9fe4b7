"""What a checker finds: a rule that a plan breaks, on which lines, by whose word, and what would mend it."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from coldchain.part import Part


class Weight(StrEnum):
    """A hard violation can never be accepted; a soft one can, by a person, with a reason."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True)
class Rule:
    """`name` is stable: plans that were accepted keep it. `source`: the law or the usage, as people can look it up."""

    name: str
    weight: Weight
    source: str


class Violation(Part):
    """`values`: what the sentences of this rule need, by name. The sentences themselves are translated where they are
    shown (`words.py`). The same violation of the same plan always has the same `id`."""

    id: str
    rule: str
    weight: Weight
    source: str
    consignment_ids: tuple[str, ...] = ()
    line_ids: tuple[str, ...] = ()
    round_id: str = ""
    site_id: str = ""
    values: dict[str, str | int] = Field(default_factory=dict)
