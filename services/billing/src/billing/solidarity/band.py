"""What share of its goods the solidarity fund pays for a household, from one day of delivery to another.

Only coordinators set it and see it: it says how a household lives (field guide: sensitive). No event, export or log
names it, and no page but the coordinator's.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Date, Index, Integer, RowMapping, String, Table, Text, select

from billing.household import group, household
from billing.many import among
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

band = Table(
    "solidarity_band",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("household_id", String(100), nullable=False),
    Column("rate_hundredths", Integer, nullable=False),
    Column("most_cents", BigInteger, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("set_at", Utc, nullable=False),
    Column("set_by", Text, nullable=False),
)
"""As in `Band`. Rows are only added; of those that hold on a day the one that was set last counts."""
Index("ix_solidarity_band_household_id", band.c.household_id)


@dataclass(frozen=True)
class Band:
    """`id`: the form's own. `rate_hundredths` of a percent of the goods the fund pays, 0: nothing any more; at most
    `most_cents` for a cycle, 0: there is no such limit."""

    id: str
    household_id: str
    rate_hundredths: int
    most_cents: int
    first_day: date
    last_day: date | None
    set_at: datetime
    set_by: str

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class NoHousehold(Exception):
    """There is no such household."""


class OtherSet(Exception):
    """A form that was sent before was sent again with other words in it."""


async def set_band(writer: Writer, wanted: Band, person: Person) -> Band:
    """The id comes with the form, so that a form sent twice sets once. Raises NoHousehold, OtherSet."""
    mine = select(household.c.id).where(household.c.id == wanted.household_id).with_for_update()
    if await writer.scalar(mine) is None:
        raise NoHousehold
    row = await writer.first(select(band).where(band.c.id == wanted.id))
    if row is not None:
        there = Band(**row)
        if _said(there) != _said(wanted):
            raise OtherSet
        return there
    told = asdict(wanted) | {"set_at": writer.now, "set_by": person.name}
    await writer.execute(band.insert().values(**told))
    return Band(**told)


def _said(one: Band) -> tuple[object, ...]:
    return one.household_id, one.rate_hundredths, one.most_cents, one.first_day, one.last_day


async def bands_on(reader: Reader, household_ids: Collection[str], day: date) -> dict[str, Band]:
    """Those that hold on a day, by household."""
    b = band.c
    theirs = select(band).where(among(b.household_id, household_ids)).order_by(b.set_at, b.id)
    found = {row["household_id"]: Band(**row) for row in await reader.all(theirs) if Band(**row).holds_on(day)}
    return {each: one for each, one in found.items() if one.rate_hundredths}


async def ever_set(reader: Reader, household_ids: Collection[str]) -> set[str]:
    """Those of these households of whom there ever was one."""
    theirs = select(band.c.household_id).where(band.c.household_id.in_(sorted(household_ids))).distinct()
    return {row["household_id"] for row in await reader.all(theirs)}


async def bands_of(reader: Reader, household_id: str) -> list[Band]:
    """All that were ever set, the newest first."""
    mine = select(band).where(band.c.household_id == household_id)
    return [Band(**row) for row in await reader.all(mine.order_by(band.c.set_at.desc(), band.c.id.desc()))]


async def households_with_one(reader: Reader) -> list[RowMapping]:
    """id, name and group_name of the households of whom a band was ever set, by name."""
    named = select(household.c.id, household.c.name, group.c.name.label("group_name")).select_from(
        household.outerjoin(group, household.c.group_id == group.c.id)
    )
    rows = await reader.all(named.where(household.c.id.in_(select(band.c.household_id))))
    return sorted(rows, key=lambda row: (row["name"].casefold(), row["id"]))
