"""Which groups have no account and settle between their households, and from which day of delivery on.

Rows are only added; of those whose first day has come the one that was set last counts.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, Column, Date, Index, String, Table, Text, select

from billing.household import group
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

way = Table(
    "between_way",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("group_id", String(100), nullable=False),
    Column("settles", Boolean, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", Text, nullable=False),
)
"""As in `Way`."""
Index("ix_between_way_group_id", way.c.group_id)


@dataclass(frozen=True)
class Way:
    """`id`: the form's own. `settles`: between its households, on deliveries from `first_day` on; else as other groups
    pay."""

    id: str
    group_id: str
    settles: bool
    first_day: date
    set_at: datetime
    set_by: str


class NoGroup(Exception):
    """There is no such group."""


class OtherSet(Exception):
    """A form that was sent before was sent again with other words in it."""


def settles_on(ways: Iterable[Way], day: date) -> bool:
    """`ways`: of one group."""
    begun = [each for each in ways if each.first_day <= day]
    return bool(begun) and max(begun, key=lambda each: (each.set_at, each.id)).settles


async def set_way(writer: Writer, wanted: Way, person: Person) -> None:
    """The id comes with the form, so that a form sent twice sets once. Raises NoGroup, OtherSet."""
    held = select(group.c.id).where(group.c.id == wanted.group_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoGroup
    row = await writer.first(select(way).where(way.c.id == wanted.id))
    if row is not None:
        if (row["group_id"], row["settles"], row["first_day"]) != (wanted.group_id, wanted.settles, wanted.first_day):
            raise OtherSet
        return
    await writer.execute(way.insert().values(**asdict(wanted) | {"set_at": writer.now, "set_by": person.name}))


async def ways_of(reader: Reader, group_id: str = "") -> dict[str, list[Way]]:
    """By group, of one or of all with none named, the newest first."""
    chosen = select(way).where(way.c.group_id == group_id) if group_id else select(way)
    found: dict[str, list[Way]] = {}
    for row in await reader.all(chosen.order_by(way.c.set_at.desc(), way.c.id.desc())):
        found.setdefault(row["group_id"], []).append(Way(**row))
    return found
