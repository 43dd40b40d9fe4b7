"""A label that was scanned: opens the next hand-over of just this box, consignment or bag."""

from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from chassis.database import Reader
from chassis.identity import PUBLIC, Forbidden, Person, SignInNeeded, serves
from chassis.service import Service
from logistics.handover import code as codes
from logistics.handover.board import Board
from logistics.handover.collecting import collections_of
from logistics.handover.expected import Expected
from logistics.handover.scope import SAYS
from logistics.link import ExpiredLink, ForgedLink
from logistics.pages.handover_link import COOKIE, by_link
from logistics.pages.handover_stop import Asking
from logistics.pages.handovers import asked
from logistics.schedule.published import schedule
from ui import Pages

router = APIRouter()

NEAR = timedelta(days=8)
"""Boxes come back late; older labels are of goods that were eaten."""


@router.get(codes.ADDRESS + "{code}")
async def scan(request: Request, code: str, person: Person | None = serves(PUBLIC)) -> Response:
    """For who is signed in, or opened a carrier's link on this phone; others sign in first."""
    if person is not None and person.has(*SAYS):
        async with Service.of(request).database.read() as reader:
            dates = await _near(reader, _today(request))
        askings = [await asked(request, on.isoformat(), person) for on in dates]
    else:
        askings = await _by_cookie(request, person)
    for asking, board in askings:
        found = await _address(request, asking, board, code)
        if found:
            return RedirectResponse(found, 303)
    return Pages.of(request).render(request, "handover_scan_unknown.html", 404)


def _today(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


async def _near(reader: Reader, today: date) -> list[date]:
    """Published dates, today's first, then the nearest."""
    on = schedule.c.on
    chosen = select(on).where(on.between(today - NEAR, today + NEAR)).distinct()
    return sorted((row["on"] for row in await reader.all(chosen)), key=lambda one: (abs(one - today), one < today))


async def _by_cookie(request: Request, person: Person | None) -> list[tuple[Asking, Board]]:
    try:
        return [await by_link(request, request.cookies.get(COOKIE, ""))]
    except (ForgedLink, ExpiredLink):
        if person is None:
            raise SignInNeeded from None
        raise Forbidden from None


async def _address(request: Request, asking: Asking, board: Board, code: str) -> str:
    """Where this thing's next hand-over is ticked by whoever asks; empty where it is none of theirs."""
    steps = _steps(board, asking.on, code)
    if not steps and code.startswith(codes.HOUSEHOLD):
        async with Service.of(request).database.read() as reader:
            collections = await collections_of(reader, asking.on, board.published.day.sites)
        steps = [one for one in collections.all if codes.of_household(asking.on, one.thing) == code]
    mine = [one for one in steps if asking.scope.covers(one)]
    if not mine:
        return ""
    one = next((each for each in mine if each.step not in board.holds), mine[-1])
    if one.consignment is None:
        return f"{asking.url}/{one.site_id}/households/{one.thing}"
    return f"{asking.url}/{one.site_id}#h-{one.step}"


def _steps(board: Board, on: date, code: str) -> list[Expected]:
    """Of a consignment, or of what travels in a box, in the order in which they happen."""
    if code.startswith(codes.BOX):
        boxes = {one.id for one in board.published.day.boxes if codes.of_box(one.id) == code}
        return [one for one in board.expected if boxes & set(one.box_ids)]
    return [one for one in board.expected if codes.of_consignment(on, one.thing) == code]
