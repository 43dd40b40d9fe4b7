"""Invoices of sales: drawn up for a household or for all, numbered by seller, equal to the books, corrected by others.
Through the pages, on both databases."""

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from billing_week import CLOSES, closed, household, line, opened, placed, resold
from mandate_papers import CATALOGUE, GOATS, signed
from paper_week import HUB_PAPERS
from payment_desk import balances, mends, plain, send
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from test_resale import FLOUR, JUICE, NAME, TOMME, bottled

from billing.app import BillingSettings, create_app
from billing.invoice import drawing
from billing.invoice.difference import Line, Rate, Stand, between
from billing.invoice.drawing import rights_of
from billing.invoice.in_turn import TIMER
from billing.invoice.register import invoice
from billing.ledger.chart import HUB
from billing.ledger.proof import proofs
from billing.paper.proof import paper_proofs
from chassis.identity import Grant
from chassis.testing import deliver
from chassis.timers import timer
from contracts import Role

BOOKS = Grant(Role.BOOKKEEPER)
MARIE = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
PAUL = Grant(Role.MEMBER, household_id="h-Paul", group_id="g-Limoux")
MINE = "/billing/households/h-Marie/invoices?cycle=week-48"
CYCLE = "/billing/cycles/week-48/invoices"
URL = "/billing/invoices"
HOME = {"name": "Marie Durand", "address": "3 place du Marché, 11300 Limoux", "siren": "", "vat_number": ""}
DELIVERED = datetime(2026, 11, 30, 9, tzinfo=UTC)


async def a_week(app, clock, client_for, regime="NORMAL", **terms):
    """Marie: two cheeses under mandate, 17,00, and of the hub flour for 9,90 and juice for 8,00 with 1,00 of deposit.
    Paul: one cheese, 8,50."""
    clock.set(CLOSES)
    await deliver(app, *CATALOGUE)
    await signed(app, client_for, starts_on="2026-11-22", ends_on="2027-11-21", **terms)
    farm = CATALOGUE[0].model_copy(update={"version": 9, "seller_regime": regime})
    orders = [
        placed("Marie", [line(TOMME, 2), resold(line(FLOUR, 3)), resold(bottled(line(JUICE, 2), 50))]),
        placed("Paul", [line(TOMME)]),
    ]
    await deliver(app, farm, household("Marie"), household("Paul"), opened(), *orders, closed(orders))
    clock.set(DELIVERED)
    return app


@pytest.fixture
async def week(started, clock, client_for):
    return await a_week(await started(create_app, BillingSettings, hub_name=NAME, **HUB_PAPERS), clock, client_for)


@pytest.fixture
def books(week, client_for):
    return client_for(week, BOOKS, name="Anne")


async def issued(app):
    """All in the order of their numbers; the books and the series are sound."""
    async with app.state.service.database.read() as reader:
        for proof in [*await proofs(reader), *await paper_proofs(reader)]:
            assert proof.faults == [], proof
        return await reader.all(select(invoice).order_by(invoice.c.series, invoice.c.place))


def figures(row):
    return json.loads(row["figures"])


def told(row):
    return json.dumps(json.loads(row["printed"]), ensure_ascii=False).replace("\u00a0", " ").replace("\u202f", " ")


async def in_turn(app):
    """Until all that was begun is drawn up, by this test or by the service's own loop."""
    begun = select(timer.c.key).where(timer.c.name == TIMER)
    for _round in range(500):
        await app.state.service.timers.call_one()
        async with app.state.service.database.read() as reader:
            if not await reader.all(begun):
                return
        await asyncio.sleep(0.01)
    pytest.fail("the invoices that were begun are never done")


async def all_drawn(app, books):
    assert (await books.submit(CYCLE, {})).status_code == 303
    await in_turn(app)
    return await issued(app)


async def weighed(app, client_for, **came):
    """What came of the farm's goods, as the coordinator types it."""
    coordinator = client_for(app, Grant(Role.COORDINATOR))
    url = f"/billing/cycles/week-48/delivery?producer={GOATS}"
    seen = (await coordinator.get(url)).text.split('name="seen" value="')[1].split('"')[0]
    answer = await coordinator.submit(url, {"seen": seen} | came)
    assert answer.status_code == 303, mends(answer.text)


