"""Which minima an allocation does not reach, and whether the tolerances could."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from allocation.minimum import Cases, Minimum, Money, Quantity, Unmet, Weight
from allocation.problem import WHOLE, Line, Problem, Product
from allocation.result import SupplyResult

Given = Iterable[tuple[Line, int]]


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes up. Not for negative numbers."""
    return (2 * numerator + denominator) // (2 * denominator)


def price_of(product: Product, quantity: int) -> int:
    """Gross cents of a line, as it is billed: half up."""
    return half_up(product.price * quantity, product.content)


def unmet(problem: Problem, given: Mapping[str, int], supplies: Iterable[SupplyResult]) -> Iterator[Unmet]:
    """`given`: line -> quantity. A minimum of a producer or pool that nobody orders from is not told."""
    supplies = list(supplies)
    products = {product.id: product for product in problem.products}
    for minimum in problem.minima:
        pools = {
            p.id for p in problem.pools if minimum.pool == p.id or (minimum.producer and minimum.producer == p.producer)
        }
        lines = [line for line in problem.lines if products[line.product].pool in pools]
        if not any(line.firm for line in lines):
            continue
        reach = partial(_reached, problem, products, minimum, pools)
        reached = reach([(line, given[line.id]) for line in lines], supplies, most=False)
        if reached < minimum.required:
            most = reach([(line, line.firm + line.tolerance) for line in lines], supplies, most=True)
            yield Unmet(minimum, reached, most >= minimum.required)


def _reached(
    problem: Problem, products: Mapping[str, Product], minimum: Minimum, pools: set[str], given: list[tuple[Line, int]],
    supplies: list[SupplyResult], *, most: bool,
) -> int:  # fmt: skip
    """In the unit of the minimum. With `most`, `given` is what could be given at most."""
    match minimum.value:
        case Money(net=net, deposits=deposits):
            return money(((products[line.product], quantity) for line, quantity in given), net=net, deposits=deposits)
        case Cases():
            return sum(_cases(supply, products, given, most=most) for supply in supplies if set(supply.pools) & pools)
        case Weight():
            weight = {pool.id: pool.weight or WHOLE for pool in problem.pools}
            quantities = _ordered(products, given, [] if most else supplies, pools)
            return sum(quantity * weight[pool] for pool, quantity in quantities.items()) // WHOLE
        case Quantity():
            return sum(_ordered(products, given, [] if most else supplies, pools).values())


def _cases(supply: SupplyResult, products: Mapping[str, Product], given: Given, *, most: bool) -> int:
    if supply.case is None:
        return 0
    if not most:
        return supply.cases or 0
    return sum(quantity for line, quantity in given if products[line.product].pool in supply.pools) // supply.case


def _ordered(
    products: Mapping[str, Product], given: Given, supplies: Iterable[SupplyResult], pools: set[str]
) -> dict[str, int]:
    """Pool -> what the producer is asked for: what lines get, and what is left over of a pool by itself."""
    quantities: dict[str, int] = defaultdict(int)
    for line, quantity in given:
        quantities[products[line.product].pool] += quantity
    for supply in supplies:
        if len(supply.pools) == 1 and supply.pools[0] in pools:
            quantities[supply.pools[0]] += supply.surplus
    return quantities


def money(given: Iterable[tuple[Product, int]], *, net: bool, deposits: bool) -> int:
    """Cents. Net: taken out of the sum of each rate, half up, as an invoice does. Deposits bear no VAT here."""
    by_rate: dict[int, int] = defaultdict(int)
    held = 0
    for product, quantity in given:
        by_rate[product.vat] += price_of(product, quantity)
        held += half_up(product.deposit * quantity, product.content)
    total = sum(half_up(cents * 10_000, 10_000 + rate) if net else cents for rate, cents in by_rate.items())
    return total + (held if deposits else 0)
