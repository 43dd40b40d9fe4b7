"""What no rule may break, on generated problems, against every allocation that there is."""

# Its neighbours are found by name.
import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from brute import most_served, possible, served

from allocation import Line, Minimum, MixedCrate, Pool, Problem, Product, Quantity, Rule, allocate

SIZES = (1000, 2000, 3000, 5000)


@st.composite
def problems(draw, *, sizes=SIZES, least=True, mixed=False):
    """One pool, or a mixed crate of two; up to four lines of a few steps each."""
    names = ("lemons", "clementines") if mixed else ("lemons",)
    rules = draw(st.sampled_from(list(Rule))), draw(st.sampled_from(list(Rule)))
    case = (
        draw(st.sampled_from([None, 2000, 3000, 4000, 6000, 10000]))
        if not mixed
        else draw(st.sampled_from([2000, 3000, 4000, 6000]))
    )
    settled = draw(st.sampled_from(["", "", "", "cases", "delivered"]))
    pools = tuple(
        Pool(
            id=name, unit="kg", case=None if mixed else case,
            available=draw(st.none() | st.integers(0, 14).map(lambda n: n * 1000)),
            cases=draw(st.integers(0, 4)) if settled == "cases" and case and not mixed else None,
            delivered=draw(st.integers(0, 20)) * 1000 if settled == "delivered" and not mixed else None,
            shortage_rule=rules[0], extra_rule=rules[1],
        )
        for name in names
    )  # fmt: skip
    decided = draw(st.integers(0, 5)) if settled == "cases" else None
    crate = MixedCrate("crate", case or 1000, names, cases=decided, shortage_rule=rules[0], extra_rule=rules[1])
    minimum = Minimum("least", Quantity(draw(st.integers(1, 20)) * 1000), pool="lemons")
    products = tuple(
        Product(id=f"{name}-{size}", pool=name, content=size, step=size, price=draw(st.integers(0, 400)))
        for name in names
        for size in sizes
    )
    lines = []
    for number in range(draw(st.integers(0, 4))):
        product = draw(st.sampled_from(products))
        firm = draw(st.integers(0, 4)) * product.step
        lines.append(
            Line(
                id=f"line {number}", product=product.id, household=draw(st.sampled_from("ABCD")), firm=firm,
                tolerance=draw(st.integers(0, 3)) * product.step,
                least=draw(st.integers(0, firm)) if least and draw(st.booleans()) else 0,
                group=draw(st.sampled_from("XY")), arrival=draw(st.integers(0, 3)), solidarity=draw(st.booleans()),
            )
        )  # fmt: skip
    return Problem(
        pools, products, tuple(lines), (crate,) if mixed else (), (minimum,) if draw(st.booleans()) else (),
        seed=draw(st.sampled_from(["", "2026-W47"])),
    )  # fmt: skip


MANY = settings(max_examples=300, deadline=None)


def holds(problem):
    """The promises that need no other allocation to compare with."""
    result = allocate(problem)
    products = {one.id: one for one in problem.products}
    for line, got in zip(problem.lines, result.lines, strict=True):
        assert 0 <= got.given <= line.firm + line.tolerance, "nobody gets more than firm and tolerance"
        assert got.given % products[line.product].step == 0, "what is whole stays whole"
        assert got.given == 0 or got.given >= line.least, "nothing rather than too little"
        assert got.short == (got.given < line.firm)
        assert (got.reason is None) == (got.given == line.firm), "a reason for each difference"
        assert got.reason is None or got.reason.difference == got.given - line.firm
    for supply in result.supplies:
        own = [one for one in result.lines if products[one.product].pool in supply.pools]
        assert sum(one.given for one in own) == supply.given == supply.goods - supply.surplus
        if supply.cases is not None and not any(pool.delivered is not None for pool in problem.pools):
            assert supply.goods == supply.cases * supply.case
        assert supply.short == sum(max(0, one.asked - min(one.given, one.asked)) for one in own)
    for pool in problem.pools:
        drawn = sum(one.given for one in result.lines if products[one.product].pool == pool.id)
        assert pool.available is None or pool.delivered is not None or drawn <= pool.available
    return result


def serves_most(problem):
    result = holds(problem)
    some = [one.given for one in result.lines]
    if not any(pool.delivered is not None for pool in problem.pools):
        assert tuple(some) in set(possible(problem)), "one of those that break no promise"
    assert served(problem, some) == most_served(problem), "no other serves more of what was firmly asked"


@MANY
@given(problems())
def test_under_every_rule_no_other_allocation_serves_more(problem):
    serves_most(problem)


@MANY
@given(problems(mixed=True))
def test_a_mixed_crate_serves_the_most_too(problem):
    serves_most(problem)


@MANY
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_in_which_lines_are_listed_changes_nothing(problem, random):
    lines = list(problem.lines)
    random.shuffle(lines)
    shuffled = replace(problem, lines=tuple(lines))
    one, other = allocate(problem), allocate(shuffled)
    assert {line.line: line for line in one.lines} == {line.line: line for line in other.lines}
    assert (one.supplies, one.groups) == (other.supplies, other.groups)


@MANY
@given(problems())
def test_arrival_counts_under_first_come_only(problem):
    if Rule.FIRST_COME in (problem.pools[0].shortage_rule, problem.pools[0].extra_rule):
        return
    later = tuple(replace(one, arrival=9 - one.arrival) for one in problem.lines)
    assert allocate(problem) == allocate(replace(problem, lines=later))


@MANY
@given(problems())
def test_the_same_problem_has_the_same_result(problem):
    assert allocate(problem) == allocate(problem)


def scaled(thing, times, *fields):
    return replace(thing, **{f: None if getattr(thing, f) is None else getattr(thing, f) * times for f in fields})


@MANY
@given(problems(least=False))
def test_ten_times_everything_gives_ten_times_as_much(problem):
    """No size of number is special."""
    ten = replace(
        problem,
        pools=tuple(scaled(one, 10, "case", "available", "delivered") for one in problem.pools),
        products=tuple(scaled(one, 10, "content", "step") for one in problem.products),
        lines=tuple(scaled(one, 10, "firm", "tolerance") for one in problem.lines),
        minima=tuple(replace(one, value=Quantity(one.required * 10)) for one in problem.minima),
    )
    assert [one.given * 10 for one in allocate(problem).lines] == [one.given for one in allocate(ten).lines]


@MANY
@given(problems(least=False), st.sampled_from(list(Rule)), st.integers(0, 20))
def test_more_goods_never_serve_less(problem, rule, units):
    def short(delivered):
        pool = replace(problem.pools[0], delivered=delivered * 1000, shortage_rule=rule)
        return allocate(replace(problem, pools=(pool,))).supplies[0].short

    assert short(units + 1) <= short(units)


@MANY
@given(problems(), st.sampled_from(list(Rule)))
def test_the_rule_decides_who_not_how_much(problem, rule):
    other = replace(problem, pools=tuple(replace(one, shortage_rule=rule, extra_rule=rule) for one in problem.pools))
    for one, two in zip(allocate(problem).supplies, allocate(other).supplies, strict=True):
        assert (one.cases, one.goods, one.given, one.short) == (two.cases, two.goods, two.given, two.short)
