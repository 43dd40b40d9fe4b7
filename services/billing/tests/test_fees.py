"""Fees, from the page on which they are set to what households owe and the books. On both databases."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from billing_week import (
    CHEESE,
    CLOSES,
    GROUPS,
    OLIVES,
    PRODUCERS,
    SOAP,
    WINE,
    allocated,
    closed,
    given,
    household,
    line,
    opened,
    placed,
    revised,
)
from mandate_papers import CATALOGUE, hidden, signed
from payment_desk import balances, mends, plain

from billing.final_amount import PATIENCE
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import AmountsDueComputed
from contracts.fee import FeeSet

COORDINATOR, BOOKS, OPERATOR = Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER), Grant(Role.OPERATOR)
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
FEES = "/billing/fees"
SPAIN, GOATS, SERRE = "p-BioEspuña", "p-Chèvrerie", "p-Domaine"
BEFORE = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
"""Six days before the cycle opens."""
TRANSPORT = {"name": "Transport", "earner": HUB, "first_day": "2026-11-01", "kind": "per_order", "amount": "5"}
VAN = {
    "name": "Camion",
    "earner": SPAIN,
    "first_day": "2026-11-01",
    "kind": "shared",
    "amount": "10",
    "share_by": "value",
}


@pytest.fixture
async def hub(app, clock):
    clock.set(BEFORE)
    names = [household("Marie"), household("Paul"), household("Josette", "Quillan")]
    await deliver(app, *GROUPS, *PRODUCERS, *names)
    return app


async def sent(browser, typed, url=FEES + "/new"):
    page = (await browser.get(url)).text
    fields = hidden(page, "id", "seen") if url == FEES + "/new" else hidden(page, "seen")
    return {**fields, "share_by": "value", **typed}


async def fee(browser, typed, url=FEES + "/new"):
    return await browser.submit(url, await sent(browser, typed, url))


async def cycle(app, clock, *orders):
    clock.set(CLOSES)
    await deliver(app, opened(), *orders, closed(list(orders)))


async def test_a_fee_of_the_hub_stands_on_its_own_cheque_with_its_vat_and_in_its_own_income(hub, clock, client_for):
    assert (await fee(client_for(hub, COORDINATOR), TRANSPORT | {"free_from": "50"})).status_code == 303
    await cycle(hub, clock, placed("Marie", [line(CHEESE, 2), line(WINE, 1)]), placed("Paul", [line(OLIVES, 3)]))
    held = await balances(hub)
    assert held[HUB, "household", "h-Marie"] == 500
    assert (held[HUB, "fees", ""], held[HUB, "vat", ""]) == (-417, -83)
    assert (HUB, "household", "h-Paul") not in held, "66,00 of goods: it is free from 50,00 on"
    assert held[GOATS, "household", "h-Marie"] == 1700, "the farm has its price"
    page = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Transport 5,00 € sur chaque commande · gratuit à partir de 50,00 € de marchandises" in page
    assert "TVA 20 % : 0,83 € dans 5,00 €" in page
    assert "Total, 3 chèques 29,00 €" in page
    table = plain((await client_for(hub, BOOKS).get("/billing/vat?since=2026-11-01&until=2026-11-30")).text)
    assert re.search(r"Frais de la plateforme 20 % 4,17 € 0,83 €", table)
    journal = plain((await client_for(hub, BOOKS).get("/billing/ledger/journal?book=hub")).text)
    assert "Frais de la plateforme" in journal
    said = await announced(hub)
    [told] = [each for each in said if isinstance(each, FeeSet)]
    assert (told.name, told.cents, told.free_from_cents, told.set_at) == ("Transport", 500, 5000, BEFORE)
    due = {each.household_id: each for each in said if isinstance(each, AmountsDueComputed)}
    of_hub = [each for each in due["h-Marie"].producers if each.producer_id == HUB]
    assert [(fee.fee_id, fee.version, fee.gross_cents) for each in of_hub for fee in each.fees] == [(told.id, 1, 500)]
    assert due["h-Marie"].gross_cents == 2900
    assert not [each for each in due["h-Paul"].producers if each.fees]


async def test_a_basket_just_below_the_sum_from_which_it_is_free_pays_what_is_missing(hub, clock, client_for):
    """RP-04: 47,00 pays 3,00; T19: 40,00 that becomes 55,00 pays nothing any more."""
    await fee(client_for(hub, COORDINATOR), TRANSPORT | {"free_from": "50"})
    forty_seven, forty = (
        [line(OLIVES, 1), line(CHEESE, 2), line(("jam", "BioEspuña", "FOOD", 800))],
        ("ham", "BioEspuña", "FOOD", 4000),
    )
    paul = placed("Paul", [line(forty)])
    await cycle(hub, clock, placed("Marie", forty_seven), paul)
    held = await balances(hub)
    assert held[HUB, "household", "h-Marie"] == 300
    assert held[HUB, "household", "h-Paul"] == 500
    more = allocated("Paul", [given(forty, 1), given(CHEESE, 1), given(("tea", "BioEspuña", "FOOD", 650), 1)])
    marie = placed("Marie", forty_seven)
    await deliver(hub, more, revised([more, marie]))
    held = await balances(hub)
    assert (HUB, "household", "h-Paul") not in held
    assert held[HUB, "fees", ""] + held[HUB, "vat", ""] == -300


async def test_a_producers_transport_is_on_its_own_cheque_at_the_rates_of_its_goods(hub, clock, client_for):
    typed = TRANSPORT | {"earner": SPAIN, "amount": "2,80"}
    await fee(client_for(hub, COORDINATOR), typed)
    await cycle(hub, clock, placed("Marie", [line(OLIVES), line(SOAP), line(CHEESE)]))
    held = await balances(hub)
    # 22,00 at 5,5 % and 6,00 at 20 %: 2,20 and 0,60 of transport.
    assert held[SPAIN, "household", "h-Marie"] == 2800 + 280
    assert held[SPAIN, "carriage", ""] == -(209 + 50)
    assert held[SPAIN, "sales", ""] + held[SPAIN, "vat", ""] + held[SPAIN, "carriage", ""] == -3080
    assert held[GOATS, "household", "h-Marie"] == 850
    assert not [key for key in held if key[0] == HUB]
    account = plain((await client_for(hub, BOOKS).get("/billing/accounts?since=2026-11-01&until=2026-11-30")).text)
    assert "30,80 €" in account
    own = plain((await client_for(hub, BOOKS).get(f"/billing/accounts/{SPAIN}?since=2026-11-01&until=2026-11-30")).text)
    assert "Dont port et frais accessoires, hors TVA : 2,59 €" in own
    due = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Total, 2 chèques 39,30 €" in due


async def test_a_van_is_shared_by_value_to_the_cent_and_shared_anew_when_goods_do_not_come(hub, clock, client_for):
    await fee(client_for(hub, COORDINATOR), VAN)
    orders = [
        placed("Marie", [line(OLIVES)]),
        placed("Paul", [line(OLIVES)]),
        placed("Josette", [line(OLIVES)], "Quillan"),
    ]
    await cycle(hub, clock, *orders)
    held = await balances(hub)
    owed = {name: held[SPAIN, "household", f"h-{name}"] - 2200 for name in ("Marie", "Paul", "Josette")}
    assert sorted(owed.values()) == [333, 333, 334]
    coordinator = client_for(hub, COORDINATOR)
    url = f"/billing/cycles/week-48/delivery?producer={SPAIN}"
    page = (await coordinator.get(url)).text
    came = {"seen": page.split('name="seen" value="')[1].split('"')[0], "came-h-Marie-olives": "0"}
    came |= {"came-h-Paul-olives": "1", "came-h-Josette-olives": "1"}
    assert (await coordinator.submit(url, came)).status_code == 303
    held = await balances(hub)
    assert (SPAIN, "household", "h-Marie") not in held, "nothing came to her: neither goods nor transport"
    await shared_anew(hub, clock)
    held = await balances(hub)
    assert [held[SPAIN, "household", f"h-{name}"] for name in ("Paul", "Josette")] == [2700, 2700]
    assert held[SPAIN, "carriage", ""] == -948
    page = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "3,33 € étaient prévus" in page or "3,34 € étaient prévus" in page


async def test_no_commission_is_reckoned_on_transport(app, clock, client_for):
    clock.set(BEFORE)
    await deliver(app, *GROUPS, *CATALOGUE, household("Marie"))
    await fee(client_for(app, COORDINATOR), TRANSPORT | {"earner": "p-roc", "amount": "2"})
    clock.set(CLOSES)
    await signed(app, client_for, starts_on="2026-11-22", ends_on="2027-11-21")
    order = placed("Marie", [line(("tomme", "roc", "FOOD", 850), 2)])
    await deliver(app, opened(), order, closed([order]))
    held = await balances(app)
    assert held["p-roc", "household", "h-Marie"] == 1900
    assert held[HUB, "commission", ""] == -213, "of 17,00, not of 19,00"


async def test_a_share_of_the_price_is_charged_as_it_was_told_for_one(hub, clock, client_for):
    """M-01 through the pages."""
    eggs = ("eggs", "BioEspuña", "FOOD", 300)
    typed = {"name": "Adhésion", "earner": HUB, "first_day": "2026-11-01", "kind": "percent", "percent": "11,1"}
    await fee(client_for(hub, COORDINATOR), typed)
    await cycle(hub, clock, placed("Marie", [line(eggs, 4)]))
    assert (await balances(hub))[HUB, "household", "h-Marie"] == 132


async def test_a_cycle_keeps_the_fees_that_stood_when_it_opened(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    answer = await fee(coordinator, TRANSPORT)
    where = answer.headers["location"].split("?")[0]
    clock.set(BEFORE + timedelta(days=8))
    assert (await fee(coordinator, TRANSPORT | {"amount": "9"}, where)).status_code == 303
    order = placed("Marie", [line(CHEESE)])
    await cycle(hub, clock, order)
    assert (await balances(hub))[HUB, "household", "h-Marie"] == 500, "she was told 5,00 when she ordered"
    less = allocated("Marie", [given(CHEESE, 1), given(WINE, 1)])
    await deliver(hub, less, revised([less]))
    assert (await balances(hub))[HUB, "household", "h-Marie"] == 500
    past = plain((await coordinator.get(where)).text)
    assert "2 Transport 9,00 € sur chaque commande" in past
    assert "1 Transport 5,00 € sur chaque commande" in past


@pytest.mark.parametrize(
    "changes",
    [
        {"first_day": "2026-12-01"},
        {"last_day": "2026-11-26"},
        {"groups": "g-Quillan"},
        {"earner": SERRE},
        {"stopped": "on"},
    ],
)
async def test_a_fee_of_other_days_groups_or_goods_is_not_charged(hub, clock, client_for, changes):
    assert (await fee(client_for(hub, COORDINATOR), TRANSPORT | changes)).status_code == 303
    await cycle(hub, clock, placed("Marie", [line(CHEESE)]))
    held = await balances(hub)
    assert {key: cents for key, cents in held.items() if key[1] == "household"} == {
        (GOATS, "household", "h-Marie"): 850
    }


async def test_nothing_delivered_no_fee(hub, clock, client_for):
    await fee(client_for(hub, COORDINATOR), TRANSPORT)
    await cycle(hub, clock, placed("Marie", [line(CHEESE)]))
    coordinator = client_for(hub, COORDINATOR)
    url = f"/billing/cycles/week-48/delivery?producer={GOATS}"
    page = (await coordinator.get(url)).text
    came = {"seen": page.split('name="seen" value="')[1].split('"')[0], "came-h-Marie-cheese": "0"}
    await coordinator.submit(url, came)
    assert not await balances(hub)
    page = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Attendu 13,50 €" in page
    assert "Livré 0,00 €" in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"earner": "nobody"}, "earner"),
        ({"groups": "g-Atlantis"}, "groups"),
        ({"first_day": "demain"}, "first_day"),
        ({"last_day": "2026-10-01"}, "last_day"),
        ({"kind": "gift"}, "kind"),
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"kind": "percent", "percent": ""}, "percent"),
        ({"kind": "percent", "percent": "100,01"}, "percent"),
        ({"kind": "shared", "share_by": "moon"}, "share_by"),
        ({"free_from": "cher"}, "free_from"),
    ],
)
async def test_what_is_typed_wrong_is_told_at_its_field_and_nothing_is_set(hub, client_for, changes, field):
    browser = client_for(hub, COORDINATOR)
    answer = await fee(browser, TRANSPORT | changes)
    assert answer.status_code == 422
    assert field in mends(answer.text) or f'id="field-{field}-error"' in answer.text
    if field != "name":
        assert 'value="Transport"' in answer.text, "what was typed is kept"
    assert "Aucun frais" in plain((await browser.get(FEES)).text)


async def test_a_form_sent_twice_sets_one_version_and_one_from_an_old_page_sets_nothing(hub, client_for):
    browser = client_for(hub, COORDINATOR)
    form = await sent(browser, TRANSPORT)
    first = await browser.submit(FEES + "/new", form)
    assert (await browser.submit(FEES + "/new", form)).headers["location"] == first.headers["location"]
    where = first.headers["location"].split("?")[0]
    old = await sent(browser, TRANSPORT | {"amount": "7"}, where)
    assert (await fee(browser, TRANSPORT | {"amount": "6"}, where)).status_code == 303
    answer = await browser.submit(where, old)
    assert answer.status_code == 409
    assert 'value="7"' in answer.text
    page = plain((await browser.get(where)).text)
    assert "6,00 € sur chaque commande" in page
    assert "7,00 €" not in page


async def test_two_people_who_change_a_fee_at_once_do_not_undo_each_other(hub, client_for):
    one, two = client_for(hub, COORDINATOR), client_for(hub, BOOKS)
    form = await sent(one, TRANSPORT)
    first = await asyncio.gather(*(each.submit(FEES + "/new", form) for each in (one, one, two)))
    assert [answer.status_code for answer in first] == [303, 303, 303]
    where = first[0].headers["location"].split("?")[0]
    both = [(who, await sent(who, TRANSPORT | {"amount": amount}, where)) for who, amount in ((one, "6"), (two, "7"))]
    answers = await asyncio.gather(*(who.submit(where, typed) for who, typed in both))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    page = plain((await one.get(where)).text)
    assert "2 Transport" in page
    assert "3 Transport" not in page


async def test_who_may_see_fees_and_who_may_set_them(hub, client_for):
    answer = await fee(client_for(hub, BOOKS), TRANSPORT)
    where = answer.headers["location"].split("?")[0]
    reader = client_for(hub, OPERATOR)
    assert "Transport" in (await reader.get(FEES)).text
    assert 'name="amount"' not in (await reader.get(where)).text
    assert (await reader.submit(where, TRANSPORT)).status_code == 403
    assert (await client_for(hub, MEMBER).get(FEES)).status_code == 403
    assert (await client_for(hub, COORDINATOR).get(FEES + "/none")).status_code == 404


async def shared_anew(app, clock):
    """What the timer does a while after the last delivery was recorded; the service's own loop may be faster."""
    clock.set(CLOSES + PATIENCE)
    async with asyncio.timeout(20):
        while (await balances(app)).get((SPAIN, "household", "h-Paul")) != 2700:
            await app.state.service.timers.call_one()
            await asyncio.sleep(0.01)


async def test_a_field_that_hangs_on_another_says_when_it_is_needed(app, client_for):
    page = plain((await client_for(app, COORDINATOR).get("/billing/fees/new")).text)
    assert "Montant (nécessaire si c’est une somme)" in page
    assert "(nécessaire si c’est une part du prix)" in page
