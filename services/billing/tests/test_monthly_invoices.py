"""One invoice a month for what each seller delivered to a household in it: wished for and issued on the household's
page, or by the timer on the last evening; equal to the books, corrected by others. On both databases."""

import asyncio
import re
from datetime import UTC, date, datetime

import pytest
from billing_week import CLOSES, closed, household, line, opened, placed, resold
from mandate_papers import CATALOGUE, GOATS, hidden, signed
from paper_week import HUB_PAPERS
from payment_desk import balances, mends, plain
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from test_invoices import CYCLE, HOME, figures, in_turn, issued, told
from test_resale import FLOUR, JUICE, NAME, TOMME, bottled

from billing.app import BillingSettings, create_app
from billing.invoice.difference import Line, Rate, Stand, together
from billing.invoice.monthly import TIMER, last_evening, month_after
from billing.ledger.chart import HUB
from chassis.identity import Grant
from chassis.testing import announced, deliver
from chassis.timers import timer
from contracts import Role
from contracts.billing import InvoicesIssued

BOOKS = Grant(Role.BOOKKEEPER)
URL = "/billing/households/h-Marie/monthly-invoices"
SECOND = datetime(2026, 11, 30, 9, tzinfo=UTC)
EVENING = datetime(2026, 11, 30, 20, 1, tzinfo=UTC)
"""21:01 where the hub is."""
DAYS = {"week-47": date(2026, 11, 25), "week-48": date(2026, 11, 27), "week-49": date(2026, 12, 4)}


def on(cycle, said):
    return said.model_copy(update={"delivers_on": DAYS[cycle]})


@pytest.fixture
async def month(started, clock, client_for):
    """Marie, in two deliveries of November: two cheeses and one, 17,00 and 8,50, under mandate; flour for 9,90 and
    juice for 4,00 with 0,50 of deposit of the hub. One cheese more in December. Paul: a cheese."""
    app = await started(create_app, BillingSettings, hub_name=NAME, **HUB_PAPERS)
    clock.set(CLOSES)
    await deliver(app, *CATALOGUE)
    await signed(app, client_for, starts_on="2026-11-22", ends_on="2027-11-21", tacit_renewal=None)
    farm = CATALOGUE[0].model_copy(update={"version": 9, "seller_regime": "NORMAL"})
    await deliver(app, farm, household("Marie"), household("Paul"))
    bought = {
        "week-47": [placed("Marie", [line(TOMME, 2), resold(line(FLOUR, 3))], cycle="week-47")],
        "week-48": [
            placed("Marie", [line(TOMME), resold(bottled(line(JUICE), 50))], cycle="week-48"),
            placed("Paul", [line(TOMME)], cycle="week-48"),
        ],
        "week-49": [placed("Marie", [line(TOMME)], cycle="week-49")],
    }
    for cycle, orders in bought.items():
        await deliver(app, on(cycle, opened(cycle)), *orders, on(cycle, closed(orders, cycle)))
    clock.set(SECOND)
    return app


@pytest.fixture
def anne(month, client_for):
    return client_for(month, BOOKS, person_id="anne", name="Anne")


async def wish(browser, status=303, **typed):
    fields = hidden((await browser.get(URL)).text, "id")
    answer = await browser.submit(URL, {**fields, **HOME, "monthly": "on", **typed})
    assert answer.status_code == status, mends(answer.text)
    return answer


async def waits(app):
    async with app.state.service.database.read() as reader:
        return [row["due_at"] for row in await reader.all(select(timer).where(timer.c.name == TIMER))]


async def called(app, count=2):
    """Until all that is due is called."""
    for _round in range(count * 50):
        if not any(each <= app.state.service.clock.now() for each in await waits(app)):
            return
        await app.state.service.timers.call_one()
        await asyncio.sleep(0.01)
    pytest.fail("the timer is not done")


def test_vat_of_a_month_is_what_was_booked_of_each_delivery_and_not_rounded_anew():
    one = Stand((Line("Tomme", "kg", 550, "", 1000, 806, 850),), (Rate(550, 806, 44, 850),), 50)
    both = together([one, one, one])
    assert both.rates == (Rate(550, 2418, 132, 2550),), "of 25,50 at once 1,33 would be"
    assert (len(both.lines), both.deposit_cents) == (3, 150)


def test_the_last_evening_is_where_the_hub_is():
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Paris")
    assert last_evening(date(2026, 2, 1), zone) == datetime(2026, 2, 28, 20, tzinfo=UTC)
    assert last_evening(date(2026, 7, 1), zone) == datetime(2026, 7, 31, 19, tzinfo=UTC)
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)


