"""What is to be shared out: pools of goods, the products that draw on them, the lines of the households.

Every quantity is a whole number of thousandths of the pool's unit (1500: a kilo and a half, or one piece and a half,
which a step of 1000 forbids). Money is in cents. Nothing here knows a clock, a file or a database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from allocation.minimum import Minimum

WHOLE = 1000
"""Thousandths of one unit."""


class Rule(StrEnum):
    """How goods are shared; each has a file of its name in `allocation.rules`."""

    COST_BALANCED = "cost_balanced"
    MAX_MIN = "max_min"
    PRO_RATA = "pro_rata"
    SOLIDARITY_FIRST = "solidarity_first"
    LOTTERY = "lottery"
    FIRST_COME = "first_come"


@dataclass(frozen=True, slots=True)
class Pool:
    """Goods that are one and the same, whatever the size they are ordered in: lemons, by the kilo and by the bag.

    `case`: what the producer delivers at a time; None where any quantity can be had. `available`: what the producer
    has; None without bound. `cases`: what a coordinator decided to order, whatever the engine would. `delivered`:
    what came, or what the producer promised; cases are past then. `weight`: grams of one unit, for minima by weight.
    """

    id: str
    unit: str
    name: str = ""
    producer: str = ""
    case: int | None = None
    available: int | None = None
    cases: int | None = None
    delivered: int | None = None
    weight: int | None = None
    shortage_rule: Rule = Rule.MAX_MIN
    extra_rule: Rule = Rule.COST_BALANCED


@dataclass(frozen=True, slots=True)
class Product:
    """One size of a pool, as it is ordered: the kilo, the bag of 5 kg. Linked sizes are products of one pool.

    `content`: what one of it holds. `step`: the least by which a line changes (a bag of 5 kg: 5000; loose lemons by
    the hundred grams: 100). `price` and `deposit` are gross, for one content; `vat` in hundredths of a percent.
    """

    id: str
    pool: str
    name: str = ""
    content: int = WHOLE
    step: int = WHOLE
    price: int = 0
    vat: int = 0
    deposit: int = 0


@dataclass(frozen=True, slots=True)
class MixedCrate:
    """A crate that may hold goods of several pools: lemons completed with clementines. Its rules are for all."""

    id: str
    case: int
    pools: tuple[str, ...]
    name: str = ""
    cases: int | None = None
    shortage_rule: Rule = Rule.MAX_MIN
    extra_rule: Rule = Rule.COST_BALANCED


@dataclass(frozen=True, slots=True)
class Line:
    """What a household asked: `firm`, up to `tolerance` more, and nothing rather than less than `least`.

    `arrival` counts only under first come. `solidarity` marks a solidarity basket.
    """

    id: str
    product: str
    household: str
    firm: int
    tolerance: int = 0
    least: int = 0
    group: str = ""
    arrival: int = 0
    solidarity: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """All that one allocation needs. `seed` is published: whoever has it can draw the lots again.

    `borne`: cents that a household already takes beyond its firm orders elsewhere; the balance of costs starts there.
    """

    pools: tuple[Pool, ...]
    products: tuple[Product, ...]
    lines: tuple[Line, ...]
    crates: tuple[MixedCrate, ...] = ()
    minima: tuple[Minimum, ...] = ()
    seed: str = ""
    borne: Mapping[str, int] = field(default_factory=dict)


def decided(problem: Problem, goods: str, cases: int) -> Problem:
    """The problem when somebody decides on so many cases of a pool or mixed crate: allocate it to see who gets what."""
    return replace(
        problem,
        pools=tuple(replace(one, cases=cases) if one.id == goods else one for one in problem.pools),
        crates=tuple(replace(one, cases=cases) if one.id == goods else one for one in problem.crates),
    )
