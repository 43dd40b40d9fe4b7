"""Who has not paid the membership fee of a year, by the page, as a file, and reminded by mail. On both databases."""

import asyncio
from datetime import timedelta

import pytest
from billing_week import CLOSES, Week
from payment_desk import BOOKS, CHEQUE, MARIE, MEMBER, form, mends, noted, plain, send
from test_memberships import FEE, NEW

from billing.payment import membership
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import MembershipReminded
from contracts.ordering import HouseholdChanged, HouseholdPerson

URL = "/billing/memberships"
RUN = "00000000-0000-7000-8000-00000000{:04x}"
OPERATOR = Grant(Role.OPERATOR)


@pytest.fixture
async def week(app, clock):
    """All but Josette have an address."""
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    for name in ("Marie", "Paul"):
        people = (HouseholdPerson(person_id=name, name=name, email=f"{name.lower()}@example.org"),)
        await deliver(app, HouseholdChanged(id=f"h-{name}", version=9, group_id="g-Limoux", name=name, people=people))
    return app


async def listed(browser, year=2026):
    """Names, by the file."""
    lines = (await browser.get(f"{URL}.csv?year={year}")).text.removeprefix("\ufeff").splitlines()
    return [row.split(";")[0] for row in lines[1:]]


async def remind(browser, *names, run=1, **typed):
    fields = {"id": RUN.format(run), "year": "2026", "amount": "20", "household_id": [f"h-{each}" for each in names]}
    return await browser.submit(URL, fields | typed)


async def reminded(app):
    return [
        (each.household_name, each.year, each.cents)
        for each in await announced(app)
        if isinstance(each, MembershipReminded)
    ]


async def test_who_has_paid_is_not_listed_and_each_year_is_its_own(week, client_for):
    books = client_for(week, BOOKS)
    assert await listed(books) == ["Josette", "Marie", "Paul"]
    await send(books, FEE, NEW)
    assert await listed(books) == ["Josette", "Paul"]
    assert await listed(books, 2027) == ["Josette", "Marie", "Paul"]
    page = plain((await books.get(URL)).text)
    assert "Josette Quillan" in page
    assert MARIE not in (await books.get(URL)).text
    [one] = await noted(week)
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "take_back", "reason": "erreur"})
    assert await listed(books) == ["Josette", "Marie", "Paul"]


async def test_a_cheque_counts_as_paid_until_it_bounces(week, client_for):
    books = client_for(week, BOOKS)
    cheque = {name: CHEQUE[name] for name in ("kind", "cheque_number", "bank")}
    fields = await form(books, {**FEE, **cheque}, NEW)
    await books.submit(NEW, fields)
    assert await listed(books) == ["Josette", "Paul"], "it is here"
    [one] = await noted(week)
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "deposit"})
    await books.submit(f"/billing/payments/{one.id}/move", {"do": "bounce"})
    assert await listed(books) == ["Josette", "Marie", "Paul"], "it bounced"


async def test_those_who_are_ticked_are_reminded_once_and_not_again_for_some_days(week, client_for, clock):
    books = client_for(week, BOOKS)
    for _time in range(2):
        answer = await remind(books, "Marie", "Paul")
        assert (answer.status_code, answer.headers["location"]) == (303, URL + "?year=2026")
    assert await reminded(week) == [("Marie", 2026, 2000), ("Paul", 2026, 2000)]
    await remind(books, "Marie", run=2)
    assert len(await reminded(week)) == 2, "too soon"
    assert 'value="h-Marie"' not in (await books.get(URL)).text
    clock.set(clock.now() + timedelta(days=7))
    await send(books, FEE, NEW)
    await remind(books, "Marie", "Paul", run=3)
    assert (await reminded(week))[2:] == [("Paul", 2026, 2000)], "Marie paid meanwhile"


async def test_who_has_no_address_is_marked_to_be_called_and_not_written_to(week, client_for):
    books = client_for(week, BOOKS)
    page = (await books.get(URL)).text
    assert "Josette Quillan pas d’adresse électronique : appeler" in plain(page)
    assert 'value="h-Josette"' not in page
    assert 'value="h-Paul"' in page
    await remind(books, "Josette")
    assert await reminded(week) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"amount": ""}, "amount"), ({"amount": "0"}, "amount"), ({"amount": "vingt"}, "amount")],
)
async def test_bad_input_is_told_at_its_field_and_nobody_is_reminded(week, client_for, typed, field):
    answer = await remind(client_for(week, BOOKS), "Marie", **typed)
    assert (answer.status_code, list(mends(answer.text))) == (422, [field])
    assert await reminded(week) == []
    assert 'value="h-Marie" checked' in answer.text, "what was ticked stays"


async def test_nobody_ticked_and_a_year_that_is_none_are_told(week, client_for):
    books = client_for(week, BOOKS)
    assert list(mends((await remind(books)).text)) == ["household_id"]
    assert (await books.get(URL + "?year=12")).status_code == 422


async def test_members_see_no_list_and_an_operator_reminds_nobody(week, client_for):
    assert (await client_for(week, MEMBER).get(URL)).status_code == 403
    assert (await client_for(week, MEMBER).get(URL + ".csv")).status_code == 403
    assert (await client_for(week, OPERATOR).get(URL)).status_code == 200
    assert (await remind(client_for(week, OPERATOR), "Marie")).status_code == 403
    assert MARIE in (await client_for(week, BOOKS).get(URL)).text


@pytest.mark.postgres
async def test_two_people_who_remind_at_once_write_once(week, client_for, monkeypatch):
    """Without the books held both find that nobody was reminded: then the database refuses the second."""
    if week.state.service.database.is_sqlite:
        pytest.skip("one writer at a time")
    books, found = client_for(week, BOOKS), membership.unpaid

    async def slowly(*of):
        read = await found(*of)
        await asyncio.sleep(0.3)
        return read

    monkeypatch.setattr(membership, "unpaid", slowly)
    answers = await asyncio.gather(*(remind(books, "Marie", run=run) for run in (1, 2)))
    assert [each.status_code for each in answers] == [303, 303]
    assert await reminded(week) == [("Marie", 2026, 2000)]
