"""Payouts as they are kept: to whom how much, to which account, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing.iban import BankAccount
from billing.payout.life import OPEN, Stage
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

payout = Table(
    "payout",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("stage", String(12), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("hub_holder", Text, nullable=False),
    Column("hub_iban", String(34), nullable=False),
    Column("hub_bic", String(11), nullable=False),
    Column("drawn_up_at", Utc, nullable=False),
    Column("drawn_up_by", Text, nullable=False),
    Column("drawn_up_by_id", String(100), nullable=False),
    Column("approved_at", Utc),
    Column("approved_by", Text, nullable=False),
    Column("executed_on", Date),
    Column("file", Text, nullable=False),
    UniqueConstraint("number"),
)
"""`id`: the form's own. `number`: 1, 2, 3, as people call it. `day`: on which the bank is asked to send the money.
`hub_…`: the account it goes from. `file`: for the bank, made when it is approved and kept as it was made; else empty.
`executed_on`: the day by the bank."""

transfer = Table(
    "payout_transfer",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payout_id", String(36), nullable=False),
    Column("place", Integer, nullable=False),
    Column("producer_id", String(100), nullable=False, index=True),
    Column("cents", BigInteger, nullable=False),
    Column("account_number", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("iban", String(34), nullable=False),
    Column("bic", String(11), nullable=False),
    Column("end_to_end_id", String(35), nullable=False),
    Column("refused_on", Date),
    UniqueConstraint("payout_id", "place"),
    UniqueConstraint("end_to_end_id"),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`account_number`, `holder`, `iban`, `bic`: of the producer's account as it was then. `end_to_end_id`: what the bank
statements of both say; never used twice. `refused_on`: the day the bank gave it back."""

history = Table(
    "payout_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payout_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added. `what`: "drawn_up", "file" (taken), "refused" (one transfer), or a move of `life`."""
Index("ix_payout_history_payout_id", history.c.payout_id)


@dataclass(frozen=True)
class Transfer:
    id: str
    payout_id: str
    place: int
    producer_id: str
    cents: int
    account_number: int
    account: BankAccount
    end_to_end_id: str
    refused_on: date | None


@dataclass(frozen=True)
class Payout:
    """`transfers`: in their places."""

    id: str
    number: int
    stage: Stage
    day: date
    hub: BankAccount
    drawn_up_at: datetime
    drawn_up_by: str
    drawn_up_by_id: str
    approved_at: datetime | None
    approved_by: str
    executed_on: date | None
    file: str
    transfers: tuple[Transfer, ...]

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.transfers)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN


class NoPayout(Exception):
    """There is no such payout."""


async def note(writer: Writer, payout_id: str, what: str, by: Person, reason: str = "") -> None:
    """Add a line to the payout's history."""
    row = {"id": writer.ids.new(), "payout_id": payout_id, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=by.name, reason=reason))


async def locked(writer: Writer, payout_id: str) -> Payout:
    """The payout, its row held until the transaction ends. Raises NoPayout."""
    held = select(payout.c.id).where(payout.c.id == payout_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoPayout
    found = await find(writer, payout_id)
    assert found is not None
    return found


async def find(reader: Reader, payout_id: str) -> Payout | None:
    return next(iter(await _whole(reader, select(payout).where(payout.c.id == payout_id))), None)


async def find_transfer(reader: Reader, end_to_end_id: str) -> tuple[Payout, Transfer] | None:
    """The transfer that a line of a bank statement tells of, and the payout it is in."""
    payout_id = await reader.scalar(select(transfer.c.payout_id).where(transfer.c.end_to_end_id == end_to_end_id))
    one = await find(reader, payout_id) if payout_id is not None else None
    if one is None:
        return None
    return one, next(each for each in one.transfers if each.end_to_end_id == end_to_end_id)


async def sent_between(reader: Reader, hub_iban: str, since: date, until: date) -> list[Payout]:
    """Those approved or executed that go from an account: sent then by the bank, or asked to be."""
    p = payout.c
    stages = [Stage.APPROVED.value, Stage.EXECUTED.value]
    on = func.coalesce(p.executed_on, p.day).between(since, until)
    return await _whole(
        reader, select(payout).where(p.stage.in_(stages), p.hub_iban == hub_iban, on).order_by(p.number)
    )


async def newest(reader: Reader, first: int, count: int) -> list[Payout]:
    return await _whole(reader, select(payout).order_by(payout.c.number.desc()).offset(first).limit(count))


async def count(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).select_from(payout)))


async def next_number(writer: Writer) -> int:
    """Ask only while the hub's book is held: of two who draw up a payout at once each has its own."""
    return int(await writer.scalar(select(func.coalesce(func.max(payout.c.number), 0)))) + 1


async def reserved(reader: Reader, but: str = "") -> dict[str, int]:
    """Cents that lie in drafts and approved payouts, by producer. `but`: the id of one that does not count."""
    t = transfer.c
    summed = select(t.producer_id, func.sum(t.cents).label("cents")).join(payout, payout.c.id == t.payout_id)
    chosen = summed.where(payout.c.stage.in_(OPEN), payout.c.id != but).group_by(t.producer_id)
    # PostgreSQL sums BIGINT as NUMERIC.
    return {row["producer_id"]: int(row["cents"]) for row in await reader.all(chosen)}


async def paid_before(reader: Reader, ibans: Collection[str]) -> set[tuple[str, str]]:
    """Producer and IBAN of transfers that were executed and not refused: those accounts got money before."""
    t = transfer.c
    went = select(t.producer_id, t.iban).join(payout, payout.c.id == t.payout_id)
    chosen = went.where(t.iban.in_(sorted(ibans)), t.refused_on.is_(None), payout.c.stage == Stage.EXECUTED)
    return {(row["producer_id"], row["iban"]) for row in await reader.all(chosen.distinct())}


async def history_of(reader: Reader, payout_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.payout_id == payout_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))


async def _whole(reader: Reader, chosen: Select[Any]) -> list[Payout]:
    rows = await reader.all(chosen)
    by_payout: dict[str, list[Transfer]] = {row["id"]: [] for row in rows}
    if rows:
        mine = select(transfer).where(transfer.c.payout_id.in_(by_payout)).order_by(transfer.c.place)
        for row in await reader.all(mine):
            told = {name: row[name] for name in row if name not in ("holder", "iban", "bic")}
            account = BankAccount(row["holder"], row["iban"], row["bic"])
            by_payout[row["payout_id"]].append(Transfer(**told, account=account))
    found = []
    for row in rows:
        told = {name: row[name] for name in row if not name.startswith("hub_")}
        hub = BankAccount(row["hub_holder"], row["hub_iban"], row["hub_bic"])
        told |= {"stage": Stage(row["stage"]), "hub": hub, "transfers": tuple(by_payout[row["id"]])}
        found.append(Payout(**told))
    return found