async def test_a_month_is_one_invoice_of_each_seller_and_comes_to_what_the_books_say(month, anne):
    page = plain((await anne.get("/billing/households/h-Marie")).text)
    assert "Factures mensuelles" in page
    page = plain((await anne.get(URL)).text)
    assert "novembre 2026" in page
    assert "décembre 2026" not in page, "nothing was delivered in it"
    assert "25,50 €" in page
    await wish(anne)
    for _time in range(2):
        assert (await anne.submit(URL + "/issue", {"month": "2026-11-01"})).status_code == 303
    farm, hub = sorted(await issued(month), key=lambda row: row["seller_id"] == HUB)
    assert [farm["number"], hub["number"]] == ["H01-P001-2026-00001", "H01-V-2026-00001"]
    assert (figures(farm)["gross_cents"], figures(hub)["gross_cents"]) == (2550, 1390)
    assert figures(hub)["deposit_cents"] == 50
    assert sorted(figures(farm)["cycles"]) == ["week-47", "week-48"]
    said = told(farm)
    for wanted in (
        '"25/11/2026, 27/11/2026, Limoux"',
        "25/11/2026, Semaine 48",
        "27/11/2026, Semaine 48",
        "Marie Durand",
        '["Tomme", "2 pièces", "8,0550 €", "5,5 %", "16,11 €", "17,00 €"]',
        "25,50 €",
    ):
        assert wanted in said, (wanted, said)
    held = await balances(month)
    sold = -held[GOATS, "sales", ""] - held[GOATS, "vat", ""]
    assert sold == 2550 + 850 + 850, "with Paul's cheese, and that of December"
    assert "Tout ce qui lui a été livré est facturé" in plain((await anne.get(URL)).text)
    for each in (farm, hub):
        page = (await anne.get(f"/billing/invoices/{each['id']}")).text
        assert "27/11/2026" in page
        answer = await anne.get(f"/billing/invoices/{each['id']}/paper.pdf")
        assert answer.content.startswith(b"%PDF")


async def test_on_the_last_evening_it_is_issued_by_itself_and_the_next_month_again(month, anne, clock):
    await wish(anne)
    assert await waits(month) == [datetime(2026, 11, 30, 20, tzinfo=UTC)]
    await called(month)
    assert await issued(month) == []
    clock.set(EVENING)
    await called(month)
    rows = await issued(month)
    assert sorted(row["number"] for row in rows) == ["H01-P001-2026-00001", "H01-V-2026-00001"]
    assert {row["issued_by"] for row in rows} == {"Anne"}
    assert await waits(month) == [datetime(2026, 12, 31, 20, tzinfo=UTC)]
    clock.set(datetime(2026, 12, 31, 20, 1, tzinfo=UTC))
    await called(month)
    (last,) = [row for row in await issued(month) if row["issued_on"].month == 12]
    assert (last["number"], figures(last)["gross_cents"]) == ("H01-P001-2026-00002", 850)
    assert list(figures(last)["cycles"]) == ["week-49"]


async def test_who_wants_it_no_more_is_not_invoiced_by_itself(month, anne, clock):
    await wish(anne)
    await wish(anne, monthly="")
    assert await waits(month) == []
    clock.set(EVENING)
    await called(month)
    assert await issued(month) == []


async def test_those_who_want_a_month_are_left_out_of_the_invoices_of_a_cycle(month, anne):
    await wish(anne)
    assert (await anne.submit(CYCLE, {})).status_code == 303
    await in_turn(month)
    (pauls,) = await issued(month)
    assert pauls["household_id"] == "h-Paul"
    assert "une facture par mois" in plain((await anne.get(CYCLE)).text)


async def test_what_is_another_after_it_has_an_invoice_of_the_difference_that_names_it(month, anne, client_for):
    await anne.submit(URL + "/issue", {"month": "2026-11-01"})
    coordinator = client_for(month, Grant(Role.COORDINATOR))
    url = f"/billing/cycles/week-47/delivery?producer={GOATS}"
    page = (await coordinator.get(url)).text
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    answer = await coordinator.submit(url, {"seen": seen, "came-h-Marie-tomme": "1"})
    assert answer.status_code == 303, mends(answer.text)
    mine = "/billing/households/h-Marie/invoices?cycle=week-47"
    assert (await anne.submit(mine, HOME)).status_code == 303
    (note,) = [row for row in await issued(month) if row["kind"] == "credit_note"]
    assert figures(note)["gross_cents"] == -850
    first = next(row for row in await issued(month) if row["seller_id"] == GOATS)
    assert figures(note)["corrects"] == [[first["number"], "2026-11-30"]]
    page = (await anne.get(f"/billing/invoices/{first['id']}")).text
    assert note["number"] in page, "each leads to the other"
    assert first["number"] in (await anne.get(f"/billing/invoices/{note['id']}")).text
    assert "Tout ce qui lui a été livré est facturé" in plain((await anne.get(URL)).text)


