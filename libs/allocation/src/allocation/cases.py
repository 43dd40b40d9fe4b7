"""How many cases to order: the most firm quantity that whole cases can serve, and no goods that nobody wants.

Tolerance completes a case; it never opens one by itself. Without decision no surplus is ordered: where a case stays
incomplete, the options tell what one more would serve and leave over, and people decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, lcm

from allocation.completion import Filling
from allocation.demand import Demand
from allocation.reach import Reach
from allocation.supply import Supply


@dataclass(frozen=True, slots=True)
class Plan:
    """`goods` are ordered in `cases` (None: not in cases); of them go `firm` to what was asked and `extra` beyond."""

    cases: int | None
    goods: int
    firm: int
    extra: int
    to_target: bool = False

    @property
    def surplus(self) -> int:
        return self.goods - self.firm - self.extra


def plan(supply: Supply, demand: Demand, order: Sequence[int]) -> Plan:
    """`order`: positions of the lines as the draw or the rule has them; it settles which of equal lines are served."""
    if supply.fixed is not None:
        return _of_fixed(supply, demand, order, supply.fixed)
    if supply.case is None:
        return _loose(supply, demand, order)
    return _whole_cases(supply, supply.case, demand, order)


def _of_fixed(supply: Supply, demand: Demand, order: Sequence[int], goods: int) -> Plan:
    """Settled goods: firm quantities first, then as much of the tolerance as there is room for."""
    firm = most(demand, order, goods)
    extra = 0
    if firm == demand.firm_total:
        extra = most(demand.extras(demand.firm), order, goods - firm)
    return Plan(None if supply.case is None else goods // supply.case, goods, firm, extra)


def _loose(supply: Supply, demand: Demand, order: Sequence[int]) -> Plan:
    """Any quantity can be had: what was asked. Tolerance is used for the pool's minimum only."""
    firm = demand.firm_total if supply.available is None else most(demand, order, supply.available)
    lacking = supply.target - firm
    if firm < demand.firm_total or lacking <= 0 or not firm:
        return Plan(None, firm, firm, 0)
    extra = least(demand.extras(demand.firm), order, lacking)
    if extra is None or (supply.available is not None and firm + extra > supply.available):
        return Plan(None, firm, firm, 0)
    return Plan(None, firm + extra, firm, extra, to_target=True)


def _whole_cases(supply: Supply, case: int, demand: Demand, order: Sequence[int]) -> Plan:
    if not demand.firm_total:
        return Plan(0, 0, 0, 0)  # tolerance alone orders nothing
    # Where steps do not fit a case, only every so many cases can be filled exactly: 1.25 kg by the 100 g, every second.
    fit = lcm(case, demand.grain)
    firm, extra = _even(supply, fit, demand) if demand.even else (-1, 0)
    if firm < demand.firm_total and not demand.divisible:
        found = _everybody(supply, fit, demand, order)
        if found is None:
            firm, extra = Reach(demand, order, interesting_extra(demand, fit)).whole_cases(fit, supply.available)
        else:
            firm, extra = demand.firm_total, found
    goods = firm + extra
    to_target = firm == demand.firm_total and goods >= supply.target > 0 and extra >= fit
    return Plan(goods // case, goods, firm, extra, to_target)


def _even(supply: Supply, fit: int, demand: Demand) -> tuple[int, int]:
    """All lines move in the same steps: divide."""
    firm, tolerance = demand.firm_total, demand.tolerance_total
    whole, begun = divmod(firm, fit)
    cases = whole + (1 if begun and begun + tolerance >= fit else 0)
    targeted = -(-supply.target // fit)
    if targeted > cases and targeted * fit <= firm + tolerance:
        cases = targeted
    if supply.available is not None:
        cases = min(cases, supply.available // fit)
    goods = cases * fit
    return min(firm, goods), max(0, goods - firm)


def _everybody(supply: Supply, fit: int, demand: Demand, order: Sequence[int]) -> int | None:
    """The least extra that completes whole cases when all that was firmly asked is served; None where none does.

    One that reaches the pool's minimum is preferred.
    """
    firm = demand.firm_total
    room = demand.tolerance_total if supply.available is None else supply.available - firm
    sums = Reach(demand.extras(demand.firm), order)
    found = None
    for extra in range(-firm % fit, min(room, demand.tolerance_total) + 1, fit):
        if sums.has(extra):
            if firm + extra >= supply.target:
                return extra
            found = extra if found is None else found
    return found


def interesting_extra(demand: Demand, fit: int) -> int:
    """More extra than this completes no case that less would not.

    Of bags of 5 kg and cases of 10 kg one extra bag may be of use: two make a case by themselves.
    """
    steps = {step for step, tolerance in zip(demand.steps, demand.tolerance, strict=True) if tolerance}
    return min(demand.tolerance_total, sum((fit // gcd(step, fit) - 1) * step for step in steps))


def most(demand: Demand, order: Sequence[int], goods: int) -> int:
    """The most firm quantity that can be given out of `goods`."""
    if goods >= demand.firm_total:
        return demand.firm_total
    if demand.divisible:
        return goods // demand.grain * demand.grain
    return Reach(demand, order).at_most(goods)


def least(demand: Demand, order: Sequence[int], lacking: int) -> int | None:
    """The least that can be given and is not below `lacking`; None where all of it is."""
    total = demand.firm_total
    return None if total < lacking else total - most(demand, order, total - lacking)


def missing(supply: Supply, demand: Demand, order: Sequence[int], chosen: Plan) -> int:
    """What would still complete the begun case; 0 where nothing is begun, or all is served, or goods are settled, or
    the producer has no case more."""
    if supply.case is None or supply.fixed is not None:
        return 0
    if supply.available is not None and chosen.goods + supply.case > supply.available:
        return 0
    filling = Filling(supply.case, demand.firm_total, demand.tolerance_total, demand.grain)
    if demand.even or chosen.firm == demand.firm_total or not filling.begun:
        return filling.missing
    room = supply.case - filling.begun
    return room - most(demand.extras(demand.firm), order, room)


@dataclass(frozen=True, slots=True)
class Option:
    """One number of cases beside others: what it serves, what stays short, what is left over."""

    cases: int
    goods: int
    firm: int
    extra: int
    short: int
    surplus: int
    chosen: bool


def options(supply: Supply, demand: Demand, order: Sequence[int], chosen: Plan, asked: int) -> tuple[Option, ...]:
    """The chosen plan beside the cases that hold less, and more, than can be served.

    `asked`: the firm quantity, before the pools of a mixed crate were bounded.
    """
    if supply.case is None or chosen.cases is None or supply.delivered is not None:
        return ()
    below, begun = divmod(demand.firm_total, supply.case)
    numbers = {below, below + (1 if begun else 0), chosen.cases}
    if supply.available is not None:
        numbers = {number for number in numbers if number * supply.case <= supply.available} | {chosen.cases}
    found = []
    for number in sorted(numbers):
        one = chosen if number == chosen.cases else _of_fixed(supply, demand, order, number * supply.case)
        found.append(
            Option(
                number, one.goods, one.firm, one.extra, asked - one.firm, one.surplus,
                chosen=number == chosen.cases,
            )
        )  # fmt: skip
    return tuple(found)
