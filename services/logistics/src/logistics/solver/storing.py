"""What stands in which room of a dock or a pickup point, and how cold each room is kept.

It is decided before anybody drives: a pickup point's fridge takes what fits, and what does not comes in boxes that stay
closed until the hand-over. Reckoned as if all goods of the day stood there at once: a room is never too small in the
end, and some litres may stay empty.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coldchain.day import Consignment, Room
from logistics.solver.need import Need


@dataclass
class Kept:
    """`room_of`: by consignment. `set_to`: of each room that holds something; tenths of a degree."""

    room_of: dict[str, str] = field(default_factory=dict)
    set_to: dict[str, int] = field(default_factory=dict)


@dataclass
class Space:
    """A room while it is being filled: what is free of it, and at what it can still be set."""

    room: Room
    volume: int
    payload: int | None
    lowest: int
    highest: int
    used: bool = False

    def takes(self, need: Need, volume: int, weight: int) -> bool:
        fits = volume <= self.volume and (self.payload is None or weight <= self.payload)
        return fits and max(self.lowest, need.lowest) <= min(self.highest, need.highest)

    def narrows(self, need: Need) -> int:
        """How much of its range it would lose, in tenths of a degree."""
        return max(0, need.lowest - self.lowest) + max(0, self.highest - need.highest)

    def take(self, need: Need, volume: int, weight: int) -> None:
        self.volume -= volume
        self.payload = None if self.payload is None else self.payload - weight
        self.lowest, self.highest = max(self.lowest, need.lowest), min(self.highest, need.highest)
        self.used = True

    @property
    def set_to(self) -> int:
        """In the middle of what its goods bear: a door is opened, a thermostat is never exact."""
        return (self.lowest + self.highest) // 2


def store(rooms: Sequence[tuple[Room, int]], goods: Iterable[tuple[Consignment, Need]]) -> Kept:
    """`rooms`: each with its usable volume. The strictest goods first; each goes where it narrows the room least."""
    spaces = [
        Space(room, volume, room.payload, room.coldest, room.warmest)
        for room, volume in rooms
        if room.coldest is not None and room.warmest is not None
    ]
    kept = Kept()
    for consignment, need in sorted(goods, key=lambda one: (one[1].highest, one[0].volume, one[0].id)):
        able = [space for space in spaces if space.takes(need, consignment.volume, consignment.weight)]
        if able:
            space = min(able, key=lambda space: (not space.used and space.narrows(need) > 0, space.narrows(need)))
            space.take(need, consignment.volume, consignment.weight)
            kept.room_of[consignment.id] = space.room.id
    kept.set_to = {space.room.id: space.set_to for space in spaces if space.used}
    return kept
