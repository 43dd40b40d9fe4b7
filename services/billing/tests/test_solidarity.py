"""The solidarity fund, from gifts to what households and producers see. On both databases."""

import asyncio
import re
from datetime import timedelta

import pytest
from billing_week import (
    CLOSES,
    GROUPS,
    PRODUCERS,
    allocated,
    both_read,
    closed,
    given,
    household,
    line,
    opened,
    placed,
    revised,
)
from mandate_papers import hidden
from payment_desk import balances, form, mends, plain, send

from billing.ledger.chart import FUND, HUB
from billing.ledger.rules import RULES
from billing.solidarity import fund, paying
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import AmountsDueComputed

COORDINATOR, BOOKS, OPERATOR = Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER), Grant(Role.OPERATOR)
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
NEIGHBOUR = Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux")
REFERENT = Grant(Role.REFERENT, group_id="g-Limoux")
FARMER = Grant(Role.PRODUCER, producer_id="p-Chèvrerie")
FUND_PAGE, BANDS = "/billing/fund", "/billing/fund/bands"
ROC = "p-Chèvrerie"
BASKET = ("basket", "Chèvrerie du Roc", "FOOD", 2000)
BREAD = ("bread", "Domaine de la Serre", "FOOD", 1000)


@pytest.fixture
async def hub(app, clock):
    clock.set(CLOSES - timedelta(days=2))
    await deliver(app, *GROUPS, *PRODUCERS, household("Marie"), household("Paul"))
    return app


async def grant(browser, amount="100", **typed):
    page = (await browser.get(FUND_PAGE)).text
    fields = hidden(page, "id") | {
        "giver": "Ville de Limoux",
        "kind": "transfer",
        "amount": amount,
        "day": "2026-11-20",
    }
    return await browser.submit(FUND_PAGE + "/grants", fields | typed)


async def band(browser, percent="90", name="Marie", **typed):
    page = (await browser.get(f"{BANDS}?household=h-{name}")).text
    fields = hidden(page, "id", "household") | {"percent": percent, "first_day": "2026-11-01"}
    return await browser.submit(BANDS, fields | typed)


async def cycle(app, clock, *orders):
    clock.set(CLOSES)
    await deliver(app, opened(), *orders, closed(list(orders)))