async def test_what_is_invoiced_by_the_delivery_is_not_invoiced_again_with_the_month(month, anne):
    await anne.submit("/billing/households/h-Marie/invoices?cycle=week-47", HOME)
    await anne.submit(URL + "/issue", {"month": "2026-11-01"})
    rows = [row for row in await issued(month) if row["seller_id"] == GOATS]
    assert [figures(row)["gross_cents"] for row in rows] == [1700, 850]


async def test_what_comes_after_a_month_was_issued_by_hand_is_on_another_of_the_same_month(month, anne, clock):
    await wish(anne)
    clock.set(datetime(2026, 11, 26, 9, tzinfo=UTC))
    assert (await anne.submit(URL + "/issue", {"month": "2026-11-01"})).status_code == 303
    clock.set(EVENING)
    await called(month)
    rows = [row for row in await issued(month) if row["seller_id"] == GOATS]
    assert [(list(figures(row)["cycles"]), figures(row)["gross_cents"]) for row in rows] == [
        (["week-47"], 1700),
        (["week-48"], 850),
    ]
    assert [row["kind"] for row in rows] == ["sales_invoice", "sales_invoice"]


async def test_of_two_who_issue_a_month_at_once_one_does(month, anne, client_for):
    bruno = client_for(month, Grant(Role.COORDINATOR), person_id="bruno", name="Bruno")
    fields = {"month": "2026-11-01"}
    answers = await asyncio.gather(*(who.submit(URL + "/issue", fields) for who in (anne, bruno)))
    assert [each.status_code for each in answers] == [303, 303]
    assert len(await issued(month)) == 2


async def test_without_a_mandate_that_holds_the_page_says_why_and_nothing_is_issued(month, anne, clock):
    clock.set(datetime(2027, 11, 22, 9, tzinfo=UTC))
    page = plain((await anne.get(URL)).text)
    assert "décembre 2026" in page
    answer = await anne.submit(URL + "/issue", {"month": "2026-12-01"})
    assert answer.status_code == 422
    assert "mandat de facturation" in plain(answer.text)
    assert await issued(month) == []


async def test_bad_input_is_said_at_its_field_and_kept(month, anne, client_for):
    answer = await wish(anne, 422, siren="552 100 555", address="")
    assert {"siren", "address"} <= set(mends(answer.text))
    assert 'value="552 100 555"' in answer.text
    assert await waits(month) == []
    assert (await anne.submit(URL + "/issue", {"month": "demain"})).status_code == 422
    assert (await anne.submit(URL + "/issue", {"month": "2027-01-01"})).status_code == 422
    assert (await anne.get(URL.replace("h-Marie", "h-nobody"))).status_code == 404
    member = client_for(month, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"))
    assert (await member.get(URL)).status_code == 403
    reads = client_for(month, Grant(Role.OPERATOR))
    assert "Les établir maintenant" not in (await reads.get(URL)).text


async def test_a_form_sent_twice_is_one_wish_and_which_cycles_it_is_for_never_changes(month, anne):
    fields = hidden((await anne.get(URL)).text, "id") | HOME | {"monthly": "on"}
    for _time in range(2):
        assert (await anne.submit(URL, fields)).status_code == 303
    await anne.submit(URL + "/issue", {"month": "2026-11-01"})
    with pytest.raises(DBAPIError, match="never changed"):
        async with month.state.service.database.write() as writer:
            await writer.execute(text("DELETE FROM invoiced_cycle"))
    async with month.state.service.database.read() as reader:
        assert await reader.scalar(text("SELECT count(*) FROM invoice_wish")) == 1
        assert await reader.scalar(text("SELECT count(*) FROM invoiced_cycle")) == 4


async def test_who_wants_it_by_mail_is_announced_once_with_all_that_was_issued(month, anne, client_for):
    await wish(anne, monthly="", by_mail="on")
    assert await waits(month) == []
    for _time in range(2):
        await anne.submit(URL + "/issue", {"month": "2026-11-01"})
    (said,) = [each for each in await announced(month) if isinstance(each, InvoicesIssued)]
    rows = await issued(month)
    assert {each.number for each in said.invoices} == {row["number"] for row in rows}
    assert (said.household_id, sorted(each.cents for each in said.invoices)) == ("h-Marie", [1440, 2550])
    assert (await anne.submit(CYCLE, {})).status_code == 303
    await in_turn(month)
    assert len([each for each in await announced(month) if isinstance(each, InvoicesIssued)]) == 1, "Paul asked nothing"
    assert re.search(r'name="by_mail"[^>]* checked', (await anne.get(URL)).text)
