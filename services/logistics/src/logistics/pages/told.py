"""Who is told of a published schedule by mail, and who has to be phoned, with what to say."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.producer import producers_by_id
from logistics.schedule import published
from logistics.schedule.part import Going, Way, goings, minute_plan, ways
from logistics.schedule.published import Published
from logistics.schedule.telling import Names, names_of
from ui import Pages

router = APIRouter()

URL = "/logistics/days/{day}/told"
TELLS: Any = serves(Role.COORDINATOR)


@dataclass(frozen=True)
class Call:
    """Somebody no mail reaches. `changed`: since the version before; None: there is none. `ways`, `goings`: what is to
    be said; without any: that they have no part in the day any more."""

    name: str
    phone: str
    changed: bool | None
    ways: tuple[Way, ...] = ()
    goings: tuple[Going, ...] = ()


@router.get(URL)
async def told(request: Request, day: str, person: Person = TELLS) -> Response:
    """Of the version that holds."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise NotFound from None
    async with Service.of(request).database.read() as reader:
        held = await published.current(reader, on)
        if held is None:
            return Pages.of(request).render(request, "told.html", on=on, held=None, url=_url(on))
        before = await published.at_version(reader, on, held.version - 1)
        names = await names_of(reader, held.day)
        wanted = {one.producer_id for each in (held, before) if each for one in each.day.consignments}
        wanted |= {sheet.producer_id for sheet in names.carriers.values()}
        producers = await producers_by_id(reader, wanted)
    reached = {one for one, row in producers.items() if row["email"]}
    calls = _carriers_to_phone(held, before, names, reached)
    calls += _producers_to_phone(held, before, producers)
    context: dict[str, Any] = {"held": held, "calls": calls, "url": _url(on)}
    return Pages.of(request).render(request, "told.html", on=on, links=request.app.state.round_links, **context)


def _url(on: date) -> str:
    return f"/logistics/days/{on.isoformat()}"


def _carriers_to_phone(held: Published, before: Published | None, names: Names, reached: set[str]) -> list[Call]:
    """Those without an address, who are no producer that has one; those who drove in the version before, too."""
    every = {way.carrier_id: way.carrier for each in (before, held) if each for way in ways(each.day, each.plan)}
    calls = []
    for carrier_id, name in sorted(every.items(), key=lambda item: (item[1], item[0])):
        sheet = names.carriers.get(carrier_id)
        if sheet is not None and (sheet.email or sheet.producer_id in reached):
            continue
        mine = tuple(way for way in ways(held.day, held.plan) if way.carrier_id == carrier_id)
        changed = minute_plan(before.plan, carrier_id) != minute_plan(held.plan, carrier_id) if before else None
        calls.append(Call(name, sheet.phone if sheet else "", changed, ways=mine))
    return calls


def _producers_to_phone(held: Published, before: Published | None, producers: dict[str, Any]) -> list[Call]:
    calls = []
    for producer_id, row in sorted(producers.items(), key=lambda item: (item[1]["name"], item[0])):
        if row["email"]:
            continue
        mine = goings(held.day, held.plan, {producer_id})
        had = goings(before.day, before.plan, {producer_id}) if before else ()
        if mine or had:
            calls.append(Call(row["name"], row["phone"], mine != had if before else None, goings=mine))
    return calls
