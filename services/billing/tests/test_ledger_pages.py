"""The books as those who keep them read them."""

from datetime import date, timedelta

import pytest
from billing_week import CHEESE, OLIVES, SOAP, WINE, Week, allocated, closed, given, household, line, placed, revised

from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Cause, Entry, Side, move
from billing.ledger.posting import post
from chassis.identity import Grant
from chassis.testing import call_due, deliver
from contracts import Role

BOOKS = Grant(Role.BOOKKEEPER)
STAFF = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
SUNDAY = date(2026, 11, 22)
GOATS, SPAIN = "p-Chèvrerie", "p-BioEspuña"
LESS = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)])
JOSETTE = placed("Josette", [line(WINE, 3)], group="Quillan")


@pytest.fixture
async def week(app, clock):
    clock.set(closed([]).closed_at)
    await deliver(app, *Week().events)
    return app


async def hub_books(app, key, day, *movements):
    """What the collecting of money will book."""
    async with app.state.service.database.write() as writer:
        moved = tuple(one for each in movements for one in move(*each))
        await post(writer, [Entry(HUB, key, day, "BQ", Cause("test", "collected", 1), moved)])


URLS = (
    "/billing/ledger",
    "/billing/ledger/journal",
    f"/billing/ledger/entries/{GOATS}/1",
    "/billing/ledger/closings",
    "/billing/ledger/fec",
    f"/billing/ledger/fec.txt?book={GOATS}&siren=732829320&since=2026-01-01&until=2026-12-31",
)


@pytest.mark.parametrize("url", URLS)
async def test_the_books_are_open_to_those_who_keep_them(week, client_for, url):
    for role in Role:
        grant = Grant(role, household_id="h-Marie", producer_id=GOATS)
        status = (await client_for(week, grant).get(url)).status_code
        assert status == (200 if role in STAFF else 403), (role, url)
    assert (await client_for(week).get(url)).status_code == 303


async def test_what_households_owe_producers_is_neither_held_nor_owed_by_the_hub(week, client_for):
    page = (await client_for(week, BOOKS).get("/billing/ledger")).text
    assert "Pour chaque producteur, la plateforme détient ce qu’elle doit." in page
    assert page.index("La plateforme détient") < page.index("0,00\u00a0€") < page.index("66,00\u00a0€")
    assert page.index("BioEspuña") < page.index("Chèvrerie du Roc") < page.index("Domaine de la Serre")


async def test_what_is_held_for_one_producer_does_not_cover_what_is_owed_to_another(week, client_for, clock):
    bank = Account.BANK
    owed = Account.THIRD_PARTY
    await hub_books(
        week, "in", SUNDAY, (Side(bank, GOATS), Side(owed, GOATS), 1700), (Side(bank, SPAIN), Side(owed, SPAIN), 2800)
    )
    books = client_for(week, BOOKS)
    page = (await books.get("/billing/ledger")).text
    assert "la plateforme détient ce qu’elle doit" in page
    assert page.count("45,00\u00a0€") >= 2
    clock.advance(timedelta(days=1))
    monday = SUNDAY + timedelta(days=1)
    # The goats are paid from what is held for BioEspuña.
    await hub_books(
        week, "out", monday, (Side(owed, GOATS), Side(bank, GOATS), 1700), (Side(bank, GOATS), Side(bank, SPAIN), 500)
    )
    page = (await books.get("/billing/ledger")).text
    assert "Pour 1 producteur, la plateforme détient moins qu’elle ne doit." in page
    assert "il manque 5,00\u00a0€" in page
    assert "1 producteur non couvert" in page
    before = (await books.get(f"/billing/ledger?day={SUNDAY}")).text
    assert "Pour chaque producteur, la plateforme détient ce qu’elle doit." in before
    assert "il manque" not in before


async def test_who_has_sold_nothing_until_a_day_is_not_named_on_it(week, client_for):
    page = (await client_for(week, BOOKS).get("/billing/ledger?day=2026-11-21")).text
    assert "Rien n’est encore écrit" in page


