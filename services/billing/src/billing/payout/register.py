"""Payouts as they are kept: to whom how much, to which account, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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

payout = head_table("payout")

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
    Column("what", String(10), nullable=False, server_default="producer"),
    Column("of", String(100), nullable=False, server_default=""),
    Column("payee", String(110), nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    UniqueConstraint("payout_id", "place"),
    UniqueConstraint("end_to_end_id"),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`what`: see `What`. To a producer: `producer_id`, and `of`, `payee`, `name` are empty. To a supplier: `producer_id`,
`of` its bill and `name` the bill's number. Else `producer_id` is empty, `of` the household or the expense claim,
`payee` who is paid and `name` as people call it.
`account_number`, `holder`, `iban`, `bic`: of the account as it was then. `end_to_end_id`: what the bank
statements of both say; never used twice. `refused_on`: the day the bank gave it back."""

history = history_table("payout_history", "payout_id")
"""`what` of one transfer that came back: "refused"."""


class What(StrEnum):
    """What is sent: what was collected for a producer; to a supplier what the hub bought of it; back to a household
    what is in its wallet, or its caution; to a volunteer what it spent."""

    PRODUCER = "producer"
    WALLET = "wallet"
    CAUTION = "caution"
    EXPENSE = "expense"
    SUPPLIER = "supplier"


OWN = (What.EXPENSE, What.SUPPLIER)
"""Sent out of the hub's own money."""


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
    what: What = What.PRODUCER
    of: str = ""
    payee: str = ""
    name: str = ""

    @property
    def owner(self) -> str:
        """Whose account it goes to: a producer's id, or a payee."""
        return self.payee or self.producer_id


@dataclass(frozen=True)
class Payout(Instruction):
    """`transfers`: in their places."""

    transfers: tuple[Transfer, ...]

    @property
    def parts(self) -> tuple[Transfer, ...]:
        return self.transfers

    @property
    def sums(self) -> dict[str, int]:
        """Cents by producer."""
        return {each.producer_id: each.cents for each in self.transfers if each.what is What.PRODUCER}

    @property
    def refunds(self) -> dict[tuple[What, str], int]:
        """Cents of what is sent to others."""
        return {(each.what, each.of): each.cents for each in self.transfers if each.what is not What.PRODUCER}


async def _filled(reader: Reader, rows: Sequence[RowMapping]) -> list[Payout]:
    by_payout: dict[str, list[Transfer]] = {row["id"]: [] for row in rows}
    if rows:
        mine = select(transfer).where(transfer.c.payout_id.in_(by_payout)).order_by(transfer.c.place)
        for row in await reader.all(mine):
            by_payout[row["payout_id"]].append(Transfer(**(told_line(row) | {"what": What(row["what"])})))
    return [Payout(**told(row), transfers=tuple(by_payout[row["id"]])) for row in rows]


PAYOUTS = Shelf(payout, transfer, history, "payout_id", _filled)


class InPayout(Exception):
    """It is paid by a payout, of this number: there it is called off, or given back by the bank."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


async def reserved(reader: Reader, but: str = "", what: What = What.PRODUCER) -> dict[str, int]:
    """Cents that lie in drafts and approved payouts, by producer, or by household, claim or bill. `but`: the id of one
    that does not count."""
    t = transfer.c
    by = t.producer_id if what is What.PRODUCER else t.of
    summed = select(by.label("by"), func.sum(t.cents).label("cents")).join(payout, payout.c.id == t.payout_id)
    chosen = summed.where(payout.c.stage.in_(OPEN), payout.c.id != but, t.what == what.value).group_by(by)
    # PostgreSQL sums BIGINT as NUMERIC.
    return {row["by"]: int(row["cents"]) for row in await reader.all(chosen)}


async def number_reserving(reader: Reader, what: What, of: str) -> int | None:
    """Of a payout that is not executed, and reserves something of this household, claim or bill."""
    joined = select(payout.c.number).join(transfer, transfer.c.payout_id == payout.c.id)
    mine = joined.where(payout.c.stage.in_(OPEN), transfer.c.what == what.value, transfer.c.of == of)
    found = await reader.scalar(mine.order_by(payout.c.number).limit(1))
    return None if found is None else int(found)


async def transfers_of(reader: Reader, what: What, of: str) -> list[tuple[Payout, Transfer]]:
    """By which this claim or bill was, or is to be, sent: the oldest first."""
    mine = select(transfer.c.payout_id).where(transfer.c.what == what.value, transfer.c.of == of)
    found = await PAYOUTS.chosen(reader, select(payout).where(payout.c.id.in_(mine)).order_by(payout.c.number))
    return [(one, each) for one in found for each in one.transfers if (each.what, each.of) == (what, of)]


async def number_of(reader: Reader, transfer_id: str) -> int | None:
    """Of the payout that a transfer is in; None where there is no such transfer."""
    joined = select(payout.c.number).join(transfer, transfer.c.payout_id == payout.c.id)
    found = await reader.scalar(joined.where(transfer.c.id == transfer_id))
    return None if found is None else int(found)


async def paid_before(reader: Reader, ibans: Collection[str]) -> set[tuple[str, str]]:
    """Owner and IBAN of transfers that were executed and not refused: those accounts got money before."""
    t = transfer.c
    went = select(t.producer_id, t.payee, t.iban).join(payout, payout.c.id == t.payout_id)
    chosen = went.where(t.iban.in_(sorted(ibans)), t.refused_on.is_(None), payout.c.stage == Stage.EXECUTED)
    return {(row["payee"] or row["producer_id"], row["iban"]) for row in await reader.all(chosen.distinct())}
