"""Each rule is what it says, against every other way of sharing the same amount."""

from fractions import Fraction
from hashlib import sha256
from itertools import product as every

from hypothesis import given, settings
from hypothesis import strategies as st

from allocation import Rule
from allocation.rules import RULES, Claim, Sharing

MANY = settings(max_examples=200, deadline=None)


@st.composite
def sharings(draw, least_cost=0):
    claims = [
        Claim(f"line {n}", f"household {n}", most=draw(st.integers(0, 4)), cost=draw(st.integers(least_cost, 5)),
              arrival=draw(st.integers(0, 3)), first=draw(st.booleans()))
        for n in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    borne = {claim.household: draw(st.integers(0, 9)) for claim in claims if draw(st.booleans())}
    amount = draw(st.integers(0, sum(claim.most for claim in claims)))
    return Sharing(claims, amount, draw(st.sampled_from(["", "lot"])), "lemons", borne)


def others(sharing):
    """Every way to share the amount wholly."""
    for some in every(*(range(claim.most + 1) for claim in sharing.claims)):
        if sum(some) == sharing.amount:
            yield some


@MANY
@given(sharings(), st.sampled_from(list(Rule)))
def test_every_rule_shares_out_the_whole_amount(sharing, rule):
    assert tuple(RULES[rule](sharing)) in set(others(sharing))


@MANY
@given(sharings())
def test_max_min_raises_the_least_first(sharing):
    """Among those who could take more, the least gets as much as anybody could arrange; then the next."""
    shares = RULES[Rule.MAX_MIN](sharing)
    assert sorted(shares) == max(sorted(some) for some in others(sharing))


@MANY
@given(sharings(least_cost=1))
def test_cost_balanced_makes_the_largest_cost_smallest(sharing):
    def costs(some):
        return sorted(
            (sharing.borne.get(c.household, 0) + steps * c.cost for c, steps in zip(sharing.claims, some, strict=True)
             if steps), reverse=True,
        )  # fmt: skip

    shares = RULES[Rule.COST_BALANCED](sharing)
    assert max(costs(shares), default=0) == min(max(costs(some), default=0) for some in others(sharing))


@MANY
@given(sharings())
def test_cost_balanced_takes_the_cheapest_steps_one_after_another(sharing):
    """As its first sentence says, without short cut: the next step costs its household the least in all."""
    given = [0] * len(sharing.claims)
    for _ in range(sharing.amount):
        given[min(
            (index for index, claim in enumerate(sharing.claims) if given[index] < claim.most),
            key=lambda index: (
                sharing.borne.get(sharing.claims[index].household, 0)
                + (given[index] + 1) * sharing.claims[index].cost,
                given[index],
                sharing.ticket(sharing.claims[index].household),
            ),
        )] += 1  # fmt: skip
    assert RULES[Rule.COST_BALANCED](sharing) == given


def test_kilos_by_the_gram_are_balanced_as_fast_as_crates():
    sharing = Sharing([Claim(f"line {n}", f"household {n}", 5_000_000, n + 1) for n in range(20)], 60_000_000)
    given = RULES[Rule.COST_BALANCED](sharing)
    costs = [share * claim.cost for share, claim in zip(given, sharing.claims, strict=True) if share < claim.most]
    assert sum(given) == sharing.amount
    assert max(costs) - min(costs) <= 20


def test_cost_balanced_counts_the_lines_of_a_household_together():
    sharing = Sharing([Claim("a1", "A", 2, 3), Claim("a2", "A", 2, 3), Claim("b", "B", 2, 3)], 3)
    a1, a2, b = RULES[Rule.COST_BALANCED](sharing)
    assert b >= 1
    assert sorted((a1 + a2, b)) == [1, 2]


def test_what_costs_nothing_is_shared_evenly():
    assert sorted(RULES[Rule.COST_BALANCED](Sharing([Claim("a", "A", 5), Claim("b", "B", 5)], 6))) == [3, 3]


def test_max_min_counts_the_lines_of_a_household_together():
    """Who orders a bag and loose kilos does not get twice the share."""
    claims = [Claim("a1", "A", 4), Claim("a2", "A", 4), Claim("b", "B", 8)]
    a1, a2, b = RULES[Rule.MAX_MIN](Sharing(claims, 8))
    assert (a1 + a2, b) == (4, 4)


@MANY
@given(sharings())
def test_pro_rata_is_less_than_one_step_from_the_exact_part(sharing):
    total = sum(claim.most for claim in sharing.claims)
    for claim, share in zip(sharing.claims, RULES[Rule.PRO_RATA](sharing), strict=True):
        assert abs(share - (Fraction(claim.most * sharing.amount, total) if total else 0)) < 1


@MANY
@given(sharings())
def test_solidarity_baskets_are_full_before_others_get_anything(sharing):
    shares = RULES[Rule.SOLIDARITY_FIRST](sharing)
    first = [(claim.most, share) for claim, share in zip(sharing.claims, shares, strict=True) if claim.first]
    others_got = sum(share for claim, share in zip(sharing.claims, shares, strict=True) if not claim.first)
    assert all(most == share for most, share in first) or others_got == 0


@MANY
@given(sharings())
def test_a_lottery_can_be_drawn_again_by_whoever_has_the_seed(sharing):
    """As docs/allocation.md tells it, in four lines of another program."""

    def ticket(claim):
        return sha256(f"{sharing.seed}\nlemons\n{claim.household}".encode()).hexdigest()

    left, shares = sharing.amount, {}
    for claim in sorted(sharing.claims, key=ticket):
        shares[claim.line] = min(claim.most, left)
        left -= shares[claim.line]
    assert [shares[claim.line] for claim in sharing.claims] == RULES[Rule.LOTTERY](sharing)


@MANY
@given(sharings())
def test_first_come_serves_nobody_before_an_earlier_one_is_full(sharing):
    shares = RULES[Rule.FIRST_COME](sharing)
    for claim, share in zip(sharing.claims, shares, strict=True):
        earlier = [c.most == s for c, s in zip(sharing.claims, shares, strict=True) if c.arrival < claim.arrival]
        assert not share or all(earlier)


def test_another_seed_draws_another_order():
    claims = [Claim(f"line {n}", f"household {n}", 1) for n in range(12)]
    orders = {tuple(RULES[Rule.LOTTERY](Sharing(claims, 3, seed, "lemons"))) for seed in ("2026-W46", "2026-W47", "x")}
    assert len(orders) == 3


def test_the_luck_of_a_household_differs_from_goods_to_goods():
    claims = [Claim(f"line {n}", f"household {n}", 1) for n in range(12)]
    orders = {
        tuple(RULES[Rule.LOTTERY](Sharing(claims, 3, "2026-W47", goods))) for goods in ("lemons", "eggs", "bread")
    }
    assert len(orders) == 3
