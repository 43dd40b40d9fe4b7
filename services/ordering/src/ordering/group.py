"""A group: the households of one village that collect their goods at one place, in one weekly slot."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Float, Integer, RowMapping, String, Table, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from ordering import announcing
from ordering.conflict import AlreadySent, ChangedMeanwhile, Missing, NameTaken, name_key
from ordering.payment_gate import Gate, gate_of
from ordering.tables import metadata

group = Table(
    "group",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_key", String(100), nullable=False, unique=True),
    Column("place", String(100), nullable=False),
    Column("postcode", String(10), nullable=False),
    Column("insee", String(5), nullable=False),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("address", String(300), nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("pickup_from", String(5), nullable=False),
    Column("pickup_until", String(5), nullable=False),
    Column("bags", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # What it asks before a household orders again (payment_gate.py); told to nobody.
    Column("pay_within_days", Integer),
    Column("limit_cents", BigInteger),
    Column("caution_cents", BigInteger),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
)


@dataclass(frozen=True)
class Details:
    """What can be said of a group. `weekday`: Monday = 0. Times are "HH:MM" in the hub's time zone.

    `bags`: producers prepare one bag per household. `active`: False when it orders no more.
    """

    name: str
    place: str
    weekday: int
    pickup_from: str
    pickup_until: str
    postcode: str = ""
    insee: str = ""
    latitude: float | None = None
    longitude: float | None = None
    address: str = ""
    bags: bool = False
    active: bool = True


async def register(writer: Writer, group_id: str, details: Details) -> RowMapping:
    """A new group. `group_id` comes with the form, so that a form sent twice makes one group.

    Raises NameTaken, AlreadySent.
    """
    values = _values(writer, details) | {"id": group_id, "version": 1}
    made = await writer.execute(writer.insert(group).values(values).on_conflict_do_nothing())
    row = await find(writer, group_id)
    if row is None:
        raise NameTaken
    if made.rowcount == 0:
        if any(row[name] != value for name, value in asdict(details).items()):
            raise AlreadySent(row)
        return row
    await writer.announce(announcing.group_registered(row))
    return row


async def change(writer: Writer, group_id: str, version: int, details: Details) -> RowMapping:
    """Say something else of a group as it stood at `version`. Raises ChangedMeanwhile, NameTaken, Missing."""
    row = await writer.first(select(group).where(group.c.id == group_id).with_for_update())
    if row is None:
        raise Missing
    if row["version"] != version:
        raise ChangedMeanwhile(row)
    if all(row[name] == value for name, value in asdict(details).items()):
        return row
    try:
        async with writer.connection.begin_nested():
            values = _values(writer, details) | {"version": version + 1}
            await writer.execute(group.update().where(group.c.id == group_id).values(values))
    except IntegrityError as error:
        raise NameTaken from error
    changed = await find(writer, group_id)
    assert changed is not None
    await writer.announce(announcing.group_changed(changed))
    return changed


async def ask(writer: Writer, group_id: str, seen: Gate, gate: Gate) -> None:
    """Say what the group asks before a household orders again. Nobody is told, so it is no new version. `seen`: what
    the sender's page showed. Raises Missing, ChangedMeanwhile."""
    row = await writer.first(select(group).where(group.c.id == group_id).with_for_update())
    if row is None:
        raise Missing
    now = gate_of(row)
    if now == gate:
        return
    if now != seen:
        raise ChangedMeanwhile(row)
    values = {"pay_within_days": gate.days, "limit_cents": gate.limit_cents, "caution_cents": gate.caution_cents}
    await writer.execute(group.update().where(group.c.id == group_id).values(**values))


def _values(writer: Writer, details: Details) -> dict[str, Any]:
    return asdict(details) | {"name_key": name_key(details.name), "changed_at": writer.now}


async def find(reader: Reader, group_id: str) -> RowMapping | None:
    return await reader.first(select(group).where(group.c.id == group_id))


async def locked(writer: Writer, group_id: str) -> None:
    """Let nobody else work on the group's households as a whole until this transaction ends."""
    await writer.first(select(group.c.id).where(group.c.id == group_id).with_for_update())


async def named(reader: Reader, name: str) -> RowMapping | None:
    return await reader.first(select(group).where(group.c.name_key == name_key(name)))


async def all_groups(reader: Reader) -> list[RowMapping]:
    """By name, those that order no more at the end."""
    return await reader.all(select(group).order_by(group.c.active.desc(), group.c.name_key))
