"""Temperatures of a day: what is to be measured where, what was, and typing one in on a phone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.cold import nonconformity, reading
from logistics.cold.carried import carried
from logistics.cold.limit import Followed
from logistics.cold.place import Kind, Place, place_of
from logistics.cold.recording import Days, published_days, record
from logistics.network.driver import driven_by
from logistics.network.site import SITES
from logistics.pages.cold_take import LABELS, Doubt, read_reading
from logistics.pages.cold_words import CLEAN, KINDS, STAGES, place_name, said_limit, said_reading
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading as eyes_of

router = APIRouter()

URL = "/logistics/temperatures"
DAYS_URL = "/logistics/days"
MEASURES: Any = serves(Role.COORDINATOR, Role.DRIVER, Role.REFERENT)
LISTED = 20
NIGHT = timedelta(hours=6)
"""Goods of a day may stand in the night after it."""


def day_of(typed: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None


def bounds(request: Request, on: date) -> tuple[datetime, datetime]:
    """The day and the night after it, in the hub's zone."""
    zone = Pages.of(request).zone
    begins = datetime.combine(on, time(), zone)
    return begins, datetime.combine(on + timedelta(days=1), time(), zone) + NIGHT


async def followed_day(request: Request, reader: Reader, on: date) -> Followed:
    """Raises NotFound where nothing is published."""
    followed = await Days(reader, Pages.of(request).zone).of_date(on)
    if followed is None:
        raise NotFound
    return followed


@dataclass(frozen=True)
class Reach:
    """Where somebody measures: everywhere, or at these pickup points and with what these carriers have in hand."""

    everywhere: bool
    sites: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()


async def reach_of(reader: Reader, person: Person) -> Reach:
    """A referent measures at its own pickup points, a driver on the rounds of its carriers."""
    if person.has(Role.COORDINATOR):
        return Reach(everywhere=True)
    groups = person.group_ids(Role.REFERENT)
    sites = frozenset(one.id for one in await SITES.all(reader) if one.sheet.group_id in groups)
    return Reach(False, sites, await driven_by(reader, person))


def may_measure(followed: Followed, place: Place, reach: Reach) -> bool:
    """Whether this place is one of the day, and this person's."""
    if not _is_there(followed, place):
        return False
    return reach.everywhere or _ends(followed, place) & reach.sites != frozenset() or _aboard(followed, place, reach)


def _is_there(followed: Followed, place: Place) -> bool:
    scene = followed.scene
    match place.kind:
        case Kind.SITE:
            return place.id in scene.sites and place.part in {"", *(room.id for room in scene.sites[place.id].rooms)}
        case Kind.VEHICLE:
            return place.id in scene.vehicles and place.part in {room.id for room in scene.vehicles[place.id].rooms}
        case Kind.BOX:
            return place.id in scene.boxes
        case Kind.GOODS:
            one = scene.consignments.get(place.id)
            return one is not None and place.part in ("", *(line.id for line in one.lines))


def _ends(followed: Followed, place: Place) -> frozenset[str]:
    """The pickup points that care: where it is, or where what is in it goes. A vehicle is its carrier's affair."""
    match place.kind:
        case Kind.SITE:
            return frozenset({place.id})
        case Kind.VEHICLE:
            return frozenset()
        case Kind.BOX:
            return frozenset(followed.scene.consignments[one.id].to_site for one, _piece in followed.pieces(place))
        case Kind.GOODS:
            return frozenset({followed.scene.consignments[place.id].to_site})


def _aboard(followed: Followed, place: Place, reach: Reach) -> bool:
    return bool(reach.carriers) and Place(place.kind, place.id, _part(place)) in carried(followed, reach.carriers)


def take_url(on: date, place: Place) -> str:
    return f"{URL}/{on.isoformat()}/take?place={quote(place.code, safe='')}"


def chart_url(on: date, place: Place) -> str:
    return f"{URL}/{on.isoformat()}/place?place={quote(place.code, safe='')}"


@router.get(URL)
async def days(request: Request, person: Person = MEASURES) -> Response:
    typed = request.query_params.get("before", "")
    async with Service.of(request).database.read() as reader:
        found = await published_days(reader, LISTED + 1, day_of(typed) if typed else None)
        waiting = await nonconformity.undecided(reader) if person.has(Role.COORDINATOR) else []
    return Pages.of(request).render(
        request,
        "cold_days.html",
        days=found[:LISTED],
        older=len(found) > LISTED,
        waiting=len(waiting),
        writes=person.has(Role.COORDINATOR),
        url=URL,
    )


@dataclass(frozen=True)
class Desk:
    """Who measures, and where its pages are. `guest`: by a link, without an account: nothing beyond noting."""

    base: str
    by: str
    may: Callable[[Followed, Place], bool]
    coordinates: bool = False
    guest: bool = False

    def take(self, place: Place) -> str:
        return f"{self.base}/take?place={quote(place.code, safe='')}"


async def desk_of(reader: Reader, on: date, person: Person) -> Desk:
    reach = await reach_of(reader, person)
    return Desk(
        f"{URL}/{on.isoformat()}",
        person.name,
        lambda followed, place: may_measure(followed, place, reach),
        person.has(Role.COORDINATOR),
    )


@router.get(URL + "/{day}")
async def show(request: Request, day: str, person: Person = MEASURES) -> Response:
    on = day_of(day)
    async with Service.of(request).database.read() as reader:
        followed = await followed_day(request, reader, on)
        return await show_day(request, reader, followed, await desk_of(reader, on, person))


