"""What the network can do, told to the others: whoever offers and orders judges early by it (coldchain's `described`).

Told anew whenever it is another one, in the transaction of what changed it, and at the start of a release that reckons
otherwise. While there is no network nothing is told, and nobody refuses anything. Orders are held to it only since a
coordinator said so: half a network, with places and no cold rooms yet, would refuse half of the goods.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Integer, String, Table, Text, select

from chassis.database import Database, Reader, Writer
from chassis.tables import Utc
from coldchain.day import Limits, SiteKind
from coldchain.dispensation import CONSTRAINED_METRES
from contracts.network import (
    THE_NETWORK,
    NetworkBox,
    NetworkDescribed,
    NetworkFarm,
    NetworkHold,
    NetworkPickup,
    NetworkRange,
)
from logistics.cycle import newest_cycles
from logistics.network.box import BOXES, BoxKind
from logistics.network.dispensation import every, standing
from logistics.network.known import CYCLES
from logistics.network.site import SITES, RoomSheet
from logistics.network.vehicle import VEHICLES
from logistics.tables import metadata

network_told = Table(
    "network_told",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
"""One row: what was told last. Version 0: nothing yet."""

binding_decision = Table(
    "binding_decision",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("binding", Boolean, nullable=False),
    Column("decided_at", Utc, nullable=False),
    Column("decided_by", Text, nullable=False),
)
"""Rows are only added; the last one holds."""

_SAID = {"id", "version", "described_at"}


@dataclass(frozen=True)
class Decided:
    """Whether orders are held to the network. `number` 0: nobody has decided anything."""

    number: int = 0
    binding: bool = False
    decided_at: datetime | None = None
    decided_by: str = ""


class Outrun(Exception):
    """Somebody else decided meanwhile."""


async def decided(reader: Reader) -> Decided:
    row = await reader.first(select(binding_decision).order_by(binding_decision.c.number.desc()).limit(1))
    return Decided(**row) if row else Decided()


async def decide(writer: Writer, binding: bool, last_seen: int, outside: int, by: str) -> None:
    """Hold orders to the network, or no longer. `last_seen`: number of the last decision when the page was opened.
    The same again changes nothing. Raises Outrun."""
    await _locked(writer)
    held = await decided(writer)
    if held.binding == binding:
        return
    if held.number != last_seen:
        raise Outrun
    row = {"number": held.number + 1, "binding": binding, "decided_at": writer.now, "decided_by": by}
    await writer.execute(binding_decision.insert().values(row))
    await tell(writer, outside)


async def tell_first(database: Database, outside: int) -> None:
    """At start: tell what is there, where that was not done yet, or where it is reckoned otherwise now."""
    async with database.read() as reader:
        told = await reader.first(select(network_told))
        if not _news(told["content"] if told else "", await _described(reader, 1, outside, reader.now)):
            return
    async with database.write() as writer:
        await tell(writer, outside)


async def tell(writer: Writer, outside: int) -> None:
    """Tell the network as this transaction leaves it, unless it was told just so. `outside`: the warmest that is
    reckoned with, in tenths of a degree."""
    version, content = await _locked(writer)
    said = await _described(writer, version + 1, outside, writer.now)
    if not _news(content, said):
        return
    await writer.execute(network_told.update().values(version=said.version, content=_content(said)))
    await writer.announce(said)


async def _locked(writer: Writer) -> tuple[int, str]:
    """What was told last. Who tells waits for the other here, and then reads what the other has changed."""
    first = {"id": THE_NETWORK, "version": 0, "content": ""}
    await writer.execute(writer.insert(network_told).values(first).on_conflict_do_nothing())
    row = await writer.first(select(network_told).with_for_update())
    assert row is not None
    return row["version"], row["content"]


def _news(content: str, said: NetworkDescribed) -> bool:
    if not content and not (said.pickups or said.farms or said.boxes or said.compartments or said.binding):
        return False
    return content != _content(said)


def _content(said: NetworkDescribed) -> str:
    return said.model_dump_json(exclude=_SAID)


async def _described(reader: Reader, version: int, outside: int, now: datetime) -> NetworkDescribed:
    sites, limits = await SITES.all(reader), Limits()
    collected, farther = await _collected_in(reader), await _goes_farther(reader, now)
    farms = [
        NetworkFarm(
            producer_id=one.sheet.producer_id,
            name=one.sheet.name,
            latitude=one.sheet.latitude,
            longitude=one.sheet.longitude,
            dispensation_metres=CONSTRAINED_METRES if one.sheet.producer_id in farther else None,
        )
        for one in sites
        if one.sheet.kind is SiteKind.FARM and one.sheet.producer_id
    ]
    pickups = [
        NetworkPickup(
            group_id=one.sheet.group_id,
            name=one.sheet.name,
            latitude=one.sheet.latitude,
            longitude=one.sheet.longitude,
            collected_in=collected.get(one.sheet.group_id),
            handling=one.sheet.handling,
            rooms=_ranges(one.sheet.rooms),
        )
        for one in sites
        if one.sheet.kind is SiteKind.PICKUP and one.sheet.group_id
    ]
    return NetworkDescribed(
        id=THE_NETWORK,
        version=version,
        described_at=now,
        binding=(await decided(reader)).binding,
        outside=outside,
        uncooled=limits.uncooled,
        eggs_metres=limits.eggs_metres,
        dispensation_metres=limits.dispensation_metres,
        farms=tuple(sorted(farms, key=lambda farm: farm.producer_id)),
        pickups=tuple(sorted(pickups, key=lambda pickup: pickup.group_id)),
        compartments=_ranges(room for one in await VEHICLES.all(reader) for room in one.sheet.rooms),
        boxes=await _boxes(reader),
    )


def _ranges(rooms: Iterable[RoomSheet]) -> tuple[NetworkRange, ...]:
    """What is cooled, each range once."""
    cooled = {(room.coldest, room.warmest) for room in rooms if room.coldest is not None and room.warmest is not None}
    return tuple(NetworkRange(coldest=coldest, warmest=warmest) for coldest, warmest in sorted(cooled))


async def _boxes(reader: Reader) -> tuple[NetworkBox, ...]:
    """Every make once, wherever its boxes are: what is lent comes back."""
    makes = {
        NetworkBox(
            coldest=one.sheet.coldest,
            warmest=one.sheet.warmest,
            holds=tuple(NetworkHold(outside=hold.outside, minutes=hold.minutes) for hold in one.sheet.holds),
        )
        for one in await BOXES.all(reader)
        if one.sheet.kind is BoxKind.BOX
    }
    return tuple(sorted(makes, key=lambda make: make.model_dump_json()))


async def _goes_farther(reader: Reader, now: datetime) -> set[str]:
    """Producers who declared a dispensation in a zone of constraints that is not over."""
    declared = [one for one in standing(await every(reader)) if one.constrained]
    return {one.producer_id for one in declared if one.ends_on is None or one.ends_on >= now.date()}


async def _collected_in(reader: Reader) -> dict[str, int]:
    """Group -> minutes that it collects, by the newest cycle that says so."""
    found: dict[str, int] = {}
    for cycle in await newest_cycles(reader, CYCLES):
        for pickup in cycle.pickups:
            minutes = int((pickup.ends_at - pickup.starts_at).total_seconds()) // 60
            if minutes > 0:
                found.setdefault(pickup.group_id, minutes)
    return found
