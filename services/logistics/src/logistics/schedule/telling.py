"""What the others are told of a published schedule: the plan with names, and how to write to who drives."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from chassis.database import Reader
from coldchain.day import Day
from coldchain.plan import Round, Stop
from contracts.schedule import (
    Schedule,
    ScheduleChanged,
    ScheduledCarrier,
    ScheduledConsignment,
    ScheduledProducer,
    ScheduledRound,
    ScheduledSite,
    ScheduledStop,
    SchedulePublished,
)
from logistics.network.carrier import CARRIERS, CarrierSheet
from logistics.network.site import SITES, SiteSheet
from logistics.producer import producers_by_id
from logistics.schedule.part import minute
from logistics.schedule.round_link import RoundLinks

if TYPE_CHECKING:
    from logistics.schedule.published import Published


@dataclass(frozen=True)
class Names:
    """What a day does not say of its people and places, by id."""

    sites: Mapping[str, SiteSheet]
    carriers: Mapping[str, CarrierSheet]
    producers: Mapping[str, str]
    languages: Mapping[str, str]
    """Of producers."""


async def names_of(reader: Reader, day: Day) -> Names:
    """Sheets of what is retired since count too: the plan goes there."""
    sites = await SITES.all(reader) + await SITES.all(reader, retired=True)
    carriers = await CARRIERS.all(reader) + await CARRIERS.all(reader, retired=True)
    wanted = {one.producer_id for one in day.consignments} | {one.producer_id for one in day.carriers}
    producers = await producers_by_id(reader, wanted)
    return Names(
        sites={one.id: one.sheet for one in sites},
        carriers={one.id: one.sheet for one in carriers},
        producers={one: row["name"] for one, row in producers.items()},
        languages={one: row["language"] for one, row in producers.items()},
    )


def schedule_event(made: "Published", names: Names, links: RoundLinks | None) -> Schedule:
    """The first version is published, those after it change it."""
    day, plan = made.day, made.plan
    position = {one.id: at for at, one in enumerate(day.consignments)}
    driving = {one.carrier_id for one in plan.rounds}
    used = {stop.site_id for one in plan.rounds for stop in one.stops}
    used |= {site for one in day.consignments for site in (one.from_site, one.to_site)}
    kind: type[Schedule] = SchedulePublished if made.version == 1 else ScheduleChanged
    return kind(
        id=made.on.isoformat(),
        version=made.version,
        delivers_on=made.on,
        published_at=made.published_at,
        published_by=made.published_by,
        sites=_sites(day, used, names),
        producers=_producers(day, names),
        carriers=tuple(_carrier(made.on, one.id, one.name, names, links) for one in day.carriers if one.id in driving),
        consignments=tuple(
            ScheduledConsignment(
                consignment_id=one.id, producer_id=one.producer_id, from_site=one.from_site, to_site=one.to_site
            )
            for one in day.consignments
        ),
        rounds=tuple(_round(one, {each.id: each.name for each in day.vehicles}, position) for one in plan.rounds),
    )


def _sites(day: Day, used: Collection[str], names: Names) -> tuple[ScheduledSite, ...]:
    found: list[ScheduledSite] = []
    for one in day.sites:
        sheet = names.sites.get(one.id)
        if one.id not in used:
            continue
        collected: dict[str, Any] = {}
        if one.handover is not None and sheet is not None:
            collected = {
                "group_id": sheet.group_id,
                "address": sheet.address,
                "opens_at": one.handover.opens_at,
                "closes_at": one.handover.closes_at,
            }
        found.append(ScheduledSite(site_id=one.id, name=one.name, **collected))
    return tuple(found)


def _producers(day: Day, names: Names) -> tuple[ScheduledProducer, ...]:
    """A producer of whom catalog has not told yet is called as its farm."""
    called = {one.id: one.name for one in day.sites}
    known = {one.producer_id: called[one.from_site] for one in day.consignments} | dict(names.producers)
    sending = sorted({one.producer_id for one in day.consignments})
    return tuple(ScheduledProducer(producer_id=one, name=known[one]) for one in sending)


def _carrier(on: date, carrier_id: str, name: str, names: Names, links: RoundLinks | None) -> ScheduledCarrier:
    sheet = names.carriers.get(carrier_id)
    said = {"producer_id": sheet.producer_id, "email": sheet.email, "language": sheet.language} if sheet else {}
    path = links.path(on, carrier_id) if links else ""
    return ScheduledCarrier(carrier_id=carrier_id, name=name, path=path, **said)


def _round(one: Round, vehicles: Mapping[str, str], position: Mapping[str, int]) -> ScheduledRound:
    stops = tuple(_stop(stop, position) for stop in one.stops)
    return ScheduledRound(
        round_id=one.id, carrier_id=one.carrier_id, vehicle_name=vehicles[one.vehicle_id], stops=stops
    )


def _stop(stop: Stop, position: Mapping[str, int]) -> ScheduledStop:
    return ScheduledStop(
        site_id=stop.site_id,
        arrives_at=minute(stop.arrives_at),
        departs_at=minute(stop.departs_at),
        unloads=tuple(sorted(position[each.consignment_id] for each in stop.unloads)),
        loads=tuple(sorted(position[each.consignment_id] for each in stop.loads)),
    )
