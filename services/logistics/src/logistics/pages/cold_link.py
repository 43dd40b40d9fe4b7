"""Temperatures by the signed link of a carrier's rounds, without an account: its vehicles, and what it carries."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound
from logistics.cold.carried import carried
from logistics.cold.limit import Followed
from logistics.cold.place import Place, place_of
from logistics.cold.recording import Days
from logistics.link import ExpiredLink, ForgedLink
from logistics.pages.cold import URL, Desk, ask_reading, show_day, take_reading
from logistics.schedule.round_link import RoundLinks
from ui import Pages

router = APIRouter()

OPEN = f"{URL}/open/"


async def _opened(request: Request, reader: Reader, token: str) -> tuple[Followed, Desk]:
    """Raises ForgedLink, ExpiredLink; NotFound where nothing of this carrier is published any more."""
    links: RoundLinks = request.app.state.round_links
    on, carrier_id = links.open(token, reader.now)
    followed = await Days(reader, Pages.of(request).zone).of_date(on)
    carrier = None if followed is None else followed.scene.carriers.get(carrier_id)
    if followed is None or carrier is None:
        raise NotFound
    own = carried(followed, {carrier_id})
    return followed, Desk(OPEN + token, carrier.name, lambda _followed, place: place in own, guest=True)


def _over(request: Request, *, expired: bool) -> Response:
    return Pages.of(request).render(request, "cold_link_over.html", 410 if expired else 404, expired=expired)


@router.get(OPEN + "{token}")
async def show(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        async with Service.of(request).database.read() as reader:
            followed, desk = await _opened(request, reader, token)
            return await show_day(request, reader, followed, desk)
    except (ExpiredLink, ForgedLink) as error:
        return _over(request, expired=isinstance(error, ExpiredLink))


@router.get(OPEN + "{token}/take")
async def ask(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        followed, place, desk = await _place(request, token)
    except (ExpiredLink, ForgedLink) as error:
        return _over(request, expired=isinstance(error, ExpiredLink))
    return ask_reading(request, followed, place, desk)


@router.post(OPEN + "{token}/take")
async def take(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        followed, place, desk = await _place(request, token)
    except (ExpiredLink, ForgedLink) as error:
        return _over(request, expired=isinstance(error, ExpiredLink))
    return await take_reading(request, followed, place, desk)


async def _place(request: Request, token: str) -> tuple[Followed, Place, Desk]:
    """Raises ForgedLink, ExpiredLink; NotFound where it is none of this carrier's."""
    async with Service.of(request).database.read() as reader:
        followed, desk = await _opened(request, reader, token)
    place = place_of(request.query_params.get("place", ""))
    if place is None or not desk.may(followed, place):
        raise NotFound
    return followed, place, desk
