"""Who carries a difference of weight, as it is said of the product: on the page, in the amounts, in the books."""

import asyncio
from itertools import permutations

import pytest
from billing_week import CLOSES, GROUPS, PRODUCERS, closed, household, opened, resold, revised, withdrawn
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from weighed_week import (
    COORDINATOR,
    SPAIN,
    WEIGHED,
    balances,
    begin,
    bought,
    oranges,
    orders,
    owed,
    weigh,
)

from billing import final_amount
from billing.ledger.book import entry
from billing.ledger.chart import FUND, HUB, Account
from billing.ledger.entry import Cause, Entry, Movement, Side
from billing.ledger.posting import post
from billing.order import Goods
from billing.price import Came
from billing.producer_bill import producer_bill
from billing.together import Bought, shared_out, short_of_bill
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Bearer, Role
from contracts.logistics import DeliveredLine, DeliveryRecorded

MEMBER = Grant(Role.MEMBER, household_id="h-Marie")


@pytest.fixture
async def crate(app, clock, client_for):
    """The oranges of M-03, borne as is said; and the coordinator's browser."""

    async def of(bearer, **more):
        await begin(app, clock, orders(oranges(bearer, **more)))
        return client_for(app, COORDINATOR)

    return of


async def test_m_03_the_buyers_share_the_bill_of_the_crate(crate, app, clock, client_for):
    browser = await crate(Bearer.BUYERS)
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 550}
    assert (await weigh(browser, WEIGHED)).status_code == 303
    assert await owed(app) == {"Marie": 765, "Paul": 898, "Josette": 537}, "2,200 cents, by what each was weighed"
    found = await balances(app, clock)
    assert sum(cents for (book, account, _), cents in found.items() if (book, account) == (SPAIN, "household")) == 2200
    text = (await client_for(app, MEMBER).get("/billing/due")).text
    assert "se partagent la facture du producteur, au prorata de ce que chacun a reçu" in text
    assert "3,45\u00a0kg" in text
    told = (await client_for(app, Grant(Role.BOOKKEEPER)).get("/billing/api/cycles/week-48/totals")).json()
    assert told["gross_cents"] == 2200


async def test_rp_02_a_bill_that_says_another_sum_is_shared_to_the_cent(app, clock, client_for):
    cheese = oranges(Bearer.BUYERS, price_cents=1000)
    await begin(app, clock, orders(cheese, {"Anne": 1000, "Bruno": 2000, "Claire": 1500}))
    browser = client_for(app, COORDINATOR)
    assert (await weigh(browser, {}, bill_oranges="47,30")).status_code == 303
    assert await owed(app) == {"Anne": 1051, "Bruno": 2102, "Claire": 1577}
    await balances(app, clock)
    assert 'value="47,30"' in (await browser.get("/billing/cycles/week-48/delivery")).text
    assert (await weigh(browser, {}, bill_oranges="")).status_code == 303
    assert await owed(app) == {"Anne": 1000, "Bruno": 2000, "Claire": 1500}, "as ordered again"
    await balances(app, clock)
    async with app.state.service.database.read() as reader:
        kept = await reader.all(select(producer_bill).order_by(producer_bill.c.version))
    assert [(row["cents"], bool(row["person_id"])) for row in kept] == [(4730, True), (None, True)]


async def test_one_record_changes_what_the_others_pay_whom_nothing_was_recorded_of(crate, app, clock):
    browser = await crate(Bearer.BUYERS)
    await weigh(browser, {"Josette": "2,42"})
    after = await owed(app)
    assert sum(after.values()) == 2200
    assert (after["Marie"], after["Paul"], after["Josette"]) == (754, 909, 537)
    await weigh(browser, {"Josette": "0"})
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 0}, "what did not come is on nobody's bill"
    await weigh(browser, {"Josette": ""})
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 550}
    await balances(app, clock)


