"""The examples of docs/allocation.md: each problem in JSON with what the command prints for it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "allocation.md"
_EXAMPLE = re.compile(r"(```json\n)(.*?)(```\n\n```text\n)(.*?)(```\n)", re.DOTALL)
_PLACE = re.compile(r"^#{2,3} (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """`title`: the heading it stands under."""

    title: str
    problem: str
    printed: str

    @property
    def data(self) -> Any:
        return json.loads(self.problem)


def examples(page: str) -> list[Example]:
    return [Example(_PLACE.findall(page[: found.start()])[-1], found[2], found[4]) for found in _EXAMPLE.finditer(page)]


def rewritten(page: str, printed: Callable[[str], str]) -> str:
    """The page with what each example prints now: for whoever changes a sentence, to look through the difference."""
    return _EXAMPLE.sub(lambda found: found[1] + found[2] + found[3] + printed(found[2]) + found[5], page)
