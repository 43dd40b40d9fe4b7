"""What a carrier's signed link opens: the stops of its rounds of one date, to tick without an account. Its holder sees
what this carrier takes on and puts down, and nothing of households."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from logistics.handover.board import Board
from logistics.handover.scope import of_link
from logistics.link import ExpiredLink, ForgedLink
from logistics.pages.handover_log import entry_of, show_entry, take_entry
from logistics.pages.handover_show import URL
from logistics.pages.handover_stop import Asking, found_board, show_stop, show_stops, take_stop
from logistics.schedule.round_link import RoundLinks, ends_at
from ui import Pages

router = APIRouter()

OPEN = URL + "/open/{token}"
COOKIE = "cabas_round"
"""Remembers the link on the phone that opened it, so that a scan of a label finds the carrier's stop."""


async def by_link(request: Request, token: str) -> tuple[Asking, Board]:
    """Raises ForgedLink, ExpiredLink, NotFound."""
    links: RoundLinks = request.app.state.round_links
    on, carrier_id = links.open(token, Service.of(request).clock.now())
    board = await found_board(request, on)
    carrier = board.carriers.get(carrier_id)
    if carrier is None:
        # It was published with this carrier, and drives no more.
        raise ForgedLink
    return Asking(on, of_link(carrier_id), carrier.name, f"{URL}/open/{token}", by_link=True), board


def over(request: Request, error: Exception) -> Response:
    expired = isinstance(error, ExpiredLink)
    return Pages.of(request).render(request, "handover_link_over.html", 410 if expired else 404, expired=expired)


@router.get(OPEN)
async def stops_by_link(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        asking, board = await by_link(request, token)
    except (ForgedLink, ExpiredLink) as error:
        return over(request, error)
    answer = await show_stops(request, asking, board)
    left = ends_at(asking.on) - Service.of(request).clock.now()
    answer.set_cookie(
        COOKIE,
        token,
        max_age=max(0, left // timedelta(seconds=1)),
        path=URL,
        httponly=True,
        samesite="lax",
        secure=Service.of(request).settings.secure,
    )
    return answer


@router.get(OPEN + "/{site}")
async def stop_by_link(request: Request, token: str, site: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        asking, board = await by_link(request, token)
    except (ForgedLink, ExpiredLink) as error:
        return over(request, error)
    return await show_stop(request, asking, site, board=board)


@router.post(OPEN + "/{site}")
async def take_by_link(request: Request, token: str, site: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        asking, _board = await by_link(request, token)
    except (ForgedLink, ExpiredLink) as error:
        return over(request, error)
    return await take_stop(request, asking, site)


@router.get(OPEN + "/log/{entry}")
async def noted_by_link(request: Request, token: str, entry: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        asking, board = await by_link(request, token)
    except (ForgedLink, ExpiredLink) as error:
        return over(request, error)
    return show_entry(request, asking, board, entry_of(board, asking, entry))


@router.post(OPEN + "/log/{entry}")
async def correct_by_link(request: Request, token: str, entry: str, person: Person | None = serves(PUBLIC)) -> Response:
    try:
        asking, board = await by_link(request, token)
    except (ForgedLink, ExpiredLink) as error:
        return over(request, error)
    return await take_entry(request, asking, board, entry_of(board, asking, entry))