async def test_the_hub_bears_what_is_missing_of_the_bill_and_the_producer_is_paid_in_full(
    crate, app, clock, client_for
):
    browser = await crate(Bearer.HUB)
    await weigh(browser, WEIGHED)
    assert await owed(app) == {"Marie": 759, "Paul": 891, "Josette": 532}, "each what was measured"
    found = await balances(app, clock)
    # 18 cents at 5.5 %: 17 and 1 of VAT, all of it taxed with the producer and a cost of the hub.
    assert {key: cents for key, cents in found.items() if key[0] == HUB} == {
        (HUB, "weight_borne", ""): 18,
        (HUB, "third_party", SPAIN): -18,
        (HUB, "bank", SPAIN): 18,
        (HUB, "bank", ""): -18,
    }
    sold = sum(cents for (book, account, _), cents in found.items() if book == SPAIN and account in ("sales", "vat"))
    assert (sold, found[SPAIN, "third_party", HUB]) == (-2200, 18)
    assert (
        "La plateforme paie au producteur ce qui manque"
        in (await client_for(app, Grant(Role.MEMBER, household_id="h-Paul")).get("/billing/due")).text
    )
    producers = client_for(app, Grant(Role.PRODUCER, producer_id=SPAIN))
    page = (await producers.get(f"/billing/accounts/{SPAIN}?since=2026-11-01&until=2026-11-30")).text
    assert "0,18\u00a0€ en sont payés par la plateforme ou par la caisse de solidarité" in page
    books = client_for(app, Grant(Role.BOOKKEEPER))
    assert "de plus que son propre argent" in (await books.get("/billing/ledger")).text
    assert "Différence de poids prise en charge par la plateforme" in (await books.get("/billing/ledger/journal")).text


async def test_what_the_hub_bears_is_booked_once_and_put_right_by_counter_entries(crate, app, clock):
    browser = await crate(Bearer.HUB)
    await weigh(browser, WEIGHED)
    await weigh(browser, WEIGHED)
    await weigh(browser, {**WEIGHED, "Josette": "2,3"})
    assert (await balances(app, clock))[HUB, "weight_borne", ""] == 44
    await weigh(browser, {**WEIGHED, "Josette": "3"})
    found = await balances(app, clock)
    assert (HUB, "weight_borne", "") not in found, "it weighs more than was billed: that is the producer's"
    assert -found[SPAIN, "sales", ""] - found[SPAIN, "vat", ""] == 759 + 891 + 660
    async with app.state.service.database.read() as reader:
        rows = await reader.all(
            select(entry).where(entry.c.rule == "weight_hub", entry.c.book == HUB).order_by(entry.c.number)
        )
    assert [(bool(row["counters"]), bool(row["person_id"])) for row in rows] == [
        (False, True),
        (True, True),
        (False, True),
        (True, True),
    ]


async def give_the_fund(app, cents):
    """As whoever fills the fund books it."""
    moved = (Movement(Side(Account.BANK, FUND), Side(Account.SOLIDARITY), cents),)
    async with app.state.service.database.write() as writer:
        cause = Cause("gift", "fund", 1)
        await post(writer, [Entry(HUB, f"gift:{cents}", CLOSES.date(), "BQ", cause, moved)])


async def test_the_fund_bears_it_as_far_as_there_is_money_in_it_and_then_the_hub(crate, app, clock):
    browser = await crate(Bearer.FUND)
    await give_the_fund(app, 10)
    await weigh(browser, WEIGHED)
    hubs = {key[1:]: cents for key, cents in (await balances(app, clock)).items() if key[0] == HUB}
    assert hubs == {("third_party", SPAIN): -18, ("bank", SPAIN): 18, ("weight_borne", ""): 8, ("bank", ""): -8}
    await weigh(browser, {**WEIGHED, "Josette": "2,3"})
    hubs = {key[1:]: cents for key, cents in (await balances(app, clock)).items() if key[0] == HUB}
    assert hubs == {
        ("third_party", SPAIN): -44,
        ("bank", SPAIN): 44,
        ("weight_borne", ""): 34,
        ("bank", ""): -34,
    }, "the first was taken back before the fund gave anew"
    await give_the_fund(app, 1000)
    await weigh(browser, WEIGHED)
    hubs = {key[1:]: cents for key, cents in (await balances(app, clock)).items() if key[0] == HUB}
    assert hubs == {("third_party", SPAIN): -18, ("bank", SPAIN): 18, ("solidarity", ""): -992, ("bank", FUND): 992}


