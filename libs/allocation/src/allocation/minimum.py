"""A minimum below which a producer does not deliver: a typed value of a pool or of a producer.

A minimum that is not reached cancels nothing: it is told, with what is missing, and people decide.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """Cents; `net` of VAT or gross; with or without the deposits of returnable containers."""

    cents: int
    net: bool = False
    deposits: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """Grams. Every pool that is counted has a weight, or the kilo as its unit."""

    grams: int


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases of any kind."""

    count: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """Thousandths of the pool's unit; for one pool only."""

    thousandths: int


Value = Money | Weight | Cases | Quantity


@dataclass(frozen=True, slots=True)
class Minimum:
    """`value`, of the goods of one pool or of everything of one producer."""

    id: str
    value: Value
    pool: str = ""
    producer: str = ""

    def counts(self, pool: str, producer: str) -> bool:
        """Is it about this pool of this producer?"""
        return self.pool == pool if self.pool else self.producer == producer

    @property
    def required(self) -> int:
        """In the unit of the value: cents, grams, cases, thousandths."""
        match self.value:
            case Money(cents=required) | Weight(grams=required) | Cases(count=required):
                return required
            case Quantity(thousandths=required):
                return required


@dataclass(frozen=True, slots=True)
class Unmet:
    """A minimum that the allocation does not reach. `within_tolerance`: it would, if every tolerance were taken."""

    minimum: Minimum
    reached: int
    within_tolerance: bool

    @property
    def missing(self) -> int:
        return self.minimum.required - self.reached
