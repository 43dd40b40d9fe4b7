"""What producers have declared to the authority of dispensations from approval (order of 8 June 2006, annex III).

A declaration is never changed or deleted: what was noted wrongly is corrected by another that names it, with who and
why. Of several of one category the newest holds, from the day it was declared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Column, Date, RowMapping, String, Table, Text, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.day import Dispensation
from coldchain.dispensation import CONSTRAINED_METRES, categories
from logistics.tables import metadata

dispensation = Table(
    "dispensation",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("producer_id", String(60), nullable=False, index=True),
    Column("category", String(40), nullable=False),
    Column("within_share", Boolean, nullable=False),
    Column("constrained", Boolean, nullable=False),
    Column("declared_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("void", Boolean, nullable=False),
    Column("corrects", String(60), unique=True),
    Column("reason", Text, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
)
"""Rows are only added."""


@dataclass(frozen=True)
class Declaration:
    """`within_share`: at most 30 % of what the producer makes of the category is sold so, and the higher cap holds.
    `constrained`: in a zone of constraints, where goods may go 200 km. `ends_on`: its last day. `void`: what it
    corrects was never declared. `reason`: of a correction."""

    id: str
    producer_id: str
    category: str
    within_share: bool
    constrained: bool
    declared_on: date
    ends_on: date | None = None
    void: bool = False
    corrects: str | None = None
    reason: str = ""
    noted_at: datetime | None = None
    noted_by: str = ""

    def holds_on(self, on: date) -> bool:
        return not self.void and self.declared_on <= on and (self.ends_on is None or on <= self.ends_on)

    @property
    def weekly_cap(self) -> int:
        """Thousandths of a kilo, or of a litre of milk."""
        known = categories().get(self.category)
        return 0 if known is None else known.cap(self.within_share)


class Corrected(Exception):
    """Somebody has corrected it already."""


class Unknown(LookupError):
    """There is no such declaration."""


async def note(writer: Writer, said: Declaration, by: str) -> bool:
    """Keep a declaration, or the correction of one; False where its form was sent before. Raises Unknown,
    Corrected."""
    if await writer.first(select(dispensation.c.id).where(dispensation.c.id == said.id)):
        return False
    if said.corrects is not None:
        held = select(dispensation).where(dispensation.c.id == said.corrects)
        wrong = await writer.first(held.with_for_update())
        if wrong is None or wrong["producer_id"] != said.producer_id:
            raise Unknown
        if await writer.first(select(dispensation.c.id).where(dispensation.c.corrects == said.corrects)):
            raise Corrected
    row = {**said.__dict__, "noted_at": writer.now, "noted_by": by}
    try:
        await writer.execute(dispensation.insert().values(row))
    except IntegrityError as error:
        raise Corrected from error
    return True


async def every(reader: Reader, producer_ids: Iterable[str] | None = None) -> list[Declaration]:
    """All that was noted, the oldest first; `producer_ids`: of these alone."""
    rows = select(dispensation).order_by(dispensation.c.noted_at, dispensation.c.id)
    if producer_ids is not None:
        rows = rows.where(dispensation.c.producer_id.in_(sorted(producer_ids)))
    return [_declaration(row) for row in await reader.all(rows)]


def standing(noted: Iterable[Declaration]) -> list[Declaration]:
    """Those that no other one corrects."""
    noted = list(noted)
    corrected = {one.corrects for one in noted}
    return [one for one in noted if one.id not in corrected and not one.void]


def in_force(noted: Iterable[Declaration], on: date) -> dict[tuple[str, str], Declaration]:
    """Producer and category -> the declaration that holds on that day."""
    held = sorted((one for one in standing(noted) if one.holds_on(on)), key=lambda one: one.declared_on)
    return {(one.producer_id, one.category): one for one in held}


def planned(one: Declaration, used: int) -> Dispensation:
    """As a day has it."""
    metres = CONSTRAINED_METRES if one.constrained else None
    return Dispensation(
        producer_id=one.producer_id, category=one.category, weekly_cap=one.weekly_cap, used=used, metres=metres
    )


def _declaration(row: RowMapping) -> Declaration:
    return Declaration(**row)
