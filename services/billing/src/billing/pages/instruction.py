"""What is done on a page of any instruction to the bank: approved, its file taken, booked, or called off."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.instruction.approval import MayBeDone
from billing.instruction.life import OutOfTurn, Stage
from billing.instruction.shelf import I, NoInstruction, Shelf
from billing.pages.cycles import MOST_PAGES
from billing.pages.payment_form import NOTES
from billing.pages.today import today_of
from chassis.database import Writer
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form

PER_PAGE = 30
BADGES = {
    Stage.DRAFT: "waiting",
    Stage.APPROVED: "active",
    Stage.EXECUTED: "done",
    Stage.CALLED_OFF: "withdrawn",
}
Show = Callable[[Request, str, Person, Form | None, int], Awaitable[HTMLResponse]]


@dataclass(frozen=True)
class Desk(Generic[I]):
    """What differs from kind to kind. `show`: its page again, with what was typed. `file_name`, and all sentences: as
    gettext knows them. `why_not`: what is said where it is not approved. `not_done`: the box by which somebody says
    that the bank does nothing of it."""

    shelf: Shelf[I]
    url: str
    show: Show
    approve: Callable[[Request, Writer, str, Person], Awaitable[I]]
    why_not: Mapping[type[Exception], str]
    execute: Callable[..., Awaitable[I]]
    call_off: Callable[[Writer, str, Person, str, bool], Awaitable[I]]
    wrong_day: type[Exception]
    not_done: str
    file_name: str
    out_of_turn: str
    said_approved: str
    said_wrong_day: str
    said_may_be_done: str
    said_booked: str
    said_called_off: str


async def listed(request: Request, shelf: Shelf[I], page: int) -> dict[str, Any]:
    """What the page of a list needs: `found`, `page`, `last`."""
    async with Service.of(request).database.read() as reader:
        last = max(1, -(-await shelf.count(reader) // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        return {"found": await shelf.newest(reader, (page - 1) * PER_PAGE, PER_PAGE), "page": page, "last": last}


def add_steps(router: APIRouter, desk: Desk[I]) -> None:
    """The addresses at which it is done."""

    @router.post(desk.url + "/{one_id}/approve")
    async def approve(request: Request, one_id: str, person: Person = NOTES) -> Response:
        return await _approve(request, desk, one_id, person)

    @router.post(desk.url + "/{one_id}/file")
    async def take_file(request: Request, one_id: str, person: Person = NOTES) -> Response:
        return await _take_file(request, desk, one_id, person)

    @router.post(desk.url + "/{one_id}/execute")
    async def execute(request: Request, one_id: str, person: Person = NOTES) -> Response:
        return await _execute(request, desk, one_id, person)

    @router.post(desk.url + "/{one_id}/call-off")
    async def call_off(request: Request, one_id: str, person: Person = NOTES) -> Response:
        return await _call_off(request, desk, one_id, person)


async def _approve(request: Request, desk: Desk[I], one_id: str, person: Person) -> Response:
    t = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            await desk.approve(request, writer, one_id, person)
    except NoInstruction as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(desk.out_of_turn)) from error
    except tuple(desk.why_not) as error:
        raise Refused(t(desk.why_not[type(error)])) from error
    return Pages.of(request).go(f"{desk.url}/{one_id}", t(desk.said_approved))


async def _take_file(request: Request, desk: Desk[I], one_id: str, person: Person) -> Response:
    """The same bytes each time, and a line in the history each time."""
    t = request.state.translate
    async with Service.of(request).database.write() as writer:
        try:
            one = await desk.shelf.locked(writer, one_id)
        except NoInstruction as error:
            raise NotFound from error
        if one.stage is not Stage.APPROVED:
            raise Refused(t(desk.out_of_turn))
        await desk.shelf.note(writer, one.id, "file", person)
    headers = {"content-disposition": f'attachment; filename="{t(desk.file_name)}-{one.number}.xml"'}
    return Response(one.file.encode(), media_type="application/xml", headers=headers)


async def _execute(request: Request, desk: Desk[I], one_id: str, person: Person) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    day = form.date("day", required=True, maximum=today_of(request))
    if day is None:
        return await desk.show(request, one_id, person, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await desk.execute(writer, one_id, day, person, Pages.of(request).zone)
    except NoInstruction as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(desk.out_of_turn)) from error
    except desk.wrong_day:
        form.error("day", t(desk.said_wrong_day))
        return await desk.show(request, one_id, person, form, 422)
    return Pages.of(request).go(f"{desk.url}/{one_id}", t(desk.said_booked))


async def _call_off(request: Request, desk: Desk[I], one_id: str, person: Person) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        return await desk.show(request, one_id, person, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await desk.call_off(writer, one_id, person, reason, form.boolean(desk.not_done))
    except NoInstruction as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(desk.out_of_turn)) from error
    except MayBeDone:
        form.error(desk.not_done, t(desk.said_may_be_done))
        return await desk.show(request, one_id, person, form, 422)
    return Pages.of(request).go(f"{desk.url}/{one_id}", t(desk.said_called_off))
