"""A supply: the goods that come in the same cases. A pool by itself, or the pools of a mixed crate."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from allocation.minimum import Cases, Quantity, Weight
from allocation.problem import WHOLE, Line, MixedCrate, Pool, Problem, Product, Rule


@dataclass(frozen=True, slots=True)
class Supply:
    """`target`: what tolerance may be used to reach, besides filling cases: the minimum of the pool, if it has one."""

    id: str
    pools: tuple[Pool, ...]
    lines: list[Line]
    case: int | None
    cases: int | None
    shortage_rule: Rule
    extra_rule: Rule
    target: int = 0

    mixed: bool = False

    @property
    def available(self) -> int | None:
        """Of all of it; the pools of a mixed crate are bounded one by one, beforehand."""
        return None if self.mixed else self.pools[0].available

    @property
    def delivered(self) -> int | None:
        return None if self.mixed else self.pools[0].delivered

    @property
    def fixed(self) -> int | None:
        """Goods that are settled, whatever is asked: what came, or the cases that were decided."""
        if self.delivered is not None:
            return self.delivered
        if self.cases is None or self.case is None:
            return None
        goods = self.cases * self.case
        return goods if self.available is None else min(goods, self.available // self.case * self.case)


def supplies(problem: Problem, products: dict[str, Product]) -> list[Supply]:
    """Of every pool and mixed crate; the dearest step first, so that the balance of costs can still be mended."""
    pools = {pool.id: pool for pool in problem.pools}
    # What came has left its crates: each pool is shared out by itself then.
    crates = [crate for crate in problem.crates if all(pools[pool].delivered is None for pool in crate.pools)]
    crate_of = {pool: crate for crate in crates for pool in crate.pools}
    owner = {product.id: crate_of.get(product.pool, pools[product.pool]) for product in problem.products}
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in problem.lines:
        lines[owner[line.product].id].append(line)
    alone: list[Pool | MixedCrate] = [pool for pool in problem.pools if pool.id not in crate_of]
    found = [_supply(problem, one, pools, lines[one.id]) for one in [*alone, *crates]]
    dearest: dict[str, Fraction] = defaultdict(Fraction)
    for product in problem.products:
        goods = owner[product.id].id
        dearest[goods] = max(dearest[goods], Fraction(product.price * product.step, product.content))
    return sorted(found, key=lambda supply: (-dearest[supply.id], supply.id))


def _supply(problem: Problem, goods: Pool | MixedCrate, pools: dict[str, Pool], lines: list[Line]) -> Supply:
    # The order in which lines are listed must not matter, not even to a tie.
    lines.sort(key=lambda line: line.id)
    members = (goods,) if isinstance(goods, Pool) else tuple(pools[pool] for pool in goods.pools)
    return Supply(
        goods.id, members, lines, goods.case, goods.cases, goods.shortage_rule, goods.extra_rule,
        _target(problem, goods), isinstance(goods, MixedCrate),
    )  # fmt: skip


def _target(problem: Problem, goods: Pool | MixedCrate) -> int:
    """The quantity that meets the pool's own minima of quantity, weight and cases; 0 without."""
    if isinstance(goods, MixedCrate):
        return 0
    target = 0
    for minimum in problem.minima:
        if minimum.pool != goods.id:
            continue
        match minimum.value:
            case Quantity(thousandths=quantity):
                target = max(target, quantity)
            case Weight(grams=grams):
                target = max(target, -(-grams * WHOLE // (goods.weight or WHOLE)))
            case Cases(count=count):
                target = max(target, count * (goods.case or 0))
            case _:
                pass  # money depends on who takes which size
    return target
