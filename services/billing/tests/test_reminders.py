"""Households are reminded of what they have not paid, through the page: once each, and nobody who paid. On both
databases."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from billing_week import CLOSES
from payment_desk import BOOKS, CHEQUE, GOATS, NEW, plain, send, week
from sqlalchemy.exc import IntegrityError

from billing.app import BillingSettings
from billing.payment.reminding import Pace, Sent, level_due, reminder
from chassis import crash
from chassis.identity import Grant
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import PaymentReminded
from contracts.ordering import HouseholdChanged, HouseholdPerson

__all__ = ["week"]
URL = "/billing/payments/reminders"
RUN = "00000000-0000-7000-8000-00000000{:04x}"
DELIVERED = date(2026, 11, 27)
PACE = Pace((15, 30, 45), 7, 500)


def after(days):
    """Nine in the morning, so many days after the delivery of which nothing is paid."""
    return datetime(2026, 11, 27, 9, tzinfo=UTC) + timedelta(days=days)


@pytest.fixture
async def late(week, clock):
    clock.set(after(15))
    return week


@pytest.fixture
def books(late, client_for):
    return client_for(late, BOOKS, person_id="anne", name="Anne")


async def remind(browser, *household_ids, run=1):
    return await browser.submit(URL, {"id": RUN.format(run), "household_id": list(household_ids)})


async def sent(app):
    """Household, level and cents of all that were sent and announced, the first first."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(reminder.select().order_by(reminder.c.sent_at, reminder.c.household_id))
    told = [each for each in await announced(app) if isinstance(each, PaymentReminded)]
    assert sorted((each.id, each.level, each.cents) for each in told) == sorted(
        (row["id"], row["level"], row["cents"]) for row in rows
    )
    for each in told:
        assert each.cents == sum(debt.cents for debt in each.debts)
    return [(row["household_id"], row["level"], row["cents"]) for row in rows]


async def test_who_is_late_is_chosen_previewed_and_reminded_once(late, books, clock):
    page = plain((await books.get(URL)).text)
    assert "Josette" in page
    assert "Marie" in page
    letter = plain((await books.get(f"{URL}/preview/h-Marie")).text)
    assert "peut-être un oubli" in letter
    assert "27/11/2026 Semaine 48 Chèvrerie du Roc Chèvrerie du Roc 17,00 €" in letter
    assert (await books.get(f"{URL}/preview/h-Marie/letter.pdf")).content.startswith(b"%PDF")
    for _time in range(2):
        assert (await remind(books, "h-Marie")).status_code == 303
    assert await sent(late) == [("h-Marie", 1, 4500)]
    assert "Marie" not in plain((await books.get(URL)).text)
    assert (await books.get(f"{URL}/preview/h-Marie")).status_code == 404
    assert (await remind(books, "h-Marie", run=2)).status_code == 303
    assert await sent(late) == [("h-Marie", 1, 4500)], "another form does not send the same level again"


async def test_the_second_and_third_come_after_more_days_and_then_none(late, books, clock):
    for run, days in enumerate((15, 29, 30, 36, 45, 60, 90)):
        clock.set(after(days))
        await remind(books, "h-Marie", run=run)
    assert [level for _, level, _ in await sent(late)] == [1, 2, 3]
    history = plain((await books.get("/billing/households/h-Marie")).text)
    assert "Troisième relance 45,00 € Anne" in history


async def test_nobody_is_reminded_too_early(week, client_for, clock):
    clock.set(after(14))
    anne = client_for(week, BOOKS)
    assert "Personne à relancer" in (await anne.get(URL)).text
    await remind(anne, "h-Marie")
    assert await sent(week) == []


async def test_a_cheque_that_was_received_counts_as_paid(late, books):
    assert (await send(books, CHEQUE, NEW)).status_code == 303
    await remind(books, "h-Marie")
    assert await sent(late) == [("h-Marie", 1, 4500 - 1700)]


async def test_who_paid_between_the_page_and_the_button_gets_none_and_it_is_said(late, books):
    for payee, amount in ((GOATS, "17"), ("p-BioEspuña", "28")):
        typed = {"kind": "transfer", "payee": payee, "amount": amount}
        assert (await send(books, typed, NEW)).status_code == 303
    answer = await remind(books, "h-Marie", "h-Josette")
    assert [each[0] for each in await sent(late)] == ["h-Josette"]
    page = (await books.get(answer.headers["location"])).text
    assert "1 foyer n’est plus à relancer" in page


async def test_below_the_least_nobody_is_reminded(late, books):
    for payee, amount in ((GOATS, "17"), ("p-BioEspuña", "23,01")):
        assert (await send(books, {"kind": "transfer", "payee": payee, "amount": amount}, NEW)).status_code == 303
    assert "Marie" not in plain((await books.get(URL)).text)
    await remind(books, "h-Marie")
    assert await sent(late) == []