@pytest.mark.parametrize(("bearer", "whom"), [(Bearer.HUB, "la plateforme"), (Bearer.FUND, "la caisse de solidarité")])
async def test_what_others_pay_stands_in_columns_of_its_own_equal_to_the_books(
    crate, app, clock, client_for, bearer, whom
):
    browser = await crate(bearer)
    await give_the_fund(app, 10)
    for josette in ("2,42", "2,3"):
        await weigh(browser, {**WEIGHED, "Josette": josette})
        answer = await browser.get(f"/billing/accounts/{SPAIN}/sales.csv?since=2026-11-01&until=2027-01-31")
        _headings, *lines, total, booked, left = [
            line.split(";") for line in answer.content.decode("utf-8-sig").splitlines()
        ]
        (borne,) = [row for row in lines if row[13]]
        assert whom in borne[4]
        assert borne[7:8] == [""], "it is not what a buyer paid"
        assert total[11:] == booked[11:] == borne[11:]
        assert int(total[13].replace(",", "")) == {"2,42": 18, "2,3": 44}[josette]
        assert set(left[7:]) == {"0,00", ""}
        sold = -(await balances(app, clock))[SPAIN, "sales", ""]
        assert int(total[7].replace(",", "")) + int(total[11].replace(",", "")) == sold


async def test_an_empty_fund_gives_nothing(crate, app, clock):
    await weigh(await crate(Bearer.FUND), WEIGHED)
    found = await balances(app, clock)
    assert (found[HUB, "weight_borne", ""], (HUB, "solidarity", "") in found) == (18, False)


async def test_the_producer_bears_it_by_product_and_by_exception_of_a_day(crate, app, clock):
    browser = await crate(Bearer.PRODUCER)
    await weigh(browser, WEIGHED)
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 550}
    await balances(app, clock)


async def test_by_exception_the_producer_bears_what_the_hub_would(crate, app, clock):
    browser = await crate(Bearer.HUB)
    await weigh(browser, WEIGHED, bears_oranges="producer")
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 550}
    assert not [key for key in await balances(app, clock) if key[0] == HUB]


async def test_a_farmer_who_charges_no_vat_carries_none_on_what_the_hub_pays(app, clock, client_for):
    """T24."""
    goats = oranges(Bearer.HUB, producer_id="p-Chèvrerie")
    made = [
        each.model_copy(update={"lines": (bought(goats, 3400, 748, "Chèvrerie du Roc"),), "gross_cents": 748})
        for each in orders(goats, {"Marie": 3400})
    ]
    await begin(app, clock, made)
    await weigh(client_for(app, COORDINATOR), {"Marie": "3"}, producer="p-Chèvrerie")
    found = await balances(app, clock)
    assert (found["p-Chèvrerie", "sales", ""], found[HUB, "weight_borne", ""]) == (-748, 88)
    assert ("p-Chèvrerie", "vat", "") not in found


async def test_what_the_hub_sells_itself_it_sells_for_less_and_owes_nobody(app, clock, client_for):
    made = [each.model_copy(update={"lines": tuple(map(resold, each.lines))}) for each in orders(oranges(Bearer.HUB))]
    await begin(app, clock, made)
    await weigh(client_for(app, COORDINATOR), WEIGHED)
    assert await owed(app) == {"Marie": 759, "Paul": 891, "Josette": 532}
    found = await balances(app, clock)
    assert {account for book, account, _ in found if book == HUB} == {"household", "resales", "vat"}


async def test_a_bill_that_is_no_sum_or_far_off_is_told_at_its_field_and_nothing_is_kept(crate, app):
    browser = await crate(Bearer.BUYERS)
    for typed, said in (("beaucoup", "beaucoup"), ("220", "22,00"), ("0", "bill-oranges"), ("4", "22,00")):
        answer = await weigh(browser, WEIGHED, bill_oranges=typed)
        assert (answer.status_code, said in answer.text) == (422, True), typed
        assert 'id="field-bill-oranges-error"' in answer.text
        assert 'value="3,45"' in answer.text
    assert await owed(app) == {"Marie": 748, "Paul": 902, "Josette": 550}


