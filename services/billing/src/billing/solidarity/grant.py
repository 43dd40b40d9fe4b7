"""A gift to the solidarity fund from outside: of a town, a foundation, somebody who orders nothing.

What a household gives is a payment of its own, in the register of payments.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, RowMapping, String, Table, Text, select

from billing.days import today_at
from billing.ledger import rules
from billing.ledger.book import hold_books
from billing.ledger.chart import HUB, Account
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import GIFT, JOURNALS
from billing.payment.life import Kind
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

fund_grant = Table(
    "fund_grant",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("giver", Text, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("undone_at", Utc),
    Column("undone_by", Text, nullable=False),
    Column("undone_because", Text, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: the form's own. Written once; `undone_…`: where it was noted by mistake."""

GIVEN_BY = {Kind.TRANSFER: Account.BANK, Kind.CASH: Account.CASH}
"""Where it comes to: a cheque from outside is noted when the bank has it."""


@dataclass(frozen=True)
class Grant:
    """As it is typed."""

    giver: str
    kind: Kind
    cents: int
    day: date


class NoGrant(Exception):
    """There is no such grant."""


class OtherNoted(Exception):
    """A form that was sent before was sent again with other words in it."""


async def note_grant(writer: Writer, grant_id: str, said: Grant, by: Person, zone: ZoneInfo) -> None:
    """The id comes with the form, so that a form sent twice books once. Raises OtherNoted."""
    # Of the same form sent twice at once the second sees the first's.
    await hold_books(writer)
    there = await _find(writer, grant_id)
    if there is not None:
        if (there["giver"], there["kind"], there["cents"], there["day"]) != (
            said.giver,
            said.kind,
            said.cents,
            said.day,
        ):
            raise OtherNoted
        return
    row = {"id": grant_id, "giver": said.giver, "kind": said.kind.value, "cents": said.cents, "day": said.day}
    row |= {"noted_at": writer.now, "noted_by": by.name, "undone_by": "", "undone_because": ""}
    await writer.execute(fund_grant.insert().values(**row))
    money = GIVEN_BY[said.kind]
    booked = Entry(
        book=HUB,
        key=f"grant:{grant_id}",
        day=min(said.day, today_at(writer, zone)),
        journal=JOURNALS.get(money, GIFT.journal),
        cause=Cause(f"grant:{grant_id}", GIFT.name, GIFT.version, by.id),
        movements=rules.gift(money, said.cents),
    )
    await post(writer, [booked])


async def undo_grant(writer: Writer, grant_id: str, by: Person, zone: ZoneInfo, reason: str) -> None:
    """It was noted by mistake; undone twice, it is undone once. Raises NoGrant."""
    await hold_books(writer)
    row = await _find(writer, grant_id)
    if row is None:
        raise NoGrant
    if row["undone_at"] is not None:
        return
    undone = {"undone_at": writer.now, "undone_by": by.name, "undone_because": reason}
    await writer.execute(fund_grant.update().where(fund_grant.c.id == grant_id).values(**undone))
    key, today = f"grant:{grant_id}", today_at(writer, zone)
    await post(writer, await counters_of(writer, [key], today, key, by.id))


async def _find(reader: Reader, grant_id: str) -> RowMapping | None:
    return await reader.first(select(fund_grant).where(fund_grant.c.id == grant_id))


async def grants(reader: Reader) -> list[RowMapping]:
    """All of them, the newest first."""
    return await reader.all(select(fund_grant).order_by(fund_grant.c.day.desc(), fund_grant.c.id.desc()))
