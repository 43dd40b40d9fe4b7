"""What is wrong with a file, before anything is planned or checked: each fault names its place in the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` as a person finds it in the file: `sites[3].latitude`; empty: the file as a whole. `sentence` in
    English."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class Wrong(Exception):
    """The file cannot be used; `faults` say why, all of them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults[:20])))


def shown(value: object) -> str:
    return f"“{str(value)[:40]}”"


def twice(path: str, ids: Iterable[str]) -> Iterator[Fault]:
    """Each id that is there already."""
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in seen:
            yield Fault(f"{path}[{index}].id", f"{shown(one)} is there twice")
        seen.add(one)


def unknown(path: str, what: str, one: str, known: Iterable[str]) -> Iterator[Fault]:
    if one not in known:
        yield Fault(path, f"there is no {what} {shown(one)}")
