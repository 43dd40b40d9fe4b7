"""What the home page shows of the next schedule: when goods of mine go, when goods come to my group, what I drive."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.database import Reader
from chassis.identity import Person
from contracts import Role
from logistics.network.driver import driven_by
from logistics.network.site import SITES
from logistics.producer import producers_by_id
from logistics.schedule.part import Coming, Going, Way, comings, goings, handover_sites, ways
from logistics.schedule.published import Published, coming
from logistics.schedule.round_link import RoundLinks


@dataclass(frozen=True)
class Goings:
    on: date
    rows: tuple[Going, ...]


@dataclass(frozen=True)
class Comings:
    """`rows`: with the names of the producers."""

    on: date
    place: str
    opens_at: datetime
    closes_at: datetime
    rows: list[tuple[Coming, list[str]]]


@dataclass(frozen=True)
class Driving:
    """What the producer whose page it is drives, and the carriers that name this person. `rows`: each with the page
    of its carrier's rounds."""

    on: date
    rows: list[tuple[Way, str]]


async def next_parts(reader: Reader, person: Person, today: date, links: RoundLinks) -> dict[str, Any]:
    """Of the next day on which the person has something, by kind; nothing where they have none, or no such role."""
    drives, groups = person.has(Role.DRIVER), person.group_ids(Role.REFERENT)
    if not (drives or groups or person.producer_ids):
        return {}
    days, driven = await coming(reader, today), await driven_by(reader, person)
    return {
        "refers": bool(groups),
        "going": _first(_goings(one, person) for one in days),
        "coming": await _comings(reader, days, groups) if groups else [],
        "driving": _first(_driving(one, person, links, driven) for one in days),
    }


def _first(found: Iterable[list[Any]]) -> list[Any]:
    return next((each for each in found if each), [])


def _goings(held: Published, person: Person) -> list[Goings]:
    rows = goings(held.day, held.plan, person.producer_ids)
    return [Goings(held.on, rows)] if rows else []


def _driving(held: Published, person: Person, links: RoundLinks, driven: frozenset[str]) -> list[Driving]:
    rows = ways(held.day, held.plan, person.producer_ids, driven)
    linked = [(each, links.path(held.on, each.carrier_id)) for each in rows]
    return [Driving(held.on, linked)] if rows else []


async def _comings(reader: Reader, days: Iterable[Published], groups: frozenset[str]) -> list[Comings]:
    sheets = await SITES.all(reader) + await SITES.all(reader, retired=True)
    mine = {one.id for one in sheets if one.sheet.group_id in groups}
    for held in days:
        producers = await producers_by_id(reader, {one.producer_id for one in held.day.consignments})
        names = {one: row["name"] for one, row in producers.items()}
        found = []
        for site in handover_sites(held.day):
            rows = comings(held.day, held.plan, site.id) if site.id in mine else ()
            if rows and site.handover is not None:
                called = [(row, sorted(names.get(one, one) for one in row.producer_ids)) for row in rows]
                found.append(Comings(held.on, site.name, site.handover.opens_at, site.handover.closes_at, called))
        if found:
            return found
    return []
