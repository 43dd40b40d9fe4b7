"""An errand: goods that one vehicle takes at one site and brings to another."""

from dataclasses import dataclass
from enum import StrEnum

from coldchain.day import Consignment
from logistics.solver.need import Need


class Stage(StrEnum):
    """From a farm to a dock; from a dock to a pickup point; from the farm to the pickup point in one vehicle."""

    COLLECT = "collect"
    DELIVER = "deliver"
    DIRECT = "direct"


@dataclass(frozen=True, eq=False)
class Errand:
    """`boxed`: its goods must be in boxes that stay closed until the hand-over: nothing keeps them cold there.
    `ready`, `due`: seconds, when it can be loaded and by when it must have been put down. `carriers`: who may do it;
    None: anybody. `stays`: the carrier is present during the whole hand-over (eggs without a packing centre)."""

    number: int
    stage: Stage
    consignments: tuple[Consignment, ...]
    take_at: str
    bring_to: str
    need: Need
    boxed: bool
    ready: int
    due: int
    carriers: frozenset[str] | None
    stays: bool
    volume: int
    weight: int

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(consignment.id for consignment in self.consignments)