async def test_a_bill_somebody_else_typed_in_meanwhile_is_not_undone(crate, app):
    browser = await crate(Bearer.BUYERS)
    await weigh(browser, {}, bill_oranges="23")
    answer = await weigh(browser, {}, seen="0", bill_oranges="21")
    assert answer.status_code == 409
    assert sum((await owed(app)).values()) == 2300


def recorded(version, name, quantity):
    return DeliveryRecorded(
        id=f"d-{name}",
        version=version,
        cycle_id="week-48",
        household_id=f"h-{name}",
        producer_id=SPAIN,
        recorded_at=CLOSES,
        recorded_by="Odile",
        lines=(DeliveredLine(product_id="oranges", quantity_thousandths=quantity),),
    )


@pytest.mark.parametrize("bearer", [Bearer.BUYERS, Bearer.HUB])
@pytest.mark.parametrize("order", list(permutations(range(3)))[1::2])
async def test_whatever_order_logistics_is_heard_in_amounts_and_books_end_the_same(app, clock, order, bearer):
    clock.set(CLOSES)
    made = orders(oranges(bearer))
    says = [recorded(1, "Marie", 3450), recorded(1, "Paul", 4050), recorded(1, "Josette", 2420)]
    names = [household(name) for name in ("Marie", "Paul", "Josette")]
    await deliver(app, says[order[0]], *GROUPS, *PRODUCERS, *names, opened(), *made, closed(made))
    await deliver(app, *(says[each] for each in order[1:]), says[order[0]])
    shared = bearer is Bearer.BUYERS
    assert await owed(app) == dict(zip(WEIGHED, (765, 898, 537) if shared else (759, 891, 532), strict=True))
    found = await balances(app, clock)
    assert found.get((HUB, "weight_borne", ""), 0) == (0 if shared else 18)


def lines(bearer, weights, prices):
    of = Goods(
        producer_id="p",
        product_id="x",
        name_fr="",
        name_en="",
        unit="kg",
        vat_class="FOOD",
        price_cents=prices,
        bearer=bearer,
    )
    return [
        Bought(str(n), "k", of, ordered, (prices * ordered + 500) // 1000, Came(came))
        for n, (ordered, came) in enumerate(weights)
    ]


WEIGHTS = st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 20_000)), min_size=1, max_size=30)


@given(WEIGHTS, st.integers(1, 5000), st.integers(1, 100_000))
def test_the_shares_of_any_bill_come_to_the_bill(weights, price, bill):
    """T6, T7."""
    shares = shared_out(lines(Bearer.BUYERS, weights, price), bill)
    assert set(shares) == {str(n) for n, (_, came) in enumerate(weights) if came}
    assert sum(shares.values()) == (bill if shares else 0)


@given(WEIGHTS, st.integers(1, 5000))
def test_what_buyers_and_bearer_pay_is_the_bill_or_what_was_measured_where_that_is_more(weights, price):
    bought_of = lines(Bearer.HUB, weights, price)
    came = [each for each in bought_of if each.billed.quantity_thousandths]
    paid, bill = sum(each.billed.gross_cents for each in came), sum(each.gross_cents for each in came)
    assert paid + short_of_bill(bought_of, None) == max(bill, paid)


async def test_a_closing_revised_without_one_of_the_buyers_bears_what_is_left(crate, app, clock):
    browser = await crate(Bearer.HUB)
    await weigh(browser, WEIGHED)
    made = orders(oranges(Bearer.HUB))
    await deliver(app, withdrawn("Josette"), revised(made[:2]))
    assert {name: cents for name, cents in (await owed(app)).items() if cents} == {"Marie": 759, "Paul": 891}
    assert not [key for key in await balances(app, clock) if key[0] == HUB], "Marie's 11 cents more are Paul's less"


async def test_buyers_beyond_a_portion_share_the_bill_when_the_timer_has_passed(crate, app, clock, monkeypatch):
    monkeypatch.setattr(final_amount, "PORTION", 1)
    browser = await crate(Bearer.BUYERS)
    assert (await weigh(browser, {"Josette": "2,42"})).status_code == 303
    async with asyncio.timeout(20):
        while await owed(app) != {"Marie": 754, "Paul": 909, "Josette": 537}:
            await asyncio.sleep(0.02)
    await balances(app, clock)
