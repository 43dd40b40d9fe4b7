"""Mixed crates: what bounds each of their pools, and what lies in which crate in the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import lcm

from allocation.cases import Plan, interesting_extra, most
from allocation.demand import Demand
from allocation.problem import Product
from allocation.reach import Reach
from allocation.sharing import Sharer
from allocation.supply import Supply


def bounded(supply: Supply, demand: Demand, sharer: Sharer, products: Mapping[str, Product]) -> Demand:
    """The demand of a mixed crate, cut down to what each of its pools has: first by pool, then by crate.

    The rules of the crate share out here too. A line that is cut to nothing keeps no tolerance.
    """
    firm, tolerance, least = list(demand.firm), list(demand.tolerance), list(demand.least)
    for pool in supply.pools:
        if pool.available is None:
            continue
        at = [i for i, line in enumerate(demand.lines) if products[line.product].pool == pool.id]
        part = demand.part(at)
        if part.firm_total + part.tolerance_total <= pool.available:
            continue
        served = most(part, sharer.order(part, supply.shortage_rule), pool.available)
        shares = sharer.spread(part, served, supply.shortage_rule, extra=False)
        extras = part.extras(shares)
        more = most(extras, range(len(at)), pool.available - served)
        beyond = sharer.spread(extras, more, supply.extra_rule, extra=True)
        for i, share, extra in zip(at, shares, beyond, strict=True):
            firm[i], tolerance[i] = share, extra
            least[i] = min(least[i], share)
    return Demand(demand.lines, demand.steps, firm, tolerance, least)


def exactly(
    supply: Supply, demand: Demand, sharer: Sharer, products: Mapping[str, Product], better_than: Plan
) -> tuple[Plan, list[int], list[int]] | None:
    """The mixed crate solved as a whole, with the bound of each pool; None where that serves no more.

    To share out a pool's bound first and then the crates is fair and nearly always serves the most. Bags that fill a
    crate only together with the other pool's bags are the exception.
    """
    if not supply.mixed or supply.case is None or better_than.firm == demand.firm_total:
        return None
    if demand.divisible or all(pool.available is None for pool in supply.pools):
        return None
    bounds = [
        (frozenset(i for i, line in enumerate(demand.lines) if products[line.product].pool == pool.id), pool.available)
        for pool in supply.pools
    ]
    fit = lcm(supply.case, demand.grain)
    order = sharer.order(demand, supply.shortage_rule)
    if supply.fixed is None:
        reach = Reach(demand, order, interesting_extra(demand, fit), bounds)
        firm, extra = reach.whole_cases(fit, None)
        goods = firm + extra
    else:
        reach = Reach(demand, order, 0, bounds)
        firm, extra, goods = reach.at_most(supply.fixed), 0, supply.fixed
    if firm <= better_than.firm:
        return None
    plan = Plan(goods // supply.case, goods, firm, extra)
    return plan, *sharer.back_down_fitted(demand, reach, plan, supply.shortage_rule, supply.extra_rule)


@dataclass(frozen=True, slots=True)
class Packing:
    """`whole`: pool -> crates of nothing else; `mixed`: of every other crate, pool -> quantity."""

    whole: Mapping[str, int]
    mixed: tuple[Mapping[str, int], ...]


def packed(case: int, quantities: Mapping[str, int]) -> Packing:
    """Every pool fills crates by itself; what is left of each is put together, in the order of the pools."""
    mixed: list[dict[str, int]] = []
    room = 0
    for pool, quantity in quantities.items():
        left = quantity % case
        while left:
            if not room:
                mixed.append({})
                room = case
            put = min(left, room)
            mixed[-1][pool] = put
            left, room = left - put, room - put
    return Packing({pool: quantity // case for pool, quantity in quantities.items() if quantity >= case}, tuple(mixed))
