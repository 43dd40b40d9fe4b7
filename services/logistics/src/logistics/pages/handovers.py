"""Hand-overs, signed in: the days, the places of a day, what changes hands at one of them."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import func, select

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.handover.board import Board
from logistics.handover.scope import SAYS, scope_of
from logistics.pages.handover_log import entry_of, show_entry, take_entry
from logistics.pages.handover_show import URL, day_url
from logistics.pages.handover_stop import Asking, found_board, show_stop, show_stops, take_stop
from logistics.schedule.published import schedule
from ui import Pages

router = APIRouter()

SAY: Any = serves(*SAYS)
DAYS = 20


def day_typed(typed: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None


async def asked(request: Request, day: str, person: Person) -> tuple[Asking, Board]:
    """Raises NotFound where nothing is published of that date."""
    on = day_typed(day)
    board = await found_board(request, on)
    async with Service.of(request).database.read() as reader:
        scope = await scope_of(reader, person, board.published.day.carriers)
    return Asking(on, scope, person.name, f"{day_url(on)}/at"), board


@router.get(URL)
async def days(request: Request, person: Person = SAY) -> Response:
    """The published days, the newest first."""
    newest = select(schedule.c.on, func.max(schedule.c.version).label("version")).group_by(schedule.c.on)
    async with Service.of(request).database.read() as reader:
        rows = await reader.all(newest.order_by(schedule.c.on.desc()).limit(DAYS))
    today = Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()
    near = [row["on"] for row in rows if abs(row["on"] - today) <= timedelta(days=1)]
    return Pages.of(request).render(
        request,
        "handover_days.html",
        days=[row["on"] for row in rows],
        near=near,
        url=URL,
        coordinates=person.has(Role.COORDINATOR),
    )


@router.get(URL + "/{day}/at")
async def stops(request: Request, day: str, person: Person = SAY) -> Response:
    asking, board = await asked(request, day, person)
    return await show_stops(request, asking, board)


@router.get(URL + "/{day}/at/{site}")
async def stop(request: Request, day: str, site: str, person: Person = SAY) -> Response:
    asking, board = await asked(request, day, person)
    return await show_stop(request, asking, site, board=board)


@router.post(URL + "/{day}/at/{site}")
async def take(request: Request, day: str, site: str, person: Person = SAY) -> Response:
    asking, _board = await asked(request, day, person)
    return await take_stop(request, asking, site)


@router.get(URL + "/{day}/log/{entry}")
async def noted(request: Request, day: str, entry: str, person: Person = SAY) -> Response:
    asking, board = await asked(request, day, person)
    return show_entry(request, asking, board, entry_of(board, asking, entry))


@router.post(URL + "/{day}/log/{entry}")
async def correct(request: Request, day: str, entry: str, person: Person = SAY) -> Response:
    asking, board = await asked(request, day, person)
    return await take_entry(request, asking, board, entry_of(board, asking, entry))
