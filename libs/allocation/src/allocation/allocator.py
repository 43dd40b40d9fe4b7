"""`allocate`: from what households ask to cases, quantities and reasons. Pure: the same problem, the same result."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from allocation.cases import missing, options, plan
from allocation.crate import Packing, bounded, exactly, packed
from allocation.demand import Demand
from allocation.faults import Fault, WrongProblem, check
from allocation.problem import Problem, Product
from allocation.reach import TooFine
from allocation.reasoning import Reasons
from allocation.result import GroupResult, LineResult, Result, SupplyResult
from allocation.sharing import Sharer
from allocation.supply import Supply, supplies
from allocation.unmet import unmet


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
        try:
            outcome = _allocated(supply, problem.seed, products, borne)
        except TooFine:
            raise WrongProblem((_too_fine(problem, supply),)) from None
        told.append(outcome.told)
        for result in outcome.lines:
            results[result.line] = result
            if result.reason is not None and result.reason.more:
                borne[result.household] = borne.get(result.household, 0) + result.reason.cost
    told.sort(key=lambda one: one.id)
    lines = tuple(results[line.id] for line in problem.lines)
    given = {result.line: result.given for result in lines} if problem.minima else {}
    return Result(tuple(told), lines, _groups(lines), tuple(unmet(problem, given, told)))


def _too_fine(problem: Problem, supply: Supply) -> Fault:
    kind, ids = "pools", [pool.id for pool in problem.pools]
    if supply.mixed:
        kind, ids = "crates", [crate.id for crate in problem.crates]
    return Fault(kind, ids.index(supply.id), "id", "so much is asked in steps so small that it cannot be shared out")


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
    whole = exactly(supply, asked, sharer, products, chosen)
    if whole is None:
        firm, extra = sharer.back_down(demand, chosen, supply.shortage_rule, supply.extra_rule)
    else:
        chosen, firm, extra = whole
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
        missing=missing(supply, demand, order, chosen),
        options=options(supply, demand, order, chosen, asked.firm_total),
        packing=_packing(supply, products, firm, extra) if supply.mixed else None,
    )
    free = asked.even and not (asked.picky and chosen.firm < asked.firm_total)
    fitted = not free and sharer.plainly(asked, chosen, supply.shortage_rule, supply.extra_rule) != (firm, extra)
    reasons = Reasons(supply, chosen, told, products, seed, fitted)
    lines = []
    for line, served, more in zip(supply.lines, firm, extra, strict=True):
        given = served + more
        reason = reasons.of(line, given)
        lines.append(LineResult(line.id, line.product, line.household, line.group, line.firm, given, reason))
    return _Outcome(told, lines)


def _packing(supply: Supply, products: Mapping[str, Product], firm: list[int], extra: list[int]) -> Packing | None:
    if supply.case is None:
        return None
    quantities = {pool.id: 0 for pool in supply.pools}
    for line, served, more in zip(supply.lines, firm, extra, strict=True):
        quantities[products[line.product].pool] += served + more
    return packed(supply.case, quantities)


def _groups(lines: tuple[LineResult, ...]) -> tuple[GroupResult, ...]:
    asked: dict[tuple[str, str], int] = defaultdict(int)
    given: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        asked[line.group, line.product] += line.asked
        given[line.group, line.product] += line.given
    return tuple(GroupResult(*key, asked[key], given[key]) for key in sorted(asked))
