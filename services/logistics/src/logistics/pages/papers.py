"""The papers of a day: the page that leads to all of them, and everybody's rounds."""

from collections.abc import Collection
from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.link import ExpiredLink, ForgedLink
from logistics.network.drawing import Spot, draw
from logistics.network.driver import driven_by
from logistics.pages.paper_day import DAYS, OVERSEES, READS_ROUNDS, PaperDay, day_in, load
from logistics.papers.dock import dock_plans
from logistics.papers.route import Route, Way, routes
from logistics.papers.sheets import RouteSheet
from logistics.press import Press
from logistics.schedule.published import dates_of
from logistics.schedule.round_link import KEPT, OPEN, RoundLinks
from ui import Pages

router = APIRouter()

ROUNDS = "/logistics/rounds"
DATES = 20
MAP_WIDTH, MAP_LETTERS = 300, 12


def links_of(request: Request) -> RoundLinks:
    links: RoundLinks = request.app.state.round_links
    return links


def pdf(name: str, content: bytes) -> Response:
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def not_published(request: Request, on: date, *, by_link: bool = False) -> Response:
    return Pages.of(request).render(request, "papers_none.html", 404, on=on, by_link=by_link, days=DAYS)


# --- the way to all of them ---


@router.get(ROUNDS)
async def dates(request: Request, person: Person = READS_ROUNDS) -> Response:
    """The days that are published, the newest first."""
    async with Service.of(request).database.read() as reader:
        found = await dates_of(reader, DATES)
    return Pages.of(request).render(request, "rounds.html", found=found, days=DAYS)


@router.get(DAYS + "/{day}/papers")
async def overview(request: Request, day: str, person: Person = READS_ROUNDS) -> Response:
    on = day_in(day)
    found = await load(request, on)
    if found is None:
        return not_published(request, on)
    public, links = Service.of(request).settings.public_url.rstrip("/"), links_of(request)
    rows = [
        (sheet, carrier_url(found, route), public + links.path(on, route.carrier.id))
        for sheet, route in _sheets(request, found, await _seen_by(request, person))
    ]
    request.app.state.press.warm()
    return Pages.of(request).render(
        request,
        "papers.html",
        found=found,
        rows=rows,
        docks=dock_plans(found.held.day, found.held.plan),
        coordinates=person.has(Role.COORDINATOR),
        oversees=person.has(*OVERSEES),
        until=on + KEPT,
    )


def carrier_url(found: PaperDay, route: Route) -> str:
    return f"{found.url}/rounds/{quote(route.carrier.id, safe='')}"


# --- rounds ---


async def _seen_by(request: Request, person: Person) -> Collection[str] | None:
    """Ids of the carriers whose rounds this person sees; None: all."""
    if person.has(*OVERSEES):
        return None
    async with Service.of(request).database.read() as reader:
        return await driven_by(reader, person)


async def _may_see(request: Request, person: Person, carrier_id: str) -> None:
    """Raises NotFound, as if there were none, where they are another carrier's rounds."""
    seen = await _seen_by(request, person)
    if seen is not None and carrier_id not in seen:
        raise NotFound


def _sheets(request: Request, found: PaperDay, only: Collection[str] | None) -> list[tuple[RouteSheet, Route]]:
    """Of these carriers; None: of every one."""
    every = [one for one in routes(found.held.day, found.held.plan) if only is None or one.carrier.id in only]
    language, pages = found.words.language, Pages.of(request)
    maps = {way.id: _map(pages, language, way) for one in every for way in one.ways}
    return [(found.say.route(one, maps), one) for one in every]


def _map(pages: Pages, language: str, way: Way) -> str:
    """The round, each place with the number of its first halt."""
    spots: dict[str, Spot] = {}
    for number, halt in enumerate(way.halts, start=1):
        site = halt.site
        name = f"{number}. {site.name}"
        spots.setdefault(site.id, Spot(site.id, number, name, site.kind, site.latitude, site.longitude))
    stops = [halt.site.id for halt in way.halts]
    drawing = draw(list(spots.values()), [(way.vehicle.name, stops)], width=MAP_WIDTH, letters=MAP_LETTERS, named=True)
    return pages.piece(language, "paper_map.html", drawing=drawing)


async def _print(request: Request, found: PaperDay, only: Collection[str] | None) -> Response:
    sheets = tuple(sheet for sheet, _route in _sheets(request, found, only))
    if not sheets:
        raise NotFound
    press: Press = request.app.state.press
    content = await press.paper("route_sheet.typ", found.paper(routes=sheets).to_json())
    return pdf(f"{found.t('route-sheets')}_{found.held.on.isoformat()}_{found.held.version}", content)


async def _show(request: Request, found: PaperDay, carrier_id: str, url: str, token: str = "") -> Response:
    """On a phone in a van. `token`: of the link it was opened by."""
    sheets = _sheets(request, found, {carrier_id})
    if not sheets:
        raise NotFound
    request.app.state.press.warm()
    return Pages.of(request).render(
        request, "route.html", found=found, sheet=sheets[0][0], url=url, token=token, paper=found.paper()
    )


@router.get(DAYS + "/{day}/rounds.pdf")
async def all_pdf(request: Request, day: str, person: Person = READS_ROUNDS) -> Response:
    """The route sheets of all carriers that this person sees, each from a page of its own."""
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    return await _print(request, found, await _seen_by(request, person))


@router.get(DAYS + "/{day}/rounds/{carrier_id}.pdf")
async def one_pdf(request: Request, day: str, carrier_id: str, person: Person = READS_ROUNDS) -> Response:
    await _may_see(request, person, carrier_id)
    found = await load(request, day_in(day))
    return not_published(request, day_in(day)) if found is None else await _print(request, found, {carrier_id})


@router.get(DAYS + "/{day}/rounds/{carrier_id}")
async def one(request: Request, day: str, carrier_id: str, person: Person = READS_ROUNDS) -> Response:
    await _may_see(request, person, carrier_id)
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    return await _show(request, found, carrier_id, f"{found.url}/rounds/{quote(carrier_id, safe='')}")


# --- by the link, without an account ---


async def _opened(request: Request, token: str) -> tuple[PaperDay, str] | Response:
    """The newest version of the day, and the carrier whose link it is; or the page that says why there is none."""
    try:
        on, carrier_id = links_of(request).open(token, Service.of(request).clock.now())
    except ExpiredLink:
        return Pages.of(request).render(request, "round_link_over.html", 410, expired=True)
    except ForgedLink:
        return Pages.of(request).render(request, "round_link_over.html", 404, expired=False)
    found = await load(request, on, newest_only=True)
    if found is None:
        return not_published(request, on, by_link=True)
    if not any(one.carrier_id == carrier_id for one in found.held.plan.rounds):
        return Pages.of(request).render(request, "round_none.html", found=found)
    return found, carrier_id


@router.get(OPEN + "{token}.pdf")
async def open_pdf(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await _opened(request, token)
    if not isinstance(opened, tuple):
        return opened
    found, carrier_id = opened
    return await _print(request, found, {carrier_id})


@router.get(OPEN + "{token}")
async def open_round(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await _opened(request, token)
    if not isinstance(opened, tuple):
        return opened
    found, carrier_id = opened
    return await _show(request, found, carrier_id, OPEN + token, token)
