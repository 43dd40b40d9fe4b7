"""Batches of debits as they are kept: of whom how much for which producers, and what became of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
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

from billing.iban import BankAccount
from billing.instruction.life import OPEN, Stage
from billing.instruction.shelf import Instruction, Shelf, head_table, history_table, told, told_line
from billing.schema import metadata
from chassis.database import Reader

batch = head_table("debit_batch", Column("creditor_id", String(35), nullable=False))
"""`day`: as households are told."""

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
    Column("payment_id", String(36), nullable=False, server_default=""),
    UniqueConstraint("batch_id", "place"),
    UniqueConstraint("end_to_end_id"),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`payment_id`: of the payment that it is once the bank has taken it; "" for the same as its id. `mandate_…`,
`signed_on`, `holder`, `iban`, `bic`: of the mandate as it was then. `end_to_end_id`: what the bank statements of both
say; never used twice. `returned_on`: the day the bank gave it back, and why, as a code of `returned`."""

share = Table(
    "debit_share",
    metadata,
    Column("debit_id", String(36), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""For whom it is taken, the hub itself among them. The shares come to its cents."""

history = history_table("debit_history", "batch_id")
"""`what` of one debit that came back: "returned"."""


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
    payment_id: str
    shares: Mapping[str, int]

    @property
    def paid_as(self) -> str:
        """The id of its payment, once the bank has taken it."""
        return self.payment_id or self.id


@dataclass(frozen=True)
class Batch(Instruction):
    """`debits`: in their places."""

    creditor_id: str
    debits: tuple[Debit, ...]

    @property
    def parts(self) -> tuple[Debit, ...]:
        return self.debits


async def _filled(reader: Reader, rows: Sequence[RowMapping]) -> list[Batch]:
    debits: dict[str, list[Debit]] = {row["id"]: [] for row in rows}
    if rows:
        shares = await _shares(reader, debits)
        mine = select(debit).where(debit.c.batch_id.in_(debits)).order_by(debit.c.place)
        for row in await reader.all(mine):
            debits[row["batch_id"]].append(Debit(**told_line(row), shares=shares[row["id"]]))
    return [Batch(**told(row), debits=tuple(debits[row["id"]])) for row in rows]


async def _shares(reader: Reader, batch_ids: Collection[str]) -> dict[str, dict[str, int]]:
    joined = share.join(debit, debit.c.id == share.c.debit_id)
    mine = select(share).select_from(joined).where(debit.c.batch_id.in_(sorted(batch_ids)))
    found: dict[str, dict[str, int]] = {}
    for row in await reader.all(mine.order_by(share.c.debit_id, share.c.producer_id)):
        found.setdefault(row["debit_id"], {})[row["producer_id"]] = row["cents"]
    return found


BATCHES = Shelf(batch, debit, history, "batch_id", _filled)


async def batch_of(reader: Reader, payment_id: str) -> tuple[Batch, Debit] | None:
    """The debit that is this payment, and the batch it is in."""
    mine = (debit.c.payment_id == payment_id) | ((debit.c.payment_id == "") & (debit.c.id == payment_id))
    return await BATCHES.with_part(reader, mine)


async def reserved(reader: Reader, but: str = "") -> dict[tuple[str, str], int]:
    """Cents that lie in drafts and approved batches, by household and producer. `but`: the id of one that does not
    count."""
    d = debit.c
    joined = share.join(debit, d.id == share.c.debit_id).join(batch, batch.c.id == d.batch_id)
    summed = select(d.household_id, share.c.producer_id, func.sum(share.c.cents).label("cents")).select_from(joined)
    mine = summed.where(batch.c.stage.in_(OPEN), batch.c.id != but).group_by(d.household_id, share.c.producer_id)
    # PostgreSQL sums BIGINT as NUMERIC.
    return {(row["household_id"], row["producer_id"]): int(row["cents"]) for row in await reader.all(mine)}


async def last_taken_on(reader: Reader, mandate_id: str) -> date | None:
    """The newest day on which something was taken by a mandate, as batches tell."""
    joined = select(func.max(batch.c.executed_on)).join(debit, debit.c.batch_id == batch.c.id)
    found: date | None = await reader.scalar(joined.where(debit.c.mandate_id == mandate_id))
    return found


async def is_on_its_way(reader: Reader, mandate_id: str) -> bool:
    """Whether a batch that is not executed has a debit by this mandate."""
    joined = select(debit.c.id).join(batch, batch.c.id == debit.c.batch_id)
    return await reader.scalar(joined.where(debit.c.mandate_id == mandate_id, batch.c.stage.in_(OPEN))) is not None


async def announced_to(reader: Reader, household_ids: Collection[str]) -> list[tuple[Batch, Debit]]:
    """Debits of approved batches, which these households were told of: the next first."""
    mine = select(debit.c.batch_id).where(debit.c.household_id.in_(sorted(household_ids)))
    chosen = select(batch).where(batch.c.stage == Stage.APPROVED.value, batch.c.id.in_(mine))
    found = await BATCHES.chosen(reader, chosen.order_by(batch.c.day, batch.c.number))
    return [(one, each) for one in found for each in one.debits if each.household_id in household_ids]
