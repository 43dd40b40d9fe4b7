"""From the lines that a producer sends to a pickup point to consignments: what can travel together, and fits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coldchain.day import Line, Vehicle
from coldchain.temperature import AMBIENT, FROZEN, HOT, carried_at, temperature_class

PIECE = 1000
"""Thousandths: a piece is whole."""
MOST_PARTS = 400
"""A line that would be cut into more was not meant so: its volume or the vehicle is a slip of the finger."""


class Bound(NamedTuple):
    """What the biggest compartment takes, in millilitres and grams."""

    volume: int
    weight: int

    def holds(self, lines: Iterable[Line]) -> bool:
        kept = list(lines)
        return sum(line.volume for line in kept) <= self.volume and sum(line.weight for line in kept) <= self.weight


def bound_of(vehicles: Iterable[Vehicle], room_loss: int, *, cooled: bool) -> Bound | None:
    """Of the compartment with the most room; with `cooled` of those that cool, where there are any. None: there is no
    vehicle."""
    rooms = [(vehicle, room) for vehicle in vehicles for room in vehicle.rooms]
    rooms = [pair for pair in rooms if pair[1].cooled or not cooled] or rooms
    if not rooms:
        return None
    vehicle, room = max(rooms, key=lambda pair: (pair[1].volume, pair[0].payload, pair[1].id))
    most = vehicle.payload if room.payload is None else min(vehicle.payload, room.payload)
    return Bound(room.volume * (100 - room_loss) // 100, most)


@dataclass
class _Pile:
    """Lines that can stand at one temperature, and between which ones."""

    regime: str
    lowest: int | None = None
    highest: int | None = None
    lines: list[Line] = field(default_factory=list)

    def takes(self, line: Line) -> bool:
        lowest, highest = self._with(line)
        return self.regime == _regime(line) and (lowest is None or highest is None or lowest <= highest)

    def add(self, line: Line) -> None:
        self.lowest, self.highest = self._with(line)
        self.lines.append(line)

    def _with(self, line: Line) -> tuple[int | None, int | None]:
        band = carried_at(line.temperature_class, line.label_max)
        lows = [each for each in (self.lowest, band.lowest) if each is not None]
        highs = [each for each in (self.highest, band.highest) if each is not None]
        return max(lows, default=None), min(highs, default=None)


def cold(line: Line) -> bool:
    return _regime(line) in ("frozen", "cold")


def _regime(line: Line) -> str:
    """Frozen, hot, cold or plain goods never share a consignment: no temperature suits both, or it would cost room."""
    if line.temperature_class in FROZEN:
        return "frozen"
    if line.temperature_class == HOT:
        return "hot"
    band = carried_at(line.temperature_class, line.label_max)
    return AMBIENT if band.lowest is None and band.highest is None else "cold"


def compatible(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines in piles that can each stand at one temperature, from the coldest: fish is not with eggs."""
    piles: list[_Pile] = []
    for line in sorted(lines, key=lambda one: (temperature_class(one.temperature_class).rank, one.id)):
        pile = next((pile for pile in piles if pile.takes(line)), None)
        if pile is None:
            pile = _Pile(_regime(line))
            piles.append(pile)
        pile.add(line)
    return [pile.lines for pile in piles]


def parted(lines: Sequence[Line], bound: Bound, whole: frozenset[str]) -> list[list[Line]]:
    """Lines in loads that each fit, in their order. A line that does not fit alone is cut. `whole`: ids of those sold
    by the piece. What is larger than every compartment as a single piece stays alone: the planner says so."""
    loads: list[list[Line]] = []
    for line in (piece for one in lines for piece in _cut(one, bound, PIECE if one.id in whole else 1)):
        if loads and bound.holds([*loads[-1], line]):
            loads[-1].append(line)
        else:
            loads.append([line])
    return loads


def _cut(line: Line, bound: Bound, step: int) -> list[Line]:
    if bound.holds([line]):
        return [line]
    steps = line.quantity // step
    parts = max(-(-line.volume // max(1, bound.volume)), -(-line.weight // max(1, bound.weight)))
    while True:
        # Rounding each part up can make it too big once more.
        parts = max(1, min(parts, steps, MOST_PARTS))
        cut = _pieces(line, parts, step)
        if parts in (1, steps, MOST_PARTS) or all(bound.holds([piece]) for piece in cut):
            return cut
        parts += 1


def _pieces(line: Line, parts: int, step: int) -> list[Line]:
    each, more = divmod(line.quantity // step, parts)
    quantities = [(each + (at < more)) * step for at in range(parts)]
    # What is not a whole step stays with the last.
    quantities[-1] += line.quantity - sum(quantities)
    return [
        line.model_copy(
            update={
                "id": line.id if parts == 1 else f"{line.id}/{at}",
                "quantity": quantity,
                "volume": -(-line.volume * quantity // max(1, line.quantity)),
                "weight": -(-line.weight * quantity // max(1, line.quantity)),
            }
        )
        for at, quantity in enumerate(quantities, start=1)
    ]
