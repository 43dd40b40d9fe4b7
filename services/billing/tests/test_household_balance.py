"""How a household stands, told to the others in the transaction of whatever moved it. On both databases."""

import asyncio
from datetime import date

import pytest
from billing_week import CHEESE, CLOSES, Week, closed, line, opened, placed, revised
from payment_desk import BOOKS, CHEQUE, TRANSFER, noted, send

from billing import household_balance
from billing.household_balance import Standing, go_on, say_balances, standings
from chassis.testing import announced, deliver, until_it_waits
from chassis.timers import Timer
from contracts.billing import HouseholdBalanceChanged


@pytest.fixture
async def week(app, clock):
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    return app


async def told(app, name="Marie"):
    """What was told of a household: the events in their order."""
    said = [each for each in await announced(app) if isinstance(each, HouseholdBalanceChanged)]
    return [each for each in said if each.id == f"h-{name}"]


def figures(event):
    return event.version, event.left_cents, event.credit_cents, event.caution_cents


async def test_closing_a_cycle_tells_what_each_household_has_left_to_pay(week):
    [marie] = await told(week)
    assert figures(marie) == (1, 4500, 0, 0)
    [cycle] = marie.cycles
    assert (cycle.cycle_id, cycle.delivers_on, cycle.left_cents) == ("week-48", date(2026, 11, 27), 4500)
    assert [figures(each) for each in await told(week, "Josette")] == [(1, 2100, 0, 0)]
    assert await told(week, "Paul") == [], "who owes nothing is not told of"


async def test_a_payment_is_told_and_a_paid_cycle_stays_named(week, client_for):
    books = client_for(week, BOOKS)
    form = {"reference": "48"}
    await send(books, TRANSFER, **form)
    await send(books, TRANSFER, payee="p-BioEspuña", amount="30,00")
    _, after_first, after = await told(week)
    assert figures(after_first) == (2, 2800, 0, 0)
    assert figures(after) == (3, 0, 200, 0)
    assert [(each.cycle_id, each.left_cents) for each in after.cycles] == [("week-48", 0)]


async def test_a_cheque_to_a_producer_counts_when_it_is_given_and_no_more_when_it_bounced(week, client_for):
    books = client_for(week, BOOKS)
    await send(books, CHEQUE)
    [one] = await noted(week)
    for do in ("hand_over", "bounce"):
        await books.submit(f"/billing/payments/{one.id}/move", {"do": do})
    # Handed over it stands in the books instead of in the register: nothing is told anew.
    assert [figures(each) for each in await told(week)] == [(1, 4500, 0, 0), (2, 2800, 0, 0), (3, 4500, 0, 0)]


async def test_a_revised_closing_tells_only_of_whom_it_changes(week):
    fewer = [placed("Marie", [line(CHEESE)], version=3), Week().orders[1]]
    await deliver(week, fewer[0], revised(fewer))
    assert [figures(each) for each in await told(week)] == [(1, 4500, 0, 0), (2, 850, 0, 0)]
    assert len(await told(week, "Josette")) == 1


async def test_what_is_heard_or_sent_twice_is_told_once(week, client_for):
    await deliver(week, *Week().events)
    assert len(await told(week)) == 1


async def test_a_second_cycle_adds_up(week):
    again = [placed("Marie", [line(CHEESE)], cycle="week-49")]
    later = closed(again, "week-49").model_copy(update={"name": "Semaine 49", "delivers_on": date(2026, 12, 4)})
    await deliver(week, opened("week-49"), *again, later)
    last = (await told(week))[-1]
    assert figures(last) == (2, 5350, 0, 0)
    assert [(each.cycle_name, each.left_cents) for each in last.cycles] == [("Semaine 48", 4500), ("Semaine 49", 850)]


async def test_an_upgraded_hub_tells_of_everybody_who_ever_owed(week, monkeypatch):
    service = week.state.service
    async with service.database.write() as writer:
        await writer.execute(household_balance.household_balance.delete())
    monkeypatch.setattr(household_balance, "PORTION", 1)
    async with service.database.write() as writer:
        await go_on(writer, Timer(household_balance.TIMER, "all", writer.now, {}))
    # The service's own loop may make some of the calls.
    while len(await told(week)) < 2 or len(await told(week, "Josette")) < 2:
        await service.timers.call_one()
        await asyncio.sleep(0.01)
    assert [figures(each) for each in await told(week)] == [(1, 4500, 0, 0)] * 2
    assert len(await told(week, "Josette")) == 2


async def test_a_household_of_two_who_pay_at_once_is_told_of_both_payments(week, client_for):
    """The newest version tells of all that was committed: who tells waits for who told before."""
    database = week.state.service.database
    one, two = client_for(week, BOOKS), client_for(week, BOOKS)
    answers = await asyncio.gather(send(one, TRANSFER), send(two, TRANSFER, payee="p-BioEspuña", amount="28,00"))
    assert [answer.status_code for answer in answers] == [303, 303]
    newest = max(await told(week), key=lambda each: each.version)
    assert (newest.left_cents, newest.credit_cents) == (0, 0)
    async with database.read() as reader:
        [now] = (await standings(reader, ["h-Marie"])).values()
    assert (now.left_cents, now.credit_cents) == (0, 0)


@pytest.mark.postgres
async def test_who_tells_waits_for_who_moved_a_balance_before(week, monkeypatch):
    """Without the lock on the books the second reads before the first has committed, and its newer version tells of
    less: the negative control."""
    database = week.state.service.database
    if database.is_sqlite:
        pytest.skip("one writer at a time")

    async def second_reads_early():
        async with database.write() as first:
            await say_balances(first, {"h-Marie"})
            second = asyncio.create_task(_says(database))
            await until_it_waits(database, second)
            return second.done(), second

    waited, task = await second_reads_early()
    await task
    assert waited is False

    async def nothing(_writer):
        pass

    monkeypatch.setattr(household_balance, "hold_books", nothing)
    waited, task = await second_reads_early()
    await task
    assert waited is True


async def _says(database):
    async with database.write() as writer:
        await say_balances(writer, {"h-Marie"})


def test_nothing_is_what_nobody_was_told_of():
    assert Standing().written == "[0,0,0,[]]"
