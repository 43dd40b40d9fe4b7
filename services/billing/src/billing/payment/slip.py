"""Slips of cheques brought to the bank: numbered, and frozen as they were brought."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Integer,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing.days import today_at
from billing.iban import BankAccount
from billing.ledger.book import locked_heads
from billing.ledger.chart import HUB
from billing.payment.life import Kind, Move, OutOfTurn, Stage
from billing.payment.noting import OtherThere, move
from billing.payment.register import locked
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

slip = Table(
    "deposit_slip",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("holder", Text, nullable=False),
    Column("iban", String(34), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    UniqueConstraint("number"),
)
"""Rows are only added. `id`: the form's own. `holder`, `iban`: of the account they go to, "" where none was set."""

cheque = Table(
    "deposit_slip_cheque",
    metadata,
    Column("slip_id", String(36), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("payment_id", String(36), nullable=False),
    Column("drawer", Text, nullable=False),
    Column("bank", Text, nullable=False),
    Column("cheque_number", String(40), nullable=False),
    Column("cents", BigInteger, nullable=False),
    UniqueConstraint("payment_id"),
)
"""Rows are only added: what was on the paper, whatever becomes of the cheque. `drawer`: the household's name."""


@dataclass(frozen=True)
class Cheque:
    payment_id: str
    drawer: str
    bank: str
    cheque_number: str
    cents: int


@dataclass(frozen=True)
class Slip:
    """`cheques`: in their places."""

    id: str
    number: int
    day: date
    holder: str
    iban: str
    made_at: datetime
    made_by: str
    cheques: tuple[Cheque, ...]

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.cheques)


class NoCheques(Exception):
    """A slip is of at least one cheque."""


async def bring(
    writer: Writer, slip_id: str, payment_ids: Collection[str], account: BankAccount | None, by: Person, zone: ZoneInfo
) -> Slip:
    """Put cheques to the hub on a slip and book them as brought to the bank, all or none. The id comes with the form:
    sent twice, it is one slip. Raises NoCheques, NoPayment, OtherThere, OutOfTurn: one is not here any more,
    or not to the hub."""
    chosen = sorted(set(payment_ids))
    # In the order of their ids: two people who move the same cheques would wait for each other.
    held = [await locked(writer, each) for each in chosen]
    there = await find(writer, slip_id)
    if there is not None:
        if sorted(each.payment_id for each in there.cheques) != chosen:
            raise OtherThere
        return there
    if not held:
        raise NoCheques
    if any((each.kind, each.to_hub, each.stage) != (Kind.CHEQUE, True, Stage.RECEIVED) for each in held):
        raise OutOfTurn("no cheque to the hub that lies here")
    await locked_heads(writer, {HUB})
    row = {
        "id": slip_id,
        "number": int(await writer.scalar(select(func.coalesce(func.max(slip.c.number), 0)))) + 1,
        "day": today_at(writer, zone),
        "holder": account.holder if account else "",
        "iban": account.iban if account else "",
        "made_at": writer.now,
        "made_by": by.name,
    }
    await writer.execute(slip.insert().values(**row))
    ordered = sorted(held, key=lambda each: (each.household_name.casefold(), each.day, each.id))
    rows = [
        {
            "slip_id": slip_id,
            "place": place,
            "payment_id": each.id,
            "drawer": each.household_name,
            "bank": each.bank,
            "cheque_number": each.cheque_number,
            "cents": each.cents,
        }
        for place, each in enumerate(ordered, 1)
    ]
    await writer.execute(cheque.insert(), rows)
    for each in held:
        await move(writer, each.id, Move.DEPOSIT, by, zone)
    found = await find(writer, slip_id)
    assert found is not None
    return found


async def find(reader: Reader, slip_id: str) -> Slip | None:
    return next(iter(await _whole(reader, select(slip).where(slip.c.id == slip_id))), None)


async def newest(reader: Reader, first: int, count: int) -> list[Slip]:
    return await _whole(reader, select(slip).order_by(slip.c.number.desc()).offset(first).limit(count))


async def count(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).select_from(slip)))


async def _whole(reader: Reader, chosen: Select[Any]) -> list[Slip]:
    rows = await reader.all(chosen)
    by_slip: dict[str, list[Cheque]] = {row["id"]: [] for row in rows}
    if rows:
        mine = select(cheque).where(cheque.c.slip_id.in_(by_slip)).order_by(cheque.c.slip_id, cheque.c.place)
        names = ("payment_id", "drawer", "bank", "cheque_number", "cents")
        for row in await reader.all(mine):
            by_slip[row["slip_id"]].append(Cheque(**{name: row[name] for name in names}))
    return [Slip(**row, cheques=tuple(by_slip[row["id"]])) for row in rows]
