"""A cycle with more households than are computed in one transaction."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from billing_week import CHEESE, GROUPS, OLIVES, PRODUCERS, SOAP, closed, household, line, opened, placed, producer
from sqlalchemy import func, select

from billing import final_amount, settlement
from billing.amount_due import HOLDS, amount_due
from billing.ledger import closing
from billing.ledger.proof import proofs
from billing.producer_sums import producer_due, producer_vat
from chassis.identity import Grant
from chassis.tables import timer
from chassis.testing import announced, deliver
from contracts import Role
from contracts.billing import AmountsDueComputed

HOUSEHOLDS = 23


def orders():
    return [
        placed(f"h{n}", [line(OLIVES, 1 + n % 3), line(CHEESE), line(SOAP)], group="Limoux" if n % 2 else "Quillan")
        for n in range(HOUSEHOLDS)
    ]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    monkeypatch.setattr(settlement, "PORTION", 5)
    monkeypatch.setattr(final_amount, "PORTION", 5)


async def until_nothing_is_due(app, *timers):
    async with asyncio.timeout(20):
        while True:
            async with app.state.service.database.read() as reader:
                # The closing of the books is always due some night.
                due = timer.c.name.in_(timers or (settlement.NEXT,))
                if not await reader.scalar(select(func.count()).select_from(timer).where(due)):
                    return
            await asyncio.sleep(0.02)


async def said(app):
    return [event for event in await announced(app) if isinstance(event, AmountsDueComputed)]


async def totals(app, client_for):
    return (await client_for(app, Grant(Role.BOOKKEEPER)).get("/billing/api/cycles/week-48/totals")).json()


async def test_all_households_are_computed_once_portion_by_portion(app, client_for):
    made = orders()
    await deliver(app, *GROUPS, *PRODUCERS, opened(), *made, closed(made))
    await until_nothing_is_due(app)
    events = await said(app)
    assert Counter(event.household_id for event in events) == {order.household_id: 1 for order in made}
    found = await totals(app, client_for)
    assert found["state"] == "computed"
    assert found["gross_cents"] == sum(order.gross_cents for order in made)
    assert (found["households"], found["producers"]) == (HOUSEHOLDS, 2)


async def test_sums_by_producer_are_those_of_the_cheques(app):
    made = orders()
    await deliver(app, *GROUPS, *PRODUCERS, opened(), *made, closed(made))
    await until_nothing_is_due(app)
    cheques = Counter()
    rates = Counter()
    for event in await said(app):
        for each in event.producers:
            cheques[event.group_id, each.producer_id] += each.gross_cents
            for share in each.vat:
                rates[event.group_id, each.producer_id, share.rate_hundredths] += share.vat_cents
    async with app.state.service.database.read() as reader:
        dues = await reader.all(select(producer_due))
        taxes = await reader.all(select(producer_vat))
    assert {(row["group_id"], row["producer_id"]): row["gross_cents"] for row in dues} == cheques
    assert sum(row["cheques"] for row in dues) == 2 * HOUSEHOLDS
    assert {(row["group_id"], row["producer_id"], row["rate_hundredths"]): row["vat_cents"] for row in taxes} == rates


async def until_the_books_wait_for_the_night(app):
    """The ledger's first call is due at once."""
    due = select(timer.c.due_at).where(timer.c.name == closing.TIMER)
    async with asyncio.timeout(20):
        while True:
            async with app.state.service.database.read() as reader:
                if await reader.scalar(due) > reader.now:
                    return
            await asyncio.sleep(0.02)


async def begin(app):
    """The state in which a process that was killed after the first portion leaves the database."""
    made = orders()
    await until_the_books_wait_for_the_night(app)
    app.state.service.timers.handlers = {}
    await deliver(app, *GROUPS, *PRODUCERS, household("h0"), opened(), *made, closed(made))
    assert len(await said(app)) == 5
    return made


async def test_while_it_is_being_computed_no_sum_is_shown(app, client_for):
    await begin(app)
    found = await totals(app, client_for)
    assert (found["state"], found["gross_cents"], found["amounts"]) == ("waiting", 0, [])
    page = (await client_for(app, Grant(Role.BOOKKEEPER)).get("/billing/cycles/week-48")).text
    assert "quelques foyers à la fois" in page


async def test_news_in_between_change_nothing(app, client_for):
    """A seller whose regime changes, an order said again: every household is told by the same terms."""
    made = await begin(app)
    await deliver(app, producer("BioEspuña", "FRANCHISE_293B", version=2), *made, closed(made))
    assert len(await said(app)) == 5
    await finish(app)
    assert {bool(vat.vat_cents) for event in await said(app) for vat in event.producers[0].vat} == {True}


async def finish(app):
    service = app.state.service
    service.timers.handlers = {settlement.NEXT: settlement_of(service).go_on}
    service.timers.wake()
    await until_nothing_is_due(app)