async def test_of_a_basket_of_20_the_family_pays_2_the_fund_18_and_the_producer_has_it_all(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    assert (await grant(coordinator)).status_code == 303
    assert (await band(coordinator)).status_code == 303
    await cycle(hub, clock, placed("Marie", [line(BASKET)]), placed("Paul", [line(BASKET)]))
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 200
    assert held[ROC, "household", "h-Paul"] == 2000
    assert held[ROC, "third_party", HUB] == 1800
    assert held[ROC, "sales", ""] == -4000, "the price is not cut"
    assert held[HUB, "third_party", ROC] == -1800
    assert (held[HUB, "bank", FUND], held[HUB, "bank", ROC], held[HUB, "solidarity", ""]) == (8200, 1800, -8200)
    due = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Total, un chèque 2,00 €" in due
    assert "dont 18,00 € payés par d’autres" in due
    page = plain((await coordinator.get(FUND_PAGE)).text)
    assert "Dans la caisse 82,00 €" in page
    assert "Marie Semaine 48 18,00 € 18,00 €" in page
    proof = plain((await coordinator.get("/billing/ledger?day=2026-11-22")).text)
    assert "Caisse de solidarité 82,00 € mis à part : 82,00 €" in proof
    assert "Pour chaque producteur" in proof


async def test_the_fund_pays_as_far_as_it_has_money_and_coordinators_are_told(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator, "21")
    await band(coordinator)
    await band(coordinator, "50", "Paul")
    await cycle(hub, clock, placed("Marie", [line(BASKET)]), placed("Paul", [line(BASKET), line(BREAD)]))
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 200
    # 3,00 are left of 15,00 that Paul's producers were to get: 2,00 and 1,00.
    assert (held[ROC, "household", "h-Paul"], held["p-Domaine", "household", "h-Paul"]) == (1800, 900)
    assert (HUB, "solidarity", "") not in held
    page = plain((await coordinator.get(FUND_PAGE)).text)
    assert "Paul, Semaine 48 : 3,00 € payés sur 15,00 €. Le foyer doit le reste." in page
    assert "payés sur" not in plain((await client_for(hub, BOOKS).get(FUND_PAGE)).text)


async def test_what_was_missing_is_paid_when_money_comes(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await band(coordinator)
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    assert (await balances(hub))[ROC, "household", "h-Marie"] == 2000
    missing = FUND_PAGE + "/missing"
    assert missing not in (await coordinator.get(FUND_PAGE)).text, "there is nothing to pay with"
    await grant(coordinator, "10")
    for left in (1000, 1000):
        assert (await coordinator.submit(missing, {})).status_code == 303
        assert (await balances(hub))[ROC, "household", "h-Marie"] == left
    await grant(coordinator, "50")
    assert missing in (await coordinator.get(FUND_PAGE)).text
    assert (await client_for(hub, BOOKS).submit(missing, {})).status_code == 403
    await asyncio.gather(*(coordinator.submit(missing, {}) for _ in range(2)))
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 200
    assert (held[HUB, "bank", FUND], held[HUB, "third_party", ROC]) == (4200, -1800)
    assert "payés sur" not in plain((await coordinator.get(FUND_PAGE)).text)


async def test_a_revision_takes_back_what_the_fund_paid_and_pays_anew(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator, "18")
    await band(coordinator)
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    less = allocated("Marie", [given(BASKET, 0), given(BREAD, 1)])
    await deliver(hub, less, revised([less]))
    held = await balances(hub)
    assert held["p-Domaine", "household", "h-Marie"] == 100
    assert not [key for key in held if ROC in key]
    assert held[HUB, "bank", FUND] == 900
    again = allocated("Marie", [given(BASKET, 1)], version=4)
    await deliver(hub, again, revised([again], 3))
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 200, "what was given back is there to be paid again"
    assert not [key for key in held if "p-Domaine" in key]


async def test_what_was_delivered_is_what_the_fund_pays_its_share_of(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator)
    await cycle(hub, clock, placed("Marie", [line(BASKET, 2)]))
    url = f"/billing/cycles/week-48/delivery?producer={ROC}"
    page = (await coordinator.get(url)).text
    came = {"seen": page.split('name="seen" value="')[1].split('"')[0], "came-h-Marie-basket": "1"}
    assert (await coordinator.submit(url, came)).status_code == 303
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 200
    assert held[HUB, "bank", FUND] == 8200
    due = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Total, un chèque 2,00 €" in due, "however small, its part is asked for"
    [last] = [each for each in await announced(hub) if isinstance(each, AmountsDueComputed)][-1:]
    assert (last.expected_cents, last.asked_cents) == (400, 200), "its mail says what it pays, not what the fund pays"


async def test_a_limit_for_a_cycle_and_an_end_hold(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator, most="5")
    await band(coordinator, "90", "Paul", last_day="2026-11-26")
    await cycle(hub, clock, placed("Marie", [line(BASKET)]), placed("Paul", [line(BASKET)]))
    held = await balances(hub)
    assert held[ROC, "household", "h-Marie"] == 1500
    assert held[ROC, "household", "h-Paul"] == 2000, "it ended the day before the delivery"


async def test_a_family_for_which_the_fund_pays_all_owes_nothing(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator, "100")
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    held = await balances(hub)
    assert (ROC, "household", "h-Marie") not in held
    due = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Total, un chèque 0,00 €" in due
    assert "20,00 €" in due, "what was bought is told"


async def test_a_family_that_paid_its_part_is_asked_for_nothing(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator)
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    cheque = {"kind": "cheque", "payee": ROC, "amount": "2", "cheque_number": "9", "bank": "La Nef"}
    assert (await send(coordinator, cheque, "/billing/households/h-Marie/payments/new")).status_code == 303
    due = plain((await client_for(hub, MEMBER).get("/billing/due")).text)
    assert "Chèvrerie du Roc 2,00 € Payé" in due
    assert "Reste à payer 0,00 €" in due


async def test_a_share_of_nothing_ends_what_was_set_before(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator)
    await band(coordinator, "0")
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    assert (await balances(hub))[ROC, "household", "h-Marie"] == 2000


async def test_what_a_household_gives_is_a_payment_to_the_fund_and_a_cheque_is_spent_when_it_is_at_the_bank(
    hub, clock, client_for
):
    books = client_for(hub, BOOKS)
    gift = {"kind": "cheque", "amount": "20", "cheque_number": "7", "bank": "La Nef"}
    url = "/billing/households/h-Paul/gift/new"
    fields = await form(books, gift, url)
    for _ in range(2):
        assert (await books.submit(url, fields)).status_code == 303
    held = await balances(hub)
    assert (held[HUB, "cheques", FUND], held[HUB, "solidarity", ""]) == (2000, -2000)
    assert "Dont disponible 0,00 €" in plain((await books.get(FUND_PAGE)).text)
    payments = (await books.get("/billing/payments")).text
    [payment] = set(re.findall(r"/billing/payments/([0-9a-f-]{36})", payments))
    page = plain((await books.get(f"/billing/payments/{payment}")).text)
    assert "Caisse de solidarité" in page
    await books.submit(f"/billing/payments/{payment}/move", {"do": "deposit"})
    assert (await balances(hub))[HUB, "bank", FUND] == 2000
    await band(client_for(hub, COORDINATOR))
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    await books.submit(f"/billing/payments/{payment}/move", {"do": "bounce", "reason": "sans provision"})
    held = await balances(hub)
    assert (held[HUB, "bank", FUND], held[HUB, "solidarity", ""]) == (-1800, 1800), "the hub is told what is missing"
    assert "-18,00 €" in plain((await books.get(FUND_PAGE)).text).replace("−", "-").replace("‑", "-")
    cash = await send(books, {"kind": "cash", "amount": "5"}, url)
    assert cash.status_code == 303
    assert (await send(books, {"kind": "cash", "amount": "0"}, url)).status_code == 422


async def test_a_grant_noted_by_mistake_is_taken_back_with_a_reason(hub, client_for):
    books = client_for(hub, BOOKS)
    await grant(books, "50", kind="cash")
    assert (await balances(hub))[HUB, "cash", FUND] == 5000
    assert "Caisse de solidarité 50,00 €" in plain((await books.get("/billing/payments/till")).text)
    page = (await books.get(FUND_PAGE)).text
    undo = re.search(r"/billing/fund/grants/[0-9a-f-]+/undo", page)[0]
    assert (await books.submit(undo, {"reason": ""})).status_code == 422
    for _ in range(2):
        assert (await books.submit(undo, {"reason": "deux fois"})).status_code == 303
    assert not await balances(hub)
    assert "deux fois" in (await books.get(FUND_PAGE)).text
    assert (await books.submit(FUND_PAGE + "/grants/none/undo", {"reason": "x"})).status_code == 404


async def test_a_grant_sent_twice_is_noted_once(hub, client_for):
    books = client_for(hub, BOOKS)
    fields = hidden((await books.get(FUND_PAGE)).text, "id")
    fields |= {"giver": "Ville", "kind": "transfer", "amount": "10", "day": "2026-11-20"}
    for _ in range(2):
        assert (await books.submit(FUND_PAGE + "/grants", fields)).status_code == 303
    assert (await balances(hub))[HUB, "bank", FUND] == 1000
    assert (await books.submit(FUND_PAGE + "/grants", fields | {"amount": "11"})).status_code == 409


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"giver": ""}, "giver"),
        ({"amount": "0"}, "amount"),
        ({"day": "2027-01-01"}, "day"),
        ({"kind": "cheque"}, "kind"),
    ],
)
async def test_a_grant_typed_wrong_is_told_at_its_field(hub, client_for, typed, field):
    answer = await grant(client_for(hub, BOOKS), **typed)
    assert answer.status_code == 422
    assert field in mends(answer.text) or f'id="field-{field}-error"' in answer.text
    assert not await balances(hub)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": "-1"}, "percent"),
        ({"most": "beaucoup"}, "most"),
        ({"first_day": ""}, "first_day"),
        ({"last_day": "2026-10-31"}, "last_day"),
    ],
)
async def test_a_share_typed_wrong_is_told_at_its_field(hub, client_for, typed, field):
    answer = await band(client_for(hub, COORDINATOR), **typed)
    assert answer.status_code == 422
    assert field in mends(answer.text)