async def test_claims_of_a_day_are_those_of_that_day_whether_it_is_closed_or_not(week, client_for, clock):
    books = client_for(week, BOOKS)

    async def claimed(day):
        page = (await books.get(f"/billing/ledger?day={day}")).text
        return [sum_ for sum_ in ("66,00\u00a0€", "35,50\u00a0€") if sum_ in page]

    clock.advance(timedelta(days=1))
    later = revised([LESS, JOSETTE]).model_copy(update={"revised_at": clock.now()})
    await deliver(week, LESS, later)
    assert await claimed(SUNDAY) == ["66,00\u00a0€"]
    assert await claimed(SUNDAY + timedelta(days=1)) == ["35,50\u00a0€"]
    assert "Rien n’est encore écrit" in (await books.get("/billing/ledger?day=2026-11-21")).text
    clock.advance(timedelta(days=1))
    await call_due(week)
    assert await claimed(SUNDAY) == ["66,00\u00a0€"]
    assert await claimed(SUNDAY + timedelta(days=2)) == ["35,50\u00a0€"]


async def test_a_day_that_is_none_is_told_at_the_field(week, client_for):
    answer = await client_for(week, BOOKS).get("/billing/ledger?day=yesterday")
    assert answer.status_code == 422
    assert 'value="yesterday"' in answer.text


async def test_the_journal_is_filtered_by_book_account_household_and_day(week, client_for):
    await deliver(week, LESS, revised([LESS, JOSETTE]))
    books = client_for(week, BOOKS)

    async def numbers(query):
        page = (await books.get(f"/billing/ledger/journal?{query}")).text
        return sorted(part.split('"')[0] for part in page.split("/billing/ledger/entries/")[1:])

    goats, spain = "p-Ch%C3%A8vrerie", "p-BioEspu%C3%B1a"
    assert await numbers(f"book={GOATS}") == [f"{goats}/1", f"{goats}/2", f"{goats}/3"]
    assert await numbers("account=vat") == [*(f"{spain}/{n}" for n in (1, 2, 3)), "p-Domaine/1"]
    assert await numbers("q=JOS") == ["p-Domaine/1"]
    assert await numbers("household=h-Josette") == ["p-Domaine/1"]
    assert await numbers("since=2026-11-23") == []
    assert len(await numbers("since=2026-11-22&until=2026-11-22")) == 7
    assert await numbers("q=%25") == []
    page = (await books.get(f"/billing/ledger/journal?book={GOATS}")).text
    assert "annule le n° 1" in page
    assert "411 Foyers ← 701 Ventes" in page


async def test_the_entries_of_a_household_say_what_it_owes_in_which_book(week, client_for):
    page = (await client_for(week, BOOKS).get("/billing/ledger/journal?household=h-Marie")).text
    assert "28,00\u00a0€" in page
    assert "17,00\u00a0€" in page
    assert "21,00\u00a0€" not in page, "what Josette owes"
    assert (
        "/billing/ledger/journal?household=h-Marie"
        in (await client_for(week, BOOKS).get("/billing/households/h-Marie")).text
    )
    member = client_for(week, Grant(Role.MEMBER, household_id="h-Marie"))
    assert "/billing/ledger" not in (await member.get("/billing/households/h-Marie")).text


async def test_an_entry_tells_its_cause_and_who_took_it_back(week, client_for):
    await deliver(week, LESS, revised([LESS, JOSETTE]))
    books = client_for(week, BOOKS)
    page = (await books.get(f"/billing/ledger/entries/{GOATS}/1")).text
    for wanted in ("Vente, version 1", "00000000-0000-7000-9000-", "Elle a été annulée par l’écriture n° 2.", "Marie"):
        assert wanted in page, wanted


