"""What is booked of a cycle, in which book, once; and rebuilt from the same events."""

from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest
from billing_week import (
    CHEESE,
    OLIVES,
    SOAP,
    WINE,
    Week,
    allocated,
    closed,
    given,
    line,
    opened,
    placed,
    producer,
    revised,
    withdrawn,
)
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from billing.amount_due import HOLDS, amount_due
from billing.app import BillingSettings, create_app
from billing.ledger import closing
from billing.ledger.book import balance, book, entry, movement, movement_of
from billing.ledger.chart import HUB, Account
from billing.ledger.closing import read
from billing.ledger.entry import Cause, Entry, Side, fold, move
from billing.ledger.posting import post
from billing.ledger.proof import proofs
from chassis.envelope import Received, headers_of
from chassis.listening import DONE, Delivery
from chassis.testing import START, call_due, deliver
from chassis.trace import Trace
from contracts.catalog import ProducerChanged
from contracts.ordering import CycleClosed

LESS = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)])
JOSETTE = placed("Josette", [line(WINE, 3)], group="Quillan")
SPAIN, GOATS, WINES = "p-BioEspuña", "p-Chèvrerie", "p-Domaine"


async def rows_of(app, table):
    async with app.state.service.database.read() as reader:
        return await reader.all(select(table).order_by(*table.primary_key))


async def balances(app):
    """Debit less credit, by book, account and party; those that are settled left out."""
    rows = {
        (row["book"], row["account"], row["party"]): row["debit_cents"] - row["credit_cents"]
        for row in await rows_of(app, balance)
    }
    return {key: cents for key, cents in rows.items() if cents}


async def faults(app):
    async with app.state.service.database.read() as reader:
        return [f"{proof.book}: {fault}" for proof in await proofs(reader) for fault in proof.faults]


async def test_a_closed_cycle_is_booked_for_each_household_in_the_book_of_each_producer(app):
    await deliver(app, *Week().events)
    assert await balances(app) == {
        (SPAIN, "household", "h-Marie"): 2800,
        (SPAIN, "sales", ""): -2585,
        (SPAIN, "vat", ""): -215,
        (GOATS, "household", "h-Marie"): 1700,
        (GOATS, "sales", ""): -1700,
        (WINES, "household", "h-Josette"): 2100,
        (WINES, "sales", ""): -1750,
        (WINES, "vat", ""): -350,
    }
    assert [(row["book"], row["number"], row["rule"], row["rule_version"]) for row in await rows_of(app, entry)] == [
        (SPAIN, 1, "sale", 1),
        (GOATS, 1, "sale", 1),
        (WINES, 1, "sale", 1),
    ]
    assert await faults(app) == []


async def test_nothing_sold_in_a_producers_name_is_in_the_hubs_book(app):
    await deliver(app, *Week().events)
    assert not [row for row in await rows_of(app, movement) if row["book"] == HUB]


async def test_an_entry_names_its_cause_and_the_paper_it_was_made_from(app):
    week = Week()
    (said,) = [event for event in week.events if isinstance(event, CycleClosed)]
    await replay(app, week.events)
    rows = await rows_of(app, entry)
    assert {row["cause"] for row in rows} == {event_id(said)}
    async with app.state.service.database.read() as reader:
        papers = {row["household_id"]: row for row in await reader.all(select(amount_due))}
    for row in rows:
        assert (row["cycle_id"], row["revision"]) == ("week-48", papers[row["household_id"]]["revision"])
    assert {row["day"] for row in rows} == {date(2026, 11, 22)}, "19:00 UTC on Sunday is 20:00 in Paris"


async def test_containers_are_a_debt_to_the_household_outside_sales_and_vat(app):
    order = placed("Marie", [line(SOAP, 3).model_copy(update={"deposit_cents": 150})])
    await deliver(app, producer("BioEspuña"), opened(), order, closed([order]))
    found = await balances(app)
    assert found[SPAIN, "household", "h-Marie"] == 1950
    assert found[SPAIN, "containers", "h-Marie"] == -150
    assert found[SPAIN, "sales", ""] + found[SPAIN, "vat", ""] == -1800


async def test_a_revised_amount_is_taken_back_by_a_counter_entry_and_booked_anew(app):
    week = Week()
    await deliver(app, *week.events)
    before = [dict(row) for row in await rows_of(app, entry)]
    await deliver(app, LESS, revised([LESS, JOSETTE]))
    after = [dict(row) for row in await rows_of(app, entry)]
    assert [row for row in after if row in before] == before, "what was booked stays as it was"
    news = [(row["book"], row["number"], row["counters"], row["revision"]) for row in after if row not in before]
    assert news == [(SPAIN, 2, 1, 2), (SPAIN, 3, None, 2), (GOATS, 2, 1, 2), (GOATS, 3, None, 2)]
    found = await balances(app)
    assert found[SPAIN, "household", "h-Marie"] == 600
    assert found[GOATS, "household", "h-Marie"] == 850
    assert found[WINES, "household", "h-Josette"] == 2100
    assert await faults(app) == []


