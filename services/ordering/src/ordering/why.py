"""Why somebody gets something else than they asked, and why a closing was revised: facts, put into words elsewhere."""

from dataclasses import dataclass

from allocation import Reason
from contracts.goods import Unit
from ordering.offer import Offer


@dataclass(frozen=True)
class Cancelled:
    """Why nobody gets any: it was decided. `minimum`: because a minimum was missed; else a case was not full.
    `put_off`: to the next cycle."""

    minimum: bool
    put_off: bool = False


@dataclass(frozen=True)
class ToppedUp:
    """Why a household gets more than it asked: it takes the rest. `surplus`: it stands for the hub."""

    difference: int
    unit: Unit
    cost: int
    surplus: bool = False


@dataclass(frozen=True)
class Moved:
    """Why a household gets nothing here: it is in another order. `delivers_on`: on another day, "" for the same.
    `refused`: it could not be put there, and is nowhere."""

    cycle_id: str
    cycle_name: str
    delivers_on: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Instead:
    """Why a household gets what it did not ask: in place of something, as it agreed."""

    offer: Offer


@dataclass(frozen=True)
class Answered:
    """Why a closed cycle was revised: a producer answered, that it brings less (`short`), or all of it after all."""

    producer_name: str
    short: bool


@dataclass(frozen=True)
class Redecided:
    """Why a closed cycle was revised: a decision was changed."""


Why = Reason | Cancelled | Moved | ToppedUp | Instead | Answered | Redecided
