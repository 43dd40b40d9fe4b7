"""What an allocation says: of every supply, every line, every group, and the minima that are not reached."""

from dataclasses import dataclass

from allocation.cases import Option
from allocation.crate import Packing
from allocation.minimum import Unmet
from allocation.reason import Reason


@dataclass(frozen=True, slots=True)
class LineResult:
    """`given` of the `asked` firm quantity; a reason where they differ. A line below what it asked is `short`."""

    line: str
    product: str
    household: str
    group: str
    asked: int
    given: int
    reason: Reason | None = None

    @property
    def short(self) -> bool:
        return self.given < self.asked


@dataclass(frozen=True, slots=True)
class SupplyResult:
    """Of a pool, or of the pools of a mixed crate (`id` is the crate's then).

    `goods` are ordered, in `cases` where there are any; `given` goes to the lines, `extra` of it beyond their firm
    quantity; `surplus` to nobody. `short`: firm quantity that is not served. `missing`: what would complete the begun
    case, where the producer has one more. `packing`: of mixed crates.
    """

    id: str
    pools: tuple[str, ...]
    unit: str
    case: int | None
    cases: int | None
    goods: int
    asked: int
    tolerance: int
    given: int
    extra: int
    short: int
    surplus: int
    missing: int
    options: tuple[Option, ...] = ()
    packing: Packing | None = None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The part of one group in one product: what its households asked firmly and get."""

    group: str
    product: str
    asked: int
    given: int


@dataclass(frozen=True, slots=True)
class Result:
    """`supplies` by id, `lines` as the problem has them, `groups` by group and product."""

    supplies: tuple[SupplyResult, ...]
    lines: tuple[LineResult, ...]
    groups: tuple[GroupResult, ...]
    unmet: tuple[Unmet, ...]