async def test_what_is_not_owed_any_more_leaves_every_account_as_it_was(app):
    await deliver(app, *Week().events, withdrawn("Marie", version=3), revised([JOSETTE]))
    assert {key for key in await balances(app) if key[0] != WINES} == set()
    assert await faults(app) == []


async def test_a_counter_entry_takes_back_what_was_booked_whatever_the_rule_says_now(app, monkeypatch):
    await deliver(app, *Week().events)

    def other(household_id, cheque):
        return tuple(move(Side(Account.HOUSEHOLD, household_id), Side(Account.SALES), cheque["gross_cents"]))

    monkeypatch.setattr("billing.ledger.sales.sale", other)
    await deliver(app, withdrawn("Marie", version=3), revised([JOSETTE]))
    assert {key for key in await balances(app) if key[0] != WINES} == set()


async def test_a_seller_whose_regime_changed_is_booked_as_billed(app):
    await deliver(app, *Week().events)
    await deliver(app, ProducerChanged(**producer("Domaine de la Serre", "FRANCHISE_293B", version=2).model_dump()))
    await deliver(app, LESS, revised([LESS, JOSETTE]))
    assert (await balances(app))[WINES, "vat", ""] == -350


async def test_balances_are_the_fold_of_the_movements(app):
    await deliver(app, *Week().events, LESS, revised([LESS, JOSETTE]))
    by_book = {}
    for row in await rows_of(app, movement):
        by_book.setdefault(row["book"], []).append(movement_of(row))
    folded = {
        (name, side.account.value, side.of): sums
        for name, moved in by_book.items()
        for side, sums in fold(moved).items()
    }
    kept = {
        (row["book"], row["account"], row["party"]): (row["debit_cents"], row["credit_cents"])
        for row in await rows_of(app, balance)
    }
    assert kept == folded


# --- again, and from nothing ---


def event_id(event):
    return f"{event.type_name()}-{event.id}-{event.version}"


async def replay(app, events):
    """As the streams have them: an event keeps its id."""
    service = app.state.service
    for event in events:
        headers = headers_of(event, event_id(event), START, Trace())
        delivery = Delivery(Received(event.subject, headers, event.model_dump_json().encode()))
        consumer = service.listening.consumer(event.service)
        assert await service.intake.take(consumer, [delivery]) == [DONE]


def a_revised_week(cycle="week-48"):
    josette = placed("Josette", [line(WINE, 3)], group="Quillan", cycle=cycle)
    less = allocated("Marie", [given(OLIVES, 0), given(CHEESE, 1, 2), given(SOAP, 1)], cycle=cycle)
    more = allocated("Marie", [given(OLIVES, 1), given(CHEESE, 0, 2), given(SOAP, 1)], version=4, cycle=cycle)
    changes = [less, revised([less, josette], 2, cycle), more, revised([more, josette], 3, cycle)]
    return [*Week(cycle).events, *changes]


async def another(started):
    """Billing with an empty database of its own: a new file."""
    return await started(create_app, BillingSettings, database_url=None)


TOLD_LATER = ("posted_at", "hash")
"""Of the hour, and so different, when everything is booked again."""


async def ledger_of(app):
    """Entries with their movements, in the order of each book."""
    moved = {}
    for row in await rows_of(app, movement):
        moved.setdefault((row["book"], row["number"]), []).append(movement_of(row))
    entries = [dict(row) for row in await rows_of(app, entry)]
    return [
        {name: value for name, value in row.items() if name not in TOLD_LATER}
        | {"moved": moved[row["book"], row["number"]]}
        for row in entries
    ]


async def test_the_same_streams_into_an_empty_database_make_the_same_ledger(app, started, clock):
    events = [*a_revised_week(), *a_revised_week("week-49")]
    await replay(app, events)
    clock.advance(timedelta(days=3))
    rebuilt = await another(started)
    await replay(rebuilt, events)
    assert await ledger_of(rebuilt) == await ledger_of(app)
    assert await balances(rebuilt) == await balances(app)


