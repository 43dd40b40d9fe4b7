"""Batches of debits as they are kept: of whom how much for which producers, and what became of each."""

from collections.abc import Collection, Mapping
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

batch = Table(
    "debit_batch",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("stage", String(12), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("hub_holder", Text, nullable=False),
    Column("hub_iban", String(34), nullable=False),
    Column("hub_bic", String(11), nullable=False),
    Column("creditor_id", String(35), nullable=False),
    Column("drawn_up_at", Utc, nullable=False),
    Column("drawn_up_by", Text, nullable=False),
    Column("drawn_up_by_id", String(100), nullable=False),
    Column("approved_at", Utc),
    Column("approved_by", Text, nullable=False),
    Column("executed_on", Date),
    Column("file", Text, nullable=False),
    UniqueConstraint("number"),
)
"""`id`: the form's own. `number`: 1, 2, 3, as people call it. `day`: on which the bank is asked to take the money, as
households are told. `hub_…`: the account it comes to. `file`: for the bank, made when it is approved and kept as it was
made; else empty. `executed_on`: the day by the bank."""

debit = Table(
    "debit",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("batch_id", String(36), nullable=False),
    Column("place", Integer, nullable=False),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("mandate_id", String(36), nullable=False),
    Column("mandate_ref", String(35), nullable=False),
    Column("signed_on", Date, nullable=False),
    Column("sequence", String(4), nullable=False),
    Column("holder", Text, nullable=False),
    Column("iban", String(34), nullable=False),
    Column("bic", String(11), nullable=False),
    Column("end_to_end_id", String(35), nullable=False),
    Column("returned_on", Date),
    Column("returned_why", String(4), nullable=False),
    UniqueConstraint("batch_id", "place"),
    UniqueConstraint("end_to_end_id"),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: also of the payment that it is once the bank has taken it. `mandate_…`, `signed_on`, `holder`, `iban`, `bic`:
of the mandate as it was then. `end_to_end_id`: what the bank statements of both say; never used twice. `returned_on`:
the day the bank gave it back, and why, as a code of `returned`."""

share = Table(
    "debit_share",
    metadata,
    Column("debit_id", String(36), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""For whom it is taken, the hub itself among them. The shares come to its cents."""

history = Table(
    "debit_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("batch_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added. `what`: "drawn_up", "file" (taken), "returned" (one debit), or a move of `payout.life`."""
Index("ix_debit_history_batch_id", history.c.batch_id)


@dataclass(frozen=True)
class Debit:
    """`shares`: cents by producer."""

    id: str
    batch_id: str
    place: int
    household_id: str
    household_name: str
    cents: int
    mandate_id: str
    mandate_ref: str
    signed_on: date
    sequence: str
    account: BankAccount
    end_to_end_id: str
    returned_on: date | None
    returned_why: str
    shares: Mapping[str, int]


@dataclass(frozen=True)
class Batch:
    """`debits`: in their places."""

    id: str
    number: int
    stage: Stage
    day: date
    hub: BankAccount
    creditor_id: str
    drawn_up_at: datetime
    drawn_up_by: str
    drawn_up_by_id: str
    approved_at: datetime | None
    approved_by: str
    executed_on: date | None
    file: str
    debits: tuple[Debit, ...]

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.debits)

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN


class NoBatch(Exception):
    """There is no such batch of debits."""


async def note(writer: Writer, batch_id: str, what: str, by: Person, reason: str = "") -> None:
    """Add a line to the batch's history."""
    row = {"id": writer.ids.new(), "batch_id": batch_id, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=by.name, reason=reason))


async def locked(writer: Writer, batch_id: str) -> Batch:
    """The batch, its row held until the transaction ends. Raises NoBatch."""
    held = select(batch.c.id).where(batch.c.id == batch_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoBatch
    found = await find(writer, batch_id)
    assert found is not None
    return found


async def find(reader: Reader, batch_id: str) -> Batch | None:
    return next(iter(await _whole(reader, select(batch).where(batch.c.id == batch_id))), None)


async def find_debit(reader: Reader, end_to_end_id: str) -> tuple[Batch, Debit] | None:
    """The debit that a line of a bank statement tells of, and the batch it is in."""
    return await _with_its_batch(reader, debit.c.end_to_end_id == end_to_end_id)


async def batch_of(reader: Reader, debit_id: str) -> tuple[Batch, Debit] | None:
    """A debit, which is also the payment of this id, and the batch it is in."""
    return await _with_its_batch(reader, debit.c.id == debit_id)


async def _with_its_batch(reader: Reader, chosen: Any) -> tuple[Batch, Debit] | None:
    row = await reader.first(select(debit.c.id, debit.c.batch_id).where(chosen))
    one = await find(reader, row["batch_id"]) if row is not None else None
    if row is None or one is None:
        return None
    return one, next(each for each in one.debits if each.id == row["id"])


async def asked_between(reader: Reader, hub_iban: str, since: date, until: date) -> list[Batch]:
    """Those approved or executed that come to an account: taken then by the bank, or asked to be."""
    b = batch.c
    stages = [Stage.APPROVED.value, Stage.EXECUTED.value]
    on = func.coalesce(b.executed_on, b.day).between(since, until)
    return await _whole(reader, select(batch).where(b.stage.in_(stages), b.hub_iban == hub_iban, on).order_by(b.number))


async def newest(reader: Reader, first: int, count: int) -> list[Batch]:
    return await _whole(reader, select(batch).order_by(batch.c.number.desc()).offset(first).limit(count))


async def count(reader: Reader) -> int:
    return int(await reader.scalar(select(func.count()).select_from(batch)))


async def next_number(writer: Writer) -> int:
    """Ask only while the hub's book is held: of two who draw up a batch at once each has its own."""
    return int(await writer.scalar(select(func.coalesce(func.max(batch.c.number), 0)))) + 1


async def reserved(reader: Reader, but: str = "") -> dict[tuple[str, str], int]:
    """Cents that lie in drafts and approved batches, by household and producer. `but`: the id of one that does not
    count."""
    d = debit.c
    joined = share.join(debit, d.id == share.c.debit_id).join(batch, batch.c.id == d.batch_id)
    summed = select(d.household_id, share.c.producer_id, func.sum(share.c.cents).label("cents")).select_from(joined)
    mine = summed.where(batch.c.stage.in_(OPEN), batch.c.id != but).group_by(d.household_id, share.c.producer_id)
    # PostgreSQL sums BIGINT as NUMERIC.
    return {(row["household_id"], row["producer_id"]): int(row["cents"]) for row in await reader.all(mine)}


async def announced_to(reader: Reader, household_ids: Collection[str]) -> list[tuple[Batch, Debit]]:
    """Debits of approved batches, which these households were told of: the next first."""
    mine = select(debit.c.batch_id).where(debit.c.household_id.in_(sorted(household_ids)))
    chosen = select(batch).where(batch.c.stage == Stage.APPROVED.value, batch.c.id.in_(mine))
    found = await _whole(reader, chosen.order_by(batch.c.day, batch.c.number))
    return [(one, each) for one in found for each in one.debits if each.household_id in household_ids]


async def history_of(reader: Reader, batch_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.batch_id == batch_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))


async def _whole(reader: Reader, chosen: Select[Any]) -> list[Batch]:
    rows = await reader.all(chosen)
    ids = [row["id"] for row in rows]
    debits: dict[str, list[Debit]] = {each: [] for each in ids}
    if ids:
        shares = await _shares(reader, ids)
        mine = select(debit).where(debit.c.batch_id.in_(ids)).order_by(debit.c.place)
        for row in await reader.all(mine):
            told = {name: row[name] for name in row if name not in ("holder", "iban", "bic")}
            account = BankAccount(row["holder"], row["iban"], row["bic"])
            debits[row["batch_id"]].append(Debit(**told, account=account, shares=shares[row["id"]]))
    found = []
    for row in rows:
        told = {name: row[name] for name in row if not name.startswith("hub_")}
        hub = BankAccount(row["hub_holder"], row["hub_iban"], row["hub_bic"])
        found.append(Batch(**(told | {"stage": Stage(row["stage"]), "hub": hub, "debits": tuple(debits[row["id"]])})))
    return found


async def _shares(reader: Reader, batch_ids: Collection[str]) -> dict[str, dict[str, int]]:
    joined = share.join(debit, debit.c.id == share.c.debit_id)
    mine = select(share).select_from(joined).where(debit.c.batch_id.in_(sorted(batch_ids)))
    found: dict[str, dict[str, int]] = {}
    for row in await reader.all(mine.order_by(share.c.debit_id, share.c.producer_id)):
        found.setdefault(row["debit_id"], {})[row["producer_id"]] = row["cents"]
    return found