async def test_only_coordinators_see_for_whom_the_fund_pays_and_which_share(hub, clock, client_for, caplog, capfd):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator, "73,21")
    await cycle(hub, clock, placed("Marie", [line(BASKET)]), placed("Paul", [line(BASKET)]))
    assert "73,21" in plain((await coordinator.get(f"{BANDS}?household=h-Marie")).text)
    for grant_of in (BOOKS, OPERATOR, MEMBER, NEIGHBOUR, REFERENT, FARMER):
        browser = client_for(hub, grant_of)
        assert (await browser.get(f"{BANDS}?household=h-Marie")).status_code == 403
        assert (await browser.submit(BANDS, {"household": "h-Marie"})).status_code == 403
        for path in sorted(addresses(hub)):
            answer = await browser.get(path)
            if answer.status_code == 200:
                assert "73,21" not in answer.text, (grant_of, path)
                assert "73.21" not in answer.text, (grant_of, path)
                assert f"{BANDS}?" not in answer.text, (grant_of, path)
    page = plain((await client_for(hub, BOOKS).get(FUND_PAGE)).text)
    assert "Marie" not in page
    journal = plain((await client_for(hub, BOOKS).get("/billing/ledger/journal?book=hub")).text)
    assert "Marie" not in journal, "the hub's entry names no household"
    assert "73,21" not in caplog.text
    logged = [each for each in capfd.readouterr().out.splitlines() if f"path={BANDS}" in each]
    assert logged
    assert "h-Marie" not in "".join(logged)


