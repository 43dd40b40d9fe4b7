"""The same by trying everything: independent of the engine, slow, only for a handful of small lines."""

from itertools import product as every

from allocation import Problem


def possible(problem: Problem):
    """Every allocation that breaks no promise, line by line in thousandths; of one pool or mixed crate."""
    products = {one.id: one for one in problem.products}
    pools = {one.id: one for one in problem.pools}
    goods = problem.crates[0] if problem.crates else problem.pools[0]
    menus = []
    for one in problem.lines:
        step = products[one.product].step
        menus.append([q for q in range(0, one.firm + one.tolerance + 1, step) if q == 0 or q >= one.least])
    for some in every(*menus):
        total = sum(some)
        drawn = dict.fromkeys(pools, 0)
        for one, quantity in zip(problem.lines, some, strict=True):
            drawn[products[one.product].pool] += quantity
        if any(
            one.available is not None and one.delivered is None and drawn[name] > one.available
            for name, one in pools.items()
        ):
            continue  # what came counts, not what was announced
        delivered = getattr(goods, "delivered", None)
        if delivered is not None:
            fits = total <= delivered
        elif goods.cases is not None:
            fits = total <= goods.cases * goods.case
            limit = getattr(goods, "available", None)
            if limit is not None:
                fits = fits and total <= limit // goods.case * goods.case
        else:
            fits = goods.case is None or total % goods.case == 0
        if fits:
            yield some


def served(problem: Problem, some) -> int:
    """How much of what was firmly asked."""
    return sum(min(one.firm, quantity) for one, quantity in zip(problem.lines, some, strict=True))


def most_served(problem: Problem) -> int:
    return max(served(problem, some) for some in possible(problem))
