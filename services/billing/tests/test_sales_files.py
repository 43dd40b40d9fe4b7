"""Sales line by line and commissions as tables to download: equal to the books to the cent. On both databases."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from billing_week import given, household
from commission_week import SUNDAY, TOMME, balances, less
from mandate_papers import FARMER, GOATS
from paper_week import BOOKS, app, selling
from test_delivery import Page, week

from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Cause, Entry, Side, move
from billing.ledger.posting import post
from billing.sold_lines import sold_lines
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

__all__ = ["app", "week"]
DAYS = "?since=2026-12-01&until=2027-01-31"
SALES = f"/billing/accounts/{GOATS}/sales.csv"
COMMISSIONS = "/billing/accounts/commissions.csv"


@pytest.fixture
async def hub(app, clock, client_for):
    return await selling(app, clock, client_for)


async def table(browser, url):
    answer = await browser.get(url)
    assert answer.status_code == 200, url
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def cents(typed):
    return int(typed.replace(",", ""))


async def test_each_article_sold_is_a_line_and_all_are_what_stands_in_the_books(hub, client_for):
    headings, *lines, total, booked, difference = await table(client_for(hub, BOOKS), SALES + DAYS)
    assert len(headings) == 14
    assert [row[4:11] for row in lines] == [
        ["Tomme", "4", "pièces", "32,23", "5,5\u202f%", "1,77", "34,00"],
        ["Tomme", "2", "pièces", "16,11", "5,5\u202f%", "0,89", "17,00"],
        ["Wine", "1", "pièce", "10,00", "20\u202f%", "2,00", "12,00"],
        ["Tomme", "1", "pièce", "8,06", "5,5\u202f%", "0,44", "8,50"],
    ]
    assert sum(cents(row[10]) for row in lines) == cents(total[10]) == cents(booked[10]) == 7150
    assert difference[7:] == ["0,00", "", "0,00", "0,00", "0,00", "0,00", "0,00"]
    assert -(await balances(hub))[GOATS, "sales", ""] == cents(total[7])


async def test_a_revision_and_a_delivery_change_the_lines_and_the_books_alike(hub, client_for):
    await deliver(hub, *less(SUNDAY, [given(TOMME, 1, 4)]))
    rows = await table(client_for(hub, BOOKS), SALES + DAYS)
    assert rows[1][5:7] == ["1", "pièce"]
    assert rows[1][0].endswith("-2"), "the revision that holds"
    assert set(rows[-1][7:]) == {"0,00", ""}


async def test_weighed_goods_and_deposits_are_in_it(week, client_for):
    await Page(client_for(week, Grant(Role.COORDINATOR)), "p-Chèvrerie").send(Marie_tomme="2,345")
    days = "?since=2026-11-01&until=2026-11-30"
    cheese = await table(client_for(week, BOOKS), "/billing/accounts/p-Chèvrerie/sales.csv" + days)
    assert cheese[1][4:7] == ["Tomme", "2,345", "kg"]
    soap = await table(client_for(week, BOOKS), "/billing/accounts/p-BioEspuña/sales.csv" + days)
    assert [row[10] for row in soap if row[4] == "Consignes des contenants"] == ["2,00"]
    assert set(cheese[-1][7:]) == set(soap[-1][7:]) == {"0,00", ""}


async def test_what_was_changed_on_one_side_alone_is_shown(hub, client_for):
    marie = Side(Account.HOUSEHOLD, "h-Marie")
    async with hub.state.service.database.write() as writer:
        moved = tuple(move(marie, Side(Account.SALES), 7))
        cause = Cause("e", "sale", 1)
        await post(writer, [Entry(GOATS, "k", date(2027, 1, 11), "VE", cause, moved, "week-50", "h-Marie")])
    async with hub.state.service.database.read() as reader:
        found = await sold_lines(reader, GOATS, date(2026, 12, 1), date(2027, 1, 31))
    assert not found.agrees
    rows = await table(client_for(hub, BOOKS), SALES + DAYS)
    assert rows[-1][10] == "0,07"


async def test_households_have_names_only_for_who_keeps_the_books_and_asks(hub, client_for):
    named = await table(client_for(hub, BOOKS), SALES + DAYS + "&names=on")
    assert named[1][3] == "Marie"
    for browser, url in ((client_for(hub, BOOKS), SALES + DAYS), (client_for(hub, FARMER), SALES + DAYS + "&names=on")):
        assert (await table(browser, url))[1][3] == "001"


async def test_a_producer_gets_its_own_alone(hub, client_for):
    await deliver(hub, household("Paul"))
    other = client_for(hub, Grant(Role.PRODUCER, producer_id="p-other"))
    assert (await other.get(SALES + DAYS)).status_code == 404
    assert (await client_for(hub, BOOKS).get(f"/billing/accounts/{HUB}/sales.csv")).status_code == 404
    assert (await client_for(hub, BOOKS).get("/billing/accounts/p-nobody/sales.csv")).status_code == 404
    assert (await client_for(hub, BOOKS).get(SALES + "?since=2027-01-01&until=2026-01-01")).status_code == 404
    for role in Role:
        browser = client_for(hub, Grant(role, producer_id=GOATS, household_id="h-Marie"))
        staff = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        assert (await browser.get(SALES + DAYS)).status_code == (200 if staff or role is Role.PRODUCER else 403), role
        assert (await browser.get(COMMISSIONS + DAYS)).status_code == (200 if staff else 403), role


async def test_the_report_of_commissions_is_what_stands_on_the_accounts(hub, client_for):
    _headings, *lines, total, booked, difference = await table(client_for(hub, BOOKS), COMMISSIONS + DAYS)
    assert [row[3:] for row in lines] == [
        ["20\u202f%", "4,25", "0,85", "5,10"],
        ["20\u202f%", "3,63", "0,73", "4,36"],
        ["20\u202f%", "1,06", "0,21", "1,27"],
    ]
    assert total[4:] == booked[4:] == ["8,94", "1,79", "10,73"]
    assert difference[4:] == ["0,00", "0,00", "0,00"]
    found = await balances(hub)
    assert (cents(total[4]), cents(total[5])) == (-found[HUB, "commission", ""], -found[HUB, "vat", ""])


async def test_a_correction_stands_below_zero_on_its_day(hub, client_for):
    at = datetime(2027, 2, 20, 9, tzinfo=UTC)
    later = [
        each.model_copy(update={"revised_at": at}) if hasattr(each, "revised_at") else each
        for each in less(SUNDAY, [given(TOMME, 1, 4)])
    ]
    await deliver(hub, *later)
    rows = await table(client_for(hub, BOOKS), COMMISSIONS + "?since=2027-02-01&until=2027-02-28")
    assert rows[1][4:] == ["-3,19", "-0,64", "-3,83"]
    assert rows[-1][4:] == ["0,00", "0,00", "0,00"]


async def test_what_else_was_booked_on_the_accounts_shows_as_a_difference(hub, client_for):
    async with hub.state.service.database.write() as writer:
        moved = tuple(move(Side(Account.THIRD_PARTY, GOATS), Side(Account.COMMISSION), 5))
        await post(writer, [Entry(HUB, "k", date(2027, 1, 11), "OD", Cause("e", "other", 1), moved)])
    rows = await table(client_for(hub, BOOKS), COMMISSIONS + DAYS)
    assert rows[-1][4:] == ["0,05", "0,00", "0,05"]
