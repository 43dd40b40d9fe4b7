"""Who has not paid the membership fee of a year, and the reminders of it that were sent.

A cheque that is here counts as paid, until it bounces. Between two reminders to a household lie as many days as between
those of what it owes for goods (`reminding.Pace`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing import announcing
from billing.days import today_at
from billing.household import group, household
from billing.ledger.book import hold_books
from billing.payment.life import VOID
from billing.payment.register import fee_of, payment, share
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

membership_reminder = Table(
    "membership_reminder",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("run_id", String(36), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("year", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("sent_on", Date, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("sent_by", Text, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
    UniqueConstraint("run_id", "household_id"),
    UniqueConstraint("household_id", "year", "sent_on"),
)
"""`run_id`: of the form it was sent by. Rows are only added."""


@dataclass(frozen=True)
class Unpaid:
    """A household that has not paid its fee of a year. `by_mail`: see `household`; `reminded`: the last day on which it
    was, if it was."""

    household_id: str
    household_name: str
    group_name: str
    by_mail: bool | None
    reminded: date | None

    def may_be_reminded(self, today: date, apart_days: int) -> bool:
        """By mail: who has no address is called."""
        if self.by_mail is False:
            return False
        return self.reminded is None or self.reminded + timedelta(days=apart_days) <= today


async def unpaid(reader: Reader, year: int) -> list[Unpaid]:
    """Of the households that take part, by name."""
    p = payment.c
    noted = select(p.household_id).join(share, share.c.payment_id == p.id)
    rows = await reader.all(noted.where(share.c.producer_id == fee_of(year), p.stage.not_in(VOID)))
    paid = {row["household_id"] for row in rows}
    m = membership_reminder.c
    last = select(m.household_id, func.max(m.sent_on).label("day")).where(m.year == year).group_by(m.household_id)
    reminded = {row["household_id"]: row["day"] for row in await reader.all(last)}
    named = select(household, func.coalesce(group.c.name, "").label("group_name")).select_from(
        household.outerjoin(group, group.c.id == household.c.group_id)
    )
    found = [
        Unpaid(row["id"], row["name"], row["group_name"], row["by_mail"], reminded.get(row["id"]))
        for row in await reader.all(named.where(household.c.active))
        if row["id"] not in paid
    ]
    return sorted(found, key=lambda one: (one.household_name.casefold(), one.household_id))


async def remind(
    writer: Writer,
    run_id: str,
    household_ids: Collection[str],
    year: int,
    cents: int,
    apart_days: int,
    zone: ZoneInfo,
    by: Person,
) -> list[str]:
    """Remind those of these households that have not paid by now, with the books held, so that a payment is before it
    or after it. The ids of whom; the same `run_id` again gives those of then."""
    await hold_books(writer)
    m = membership_reminder.c
    there = await writer.all(select(m.household_id).where(m.run_id == run_id).order_by(m.household_id))
    if there:
        return [row["household_id"] for row in there]
    today = today_at(writer, zone)
    due = [
        one
        for one in await unpaid(writer, year)
        if one.household_id in household_ids and one.may_be_reminded(today, apart_days)
    ]
    for one in due:
        reminder_id = writer.ids.new()
        row = {"id": reminder_id, "run_id": run_id, "household_id": one.household_id, "year": year}
        sent = {"cents": cents, "sent_on": today, "sent_at": writer.now, "sent_by": by.name}
        await writer.execute(membership_reminder.insert().values(**row, **sent))
        await writer.announce(announcing.membership_reminded(reminder_id, one, year, cents, writer.now))
    return sorted(one.household_id for one in due)