async def test_a_household_asks_and_gets_one_of_each_seller_with_what_the_law_wants(week, client_for):
    marie = client_for(week, MARIE, name="Marie")
    assert "week-48" in (await marie.get("/billing/due")).text.split("/invoices?cycle=")[1][:20]
    for _ in range(2):
        assert (await marie.submit(MINE, HOME)).status_code == 303
    farm, hub = sorted(await issued(week), key=lambda row: row["seller_id"] == HUB)
    assert [farm["number"], hub["number"]] == ["H01-P001-2026-00001", "H01-V-2026-00001"]
    assert (farm["contest_until"], hub["contest_until"]) == (date(2026, 12, 15), None)
    said = told(farm)
    for wanted in (
        "Facture établie par Panier de l’Aude au nom et pour le compte de Chèvrerie du Roc.",
        '"sender": ["Chèvrerie du Roc", "EARL", "Le Roc, 11300 Limoux", "SIREN 732829320", "N° de TVA FR44732829320"]',
        "Marie Durand",
        "3 place du Marché, 11300 Limoux",
        '["Tomme", "2 pièces", "8,0550 €", "5,5 %", "16,11 €", "17,00 €"]',
        '["5,5 %", "16,11 €", "0,89 €", "17,00 €"]',
        "livraison de biens",
        "escompte",
        "15/12/2026",
    ):
        assert wanted in said, (wanted, said)
    assert "40 €" not in said, "a fee for businesses alone"
    said = told(hub)
    for wanted in ("SIREN 552100554", "FR57552100554", "SCIC", "Flour (Chèvrerie du Roc)", "1,00 €", "18,90 €"):
        assert wanted in said, (wanted, said)
    assert "au nom et pour le compte" not in said
    page = plain((await marie.get(f"{URL}/{farm['id']}")).text)
    assert "8,0550 €" in page
    answer = await marie.get(f"{URL}/{farm['id']}/paper.pdf")
    assert answer.content.startswith(b"%PDF")


async def test_a_business_gives_its_number_and_is_told_of_penalties(week, client_for):
    marie = client_for(week, MARIE)
    answer = await marie.submit(MINE, HOME | {"siren": "552 100 555"})
    assert answer.status_code == 422
    assert "siren" in mends(answer.text)
    assert 'value="552 100 555"' in answer.text
    assert await issued(week) == []
    assert (await marie.submit(MINE, HOME | {"address": ""})).status_code == 422
    await marie.submit(MINE, HOME | {"siren": "552 100 554"})
    assert "40 €" in told((await issued(week))[0])
    assert "SIREN 552100554" in json.loads((await issued(week))[0]["printed"])["recipient"]


async def test_what_is_paid_and_what_is_left_stands_on_it(week, client_for, books):
    cheque = {
        "kind": "cheque",
        "payee": HUB,
        "amount": "8,90",
        "cheque_number": "7",
        "bank": "La Nef",
        "share-hub": "8,90",
    }
    place = "/billing/households/h-Marie/payments/new"
    assert (await send(books, cheque | {f"share-{GOATS}": "0"}, place)).status_code == 303
    await client_for(week, MARIE).submit(MINE, HOME)
    [hub] = [row for row in await issued(week) if row["seller_id"] == HUB]
    assert json.loads(hub["printed"])["sums"][-2:] == [
        ["Payé au jour de la facture", "8,90\u00a0€"],
        ["À payer", "10,00\u00a0€"],
    ]


@pytest.mark.parametrize(
    ("regime", "phrase"),
    [("FRANCHISE_293B", "article 293 B"), ("FARMER_FLAT_RATE", "298 quater"), ("NOT_TAXABLE", "non assujetti")],
)
async def test_a_seller_without_vat_says_why(started, clock, client_for, regime, phrase):
    app = await started(create_app, BillingSettings, **HUB_PAPERS)
    await a_week(app, clock, client_for, regime)
    await client_for(app, MARIE).submit(MINE, HOME)
    [farm] = [row for row in await issued(app) if row["seller_id"] == GOATS]
    assert phrase in told(farm)
    assert "N° de TVA" not in told(farm)
    assert figures(farm)["vat_cents"] == 0


