"""An expense claim as it is kept, and the small machine of what can become of it.

    handed_in --accept--> accepted --pay--> paid
    handed_in --refuse--> refused, handed_in --withdraw--> withdrawn
    accepted, paid --take_back--> taken_back
    paid --come_back--> accepted

It is a cost of the hub once it is accepted. What was accepted or paid by mistake is taken back, and handed
in anew. What was paid by a payout, and given back by the bank, is to be paid again.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

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
    func,
    select,
)

from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

expense_claim = Table(
    "expense_claim",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person_id", String(100), nullable=False, index=True),
    Column("person_name", Text, nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("km", Integer, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("stage", String(10), nullable=False, index=True),
    Column("paid_by", String(10), nullable=False),
    Column("handed_in_at", Utc, nullable=False),
    CheckConstraint("cents > 0", name="above_zero"),
)
"""`id`: the form's own. `household_id`: of who claims, "" where there is none; into its wallet it can be paid. `km`: of
a drive, else 0; `cents`: of the receipt, or of the kilometres by the rate of that day. `paid_by`: "" until it is
paid."""

history = Table(
    "expense_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("claim_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Rows are only added. `what`: "handed_in", or a `Move`."""
Index("ix_expense_history_claim_id", history.c.claim_id)


class Kind(StrEnum):
    """DRIVE: kilometres; TRAVEL: another receipt of a journey; OTHER: anything else that was bought for the hub."""

    DRIVE = "drive"
    TRAVEL = "travel"
    OTHER = "other"


class Means(StrEnum):
    TRANSFER = "transfer"
    CASH = "cash"
    WALLET = "wallet"
    PAYOUT = "payout"


class Stage(StrEnum):
    HANDED_IN = "handed_in"
    ACCEPTED = "accepted"
    PAID = "paid"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    TAKEN_BACK = "taken_back"


class Move(StrEnum):
    ACCEPT = "accept"
    PAY = "pay"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    TAKE_BACK = "take_back"
    COME_BACK = "come_back"


MOVES: dict[tuple[Stage, Move], Stage] = {
    (Stage.HANDED_IN, Move.ACCEPT): Stage.ACCEPTED,
    (Stage.ACCEPTED, Move.PAY): Stage.PAID,
    (Stage.HANDED_IN, Move.REFUSE): Stage.REFUSED,
    (Stage.HANDED_IN, Move.WITHDRAW): Stage.WITHDRAWN,
    (Stage.ACCEPTED, Move.TAKE_BACK): Stage.TAKEN_BACK,
    (Stage.PAID, Move.TAKE_BACK): Stage.TAKEN_BACK,
    (Stage.PAID, Move.COME_BACK): Stage.ACCEPTED,
}


class OutOfTurn(Exception):
    """This cannot happen to a claim that stands where this one stands."""


class NoClaim(Exception):
    """There is no such claim."""


def moved(stage: Stage, move: Move) -> Stage:
    """Where it stands then. Raises OutOfTurn."""
    after = MOVES.get((stage, move))
    if after is None:
        raise OutOfTurn(f"{move} a claim that is {stage}")
    return after


def lands_on(move: Move) -> Stage:
    """Where a move ends: who finds a claim there knows that it was made before."""
    return next(after for (_, each), after in MOVES.items() if each is move)


def cents_of_drive(km: int, rate_millis: int) -> int:
    """`rate_millis`: thousandths of a euro for a kilometre. Half a cent counts as one."""
    return (km * rate_millis + 5) // 10


@dataclass(frozen=True)
class Claim:
    """A row of `expense_claim`."""

    id: str
    person_id: str
    person_name: str
    household_id: str
    kind: Kind
    km: int
    cents: int
    day: date
    why: str
    stage: Stage
    paid_by: str
    handed_in_at: datetime


async def find(reader: Reader, claim_id: str) -> Claim | None:
    return next(iter(await _claims(reader, select(expense_claim).where(expense_claim.c.id == claim_id))), None)


async def locked(writer: Writer, claim_id: str) -> Claim:
    """The claim, its row held until the transaction ends. Raises NoClaim."""
    held = select(expense_claim.c.id).where(expense_claim.c.id == claim_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoClaim
    found = await find(writer, claim_id)
    assert found is not None
    return found


async def to_pay(reader: Reader) -> list[Claim]:
    """All that are accepted and not paid, by name."""
    e = expense_claim.c
    chosen = select(expense_claim).where(e.stage == Stage.ACCEPTED.value)
    return await _claims(reader, chosen.order_by(e.person_name, e.handed_in_at, e.id))


async def newest(reader: Reader, first: int, most: int, person_id: str = "") -> list[Claim]:
    """Those to be decided first, then the newest. `person_id`: of one person alone."""
    e = expense_claim.c
    chosen = select(expense_claim).order_by(e.stage != Stage.HANDED_IN, e.handed_in_at.desc(), e.id.desc())
    mine = chosen.where(e.person_id == person_id) if person_id else chosen
    return await _claims(reader, mine.offset(first).limit(most))


async def count(reader: Reader, person_id: str = "") -> int:
    counted = select(func.count()).select_from(expense_claim)
    return int(await reader.scalar(counted.where(expense_claim.c.person_id == person_id) if person_id else counted))


async def history_of(reader: Reader, claim_id: str) -> list[RowMapping]:
    """The oldest first."""
    mine = select(history).where(history.c.claim_id == claim_id)
    return await reader.all(mine.order_by(history.c.at, history.c.id))


async def note(writer: Writer, claim_id: str, what: str, by: Person, reason: str = "") -> None:
    row = {"id": writer.ids.new(), "claim_id": claim_id, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=by.name, reason=reason))


async def _claims(reader: Reader, chosen: Select[tuple[object, ...]]) -> list[Claim]:
    return [
        Claim(**{**row, "kind": Kind(row["kind"]), "stage": Stage(row["stage"])}) for row in await reader.all(chosen)
    ]
