"""`allocate`: from what households ask to cases, quantities and reasons. Pure: the same problem, the same result."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from allocation.cases import Plan, options, plan
from allocation.completion import Filling
from allocation.crate import Packing, bounded, packed
from allocation.demand import Demand
from allocation.faults import check
from allocation.problem import Line, Problem, Product
from allocation.reason import Cause, Reason
from allocation.result import GroupResult, LineResult, Result, SupplyResult
from allocation.sharing import Sharer
from allocation.supply import Supply, supplies
from allocation.unmet import price_of, unmet


def allocate(problem: Problem) -> Result:
    """Every supply by itself, the dearest first: what one costs a household beyond its order counts in the next.

    Raises WrongProblem.
    """
    check(problem)
    products = {product.id: product for product in problem.products}
    borne = dict(problem.borne)
    told: list[SupplyResult] = []
    results: dict[str, LineResult] = {}
    for supply in supplies(problem, products):
        outcome = _allocated(supply, problem.seed, products, borne)
        told.append(outcome.told)
        for result in outcome.lines:
            results[result.line] = result
            if result.reason is not None and result.reason.more:
                borne[result.household] = borne.get(result.household, 0) + result.reason.cost
    told.sort(key=lambda one: one.id)
    lines = tuple(results[line.id] for line in problem.lines)
    given = {result.line: result.given for result in lines} if problem.minima else {}
    return Result(tuple(told), lines, _groups(lines), tuple(unmet(problem, given, told)))


@dataclass(frozen=True, slots=True)
class _Outcome:
    told: SupplyResult
    lines: list[LineResult]


def _allocated(supply: Supply, seed: str, products: Mapping[str, Product], borne: Mapping[str, int]) -> _Outcome:
    sharer = Sharer(supply.id, seed, products, borne)
    asked = demand = Demand.of(supply.lines, products)
    if supply.mixed:
        demand = bounded(supply, asked, sharer, products)
    order = sharer.order(demand, supply.shortage_rule)
    chosen = plan(supply, demand, order)
    firm, extra = sharer.back_down(demand, chosen, supply.shortage_rule, supply.extra_rule)
    filling = Filling(supply.case or 1, demand.firm_total, demand.tolerance_total, demand.grain)
    told = SupplyResult(
        id=supply.id,
        pools=tuple(pool.id for pool in supply.pools),
        unit=supply.pools[0].unit,
        case=supply.case,
        cases=chosen.cases,
        goods=chosen.goods,
        asked=asked.firm_total,
        tolerance=asked.tolerance_total,
        given=chosen.firm + chosen.extra,
        extra=chosen.extra,
        short=asked.firm_total - chosen.firm,
        surplus=chosen.surplus,
        missing=filling.missing if supply.case and supply.fixed is None else 0,
        options=options(supply, demand, order, chosen),
        packing=_packing(supply, products, firm, extra) if supply.mixed else None,
    )
    return _Outcome(told, _lines(supply, seed, products, demand, chosen, told, firm, extra))


def _packing(supply: Supply, products: Mapping[str, Product], firm: list[int], extra: list[int]) -> Packing | None:
    if supply.case is None:
        return None
    quantities = {pool.id: 0 for pool in supply.pools}
    for line, served, more in zip(supply.lines, firm, extra, strict=True):
        quantities[products[line.product].pool] += served + more
    return packed(supply.case, quantities)


def _lines(
    supply: Supply, seed: str, products: Mapping[str, Product], demand: Demand, chosen: Plan, told: SupplyResult,
    firm: list[int], extra: list[int],
) -> list[LineResult]:  # fmt: skip
    found = []
    for i, (line, served, more) in enumerate(zip(supply.lines, firm, extra, strict=True)):
        given = served + more
        reason = None
        if given > line.firm:
            cause = _cause_of_more(supply, chosen)
            product = products[line.product]
            cost = price_of(product, given) - price_of(product, line.firm)
            reason = _reason(supply, told, cause, seed, given - line.firm, cost=cost)
        elif given < line.firm:
            reason = _reason_of_less(supply, told, chosen, seed, line, given, demand.firm[i])
        found.append(LineResult(line.id, line.product, line.household, line.group, line.firm, given, reason))
    return found


def _cause_of_more(supply: Supply, chosen: Plan) -> Cause:
    if supply.fixed is not None:
        return Cause.USES_GOODS
    return Cause.REACHES_MINIMUM if chosen.to_target else Cause.COMPLETES_CASE


def _reason_of_less(
    supply: Supply, told: SupplyResult, chosen: Plan, seed: str, line: Line, given: int, bound: int
) -> Reason:
    """`bound`: what the pool's own shortage leaves the line at most."""
    cause = Cause.CASE_NOT_FULL
    if supply.delivered is not None:
        cause = Cause.DELIVERED_SHORT
    elif supply.fixed is not None:
        cause = Cause.DECIDED_SHORT
    elif bound < line.firm or supply.case is None or _lacks_goods(supply, told):
        cause = Cause.NOT_AVAILABLE
    elif not chosen.goods:
        cause = Cause.NO_CASE_FULL
    if not given and line.least and chosen.goods:
        cause = Cause.BELOW_LEAST
    return _reason(supply, told, cause, seed, given - line.firm, least=line.least)


def _lacks_goods(supply: Supply, told: SupplyResult) -> bool:
    """One case more would be there for the firm quantity, but the producer has not that much."""
    return supply.available is not None and supply.case is not None and told.goods + supply.case > supply.available


def _reason(
    supply: Supply, told: SupplyResult, cause: Cause, seed: str, difference: int, *, least: int = 0, cost: int = 0
) -> Reason:
    return Reason(
        cause=cause,
        rule=supply.extra_rule if difference > 0 else supply.shortage_rule,
        unit=told.unit,
        difference=difference,
        asked=told.asked,
        goods=told.goods,
        case=supply.case or 0,
        lacking=told.missing if cause in (Cause.CASE_NOT_FULL, Cause.NO_CASE_FULL) else 0,
        least=least if cause is Cause.BELOW_LEAST else 0,
        cost=cost,
        seed=seed,
    )


def _groups(lines: tuple[LineResult, ...]) -> tuple[GroupResult, ...]:
    asked: dict[tuple[str, str], int] = defaultdict(int)
    given: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        asked[line.group, line.product] += line.asked
        given[line.group, line.product] += line.given
    return tuple(GroupResult(*key, asked[key], given[key]) for key in sorted(asked))
