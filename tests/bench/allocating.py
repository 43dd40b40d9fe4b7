"""(h) Sharing out: the allocator on large problems, beside the plain sum of the same lines by product."""

import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from figures import Table, median, spread
from processes import Bench

from allocation import Line, Pool, Problem, Product, Rule, allocate

PIECE = 1000
CASES = (6, 10, 12, 20)


def problem(products: int, lines_each: int, *, rule: Rule = Rule.MAX_MIN, short: bool = False) -> Problem:
    """Goods in cases; every third line takes up to two more. With `short`, of every product two thirds are there."""
    chance = random.Random(7)
    pools, sizes, lines = [], [], []
    for number in range(products):
        pool = f"product {number:04d}"
        asked = 0
        for place in range(lines_each):
            firm = chance.randint(1, 6) * PIECE
            tolerance = chance.randint(1, 2) * PIECE if chance.random() < 1 / 3 else 0
            household = f"household {place:04d}"
            lines.append(
                Line(
                    f"{pool}, {household}", pool, household, firm, tolerance, group=f"group {place % 25:02d}",
                    arrival=chance.randrange(10**6), solidarity=chance.random() < 0.1,
                )
            )  # fmt: skip
            asked += firm
        pools.append(
            Pool(
                pool, "piece", case=chance.choice(CASES) * PIECE, available=asked * 2 // 3 if short else None,
                shortage_rule=rule, extra_rule=Rule.COST_BALANCED if rule is Rule.MAX_MIN else rule,
            )
        )  # fmt: skip
        sizes.append(Product(pool, pool, price=chance.randint(80, 900)))
    return Problem(tuple(pools), tuple(sizes), tuple(lines), seed="bench")


def linked(lines: int) -> Problem:
    """One product in bags of 1, 5 and 10 kg and in crates of 10 kg; every tenth line wants half of it or nothing."""
    chance = random.Random(7)
    sizes = tuple(Product(f"{kilos} kg", "lemons", content=kilos * PIECE, step=kilos * PIECE) for kilos in (1, 5, 10))
    asked = []
    for number in range(lines):
        size = chance.choice(sizes)
        firm = chance.randint(1, 6) * size.step
        line = Line(f"household {number}", size.id, f"household {number}", firm, chance.randint(0, 1) * size.step)
        asked.append(replace(line, least=firm // 2) if number % 10 == 0 else line)
    total = sum(line.firm for line in asked)
    pool = Pool("lemons", "kg", case=10 * PIECE, available=total * 2 // 3)
    return Problem((pool,), sizes, tuple(asked), seed="bench")


def plain_sum(problem: Problem) -> dict[str, int]:
    """What is asked of every product: what any program must at least do."""
    asked: dict[str, int] = defaultdict(int)
    for line in problem.lines:
        asked[line.product] += line.firm
    return asked


def timed(rounds: int, work: Callable[[Problem], Any], one: Problem) -> list[float]:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work(one)
        seconds.append(time.perf_counter() - began)
    return seconds


async def measure(bench: Bench, _databases: tuple[str, ...]) -> list[Table]:
    rounds, products, lines_each = (2, 10, 20) if bench.quick else (5, 1000, 1000)
    table = Table(
        "h", "allocation", "Sharing out, and the plain sum of the same lines",
        {"what": "what", "lines": "lines", "sum": "plain sum, s", "seconds": "allocated, s", "times": "times the sum",
         "spread": "spread"},
    )  # fmt: skip
    size = f"{products:,} products × {lines_each:,} lines"
    kinds: list[tuple[str, Callable[[], Problem]]] = [
        (f"{size}, cases completed", lambda: problem(products, lines_each)),
        *(
            (
                f"{size}, two thirds are there, {rule.value}",
                lambda rule=rule: problem(products, lines_each, rule=rule, short=True),
            )
            for rule in Rule
        ),
        ("linked sizes with a least, two thirds are there", lambda: linked(lines_each)),
    ]
    for what, made in kinds:
        one = made()
        sums, seconds = timed(rounds, plain_sum, one), timed(rounds, allocate, one)
        table.rows.append(
            {
                "what": what, "lines": len(one.lines), "sum": median(sums), "seconds": median(seconds),
                "times": median(seconds) / median(sums), "spread": spread(seconds),
            }
        )  # fmt: skip
    return [table]
