"""The traps found in the peers' code, by their numbers, as far as they concern sharing out; T8-T10, T20 are vectors."""

# Its neighbours are found by name.
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from problems import KILO, given, line, pool, problem, shared

from allocation import Cases, Filling, Minimum, Money, Product, Quantity, Weight, WrongProblem, allocate


def test_t5_a_minimum_is_a_value_with_a_unit_never_a_text():
    """The peer read "€ 50,00" as 0 and sent the order."""
    for value in (Money(5000), Money(5000, net=True, deposits=True), Weight(50_000), Cases(5), Quantity(50 * KILO)):
        minimum = Minimum("least", value, pool="lemons")
        unmet = shared(pool(10, unit="kg"), line("A", 12), minima=(minimum,)).unmet
        assert [one.minimum for one in unmet] == [minimum]
    with pytest.raises(WrongProblem, match=r"minima\[0\].value: must be more than 0"):
        shared(pool(), line("A", 1), minima=(Minimum("least", Money(0), pool="lemons"),))


def test_t5_net_takes_the_vat_of_each_rate_out():
    juice, soap = Product("juice", "farm", price=550, vat=550), Product("soap", "farm", price=1200, vat=2000)
    lines = [line("A", 10, product="juice"), line("B", 10, product="soap")]
    for net, reached in ((False, 17_500), (True, 5213 + 10_000)):
        minimum = Minimum("franco", Money(20_000, net=net), pool="farm")
        unmet = allocate(problem(pool(name="farm"), lines, (juice, soap), minima=(minimum,))).unmet
        assert [one.reached for one in unmet] == [reached]


def test_t8_the_own_booking_is_given_back_once():
    """Whatever is booked: what others have booked and the limit make up the ceiling."""
    for firm in range(1, 40):
        for own in range(firm + 1):
            found = Filling(6 * KILO, firm * KILO)
            assert firm * KILO - own * KILO + found.room(own * KILO) == found.ceiling


def test_t9_four_hundred_grams_more_are_not_complete():
    loose = Product("lemons", "lemons", step=100)
    supply = allocate(problem(pool(5, unit="kg"), [line("A", 10.4)], (loose,))).supplies[0]
    assert (supply.cases, supply.missing, supply.short) == (2, 4600, 400)


def test_a_case_that_the_producer_has_not_cannot_be_completed():
    """12 would serve all, of 10: there is one case of 6, and nobody is asked to fill another."""
    seven = (line("A", 4), line("B", 3, 3))
    assert [shared(pool(6, available=each), *seven).supplies[0].missing for each in (10, 11, 12)] == [0, 0, 2 * KILO]


def test_t10_steps_are_whole_numbers():
    loose = Product("lemons", "lemons", step=100)
    assert given(allocate(problem(pool(), [line("A", 0.3)], (loose,)))) == {"A": 0.3}
    with pytest.raises(WrongProblem, match=r"0\.35 is no multiple of 0\.1, the step of “lemons”"):
        allocate(problem(pool(), [line("A", 0.35)], (loose,)))


def test_t11_a_hundred_ask_for_one_of_ten_and_ten_get_one():
    result = shared(pool(available=10), *(line(f"household {n:03d}", 1) for n in range(100)))
    assert sorted(given(result).values()) == [0] * 90 + [1] * 10


def test_t12_the_allocator_starts_again_as_if_nothing_was():
    """No state is kept: a run that was killed is run again.

    And one supply is allocated by itself as within the whole, when it is told what households bear from the others.
    """
    pools = pool(5, "honey"), pool(18, "oil")
    honey, oil = Product("honey", "honey", price=200), Product("oil", "oil", price=300)
    lines = [
        line("A1", 2, 2, household="A", product="honey"), line("B1", 1, 1, household="B", product="honey"),
        line("A2", 3, 5, household="A", product="oil"), line("B2", 9, 4, household="B", product="oil"),
    ]  # fmt: skip
    whole = allocate(problem(pools, lines, (honey, oil)))
    assert whole == allocate(problem(pools, lines, (honey, oil)))
    borne = {one.household: one.reason.cost for one in whole.lines[2:] if one.reason}
    assert borne
    alone = allocate(problem(pools[0], lines[:2], (honey,), borne=borne))
    assert (alone.supplies, alone.lines) == (whole.supplies[:1], whole.lines[:2])


def test_t13_maxima_are_not_cut_to_whole_numbers():
    """OFN-04: of 2.5 kg that there are, 2.5 kg are given."""
    loose = Product("lemons", "lemons", step=100)
    result = allocate(problem(pool(available=2.5, unit="kg"), [line("A", 1.7), line("B", 1.7)], (loose,)))
    assert (result.supplies[0].goods, sorted(one.given for one in result.lines)) == (2500, [1200, 1300])


def test_t20_exactly_full_cases_are_accepted_while_tolerance_is_open():
    before = Filling(6 * KILO, 8 * KILO, 2 * KILO)
    assert before.accepts(Filling(6 * KILO, 12 * KILO, 2 * KILO))


@pytest.mark.parametrize("value", [Money(100_000), Weight(100_000), Cases(9), Quantity(90 * KILO)])
def test_t21_a_missed_minimum_cancels_nothing(value):
    lines = [line("A", 12, 3), line("B", 8)]
    missed = shared(pool(10, unit="kg"), *lines, minima=(Minimum("least", value, pool="lemons"),))
    assert missed.lines == shared(pool(10, unit="kg"), *lines).lines
    assert len(missed.unmet) == 1


def test_t21_a_minimum_that_tolerance_could_reach_says_so():
    minimum = Minimum("franco", Money(1300), producer="farm")
    (unmet,) = shared(pool(producer="farm"), line("A", 10, 3), minima=(minimum,)).unmet
    assert (unmet.reached, unmet.missing, unmet.within_tolerance) == (1000, 300, True)
