"""Where and when a group collects a cycle's goods."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, Boolean, Column, ForeignKey, RowMapping, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.goods import Place
from contracts.ordering import CyclePickup
from ordering.announcing import place_of
from ordering.group import group
from ordering.tables import metadata

cycle_pickup = Table(
    "cycle_pickup",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("group_id", String(60), primary_key=True),
    Column("group_name", String(200), nullable=False),
    Column("place", JSON, nullable=False),
    Column("address", Text, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("bags", Boolean, nullable=False),
)


@dataclass(frozen=True)
class Slot:
    """A group's weekly slot. `weekday` counts from Monday = 0; times are "HH:MM" in the hub's time zone."""

    group_id: str
    group_name: str
    place: Place
    address: str
    weekday: int
    from_time: str
    until_time: str
    bags: bool = False


def pickup_day(weekday: int, delivers_on: date) -> date:
    """The first such weekday from the delivery on: the same day where the group collects on the day of delivery."""
    return delivers_on + timedelta(days=(weekday - delivers_on.weekday()) % 7)


def pickup(slot: Slot, delivers_on: date, zone: ZoneInfo, day: date | None = None) -> CyclePickup:
    """The group's pickup for goods delivered on `delivers_on`, or on the `day` that was chosen by hand."""
    on = day or pickup_day(slot.weekday, delivers_on)
    return CyclePickup(
        group_id=slot.group_id,
        group_name=slot.group_name,
        place=slot.place,
        address=slot.address,
        starts_at=_instant(on, slot.from_time, zone),
        ends_at=_instant(on, slot.until_time, zone),
        bags=slot.bags,
    )


def pickups(
    slots: Mapping[str, Slot], group_ids: tuple[str, ...], delivers_on: date, zone: ZoneInfo, days: Mapping[str, date]
) -> tuple[CyclePickup, ...]:
    """The pickups of the groups of a cycle, in order of time; groups that do not exist are left out."""
    made = [pickup(slots[g], delivers_on, zone, days.get(g)) for g in group_ids if g in slots]
    return tuple(sorted(made, key=lambda p: (p.starts_at, p.group_name)))


def _instant(day: date, hour: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour.zfill(5)), zone).astimezone(UTC)


def renewed(pickup: CyclePickup, fresh: Mapping[str, Slot]) -> CyclePickup:
    """The pickup with the group's name and place of today, at the hour that was planned."""
    slot = fresh.get(pickup.group_id)
    if slot is None:
        return pickup
    update = {"group_name": slot.group_name, "place": slot.place, "address": slot.address, "bags": slot.bags}
    return pickup.model_copy(update=update)


async def write_pickups(writer: Writer, cycle_id: str, its: tuple[CyclePickup, ...]) -> None:
    """Make these the pickups of the cycle."""
    await writer.execute(cycle_pickup.delete().where(cycle_pickup.c.cycle_id == cycle_id))
    rows = [{"cycle_id": cycle_id, **p.model_dump(exclude={"place"}), "place": p.place.model_dump()} for p in its]
    if rows:
        await writer.execute(cycle_pickup.insert(), rows)


# Queries


async def pickups_of(
    reader: Reader, cycle_ids: Collection[str], group_ids: Collection[str] | None = None
) -> dict[str, list[CyclePickup]]:
    """The pickups of these cycles, by cycle, in order of time; those of some groups, or of all."""
    theirs: dict[str, list[CyclePickup]] = {cycle_id: [] for cycle_id in cycle_ids}
    statement = select(cycle_pickup).where(cycle_pickup.c.cycle_id.in_(list(theirs)))
    if group_ids is not None:
        statement = statement.where(cycle_pickup.c.group_id.in_(list(group_ids)))
    for row in await reader.all(statement.order_by(cycle_pickup.c.starts_at, cycle_pickup.c.group_name)):
        theirs[row["cycle_id"]].append(_pickup(row))
    return theirs


async def slots(reader: Reader, group_ids: Collection[str]) -> dict[str, Slot]:
    """The slots of these groups, by group; a group that orders no more has none."""
    wanted = select(group).where(group.c.id.in_(list(group_ids)), group.c.active)
    return {row["id"]: _slot(row) for row in await reader.all(wanted)}


async def all_slots(reader: Reader) -> list[Slot]:
    """The slots of all groups that order, by name."""
    return [_slot(row) for row in await reader.all(select(group).where(group.c.active).order_by(group.c.name_key))]


def _slot(row: RowMapping) -> Slot:
    return Slot(
        group_id=row["id"],
        group_name=row["name"],
        place=place_of(row),
        address=row["address"],
        weekday=row["weekday"],
        from_time=row["pickup_from"],
        until_time=row["pickup_until"],
        bags=row["bags"],
    )


def _pickup(row: RowMapping) -> CyclePickup:
    return CyclePickup(
        group_id=row["group_id"],
        group_name=row["group_name"],
        place=Place.model_validate(row["place"]),
        address=row["address"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        bags=row["bags"],
    )