async def show_day(request: Request, reader: Reader, followed: Followed, desk: Desk) -> Response:
    """What is to be measured where, and what was."""
    on, eyes = followed.published.on, eyes_of(request)
    goods = [Place(Kind.GOODS, one.id) for one in followed.delicate()]
    places = [one for one in [*followed.places(), *goods] if desk.may(followed, one)]
    taken = await reading.between(reader, *bounds(request, on))
    problems = await nonconformity.of_day(reader, on)
    last = {Place(one.place.kind, one.place.id, _part(one.place)): one for one in taken}
    broken = {Place(one.place.kind, one.place.id, _part(one.place)) for one in problems if one.undecided}
    groups = []
    for kind in Kind:
        rows = [
            {
                "name": place_name(followed, place, eyes),
                "take": desk.take(place),
                "chart": "" if desk.guest else chart_url(on, place),
                "last": said_reading(last[place], eyes) if place in last else None,
                "wrong": place in broken,
                **asked(followed, place, eyes),
            }
            for place in places
            if place.kind is kind
        ]
        groups.append((eyes.translate(KINDS[kind]), sorted(rows, key=lambda row: str(row["name"]).casefold())))
    return Pages.of(request).render(
        request,
        "cold_day.html",
        on=on,
        groups=[(word, rows) for word, rows in groups if rows],
        waiting=len(broken & set(places)) if desk.guest else sum(bool(one.undecided) for one in problems),
        problems=len(problems),
        writes=desk.coordinates,
        guest=desk.guest,
        url=desk.base,
        up=URL,
    )


def _part(place: Place) -> str:
    """Goods are listed by consignment, whichever line was measured."""
    return "" if place.kind is Kind.GOODS else place.part


def asked(followed: Followed, place: Place, eyes: Any) -> dict[str, Any]:
    """From when to when goods are there, and what they ask."""
    if place.kind is Kind.GOODS:
        return {"limit": said_limit(followed.limit(place, followed.published.published_at).band, eyes), "hours": ""}
    stay = followed.whole_day(place)
    if stay is None:
        return {"limit": "", "hours": ""}
    hours = f"{eyes.words.clock_time(stay.begins)} – {eyes.words.clock_time(stay.ends)}"
    return {"limit": said_limit(stay.band, eyes), "hours": hours}


async def asked_place(
    request: Request, reader: Reader, on: date, person: Person, place: Place | None = None
) -> tuple[Followed, Place]:
    """This place, or the one in the address. Raises NotFound where it is none of the day, or not this person's."""
    place = place or place_of(request.query_params.get("place", ""))
    followed = await followed_day(request, reader, on)
    if place is None or not may_measure(followed, place, await reach_of(reader, person)):
        raise NotFound
    return followed, place


@router.get(URL + "/{day}/take")
async def ask(request: Request, day: str, person: Person = MEASURES) -> Response:
    on = day_of(day)
    async with Service.of(request).database.read() as reader:
        followed, place = await asked_place(request, reader, on, person)
        desk = await desk_of(reader, on, person)
    return ask_reading(request, followed, place, desk)


@router.post(URL + "/{day}/take")
async def take(request: Request, day: str, person: Person = MEASURES) -> Response:
    on = day_of(day)
    async with Service.of(request).database.read() as reader:
        followed, place = await asked_place(request, reader, on, person)
        desk = await desk_of(reader, on, person)
    return await take_reading(request, followed, place, desk)


def ask_reading(request: Request, followed: Followed, place: Place, desk: Desk) -> Response:
    service, eyes = Service.of(request), eyes_of(request)
    now = service.clock.now()
    values = {"id": service.ids.new(), "at": eyes.words.local_input(now), "line": place.part}
    return _form(request, followed, place, desk, Form(None, eyes.translate, values=values))


async def take_reading(request: Request, followed: Followed, place: Place, desk: Desk) -> Response:
    service, eyes = Service.of(request), eyes_of(request)
    form = Form(await request.form(), eyes.translate)
    measured, doubt = read_reading(form, place, followed, eyes, service.clock.now(), desk.by, service.ids)
    if measured is None:
        return _form(request, followed, place, desk, form, doubt, 422)
    async with service.database.write() as writer:
        done = await record(writer, [measured], Pages.of(request).zone)
    t = eyes.translate
    said = t(_("The reading is kept."))
    if done.broke:
        said = t(_("The reading is kept. It breaks the limit: these goods are held, and the coordinator was told."))
    return Pages.of(request).go(desk.base, said)


def _form(
    request: Request,
    followed: Followed,
    place: Place,
    desk: Desk,
    form: Form,
    doubt: Doubt | None = None,
    status: int = 200,
) -> Response:
    eyes, on = eyes_of(request), followed.published.on
    t, one = eyes.translate, followed.scene.consignments.get(place.id)
    return Pages.of(request).render(
        request,
        "cold_take.html",
        status,
        on=on,
        name=place_name(followed, place, eyes),
        form=form,
        labels={name: t(label) for name, label in LABELS.items()},
        sure=list(doubt.choices) if doubt else [],
        goods=place.kind is Kind.GOODS,
        stages=[(stage.value, t(word)) for stage, word in STAGES.items()],
        lines=[(line.id, line.name) for line in one.lines] if one and place.kind is Kind.GOODS else [],
        clean=[(value, t(word)) for value, word in CLEAN.items()],
        url=desk.take(place),
        up="" if desk.guest else URL,
        day_url=desk.base,
        **asked(followed, place, eyes),
    )
