"""What is read on a pick list, in the words of one reader: the one source of the screen, the PDF, the XLSX and the CSV.

A sheet is plain data. Every figure is there twice: as people read it, and as an exact whole number.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Item:
    """So much of one article. `figure` and `unit`: "12", "pièces". `contents`: what it makes when a unit holds many
    ("= 120 kg"), else empty. `weighed`: its weight is settled on the scale."""

    product_id: str
    name: str
    pack: str
    reference: str
    figure: str
    unit: str
    contents: str
    weighed: bool
    thousandths: int


@dataclass(frozen=True)
class ClassBlock:
    """The articles of one temperature class. `limits`: "8 °C au plus", or empty."""

    code: str
    name: str
    limits: str
    note: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Bag:
    """What goes into one household's bag."""

    household: str
    classes: tuple[ClassBlock, ...]

    @property
    def items(self) -> list[Item]:
        return [item for block in self.classes for item in block.items]


@dataclass(frozen=True)
class GroupBlock:
    """One group's share. `bags` is empty where the group shares out by itself."""

    name: str
    place: str
    when: str
    classes: tuple[ClassBlock, ...]
    bags: tuple[Bag, ...]

    @property
    def items(self) -> list[Item]:
        return [item for block in self.classes for item in block.items]


@dataclass(frozen=True)
class ChangedItem:
    """What was to be brought of an article by the revision before, and is now: "12 kg", "10 kg". `share`: of all where
    it is empty, else the group, or group and household."""

    product_id: str
    name: str
    pack: str
    reference: str
    share: str
    was: str
    now: str
    was_thousandths: int
    now_thousandths: int


@dataclass(frozen=True)
class Sheet:
    """`sums`: what there is to carry, by unit ("38 pièces", "12,5 kg"). `labels`: the fixed words of the documents.

    `corrected`: which revision it is and what it replaces, empty for a first list; `outdated`: what replaced it, empty
    for the one that holds; `nothing`: said where nothing is to be brought.
    """

    list_id: str
    language: str
    hub: str
    producer: str
    cycle: str
    delivers_on: str
    issued: str
    revision: int
    corrected: str
    outdated: str
    nothing: str
    changes: tuple[ChangedItem, ...]
    sums: tuple[str, ...]
    gross: str
    gross_cents: int
    classes: tuple[ClassBlock, ...]
    groups: tuple[GroupBlock, ...]
    labels: dict[str, str]

    @property
    def items(self) -> list[Item]:
        return [item for block in self.classes for item in block.items]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


Plain = dict[str, Any]
"""A Sheet, or a part of one, as JSON gives it back."""


def shares(sheet: Plain) -> Iterator[tuple[Plain, Plain, str, Plain]]:
    """The finest shares there are: (group, class, household or "", item). Their quantities add up to the whole list."""
    for group in sheet["groups"]:
        for holder in group["bags"] or [group]:
            for block in holder["classes"]:
                for item in block["items"]:
                    yield group, block, holder.get("household", ""), item
