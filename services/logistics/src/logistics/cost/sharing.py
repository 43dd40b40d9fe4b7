"""Each round's kilometres, CO2 and cents among those who were brought something that was on it. No I/O.

The parts of a round come to the round, to the cent, the metre and the gram. What was on a round and did not come bears
nothing; a round of which nothing came is the hub's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from coldchain.day import Consignment, Day, Line
from coldchain.plan import Plan
from contracts.logistics import CostBearer, RoundPart, SharedBy
from logistics.cost.portion import Portion
from logistics.pick_list import alphabetical
from logistics.solver.costs import RoundCost, by_largest_remainder, carried, costs

WHO: Mapping[CostBearer, Callable[[Portion], tuple[str, str]]] = {
    CostBearer.PRODUCERS: lambda one: (one.producer_id, one.producer_name),
    CostBearer.GROUPS: lambda one: (one.group_id, one.group_name),
    CostBearer.HOUSEHOLDS: lambda one: (one.household_id, one.household_name),
}
"""Id and name of who bears a portion's part."""

Goods = tuple[str, str, str]
"""Producer, product, group."""


@dataclass
class Borne:
    """By one bearer of one day. `rounds`: the cents of each it had something on."""

    bearer_id: str
    name: str
    cents: int = 0
    metres: int = 0
    co2_grams: int = 0
    rounds: list[RoundPart] = field(default_factory=list)


@dataclass(frozen=True)
class Sharing:
    """`left`: what nobody else bears, which is the hub's."""

    rounds: tuple[RoundCost, ...]
    borne: tuple[Borne, ...]
    left: Borne


def share(day: Day, plan: Plan, portions: Iterable[Portion], bearer: CostBearer, by: SharedBy) -> Sharing:
    """Bearers by name. `bearer` HUB: all of it is left to the hub."""
    found, left = costs(day, plan), Borne("", "")
    who = WHO.get(bearer)
    brought = _brought(portions)
    planned = _planned(day)
    consignments = {one.id: one for one in day.consignments}
    borne: dict[str, Borne] = {}
    for cost, one in zip(found, plan.rounds, strict=True):
        weights: dict[str, Fraction] = {}
        names: dict[str, str] = {}
        for line in _lines(carried(one, consignments)):
            for portion in brought.get(_goods(line), ()) if who else ():
                bearer_id, name = who(portion) if who else ("", "")
                names[bearer_id] = name
                part = _weight(portion, line, planned[_goods(line)], by)
                weights[bearer_id] = weights.get(bearer_id, Fraction()) + part
        if by is SharedBy.EQUAL:
            weights = dict.fromkeys(weights, Fraction(1))
        _bear(cost, weights, names, borne, left)
    return Sharing(found, tuple(sorted(borne.values(), key=lambda one: (alphabetical(one.name), one.bearer_id))), left)


def _bear(
    cost: RoundCost, weights: Mapping[str, Fraction], names: Mapping[str, str], borne: dict[str, Borne], left: Borne
) -> None:
    if not weights:
        _add(left, cost.round_id, cost.cents, cost.metres, cost.co2_grams)
        return
    whole = _whole(weights)
    cents, metres, grams = (by_largest_remainder(sum_, whole) for sum_ in (cost.cents, cost.metres, cost.co2_grams))
    for bearer_id in weights:
        mine = borne.setdefault(bearer_id, Borne(bearer_id, names[bearer_id]))
        _add(mine, cost.round_id, cents[bearer_id], metres[bearer_id], grams[bearer_id])


def _add(to: Borne, round_id: str, cents: int, metres: int, co2_grams: int) -> None:
    to.cents += cents
    to.metres += metres
    to.co2_grams += co2_grams
    to.rounds.append(RoundPart(round_id=round_id, cents=cents))


def _whole(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """The same proportions in whole numbers."""
    common = lcm(*(one.denominator for one in weights.values()))
    return {bearer_id: int(one * common) for bearer_id, one in weights.items()}


def _weight(portion: Portion, line: Line, planned: int, by: SharedBy) -> Fraction:
    """What a portion weighs of a line that carries a part of its goods."""
    if by is SharedBy.VOLUME:
        return Fraction(line.volume * portion.came, planned)
    if by is SharedBy.WEIGHT:
        return Fraction(line.weight * portion.came, planned)
    if by is SharedBy.VALUE:
        return Fraction(portion.gross_cents * portion.came * line.quantity, portion.ordered * planned)
    return Fraction(1)


def _brought(portions: Iterable[Portion]) -> dict[Goods, list[Portion]]:
    found: dict[Goods, list[Portion]] = {}
    for one in portions:
        if one.came and one.ordered:
            found.setdefault((one.producer_id, one.product_id, one.group_id), []).append(one)
    return found


def _planned(day: Day) -> dict[Goods, int]:
    """Thousandths, over all lines: what is too much for one vehicle is on several."""
    found: dict[Goods, int] = {}
    for line in _lines(day.consignments):
        found[_goods(line)] = found.get(_goods(line), 0) + max(1, line.quantity)
    return found


def _lines(consignments: Iterable[Consignment]) -> Iterable[Line]:
    return (line for one in consignments for line in one.lines)


def _goods(line: Line) -> Goods:
    """The id of a line is list/number/group, as `network.day_of` makes it; of a part of one more follows."""
    return line.producer_id, line.product_id, line.id.split("/")[2]
