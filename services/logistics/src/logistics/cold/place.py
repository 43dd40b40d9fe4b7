"""Where a temperature is measured: a room of a site, a compartment of a vehicle, a box, or the goods themselves."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SITE = "site"
    VEHICLE = "vehicle"
    BOX = "box"
    GOODS = "goods"


class Stage(StrEnum):
    """When goods themselves are measured (field.md 4.4)."""

    LOADING = "loading"
    DEPOT_IN = "depot-in"
    DEPOT_OUT = "depot-out"
    DROP_OFF = "drop-off"
    PICK_UP = "pick-up"


@dataclass(frozen=True, order=True)
class Place:
    """`id`: of the site, vehicle, box or consignment. `part`: the room of a site (empty: its floor), the compartment of
    a vehicle, or one line of a consignment (empty: all of it); of a box, empty."""

    kind: Kind
    id: str
    part: str = ""

    @property
    def code(self) -> str:
        """One word for addresses and forms; `place_of` reads it."""
        return f"{self.kind}|{self.id}|{self.part}"


def place_of(code: str) -> Place | None:
    """None where it is the code of no place."""
    kind, _, rest = code.partition("|")
    wanted, bar, part = rest.partition("|")
    if kind not in set(Kind) or not wanted or not bar or len(wanted) > 120 or len(part) > 130:
        return None
    return Place(Kind(kind), wanted, part)