@pytest.mark.parametrize("seed", range(6))
async def test_in_whatever_order_they_come_the_balances_are_the_same_to_the_cent(app, started, seed):
    events = [*a_revised_week(), *a_revised_week("week-49")]
    await replay(app, events)
    rebuilt = await another(started)
    mixed = events + Random(seed).sample(events, 9)
    Random(seed).shuffle(mixed)
    await replay(rebuilt, mixed)
    assert await balances(rebuilt) == await balances(app)
    assert await faults(rebuilt) == []


async def test_what_is_said_twice_is_booked_once(app):
    events = a_revised_week()
    await replay(app, events)
    before = await ledger_of(app)
    await deliver(app, *events)  # under new ids: the inbox does not know them
    assert await ledger_of(app) == before


async def test_the_database_itself_refuses_the_same_entry_twice_and_to_take_back_twice(app):
    await deliver(app, *Week().events)
    cause = Cause("again", "sale", 1)
    moved = tuple(move(Side(Account.HOUSEHOLD, "h-Marie"), Side(Account.SALES), 5))
    again = Entry(SPAIN, "sale:week-48:h-Marie:1", date(2026, 11, 22), "VE", cause, moved)
    with pytest.raises(IntegrityError):
        async with app.state.service.database.write() as writer:
            await post(writer, [again])
    back = [Entry(SPAIN, f"back-{n}", date(2026, 11, 22), "VE", cause, moved, counters=1) for n in range(2)]
    with pytest.raises(IntegrityError):
        async with app.state.service.database.write() as writer:
            await post(writer, back)
    assert len(await rows_of(app, entry)) == 3
    assert await faults(app) == []


# --- never changed ---


@pytest.mark.parametrize("table", ["entry", "movement", "closing"])
@pytest.mark.parametrize("change", ["UPDATE {} SET number = number + 100", "DELETE FROM {}"])
async def test_the_database_refuses_to_change_or_delete_what_is_booked(app, clock, table, change):
    clock.set(closed([]).closed_at)
    await deliver(app, *Week().events)
    await a_night_passes(app, clock)
    with pytest.raises(DBAPIError, match="never changed"):
        async with app.state.service.database.write() as writer:
            await writer.execute(text(change.format(table)))


@pytest.mark.parametrize("wrong", ["cents = 0", "cents = -5", "credit = debit, credit_of = debit_of"])
async def test_the_database_takes_no_movement_that_is_none(app, wrong):
    await deliver(app, *Week().events)
    columns = ", ".join(movement.c.keys())
    values = {name: name for name in movement.c.keys()} | {"place": "place + 50"}  # noqa: SIM118 not a dict
    values |= dict(part.split(" = ") for part in wrong.split(", "))
    statement = f"INSERT INTO movement ({columns}) SELECT {', '.join(values.values())} FROM movement"
    with pytest.raises(IntegrityError):
        async with app.state.service.database.write() as writer:
            await writer.execute(text(statement))


# --- days ---


async def a_night_passes(app, clock, days=1):
    clock.advance(timedelta(days=days))
    await call_due(app)


async def closings(app):
    return [
        (row["book"], row["kind"], row["period"], row["first"], row["last"])
        for row in await rows_of(app, closing.closing)
    ]


async def test_a_day_is_closed_in_the_night_and_its_month_when_it_is_over(app, clock):
    clock.set(closed([]).closed_at)
    await a_night_passes(app, clock, 0)
    await deliver(app, *Week().events)
    assert await closings(app) == []
    await a_night_passes(app, clock)
    assert {each[1:] for each in await closings(app)} == {("day", "2026-11-22", 1, 1)}
    await a_night_passes(app, clock, 9)
    assert [each[1:] for each in await closings(app) if each[0] == SPAIN] == [
        ("day", "2026-11-22", 1, 1),
        ("month", "2026-11", 1, 1),
    ]
    await a_night_passes(app, clock, 31)
    rows = [row for row in await rows_of(app, closing.closing) if row["book"] == SPAIN]
    assert [row["period"] for row in rows] == ["2026-11-22", "2026-11", "2026"]
    assert read(rows[-1]["perpetual"]) == {
        "household": (2800, 0),
        "sales@550": (0, 2085),
        "sales@2000": (0, 500),
        "vat@550": (0, 115),
        "vat@2000": (0, 100),
    }
    assert await faults(app) == []


async def test_on_a_day_that_is_closed_nothing_is_booked_any_more(app, clock):
    clock.set(closed([]).closed_at)
    await deliver(app, *Week().events)
    await a_night_passes(app, clock)
    await deliver(app, LESS, revised([LESS, JOSETTE]))
    days = [row["day"] for row in await rows_of(app, entry) if row["book"] == SPAIN]
    assert days == [date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 23)]
    assert await faults(app) == []