async def test_all_of_a_cycle_come_to_what_the_books_say_was_sold(week, books):
    page = plain((await books.get(CYCLE)).text)
    assert "Chèvrerie du Roc 2 25,50 € 0 0,00 € 25,50 €" in page
    rows = await all_drawn(week, books)
    assert [row["number"] for row in rows] == ["H01-P001-2026-00001", "H01-P001-2026-00002", "H01-V-2026-00001"]
    held = await balances(week)
    for seller, sales in ((GOATS, "sales"), (HUB, "resales")):
        mine = [figures(row) for row in rows if row["seller_id"] == seller]
        assert sum(each["net_cents"] for each in mine) == -held[seller, sales, ""]
        if seller == GOATS:
            assert sum(each["vat_cents"] for each in mine) == -held[seller, "vat", ""]
    await all_drawn(week, books)
    assert len(await issued(week)) == 3
    assert "émettre" not in plain((await books.get(CYCLE)).text.split("<table")[1])


async def test_what_came_otherwise_makes_an_invoice_of_the_difference_and_never_a_change(week, client_for, books):
    first = await all_drawn(week, books)
    await weighed(week, client_for, **{"came-h-Marie-tomme": "1", "came-h-Marie-flour": "4"})
    rows = await all_drawn(week, books)
    assert [row for row in rows if row["step"] == 1] == first
    credit, more = [row for row in rows if row["step"] == 2]
    assert (credit["number"], credit["kind"]) == ("H01-P001-2026-00003", "credit_note")
    assert (more["number"], more["kind"]) == ("H01-V-2026-00002", "corrective_invoice")
    assert "H01-P001-2026-00001 (30/11/2026)" in told(credit)
    assert '["Tomme", "-1 pièce", "8,0500 €", "5,5 %", "-8,05 €", "-8,50 €"]' in told(credit).replace("−", "-")
    assert figures(more)["gross_cents"] == 330
    held = await balances(week)
    mine = [figures(row) for row in rows if row["seller_id"] == GOATS]
    assert sum(each["net_cents"] for each in mine) == -held[GOATS, "sales", ""]
    assert sum(each["vat_cents"] for each in mine) == -held[GOATS, "vat", ""]
    assert len(await all_drawn(week, books)) == 5


async def test_before_the_delivery_and_without_the_hubs_numbers_nothing_is_issued(started, clock, client_for):
    app = await a_week(await started(create_app, BillingSettings), clock, client_for)
    clock.set(CLOSES + timedelta(days=1))
    marie, books = client_for(app, MARIE), client_for(app, BOOKS)
    answer = await marie.submit(MINE, HOME)
    assert answer.status_code == 422
    assert "livr" in plain(answer.text)
    assert await all_drawn(app, books) == []
    clock.set(DELIVERED)
    await marie.submit(MINE, HOME)
    assert [row["seller_id"] for row in await issued(app)] == [GOATS]
    assert "réglages" in plain((await marie.get(MINE)).text)


async def test_without_a_mandate_to_invoice_nothing_is_issued_in_the_producers_name(week, client_for, books, clock):
    coordinator = client_for(week, Grant(Role.COORDINATOR))
    listed = (await coordinator.get("/billing/mandates")).text
    mandate = re.search(r'href="(/billing/mandates/[0-9a-f-]{36})"', listed)[1]
    answer = await coordinator.submit(f"{mandate}/end", {"do": "revoke", "reason": "elle facture elle-même"})
    assert answer.status_code == 303
    clock.set(DELIVERED + timedelta(days=60))
    rows = await all_drawn(week, books)
    assert [row["seller_id"] for row in rows] == [HUB]
    page = plain((await books.get(CYCLE)).text)
    assert "mandat de facturation" in page
    assert "mandat de facturation" in plain((await client_for(week, MARIE).get(MINE)).text)


