"""The account rendered to a producer, as it and those who keep the books read it; and what the hub earned."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from billing_week import given, household, line
from commission_week import NEXT, PLAIN, SUNDAY, TOMME, WINE, balances, less, sold
from mandate_papers import CATALOGUE, FARMER, GOATS, producer, signed

from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Cause, Entry, Side, move
from billing.ledger.posting import post
from billing.rendering import commissioned, how_earned, rendered
from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Role

STAFF = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
BOOKS = Grant(Role.BOOKKEEPER)
OTHERS = Grant(Role.PRODUCER, producer_id="p-other")
DECEMBER = (date(2026, 12, 1), date(2026, 12, 31))
JANUARY = (date(2027, 1, 1), date(2027, 1, 31))
LIST = "/billing/accounts"
OF_DECEMBER = "since=2026-12-01&until=2026-12-31"


@pytest.fixture
async def hub(app, client_for, clock):
    """Two cycles of December under a mandate of 12.5 %, one of January; the first was revised in January."""
    await deliver(app, *CATALOGUE, producer(version=2, seller_regime="NORMAL"), household("Marie"))
    await signed(app, client_for, **PLAIN)
    await deliver(app, *sold(SUNDAY, [line(TOMME, 4)]), *sold(NEXT, [line(TOMME, 2), line(WINE)], "week-51"))
    await deliver(app, *sold(date(2027, 1, 10), [line(TOMME)], "week-02"))
    clock.set(datetime(2027, 1, 12, 9, tzinfo=UTC))
    return app


async def account(app, days=DECEMBER):
    async with app.state.service.database.read() as reader:
        [found] = await rendered(reader, *days, {GOATS})
    return found


async def pay(app, key, day, *entries):
    """As payments book: `entries` of book and movement."""
    async with app.state.service.database.write() as writer:
        cause = Cause(key, "paid", 1)
        await post(writer, [Entry(book, key, day, "BQ", cause, tuple(move(*moved))) for book, moved in entries])


async def test_sales_less_commission_come_to_the_closing_balance(hub):
    one = await account(hub)
    assert [(each.cycle_id, each.households, each.gross_cents, each.commission_cents) for each in one.cycles] == [
        ("week-50", 1, 3400, 510),  # 4.25, and 0.85 of VAT
        ("week-51", 1, 2900, 436),  # 3.63, and 0.73
    ]
    assert (one.opening_cents, one.sold_cents, one.commission_cents, one.paid_cents) == (0, 6300, 946, 0)
    assert one.closing_cents == 6300 - 946
    assert one.adds_up
    assert one.agrees
    assert one.cycles[1].vat_cents == 89 + 200


async def test_a_period_begins_where_the_one_before_ended(hub):
    december, january = await account(hub), await account(hub, JANUARY)
    assert january.opening_cents == december.closing_cents
    assert [each.cycle_id for each in january.cycles] == ["week-02"]
    assert january.adds_up
    assert january.closing_cents == sum((await account(hub, (DECEMBER[0], JANUARY[1]))).standing.values())


async def test_money_lessens_it_when_it_comes_to_the_producer_and_not_while_the_hub_has_it(hub):
    marie, held, bank = Side(Account.HOUSEHOLD, "h-Marie"), Side(Account.THIRD_PARTY, HUB), Side(Account.BANK)
    its, debt = Side(Account.BANK, GOATS), Side(Account.THIRD_PARTY, GOATS)
    day = date(2027, 1, 11)
    before = await account(hub, JANUARY)
    await pay(hub, "in", day, (GOATS, (held, marie, 3400)), (HUB, (its, debt, 3400)))
    collected = await account(hub, JANUARY)
    assert (collected.closing_cents, collected.paid_cents) == (before.closing_cents, 0)
    assert collected.standing[Account.THIRD_PARTY] == 3400 - 946 - 127  # less what the hub took for January
    assert collected.agrees
    await pay(hub, "out", day, (GOATS, (bank, held, 2327)), (HUB, (debt, its, 2327)))
    paid = await account(hub, JANUARY)
    assert (paid.paid_cents, paid.closing_cents) == (2327, before.closing_cents - 2327)
    assert paid.standing[Account.THIRD_PARTY] == 0
    assert paid.adds_up
    assert paid.agrees


async def test_what_stands_in_one_book_alone_is_seen(hub):
    its, debt = Side(Account.BANK, GOATS), Side(Account.THIRD_PARTY, GOATS)
    await pay(hub, "in", date(2027, 1, 11), (HUB, (its, debt, 100)))
    assert not (await account(hub)).agrees


async def test_the_report_of_the_hub_is_what_stands_on_its_accounts(hub):
    await deliver(hub, *less(SUNDAY, [given(TOMME, 1, 4)]))
    since, until = DECEMBER[0], JANUARY[1]
    async with hub.state.service.database.read() as reader:
        [one], whole = await commissioned(reader, since, until)
        reckoned = await how_earned(reader, GOATS, {"week-50", "week-51", "week-02"})
    found = await balances(hub)
    assert (one.net_cents, one.vat_cents) == whole == (-found[HUB, "commission", ""], -found[HUB, "vat", ""])
    assert whole == (sum(each.net_cents for each in reckoned), sum(each.vat_cents for each in reckoned))


async def test_everybody_sees_what_is_theirs(hub, client_for):
    for role in Role:
        browser = client_for(hub, Grant(role, household_id="h-Marie", producer_id=GOATS))
        wanted = 200 if role in (*STAFF, Role.PRODUCER) else 403
        for url in (LIST, f"{LIST}/{GOATS}", f"{LIST}/{GOATS}/account.csv"):
            assert (await browser.get(url)).status_code == wanted, (role, url)
    assert (await client_for(hub).get(f"{LIST}/{GOATS}")).status_code == 303


async def test_a_producer_is_refused_the_account_of_another_one(hub, client_for):
    other = client_for(hub, OTHERS)
    for url in (f"{LIST}/{GOATS}", f"{LIST}/{GOATS}/account.csv", f"{LIST}/{HUB}"):
        assert (await other.get(url)).status_code == 404, url
    page = (await other.get(f"{LIST}?{OF_DECEMBER}")).text
    assert "Chèvrerie" not in page
    assert "Ce que la plateforme a gagné" not in page


async def test_a_producer_reads_how_its_commission_was_reckoned(hub, client_for):
    mine = client_for(hub, FARMER)
    listed = (await mine.get(f"{LIST}?{OF_DECEMBER}")).text
    assert "Chèvrerie du Roc" in listed
    assert "Ce que la plateforme a gagné" not in listed, "what it earned of all is the hub's"
    page = (await mine.get(f"{LIST}/{GOATS}?{OF_DECEMBER}")).text
    for wanted in (
        "63,00\u00a0€",
        "-9,46\u00a0€",
        "53,54\u00a0€",
        "12,5\u202f%",
        "29,00\u00a0€",
        "3,63\u00a0€",
        "juste",
    ):
        assert wanted in page, wanted
    assert "/billing/ledger/journal" not in page, "the journal is not open to it"


async def test_the_books_see_the_report_of_the_hub(hub, client_for):
    page = (await client_for(hub, BOOKS).get(f"{LIST}?{OF_DECEMBER}")).text
    assert "7,88\u00a0€" in page  # 4.25 and 3.63
    assert "au centime près" in page


async def test_days_that_are_none_are_said_at_the_field(hub, client_for):
    answer = await client_for(hub, FARMER).get(f"{LIST}/{GOATS}?since=2026-12-31&until=2026-12-01")
    assert answer.status_code == 422
    assert 'value="2026-12-31"' in answer.text
    answer = await client_for(hub, FARMER).get(f"{LIST}?since=hier")
    assert answer.status_code == 422
    assert (await client_for(hub, FARMER).get(f"{LIST}/{GOATS}/account.csv?since=hier")).status_code == 404


async def test_the_file_adds_up_to_the_closing_balance(hub, client_for):
    answer = await client_for(hub, FARMER).get(f"{LIST}/{GOATS}/account.csv?{OF_DECEMBER}")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    def cents(text):
        return int(text.replace(",", "")) if text else 0

    assert [row[1] for row in rows[1:]] == [
        "Solde d’ouverture",
        "Ventes",
        "Commission de la plateforme",
        "Ventes",
        "Commission de la plateforme",
        "Solde de clôture",
    ]
    assert cents(rows[1][7]) + sum(cents(row[6]) for row in rows[1:]) == cents(rows[-1][7]) == 5354