def addresses(app):
    """Every page and file that is read, with what stands in this hub in its places."""
    places = {"household_id": "h-Marie", "cycle_id": "week-48", "producer_id": ROC, "book": ROC, "number": "1"}
    for route in app.routes:
        path = getattr(route, "path", "")
        if "GET" not in (getattr(route, "methods", None) or ()) or not path.startswith("/billing") or path == BANDS:
            continue
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: places.get(found[1], "none"), path)
        if "stream" not in path:
            yield path


async def test_the_books_say_it_in_words(hub, clock, client_for):
    coordinator = client_for(hub, COORDINATOR)
    await grant(coordinator)
    await band(coordinator)
    await cycle(hub, clock, placed("Marie", [line(BASKET)]))
    assert {"gift", "fund_paid", "paid_for"} <= RULES.keys()
    journal = plain((await client_for(hub, BOOKS).get("/billing/ledger/journal")).text)
    assert "Réglé pour le foyer" in journal
    assert "Payé par la caisse de solidarité" in journal


@pytest.mark.postgres
async def test_two_cycles_that_close_at_once_spend_the_fund_once(hub, clock, client_for, monkeypatch):
    """Without the lock on the books both read what is there before the other has spent it: the negative control."""
    if hub.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")

    async def nothing(_writer):
        pass

    coordinator = client_for(hub, COORDINATOR)
    await band(coordinator)
    clock.set(CLOSES)
    spent = []
    for locked, cycles in ((True, ("one", "two")), (False, ("three", "four"))):
        await grant(coordinator, "18")
        if not locked:
            monkeypatch.setattr(paying, "hold_books", nothing)
        lies = fund.lies
        monkeypatch.setattr(fund, "lies", both_read(hub, lies))
        orders = {name: [placed("Marie", [line(BASKET)], cycle=name)] for name in cycles}
        for name in cycles:
            await deliver(hub, opened(name), *orders[name])
        await asyncio.gather(*(deliver(hub, closed(orders[name], name)) for name in cycles))
        monkeypatch.setattr(fund, "lies", lies)
        spent.append((await balances(hub)).get((HUB, "bank", FUND), 0))
    assert spent[0] == 0
    assert spent[1] < 0
