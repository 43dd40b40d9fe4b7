"""Payments as they are kept: who pays whom by what, shared out by producer, and what became of each.

A payment is written once; only its stage changes, and each change leaves a line in its history. What is in the books is
in the ledger; here is what a person noted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    func,
    select,
)

from billing.household import household
from billing.ledger.chart import CAUTIONS, FUND, HUB, WALLETS
from billing.payment.life import IN_HAND, Kind, Move, Stage, is_paid, moves_of
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

payment = Table(
    "payment",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("payee", String(100), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("rounding_cents", Integer, nullable=False, server_default="0"),
    Column("day", Date, nullable=False),
    Column("cheque_number", String(40), nullable=False),
    Column("bank", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("stage", String(12), nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: the form's own, so that a form sent twice is one payment. `payee`: "hub", or the id of the producer that is
paid itself. `cents`: above zero; `rounding_cents`: by how much what was taken in cash is more, see `cash_rounding`.
`day`: of the cheque, the cash or the transfer. `cheque_number`, `bank`: of a cheque, else empty; `reference`: what came
with a transfer."""
Index("ix_payment_kind", payment.c.kind)
Index("ix_payment_stage", payment.c.stage)
Index("ix_payment_noted_at", payment.c.noted_at)

share = Table(
    "payment_share",
    metadata,
    Column("payment_id", String(36), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""For which producers a payment is, or CAUTIONS, FUND, WALLETS, or `fee_of` a year. The shares come to its cents."""
Index("ix_payment_share_producer_id", share.c.producer_id)

_FEE = "membership:"


def fee_of(year: int) -> str:
    """In place of a producer: the membership fee of a year, which is the hub's own."""
    return f"{_FEE}{year}"


def is_fee(payee_of_share: str) -> bool:
    return payee_of_share.startswith(_FEE)


history = Table(
    "payment_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("payment_id", String(36), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added. `what`: "noted", or a move of `life`."""


@dataclass(frozen=True)
class Payment:
    """`shares`: cents by producer."""

    id: str
    household_id: str
    household_name: str
    kind: Kind
    payee: str
    cents: int
    rounding_cents: int
    day: date
    cheque_number: str
    bank: str
    reference: str
    stage: Stage
    noted_at: datetime
    noted_by: str
    shares: Mapping[str, int]

    @property
    def to_hub(self) -> bool:
        return self.payee == HUB

    @property
    def is_caution(self) -> bool:
        return CAUTIONS in self.shares

    @property
    def is_gift(self) -> bool:
        """To the solidarity fund."""
        return FUND in self.shares

    @property
    def fills_wallet(self) -> bool:
        return WALLETS in self.shares

    @property
    def fee_year(self) -> int | None:
        """Of a membership fee."""
        return next((int(each.removeprefix(_FEE)) for each in self.shares if is_fee(each)), None)

    @property
    def for_producers(self) -> bool:
        return not (self.is_caution or self.is_gift or self.fills_wallet) and self.fee_year is None

    @property
    def compartments(self) -> Mapping[str, int]:
        """Cents by whom the hub holds the money for, "" where it is its own."""
        return {"" if is_fee(each) or each == HUB else each: cents for each, cents in self.shares.items()}

    @property
    def paid(self) -> bool:
        return is_paid(self.kind, self.to_hub, self.stage)

    @property
    def moves(self) -> tuple[Move, ...]:
        return moves_of(self.kind, self.to_hub, self.stage)


class NoPayment(Exception):
    """There is no such payment."""


async def note(writer: Writer, payment_id: str, what: str, who: str, reason: str = "") -> None:
    """Add a line to the payment's history."""
    row = {"id": writer.ids.new(), "payment_id": payment_id, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=who, reason=reason))


async def locked(writer: Writer, payment_id: str) -> Payment:
    """The payment, its row held until the transaction ends. Raises NoPayment."""
    held = select(payment.c.id).where(payment.c.id == payment_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoPayment
    found = await find(writer, payment_id)
    assert found is not None
    return found


async def find(reader: Reader, payment_id: str) -> Payment | None:
    return next(iter(await _whole(reader, _named.where(payment.c.id == payment_id))), None)


async def of_households(reader: Reader, household_ids: Collection[str], most: int) -> list[Payment]:
    """The newest first."""
    mine = _named.where(payment.c.household_id.in_(sorted(household_ids)))
    return await _whole(reader, mine.order_by(payment.c.day.desc(), payment.c.id.desc()).limit(most))


async def newest(reader: Reader, first: int, count: int, q: str = "") -> list[Payment]:
    """By when they were noted, the newest first; of households whose name holds the letters `q`."""
    chosen = _named.where(_called(q)) if q else _named
    return await _whole(
        reader, chosen.order_by(payment.c.noted_at.desc(), payment.c.id.desc()).offset(first).limit(count)
    )


async def count(reader: Reader, q: str = "") -> int:
    counted = select(func.count()).select_from(_joined)
    return int(await reader.scalar(counted.where(_called(q)) if q else counted))


async def cautions_received(reader: Reader, household_id: str) -> list[Payment]:
    """What a household ever left as a caution, the newest first."""
    return await received_for(reader, household_id, CAUTIONS)


async def received_for(reader: Reader, household_id: str, held_for: str) -> list[Payment]:
    """What a household ever paid for something that is kept apart, see `chart.APART`; the newest first."""
    is_one = select(share.c.payment_id).where(share.c.producer_id == held_for)
    mine = _named.where(payment.c.household_id == household_id, payment.c.id.in_(is_one))
    return await _whole(reader, mine.order_by(payment.c.day.desc(), payment.c.id.desc()))


async def fees_of(reader: Reader, household_ids: Collection[str]) -> list[Payment]:
    """The membership fees that households paid, the newest year first."""
    is_one = select(share.c.payment_id).where(share.c.producer_id.startswith(_FEE))
    theirs = _named.where(payment.c.household_id.in_(sorted(household_ids)), payment.c.id.in_(is_one))
    found = [each for each in await _whole(reader, theirs.order_by(payment.c.id)) if each.paid]
    return sorted(found, key=lambda each: -(each.fee_year or 0))


async def cheques_in_hand(reader: Reader) -> list[Payment]:
    """Promised, or received and neither handed over nor deposited; oldest first."""
    waiting = _named.where(payment.c.kind == Kind.CHEQUE, payment.c.stage.in_(IN_HAND))
    return await _whole(reader, waiting.order_by(payment.c.day, payment.c.id))


async def history_of(reader: Reader, payment_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.payment_id == payment_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))


_joined = payment.outerjoin(household, household.c.id == payment.c.household_id)
_named = select(payment, func.coalesce(household.c.name, payment.c.household_id).label("household_name")).select_from(
    _joined
)


def _called(q: str) -> ColumnElement[bool]:
    return func.lower(household.c.name).contains(q.lower(), autoescape=True)


async def _whole(reader: Reader, chosen: Select[Any]) -> list[Payment]:
    rows = await reader.all(chosen)
    shares: dict[str, dict[str, int]] = {row["id"]: {} for row in rows}
    if rows:
        for row in await reader.all(select(share).where(share.c.payment_id.in_(shares)).order_by(share.c.producer_id)):
            shares[row["payment_id"]][row["producer_id"]] = row["cents"]
    return [
        Payment(**{**row, "kind": Kind(row["kind"]), "stage": Stage(row["stage"])}, shares=shares[row["id"]])
        for row in rows
    ]
