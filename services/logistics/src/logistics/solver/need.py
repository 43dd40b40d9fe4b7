"""At which temperatures goods must be on their whole way, as a planner keeps to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from coldchain.day import Consignment
from coldchain.temperature import AMBIENT, FROST, carried_at, handed_over_at

T = TypeVar("T")

COLDEST, WARMEST = -600, 1000


@dataclass(frozen=True)
class Need:
    """Tenths of a degree, both bounds included. `cooling`: outside it is warmer or colder than the goods bear.

    What is not frozen is never put below 0 °C, though no text forbids it to cheese or leeks.
    """

    lowest: int
    highest: int
    cooling: bool

    def together(self, other: "Need") -> "Need | None":
        """What holds for both; None: they bear no temperature together."""
        lowest, highest = max(self.lowest, other.lowest), min(self.highest, other.highest)
        return Need(lowest, highest, self.cooling or other.cooling) if lowest <= highest else None


NOTHING = Need(COLDEST, WARMEST, cooling=False)


def need_of(consignment: Consignment, outside: int) -> Need | None:
    """Of all its lines, on the way and at the hand-over; None: its goods cannot travel together."""
    need: Need | None = NOTHING
    for line in consignment.lines:
        for band in (
            carried_at(line.temperature_class, line.label_max),
            handed_over_at(line.temperature_class, line.label_max),
        ):
            highest = WARMEST if band.highest is None else band.highest
            lowest = COLDEST if band.lowest is None else band.lowest
            if highest >= FROST:
                lowest = max(lowest, FROST)
            too_warm = band.too_warm(outside)
            too_cold = line.temperature_class != AMBIENT and band.too_cold(outside)
            if need is not None:
                need = need.together(Need(lowest, highest, too_warm or too_cold))
    return need


def parted_by_need(things: Iterable[tuple[T, Need]]) -> list[tuple[list[T], Need]]:
    """The fewest groups whose goods bear one temperature: the strictest first, each takes in what bears its own."""
    groups: list[tuple[list[T], Need]] = []
    for thing, need in sorted(things, key=lambda pair: (pair[1].highest, pair[1].lowest)):
        for index, (members, common) in enumerate(groups):
            both = common.together(need)
            if both is not None and common.cooling == need.cooling:
                members.append(thing)
                groups[index] = (members, both)
                break
        else:
            groups.append(([thing], need))
    return groups