async def test_everybody_sees_what_is_theirs(week, client_for, books):
    await all_drawn(week, books)
    rows = await issued(week)
    of_paul = next(row for row in rows if row["household_id"] == "h-Paul")
    of_hub = next(row for row in rows if row["seller_id"] == HUB)
    farm = client_for(week, Grant(Role.PRODUCER, producer_id=GOATS))
    other = client_for(week, Grant(Role.PRODUCER, producer_id="p-other"))
    marie, paul = client_for(week, MARIE), client_for(week, PAUL)
    for who, theirs in ((farm, {of_paul["id"]}), (other, set()), (marie, {of_hub["id"]}), (paul, {of_paul["id"]})):
        for row in (of_paul, of_hub):
            status = 200 if row["id"] in theirs else 404
            for url in (f"{URL}/{row['id']}", f"{URL}/{row['id']}/paper.pdf"):
                assert (await who.get(url)).status_code == status
            assert (row["number"] in (await who.get(URL)).text) == (status == 200)
    days = "?since=2026-11-01&until=2026-11-30"
    table = (await farm.get(f"{URL}/table.csv{days}")).text
    assert "H01-P001-2026-00002" in table
    assert "H01-V" not in table
    assert "H01-" not in (await other.get(f"{URL}/table.csv{days}")).text
    assert (await paul.get(MINE)).status_code == 404
    assert (await paul.submit(MINE, HOME)).status_code == 404
    for role in Role:
        who = client_for(week, Grant(role, household_id="h-Marie", producer_id=GOATS))
        may = role in (Role.COORDINATOR, Role.BOOKKEEPER)
        assert (await who.submit(CYCLE, {})).status_code == (303 if may else 403), role


async def test_two_at_once_give_no_number_twice_and_leave_no_gap(week, client_for, books, monkeypatch):
    async def slowly(*which):
        """Between what is read and what is written others have time to do the same."""
        found = await rights_of(*which)
        await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(drawing, "rights_of", slowly)
    anne = books
    asked = [
        who.submit(place, typed)
        for who, place, typed in (
            (anne, MINE, HOME),
            (client_for(week, MARIE), MINE, HOME),
            (client_for(week, PAUL), MINE.replace("Marie", "Paul"), HOME),
            (client_for(week, BOOKS, person_id="bruno"), MINE.replace("Marie", "Paul"), HOME),
            (anne, CYCLE, {}),
        )
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {303}
    await in_turn(week)
    rows = await issued(week)
    assert [row["place"] for row in rows] == [1, 2, 1]
    assert len({row["number"] for row in rows}) == 3


async def test_an_invoice_is_never_changed_and_a_change_behind_the_back_is_found(week, books):
    await all_drawn(week, books)
    database = week.state.service.database
    for statement in ("UPDATE invoice SET seller_name = 'X'", "DELETE FROM invoice"):
        with pytest.raises(DBAPIError, match="never changed"):
            async with database.write() as writer:
                await writer.execute(text(statement))
    async with database.write() as writer:
        if writer.connection.dialect.name == "sqlite":
            await writer.execute(text("DROP TRIGGER invoice_no_update"))
        else:
            await writer.execute(text("DROP TRIGGER invoice_is_kept ON invoice"))
        await writer.execute(text("UPDATE invoice SET printed = replace(printed, '17,00', '17,10')"))
    async with database.read() as reader:
        faults = [fault for proof in await paper_proofs(reader) for fault in proof.faults]
    assert any("H01-P001-2026-0000" in fault and "changed" in fault for fault in faults), faults


def test_a_difference_is_by_goods_and_rate_and_comes_to_what_holds():
    before = Stand(
        (Line("Tomme", "PIECE", 550, "", 2000, 1611, 1700), Line("Port", "", 550, "", 0, 95, 100)),
        (Rate(550, 1706, 94, 1800),),
        50,
    )
    now = Stand((Line("Tomme", "PIECE", 2000, "", 2000, 1417, 1700),), (Rate(2000, 1417, 283, 1700),), 0)
    change = between(before, now)
    assert change.rates == (Rate(550, -1706, -94, -1800), Rate(2000, 1417, 283, 1700))
    assert change.deposit_cents == -50
    assert change.to_pay_cents == now.to_pay_cents - before.to_pay_cents
    assert sum(each.gross_cents for each in change.lines) == change.gross_cents
    assert between(now, now).nothing
    assert between(Stand(), before) == before