async def test_a_form_without_a_household_is_refused_and_nothing_is_sent(late, books):
    answer = await books.submit(URL, {"id": RUN.format(9)})
    assert answer.status_code == 422
    assert "Cochez au moins un foyer" in answer.text
    assert RUN.format(9) in answer.text, "the form keeps its id"
    assert (await books.submit(URL, {"id": "x", "household_id": ["h-Marie"]})).status_code == 404
    assert (await remind(books, "h-nobody")).status_code == 303
    assert await sent(late) == []


async def test_two_people_who_remind_at_once_remind_once(late, books, client_for):
    bruno = client_for(late, Grant(Role.COORDINATOR), person_id="bruno")
    answers = await asyncio.gather(
        *(remind(who, "h-Marie", "h-Josette", run=run) for run, who in enumerate((books, bruno, books, bruno)))
    )
    assert {each.status_code for each in answers} == {303}
    assert sorted(each[0] for each in await sent(late)) == ["h-Josette", "h-Marie"]


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_and_sent_again_each_is_reminded_once(late, books, monkeypatch, point):
    def dies(_service, name):
        if name == point:
            raise RuntimeError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(crash, "point", dies)
        assert (await remind(books, "h-Marie", "h-Josette")).status_code == 500
    assert (await remind(books, "h-Marie", "h-Josette")).status_code == 303
    assert sorted(each[0] for each in await sent(late)) == ["h-Josette", "h-Marie"]


async def test_the_database_holds_each_level_of_a_debt_to_once(late, books):
    await remind(books, "h-Marie")
    async with late.state.service.database.read() as reader:
        (row,) = await reader.all(reminder.select())
    with pytest.raises(IntegrityError):
        async with late.state.service.database.write() as writer:
            await writer.execute(reminder.insert().values(**{**row, "id": "other", "run_id": "other"}))


async def test_who_has_no_e_mail_is_marked_to_be_printed_and_has_a_letter(late, books):
    nobody = HouseholdChanged(id="h-Marie", version=9, group_id="g-Limoux", name="Marie", people=())
    people = (HouseholdPerson(person_id="j", name="Josette", email="j@example.org"),)
    one = HouseholdChanged(id="h-Josette", version=9, group_id="g-Quillan", name="Josette", people=people)
    await deliver(late, nobody, one)
    page = plain((await books.get(URL)).text)
    assert "à imprimer" in page
    assert "par courriel" in page
    await remind(books, "h-Marie")
    async with late.state.service.database.read() as reader:
        (row,) = await reader.all(reminder.select())
    assert row["by_mail"] is False
    answer = await books.get(f"{URL}/{row['id']}/letter.pdf")
    assert answer.content.startswith(b"%PDF")
    assert (await books.get(f"{URL}/nothing/letter.pdf")).status_code == 404


async def test_only_who_keeps_the_books_reminds(late, client_for):
    for role in Role:
        browser = client_for(late, Grant(role, household_id="h-Marie", producer_id=GOATS, group_id="g-Limoux"))
        staff = role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
        assert (await browser.get(URL)).status_code == (200 if staff else 403), role
        assert (await browser.get(f"{URL}/preview/h-Marie")).status_code in ((200, 404) if staff else (403,))
        may = role in (Role.COORDINATOR, Role.BOOKKEEPER)
        assert (await remind(browser, "h-Marie")).status_code == (303 if may else 403), role
    member = client_for(late, Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux"))
    assert "relance" not in (await member.get("/billing/households/h-Marie")).text


def before(level, days_ago, today):
    return Sent("r", "h", level, 100, DELIVERED, today - timedelta(days=days_ago), CLOSES, "Anne", True, {})


@pytest.mark.parametrize(
    ("days", "level", "ago", "due"),
    [(14, 0, 0, None), (15, 0, 0, 1), (90, 0, 0, 1), (29, 1, 14, None), (30, 1, 15, 2), (30, 1, 6, None), (60, 2, 7, 3),
     (90, 3, 30, None)],
)  # fmt: skip
def test_a_level_is_due_when_days_have_passed_since_the_debt_and_since_the_one_before(days, level, ago, due):
    today = DELIVERED + timedelta(days=days)
    assert level_due(DELIVERED, before(level, ago, today) if level else None, today, PACE) == due


@pytest.mark.parametrize("said", [{"remind_after_days": [15, 10, 45]}, {"remind_after_days": [-1, 1, 2]}])
def test_days_that_do_not_rise_keep_the_hub_from_starting(settings_for, said):
    with pytest.raises(ValueError, match="three numbers of days"):
        settings_for(BillingSettings, **said)
