"""Who bears what rounds cost, and by what it is shared: as the hub chose, from one day of deliveries to another.

A rule is never changed: the newest whose days hold a delivery is the one it is shared by. None is set for days that
are over, so that what was shared stays shared.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Column, Date, Integer, RowMapping, String, Table, Text, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.logistics import CostBearer, SharedBy
from logistics.tables import metadata

cost_rule = Table(
    "cost_rule",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("form_id", String(60), nullable=False, unique=True),
    Column("bearer", String(20), nullable=False),
    Column("shared_by", String(20), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("why", Text, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", Text, nullable=False),
)
"""Rows are only added; `number` counts from 1. `last_day` NULL: until another is set."""


class Outrun(Exception):
    """Somebody set a rule since the page was opened."""


@dataclass(frozen=True)
class CostRule:
    """`number` 0: nobody has chosen yet, and the hub bears it."""

    number: int
    bearer: CostBearer
    shared_by: SharedBy
    first_day: date | None = None
    last_day: date | None = None
    why: str = ""
    set_at: datetime | None = None
    set_by: str = ""


UNCHOSEN = CostRule(0, CostBearer.HUB, SharedBy.VOLUME)


async def rule_on(reader: Reader, day: date) -> CostRule:
    """By which the rounds of a day of deliveries are shared."""
    c = cost_rule.c
    holds = (c.first_day <= day) & (c.last_day.is_(None) | (c.last_day >= day))
    row = await reader.first(select(cost_rule).where(holds).order_by(c.number.desc()).limit(1))
    return UNCHOSEN if row is None else _rule(row)


async def rules(reader: Reader) -> list[CostRule]:
    """All that were ever set, the newest first."""
    return [_rule(row) for row in await reader.all(select(cost_rule).order_by(cost_rule.c.number.desc()))]


async def set_rule(writer: Writer, form_id: str, wanted: CostRule, *, seen: int, by: str) -> None:
    """`seen`: the number of the newest rule when the page was opened. The same form sent twice is one rule. Raises
    Outrun."""
    if await writer.first(select(cost_rule.c.number).where(cost_rule.c.form_id == form_id)):
        return
    held = await rules(writer)
    if (held[0].number if held else 0) != seen:
        raise Outrun
    row = {name: getattr(wanted, name) for name in ("first_day", "last_day", "why")}
    row |= {"bearer": wanted.bearer.value, "shared_by": wanted.shared_by.value, "form_id": form_id}
    try:
        await writer.execute(cost_rule.insert().values(**row, number=seen + 1, set_at=writer.now, set_by=by))
    except IntegrityError as error:
        # Somebody else, or the same form, in the same moment.
        raise Outrun from error


def _rule(row: RowMapping) -> CostRule:
    fields = {name: row[name] for name in CostRule.__dataclass_fields__ if name not in ("bearer", "shared_by")}
    return CostRule(bearer=CostBearer(row["bearer"]), shared_by=SharedBy(row["shared_by"]), **fields)