async def test_the_first_entry_of_another_day_ends_those_before(app):
    await deliver(app, *Week().events)
    await deliver(app, *later(Week("week-52").events, days=30))
    assert [each[1:] for each in await closings(app) if each[0] == WINES] == [
        ("day", "2026-11-22", 1, 1),
        ("month", "2026-11", 1, 1),
    ]
    assert await faults(app) == []


def later(events, days):
    return [
        event.model_copy(update={"closed_at": event.closed_at + timedelta(days=days)})
        if isinstance(event, CycleClosed)
        else event
        for event in events
    ]


# --- changed behind our back ---


class Undo(Exception):
    pass


def other(value, column):
    if value is None:
        return START.date() if column.type.python_type is date else 77
    if isinstance(value, str):
        return f"{value[:-1]}~"
    if isinstance(value, int):
        return value + 100
    return value + (timedelta(microseconds=1) if hasattr(value, "hour") else timedelta(days=1))


async def without_protection(writer):
    if writer.connection.dialect.name == "postgresql":
        await writer.execute(text("SET LOCAL session_replication_role = replica"))
        return
    await writer.execute(text("PRAGMA defer_foreign_keys = ON"))
    for row in await writer.all(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
        await writer.execute(text(f"DROP TRIGGER {row['name']}"))


async def found_after(app, change):
    """What the proof finds after a change that is then undone."""
    found = []
    try:
        async with app.state.service.database.write() as writer:
            await without_protection(writer)
            await change(writer)
            found += [fault for proof in await proofs(writer) for fault in proof.faults]
            raise Undo
    except Undo:
        return found


@pytest.fixture
async def kept(app, clock):
    """One household's week, revised, its day and its month closed."""
    order = placed("Marie", [line(OLIVES), line(SOAP, 3).model_copy(update={"deposit_cents": 150})])
    less = allocated("Marie", [given(OLIVES, 1), given(SOAP, 0, 3)])
    await deliver(app, producer("BioEspuña"), opened(), order, closed([order]), less, revised([less]))
    await a_night_passes(app, clock, 40)
    assert await faults(app) == []
    return app


@pytest.mark.parametrize("table", [entry, movement, closing.closing, balance, book], ids=lambda table: table.name)
async def test_whatever_is_changed_in_whatever_row_is_found(kept, table):
    missed, looked_at = [], 0
    for row in await rows_of(kept, table):
        mine = [column == row[column.name] for column in table.primary_key]
        for column in table.c:
            changed = table.update().where(*mine).values({column.name: other(row[column.name], column)})
            looked_at += 1
            if not await found_after(kept, lambda writer, changed=changed: writer.execute(changed)):
                missed.append((tuple(row[key.name] for key in table.primary_key), column.name))
    assert looked_at > 10
    assert missed == []


@pytest.mark.parametrize("table", [entry, movement, closing.closing, balance, book], ids=lambda table: table.name)
async def test_whatever_row_is_removed_is_found(kept, table):
    rows = [row for row in await rows_of(kept, table) if not (table is book and row["id"] == HUB)]
    for row in rows:
        gone = table.delete().where(*(column == row[column.name] for column in table.primary_key))
        assert await found_after(kept, lambda writer, gone=gone: writer.execute(gone)), dict(row)


async def test_a_byte_of_a_paper_that_was_booked_is_found(kept):
    for row in await rows_of(kept, amount_due):
        mine = (amount_due.c.id == row["id"]) & (amount_due.c.revision == row["revision"])
        changed = amount_due.update().where(mine).values(cheques=row["cheques"].replace("e", "ë", 1))
        found = await found_after(kept, lambda writer, changed=changed: writer.execute(changed))
        assert "paper" in " ".join(found), row["household_name"]


async def test_what_was_slipped_in_is_found(kept):
    more = dict((await rows_of(kept, movement))[0]) | {"place": 9}
    assert await found_after(kept, lambda writer: writer.execute(movement.insert().values(**more)))
    last = [dict(row) for row in await rows_of(kept, entry)][-1]
    forged = last | {"number": last["number"] + 1, "key": uuid4().hex, "counters": None}
    assert await found_after(kept, lambda writer: writer.execute(entry.insert().values(**forged)))


async def test_the_amounts_that_hold_are_what_the_books_say(app):
    for n, cycle in enumerate(("one", "two", "three")):
        await deliver(app, *(a_revised_week(cycle) if n else Week(cycle).events))
    async with app.state.service.database.read() as reader:
        due = await reader.scalar(select(func.sum(amount_due.c.gross_cents + amount_due.c.deposit_cents)).where(HOLDS))
    booked = sum(cents for (_, account, _), cents in (await balances(app)).items() if account == "household")
    assert booked == due > 0