def settlement_of(service):
    return service.listening.handlers[type(closed([]))].__closure__[0].cell_contents


async def tried(app):
    """How often the portion that is due has failed."""
    async with app.state.service.database.read() as reader:
        return await reader.scalar(select(timer.c.attempts).where(timer.c.name == settlement.NEXT))


async def test_a_portion_that_fails_is_undone_whole_and_made_again(app, monkeypatch, clock):
    made = await begin(app)
    write = settlement.write_amounts

    async def fails(writer, cycle_id, written):
        await write(writer, cycle_id, written)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(settlement, "write_amounts", fails)
    service = app.state.service
    service.timers.handlers = {settlement.NEXT: settlement_of(service).go_on}
    service.timers.wake()
    async with asyncio.timeout(20):
        while not await tried(app):
            await asyncio.sleep(0.02)
    assert len(await said(app)) == 5
    monkeypatch.setattr(settlement, "write_amounts", write)
    clock.advance(5)
    await finish(app)
    assert Counter(event.household_id for event in await said(app)) == {order.household_id: 1 for order in made}


PROCESS = """
import asyncio, sys
from billing import final_amount, settlement
from billing.app import BillingSettings, create_app
settlement.PORTION = final_amount.PORTION = 5
async def main(folder, url):
    service = create_app(BillingSettings(data_dir=folder, database_url=url)).state.service
    await service.start(broker=False)
    await asyncio.sleep(60)
asyncio.run(main(*sys.argv[1:]))
"""


async def die(service, portions):
    """A process dies by SIGKILL before the commit of so many portions."""
    process = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROCESS, str(service.settings.data_dir), service.settings.database_url],
        env=os.environ | {"CABAS_CRASH_AT": f"billing/before_commit:{portions}"},
        capture_output=True,
        timeout=60,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()[-2000:]


async def test_killed_in_the_middle_it_goes_on_where_it_was(app, clock):
    """Two processes die by SIGKILL, each before the commit of a portion; this one computes what is left."""
    made = await begin(app)
    service = app.state.service
    for portions in (2, 1):
        await die(service, portions)
    before = len(await said(app))
    assert before == 10
    async with service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(amount_due)) == before
    clock.set(datetime.now(UTC) + timedelta(minutes=1))
    await finish(app)
    assert Counter(event.household_id for event in await said(app)) == {order.household_id: 1 for order in made}


# --- what was delivered ---

FOR_ANYBODY = {"seen": "0", "missing-cheese": "on"}


async def no_cheese_came(app, client_for):
    """Typed in by a coordinator, for everybody at once."""
    client = client_for(app, Grant(Role.COORDINATOR))
    answer = await client.submit("/billing/cycles/week-48/delivery?producer=p-Chèvrerie", FOR_ANYBODY)
    assert answer.status_code == 303, answer.text


async def without_cheese(app, made):
    """Every household owes what it ordered of the others, once, and the books prove it."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(amount_due).where(HOLDS))
        for proof in await proofs(reader):
            assert proof.faults == [], proof.book
    owed = {row["household_id"]: (row["version"], row["gross_cents"]) for row in rows}
    wanted = {}
    for each in made:
        cheese = sum(one.gross_cents for one in each.lines if one.article.product_id == "cheese")
        wanted[each.household_id] = (2, each.gross_cents - cheese)
    assert owed == wanted


async def test_of_what_came_to_nobody_all_households_are_computed_portion_by_portion(app, client_for):
    made = orders()
    await deliver(app, *GROUPS, *PRODUCERS, opened(), *made, closed(made))
    await until_nothing_is_due(app)
    await no_cheese_came(app, client_for)
    assert len(await said(app)) == HOUSEHOLDS + 5, "the first ones with the record itself"
    await until_nothing_is_due(app, final_amount.DELIVERED)
    assert Counter(event.household_id for event in await said(app)) == {order.household_id: 2 for order in made}
    await without_cheese(app, made)


async def test_killed_while_what_came_is_computed_it_goes_on_where_it_was(app, client_for, clock):
    made = orders()
    await until_the_books_wait_for_the_night(app)
    await deliver(app, *GROUPS, *PRODUCERS, opened(), *made, closed(made))
    await until_nothing_is_due(app)
    service, handlers = app.state.service, app.state.service.timers.handlers
    service.timers.handlers = {}
    await no_cheese_came(app, client_for)
    for portions in (2, 1):
        await die(service, portions)
    assert len(await said(app)) == HOUSEHOLDS + 5, "what holds is the portion of the record, and those made once more"
    clock.set(datetime.now(UTC) + timedelta(minutes=1))
    service.timers.handlers = handlers
    service.timers.wake()
    await until_nothing_is_due(app, final_amount.DELIVERED)
    await without_cheese(app, made)
