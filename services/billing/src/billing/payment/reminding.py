"""Who is reminded of what, for the how-manyth time; and the reminders that were sent.

A reminder is of what is asked for and was delivered long enough ago. The first is friendly; the second and third come
when more days have passed since the oldest delivery that is not paid, and since the reminder before. Cheques that were
given count as paid, and so does a direct debit that the household was told of. Of the same oldest debt each level is
sent once, whoever sends it: the database holds it.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing import announcing
from billing.days import today_at
from billing.debit.register import announced_to
from billing.household import group, household
from billing.ledger.book import balance, hold_books
from billing.ledger.chart import Account
from billing.payment.asking import asked_of, said_by
from billing.payment.owing import Debt, Owing, left_by_cycle, owing_of
from billing.schema import metadata
from billing.statement import all_statements
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

reminder = Table(
    "payment_reminder",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("run_id", String(36), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("level", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("oldest", Date, nullable=False),
    Column("sent_on", Date, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("sent_by", Text, nullable=False),
    Column("by_mail", Boolean),
    Column("printed", Text, nullable=False),
    UniqueConstraint("run_id", "household_id"),
    UniqueConstraint("household_id", "oldest", "level"),
)
"""`run_id`: of the form it was sent by. `oldest`: the first delivery that it is about. `by_mail`: whether the household
had an e-mail address then, None where it was not known. `printed`: JSON, the letter as people read it."""

LEVELS = 3


@dataclass(frozen=True)
class Pace:
    """`after_days`: of each level, since the oldest delivery that is not paid; `apart_days`: between two reminders;
    `from_cents`: who is asked for less is not reminded."""

    after_days: tuple[int, int, int]
    apart_days: int
    from_cents: int


@dataclass(frozen=True)
class Late:
    """What is asked of a household for one delivery of one producer, in cents."""

    producer_id: str
    producer_name: str
    debt: Debt
    cents: int


@dataclass(frozen=True)
class Sent:
    """A reminder that was sent."""

    id: str
    household_id: str
    level: int
    cents: int
    oldest: date
    sent_on: date
    sent_at: datetime
    sent_by: str
    by_mail: bool | None
    printed: dict[str, Any]


@dataclass(frozen=True)
class ToRemind:
    """`level`: of the reminder that is due. `before`: the one before of the same oldest debt, if any."""

    household_id: str
    household_name: str
    group_name: str
    by_mail: bool | None
    late: tuple[Late, ...]
    level: int
    before: Sent | None

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.late)

    @property
    def oldest(self) -> date:
        return min(each.debt.delivers_on for each in self.late)


Letter = Callable[[ToRemind], dict[str, Any]]
"""Puts a reminder into words."""


# The rule


def late_of(owing: Sequence[Owing], said: Mapping[tuple[str, str], int], ask_from: int, until: date) -> list[Late]:
    """What is asked for of deliveries up to a day, the oldest first. `said`, `ask_from`: see `asking.asked_of`."""
    found = [
        Late(one.producer_id, one.producer_name, debt, cents)
        for one in owing
        for debt, cents in asked_of(one, said, ask_from)
        if debt.delivers_on <= until
    ]
    return sorted(found, key=lambda each: (each.debt.delivers_on, each.producer_name.casefold(), each.producer_id))


def level_due(oldest: date, before: Sent | None, today: date, pace: Pace) -> int | None:
    """The level that is due; None where none is: too early, or all were sent. `before`: of the same oldest debt."""
    level = before.level + 1 if before else 1
    if level > LEVELS or (today - oldest).days < pace.after_days[level - 1]:
        return None
    if before is not None and (today - before.sent_on).days < pace.apart_days:
        return None
    return level


# Who is reminded


async def to_remind(
    reader: Reader, today: date, pace: Pace, ask_from: int, hub_name: str, only: Collection[str] | None = None
) -> list[ToRemind]:
    """By name. `only`: of these households."""
    until = today - timedelta(days=pace.after_days[0])
    rows = await _who_owes(reader, only)
    owed = await owing_of(reader, [row["id"] for row in rows], hub_name)
    sent = await sent_to(reader, [row["id"] for row in rows])
    coming: Counter[str] = Counter()
    for _, debit in await announced_to(reader, {row["id"] for row in rows}):
        coming[debit.household_id] += debit.cents
    found = []
    for row in rows:
        mine = owed[row["id"]]
        open_days = [debt.delivers_on for each in mine for debt in each.debts if debt.left_cents]
        if not open_days or min(open_days) > until:
            continue
        statements = await all_statements(reader, row["id"], min(open_days), until)
        said = said_by(statements, left_by_cycle({row["id"]: mine}), ask_from).get(row["id"], {})
        late = late_of(mine, said, ask_from, until)
        if not late or sum(each.cents for each in late) - coming[row["id"]] < pace.from_cents:
            continue
        oldest = late[0].debt.delivers_on
        before = next((each for each in sent.get(row["id"], []) if each.oldest == oldest), None)
        level = level_due(oldest, before, today, pace)
        if level is not None:
            name = row["group_name"] or ""
            found.append(ToRemind(row["id"], row["name"], name, row["by_mail"], tuple(late), level, before))
    return sorted(found, key=lambda one: (one.household_name.casefold(), one.household_id))


async def _who_owes(reader: Reader, only: Collection[str] | None) -> list[RowMapping]:
    b = balance.c
    owing = select(b.party).where(b.account == Account.HOUSEHOLD, b.debit_cents > b.credit_cents).distinct()
    joined = household.outerjoin(group, group.c.id == household.c.group_id)
    named = select(household, func.coalesce(group.c.name, "").label("group_name")).select_from(joined)
    chosen = named.where(household.c.id.in_(owing))
    return await reader.all(chosen if only is None else chosen.where(household.c.id.in_(sorted(only))))


# Sending


async def send(
    writer: Writer,
    run_id: str,
    household_ids: Collection[str],
    pace: Pace,
    ask_from: int,
    hub_name: str,
    zone: ZoneInfo,
    by: Person,
    letter: Letter,
) -> list[Sent]:
    """Send the reminders that are due to these households: those who paid meanwhile, or were reminded by somebody
    else, get none. All in one transaction, with the books held, so that a payment is before it or after it. The same
    `run_id` again gives what was sent then."""
    await hold_books(writer)
    there = await _of(writer, reminder.c.run_id == run_id)
    if there:
        return there
    today = today_at(writer, zone)
    for one in await to_remind(writer, today, pace, ask_from, hub_name, household_ids):
        reminder_id = writer.ids.new()
        row = {
            "id": reminder_id,
            "run_id": run_id,
            "household_id": one.household_id,
            "level": one.level,
            "cents": one.cents,
            "oldest": one.oldest,
            "sent_on": today,
            "sent_at": writer.now,
            "sent_by": by.name,
            "by_mail": one.by_mail,
            "printed": json.dumps(letter(one), ensure_ascii=False),
        }
        await writer.execute(reminder.insert().values(**row))
        await writer.announce(announcing.payment_reminded(reminder_id, one, writer.now))
    return await _of(writer, reminder.c.run_id == run_id)


# Reading


async def sent_to(reader: Reader, household_ids: Collection[str]) -> dict[str, list[Sent]]:
    """By household, the newest first."""
    found: dict[str, list[Sent]] = {}
    for one in await _of(reader, reminder.c.household_id.in_(sorted(household_ids))):
        found.setdefault(one.household_id, []).append(one)
    return found


async def find(reader: Reader, reminder_id: str) -> Sent | None:
    return next(iter(await _of(reader, reminder.c.id == reminder_id)), None)


async def _of(reader: Reader, which: Any) -> list[Sent]:
    rows = await reader.all(select(reminder).where(which).order_by(reminder.c.sent_at.desc(), reminder.c.level.desc()))
    return [
        Sent(
            **{name: row[name] for name in row if name not in ("run_id", "printed")}, printed=json.loads(row["printed"])
        )
        for row in rows
    ]
