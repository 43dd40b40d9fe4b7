"""Claims as they are kept: each with its state, who was asked to share the loss, and what happened to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    case,
    func,
    or_,
    select,
)

from billing.claim.life import COUNTS, UNSETTLED, State
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Unit

claim = Table(
    "claim",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(100), nullable=False),
    Column("cycle_name", Text, nullable=False),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("producer_id", String(100), nullable=False, index=True),
    Column("producer_name", Text, nullable=False),
    Column("product_id", String(100), nullable=False),
    Column("name_fr", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", String(10), nullable=False),
    Column("spoiled_thousandths", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("by_hub", Boolean, nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("answer_until", Utc),
    Column("share_until", Utc),
    CheckConstraint("spoiled_thousandths > 0", name="above_zero"),
)
"""`id`: of its form. `unit`: that is billed. `by_hub`: what is accepted is a cost of the hub, by a clause of the
mandate. `answer_until`: None where the coordinator decides from the beginning; `share_until`: None where nobody else
was asked."""
Index("ix_claim_cycle_state", claim.c.cycle_id, claim.c.state)

consent = Table(
    "claim_consent",
    metadata,
    Column("claim_id", String(36), primary_key=True),
    Column("household_id", String(100), primary_key=True),
    Column("household_name", Text, nullable=False),
    Column("shares", Boolean),
    Column("answered_at", Utc),
    Column("answered_by", Text, nullable=False),
)
"""Who else bought of it and is asked to share the loss. `shares`: None: no answer, which is no."""
Index("ix_claim_consent_household_id", consent.c.household_id)

history = Table(
    "claim_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("claim_id", String(36), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("what", String(12), nullable=False),
    Column("who", Text, nullable=False),
    Column("person_id", String(100), nullable=False),
    Column("reason", Text, nullable=False),
)


class NoClaim(Exception):
    """There is no such claim."""


@dataclass(frozen=True)
class Asked:
    """Another household that bought of it; `shares`: None while it has not answered."""

    household_id: str
    household_name: str
    shares: bool | None = None


@dataclass(frozen=True)
class Claim:
    """As in `claim`; `asked`: by name."""

    id: str
    version: int
    cycle_id: str
    cycle_name: str
    household_id: str
    household_name: str
    group_id: str
    producer_id: str
    producer_name: str
    product_id: str
    name_fr: str
    name_en: str
    unit: Unit
    spoiled_thousandths: int
    reason: str
    state: State
    by_hub: bool
    claimed_at: datetime
    answer_until: datetime | None
    share_until: datetime | None
    asked: tuple[Asked, ...] = ()

    @property
    def agreed(self) -> list[str]:
        """The ids of the households that share the loss."""
        return [each.household_id for each in self.asked if each.shares]

    @property
    def concerned(self) -> set[str]:
        """The households whose amounts it may change."""
        return {self.household_id, *(each.household_id for each in self.asked)}

    def waits_for_shares(self, now: datetime) -> bool:
        """Whether who was asked may still answer."""
        in_time = self.share_until is not None and now <= self.share_until
        return in_time and self.state in (*UNSETTLED, State.REFUSED)


COLUMNS = tuple(claim.c.keys())


async def keep(writer: Writer, one: Claim) -> None:
    row = {name: getattr(one, name) for name in COLUMNS}
    await writer.execute(claim.insert().values(**row | {"state": one.state.value, "unit": one.unit.value}))
    asked = [(one.id, each.household_id, each.household_name, None, None, "") for each in one.asked]
    if asked:
        await writer.insert_rows(consent, tuple(consent.c.keys()), asked)


async def set_state(writer: Writer, one: Claim, state: State) -> None:
    mine = claim.update().where(claim.c.id == one.id)
    await writer.execute(mine.values(state=state.value, version=one.version + 1))


async def note(writer: Writer, claim_id: str, what: str, who: str, person_id: str, reason: str = "") -> None:
    row = {"claim_id": claim_id, "at": writer.now, "what": what, "who": who, "person_id": person_id, "reason": reason}
    await writer.execute(history.insert().values(id=writer.ids.new(), **row))


async def set_share(writer: Writer, one: Claim, household_id: str, who: str, *, shares: bool) -> None:
    c = consent.c
    mine = consent.update().where(c.claim_id == one.id, c.household_id == household_id)
    await writer.execute(mine.values(shares=shares, answered_at=writer.now, answered_by=who))
    await writer.execute(claim.update().where(claim.c.id == one.id).values(version=one.version + 1))


async def find(reader: Reader, claim_id: str) -> Claim:
    """Raises NoClaim."""
    found = await _read(reader, claim.c.id == claim_id)
    if not found:
        raise NoClaim(claim_id)
    return found[0]


async def that_count(reader: Reader, cycle_id: str) -> list[Claim]:
    """Those of a cycle that may change what is owed, in the order in which they were made."""
    return await _read(reader, (claim.c.cycle_id == cycle_id) & claim.c.state.in_(COUNTS))


async def of_line(reader: Reader, cycle_id: str, household_id: str) -> list[Claim]:
    """Of a household in a cycle, those that were withdrawn left out."""
    c = claim.c
    return await _read(
        reader, (c.cycle_id == cycle_id) & (c.household_id == household_id) & (c.state != State.WITHDRAWN)
    )


def seen_by(household_ids: Collection[str] = (), producer_ids: Collection[str] = ()) -> ColumnElement[bool]:
    """Of their own goods, made by them, or of which they were asked."""
    c = claim.c
    asked = select(consent.c.claim_id).where(consent.c.household_id.in_(sorted(household_ids)))
    return or_(c.household_id.in_(sorted(household_ids)), c.producer_id.in_(sorted(producer_ids)), c.id.in_(asked))


async def listed(reader: Reader, whose: ColumnElement[bool] | None, first: int, count: int) -> list[Claim]:
    """The newest; those that wait for somebody come first. `whose`: None: all."""
    return await _read(reader, whose, first, count, waiting_first=True)


async def count_of(reader: Reader, whose: ColumnElement[bool] | None) -> int:
    counted = select(func.count()).select_from(claim)
    return int(await reader.scalar(counted if whose is None else counted.where(whose)))


async def count_waiting(reader: Reader, producer_ids: Collection[str], *, decides: bool) -> int:
    """How many wait for an answer of these producers, and where the coordinator asks (`decides`) for a decision."""
    c = claim.c
    mine = c.producer_id.in_(sorted(producer_ids)) & (c.state == State.OPEN)
    return await count_of(reader, or_(mine, c.state == State.TO_DECIDE) if decides else mine)


async def history_of(reader: Reader, claim_id: str) -> list[RowMapping]:
    return await reader.all(select(history).where(history.c.claim_id == claim_id).order_by(history.c.at, history.c.id))


async def _read(
    reader: Reader,
    which: ColumnElement[bool] | None,
    first: int = 0,
    count: int | None = None,
    *,
    waiting_first: bool = False,
) -> list[Claim]:
    c = claim.c
    chosen = select(claim) if which is None else select(claim).where(which)
    order: list[Any] = [c.claimed_at, c.id]
    if waiting_first:
        order = [case((c.state.in_(UNSETTLED), 0), else_=1), c.claimed_at.desc(), c.id]
    rows = await reader.all(chosen.order_by(*order).offset(first).limit(count))
    asked = await _asked(reader, [row["id"] for row in rows])
    return [
        Claim(**{**row, "state": State(row["state"]), "unit": Unit(row["unit"])}, asked=tuple(asked.get(row["id"], ())))
        for row in rows
    ]


async def _asked(reader: Reader, claim_ids: Iterable[str]) -> dict[str, list[Asked]]:
    c = consent.c
    rows = await reader.all(select(consent).where(c.claim_id.in_(sorted(claim_ids))).order_by(c.household_name))
    found: dict[str, list[Asked]] = {}
    for row in rows:
        found.setdefault(row["claim_id"], []).append(Asked(row["household_id"], row["household_name"], row["shares"]))
    return found
