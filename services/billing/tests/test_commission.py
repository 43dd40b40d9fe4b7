"""What a commission comes to, without a database."""

from datetime import date

import pytest

from billing import vat
from billing.commission import Reckoned, earned, lines_of, period_of, vat_on
from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Side, fold
from billing.ledger.rules import commission_earned, commission_owed
from billing.mandate.clauses import Rendering
from billing.seller import Seller
from billing.sold import Sold
from contracts.mandate import Commission, CommissionBase

GROSS, NET = CommissionBase.GROSS, CommissionBase.NET
MONDAY = date(2026, 12, 7)
SOLD = {"FOOD": Sold(10_000, 9_479), "ALCOHOL": Sold(3_000, 2_500)}


def rule(rate, base=GROSS, minimum=0, vat_class="", service=""):
    said = {"rate_hundredths": rate, "base": base, "minimum_cents": minimum}
    return Commission(**said, vat_class=vat_class, service=service)


def week(number, *rules, sold=SOLD, collected=True, rate=2000, deductible=True):
    day = date(2026, 12, number)
    lines = lines_of(rules, sold)
    return Reckoned(f"week-{number:02d}", "p", "m", 1, day, "2026-12", collected, rate, deductible, lines)


@pytest.mark.parametrize(
    ("rules", "sold", "net", "taxed"),
    [
        ([rule(1250)], SOLD, 1625, 325),
        ([rule(1250, NET)], SOLD, 1497, 299),  # 1497.375; 299.4
        ([rule(1250), rule(800, NET, vat_class="ALCOHOL")], SOLD, 1250 + 200, 290),
        ([rule(800, NET, vat_class="ALCOHOL")], SOLD, 200, 40),
        ([rule(1000, vat_class="BOOKS")], SOLD, 0, 0),
        ([rule(500)], {"FOOD": Sold(10, 9)}, 1, 0),  # half a cent goes up; a fifth of a cent is none
        ([rule(500)], {"FOOD": Sold(9, 9)}, 0, 0),
        (
            [rule(1250), rule(1250, vat_class="FOOD")],
            {"FOOD": Sold(4, 4), "ALCOHOL": Sold(4, 4)},
            2,
            0,
        ),  # each by itself
        ([rule(1250, minimum=200)], {"FOOD": Sold(800, 758)}, 200, 40),
        ([rule(0, minimum=200)], {"FOOD": Sold(800, 758)}, 200, 40),
        ([rule(1250, minimum=200)], {}, 0, 0),
        ([rule(0)], SOLD, 0, 0),
        ([rule(1000), rule(300, service="transport")], SOLD, 1300, 260),
        ([rule(10_000)], {"FOOD": Sold(123_456_789, 1)}, 123_456_789, 24_691_358),
    ],
)
def test_rate_base_and_least_are_those_of_the_contract(rules, sold, net, taxed):
    [one] = earned([week(7, *rules, sold=sold)])
    assert (one.net_cents, one.vat_cents) == (net, taxed)


def test_the_least_is_granted_once_for_each_account_rendered():
    small, large = {"FOOD": Sold(800, 758)}, {"FOOD": Sold(2_000, 1_896)}
    least = rule(1000, minimum=250)
    weeks = [week(21, least, sold=small), week(7, least, sold=small), week(14, least, sold=large)]
    found = earned(weeks)
    assert [each.of.cycle_id for each in found] == ["week-07", "week-14", "week-21"]
    # 80 brought to 250; then 280 reached, 30 more than charged; then all of it.
    assert [each.net_cents for each in found] == [250, 30, 80]
    assert sum(each.net_cents for each in found) == 360


def test_a_lower_least_of_another_version_takes_nothing_back():
    small = {"FOOD": Sold(800, 758)}
    found = earned([week(7, rule(1000, minimum=250), sold=small), week(14, rule(1000, minimum=100), sold=small)])
    assert [each.net_cents for each in found] == [250, 0]


@pytest.mark.parametrize(
    ("rendering", "period"),
    [(Rendering.WEEKLY, "2026-W50"), (Rendering.MONTHLY, "2026-12"), (Rendering.QUARTERLY, "2026-Q4")],
)
def test_the_period_is_that_of_the_rendering(rendering, period):
    assert period_of(rendering, MONDAY) == period


@pytest.mark.parametrize(
    ("country", "regime", "found"),
    [
        ("FR", "NORMAL", (2000, True)),
        ("FR", "FRANCHISE_293B", (2000, False)),
        ("FR", "FARMER_FLAT_RATE", (2000, False)),
        ("ES", "NORMAL", (0, False)),
    ],
)
def test_the_normal_rate_is_charged_and_deducted_by_who_may(country, regime, found):
    assert vat_on(Seller("p", "P", country, regime), vat.load(), "FR", MONDAY, "NORMAL") == found


def test_a_hub_below_the_threshold_charges_no_vat_on_its_commission():
    assert vat_on(Seller("p", "P", "FR", "NORMAL"), vat.load(), "FR", MONDAY, "FRANCHISE_293B")[0] == 0


@pytest.mark.parametrize("collected", [True, False])
@pytest.mark.parametrize("deductible", [True, False])
def test_both_books_agree_to_the_cent(collected, deductible):
    [one] = earned([week(7, rule(1250), collected=collected, deductible=deductible)])
    hubs, producers = fold(commission_earned("p", one)), fold(commission_owed(one))
    claim = Side(Account.THIRD_PARTY if collected else Account.PRODUCERS, "p")
    owed = Side(Account.THIRD_PARTY if collected else Account.SUPPLIER, HUB)
    assert hubs[claim] == (1950, 0)
    assert producers[owed] == (0, 1950)
    assert (hubs[Side(Account.COMMISSION)], hubs[Side(Account.VAT)]) == ((0, 1625), (0, 325))
    cost, taxed = producers[Side(Account.COMMISSION_PAID)], producers.get(Side(Account.VAT_DEDUCTIBLE))
    assert (cost, taxed) == (((1625, 0), (325, 0)) if deductible else ((1950, 0), None))


def test_nothing_is_moved_for_nothing():
    [one] = earned([week(7, rule(0))])
    assert (commission_earned("p", one), commission_owed(one)) == ((), ())