@pytest.mark.parametrize(
    "url",
    [
        "/billing/ledger/entries/p-none/1",
        f"/billing/ledger/entries/{GOATS}/99",
        f"/billing/ledger/entries/{GOATS}/{2**70}",
        "/billing/ledger/closings?book=none",
        "/billing/ledger/journal?household=none",
    ],
)
async def test_what_is_not_there_is_not_found(week, client_for, url):
    assert (await client_for(week, BOOKS).get(url)).status_code == 404


async def test_a_journal_page_beyond_all_bounds_is_the_last(week, client_for):
    assert "N° 1" in (await client_for(week, BOOKS).get(f"/billing/ledger/journal?page={'9' * 30}")).text


async def test_closings_tell_the_day_the_year_and_all(week, client_for, clock):
    books = client_for(week, BOOKS)
    assert "Rien n’est encore clos" in (await books.get(f"/billing/ledger/closings?book={SPAIN}")).text
    clock.advance(timedelta(days=9))
    await call_due(week)
    page = (await books.get(f"/billing/ledger/closings?book={SPAIN}")).text
    assert page.index("2026-11</th>") < page.index("2026-11-22</th>"), "the newest first"
    assert page.count("28,00\u00a0€") == 6


async def test_the_journal_speaks_english(week, client_for):
    page = (await client_for(week, BOOKS, language="en").get("/billing/ledger/journal")).text
    assert "411 Households ← 701 Sales" in page


SIREN = "732829320"
YEAR = f"siren={SIREN}&since=2026-01-01&until=2026-12-31"


async def test_the_file_of_entries_has_the_eighteen_columns_balanced_and_numbered_without_a_gap(week, client_for):
    """Livre des procédures fiscales art. A. 47 A-1."""
    await deliver(week, LESS, revised([LESS, JOSETTE]))
    answer = await client_for(week, BOOKS).get(f"/billing/ledger/fec.txt?book={SPAIN}&{YEAR}")
    assert f'filename="{SIREN}FEC20261231.txt"' in answer.headers["content-disposition"]
    head, *lines = [each.split("\t") for each in answer.text.splitlines()]
    assert len(head) == 18
    assert (head[0], head[11], head[17]) == ("JournalCode", "Debit", "Idevise")
    assert all(len(each) == 18 for each in lines)
    assert lines[0] == [
        *("VE", "Ventes", "1", "20261122", "411", "Clients, foyers", "h-Marie", "Marie", "sale:week-48:h-Marie:1"),
        *("20261122", "Vente, Marie", "28,00", "0,00", "", "", "20261122", "", ""),
    ]
    cents = {number: [0, 0] for number in ("1", "2", "3")}
    for each in lines:
        for place in (0, 1):
            cents[each[2]][place] += int(each[11 + place].replace(",", ""))
    assert cents == {"1": [2800, 2800], "2": [2800, 2800], "3": [600, 600]}
    assert list(dict.fromkeys(each[2] for each in lines)) == ["1", "2", "3"]
    assert "Annulation de l'écriture 1, Marie" in answer.text


async def test_a_name_cannot_break_the_file_of_entries(week, client_for):
    await deliver(week, household("Marie", version=2).model_copy(update={"name": "Ma\trie\nX"}))
    lines = (await client_for(week, BOOKS).get(f"/billing/ledger/fec.txt?book={SPAIN}&{YEAR}")).text.splitlines()
    assert {line.count("\t") for line in lines} == {17}
    assert "Ma rie X" in lines[1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (f"book={SPAIN}&siren=732829321&since=2026-01-01&until=2026-12-31", "siren"),
        (f"book={SPAIN}&siren=&since=2026-01-01&until=2026-12-31", "siren"),
        (f"book=none&{YEAR}", "book"),
        (f"book={SPAIN}&siren={SIREN}&since=2026-12-31&until=2026-01-01", "until"),
        (f"book={SPAIN}&siren={SIREN}&since=never&until=2026-12-31", "since"),
    ],
)
async def test_what_is_wrong_with_the_wish_for_a_file_is_told_at_its_field(week, client_for, query, field):
    answer = await client_for(week, BOOKS).get(f"/billing/ledger/fec.txt?{query}")
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text
