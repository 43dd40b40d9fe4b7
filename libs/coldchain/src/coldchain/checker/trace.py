"""What became of goods on the day: where they were from when to when, and on which ways they went."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from coldchain.day import Box, Room
from coldchain.plan import Round, Stop


class Doing(StrEnum):
    """`PACKED`: handled while its producer puts it into boxes."""

    PACKED = "packed"
    HANDLED = "handled"
    RIDING = "riding"
    STANDING = "standing"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True)
class Piece:
    """A stretch of time in one place. `room` None: on the floor, or in somebody's hands. `set_to` None: nothing cools
    the place. `boxes`: closed ones that it is in, which hold their temperature until `held_until`."""

    begins: datetime
    ends: datetime
    doing: Doing
    site_id: str
    round_id: str
    room: Room | None
    set_to: int | None
    boxes: tuple[Box, ...] = ()
    held_until: datetime | None = None


@dataclass(frozen=True)
class Ride:
    """A way of a consignment with one round, from its stop number `taken` to its stop number `put_down` (None: it is
    never put down)."""

    round: Round
    taken: int
    put_down: int | None
    room_id: str
    boxes: tuple[Box, ...]

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Where the goods are taken on, where they pass and where they are put down."""
        return self.round.stops[self.taken : None if self.put_down is None else self.put_down + 1]


@dataclass(frozen=True)
class Stand:
    """Goods take up room at a site: from when those who bring them arrive until those who fetch them have left.
    `ends` None: nobody fetches them."""

    site_id: str
    room_id: str | None
    begins: datetime
    ends: datetime | None
    consignment_id: str
    boxes: tuple[Box, ...]


class Slip(StrEnum):
    """What cannot be followed, since it contradicts what was before."""

    NOT_THERE = "loaded where it does not stand"
    TAKEN_AWAY = "loaded again after it was delivered"
    NOT_ABOARD = "unloaded from where it is not"
    BOX_ELSEWHERE = "a box is used where it is not"
    BOX_TAKEN = "a box is filled that is not empty"
    BOX_PARTED = "goods in one box part"


@dataclass(frozen=True)
class Slipped:
    slip: Slip
    consignment_id: str
    round_id: str
    site_id: str
    box_id: str = ""


@dataclass
class Trace:
    """By consignment, in the order of time. `delivered`: when it was put down at its pickup point; `filled`: which
    consignments were in a box together, by box and the round and stop at which it was filled."""

    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    rides: dict[str, list[Ride]] = field(default_factory=dict)
    stands: list[Stand] = field(default_factory=list)
    delivered: dict[str, datetime] = field(default_factory=dict)
    ends_at: dict[str, str] = field(default_factory=dict)
    filled: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    slipped: list[Slipped] = field(default_factory=list)
