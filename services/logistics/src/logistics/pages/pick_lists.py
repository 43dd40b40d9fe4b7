"""Pages of pick lists: all of them for the coordinator, a producer's own for the producer."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.closing import Dispatch, completeness
from logistics.cycle import closed_cycles, count_closed
from logistics.pages.files import Ending, answer_with_file, found
from logistics.pages.writing import sheet_of
from logistics.pick_list import PickList, count_of_producers, lists_of_cycles, lists_of_producers
from logistics.press import Press
from ui import Pages
from ui.pages import reading

router = APIRouter()

SEE_ALL = (Role.COORDINATOR, Role.OPERATOR)
CYCLES_A_PAGE = 6
LISTS_A_PAGE = 30


def page_number(request: Request) -> int:
    typed = request.query_params.get("page", "1")
    return min(int(typed), 10_000) if typed.isascii() and typed.isdigit() and int(typed) > 0 else 1


async def _own_or_all(request: Request, person: Person, list_id: str) -> PickList:
    """The list, if it is the person's to see; else NotFound, as if there were none."""
    async with Service.of(request).database.read() as reader:
        pick_list = await found(reader, list_id)
    if not person.has(*SEE_ALL) and pick_list.producer_id not in person.producer_ids:
        raise NotFound
    return pick_list


@router.get("/logistics/pick-lists")
async def overview(request: Request, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    pages, number = Pages.of(request), page_number(request)
    async with Service.of(request).database.read() as reader:
        if not person.has(*SEE_ALL):
            mine = person.producer_ids
            lists = await lists_of_producers(reader, mine, offset=(number - 1) * LISTS_A_PAGE, limit=LISTS_A_PAGE)
            last = -(-await count_of_producers(reader, mine) // LISTS_A_PAGE)
            today = reader.now.astimezone(pages.zone).date()
            several = len(mine) > 1
            return pages.render(
                request, "my_pick_lists.html", lists=lists, today=today, several=several, number=number, last=last
            )
        cycles = await closed_cycles(reader, offset=(number - 1) * CYCLES_A_PAGE, limit=CYCLES_A_PAGE)
        last = -(-await count_closed(reader) // CYCLES_A_PAGE)
        by_cycle = await lists_of_cycles(reader, [cycle.id for cycle in cycles])
        waiting = {cycle.id: await completeness(reader, cycle) for cycle in cycles if cycle.state != "issued"}
    return pages.render(
        request, "pick_lists.html", cycles=cycles, lists=by_cycle, waiting=waiting, number=number, last=last
    )


@router.get("/logistics/pick-lists/{list_id}.pdf")
async def as_pdf(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    return await _file(request, person, list_id, "pdf")


@router.get("/logistics/pick-lists/{list_id}.xlsx")
async def as_xlsx(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    return await _file(request, person, list_id, "xlsx")


@router.get("/logistics/pick-lists/{list_id}.csv")
async def as_csv(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    return await _file(request, person, list_id, "csv")


async def _file(request: Request, person: Person, list_id: str, ending: Ending) -> Response:
    return await answer_with_file(request, await _own_or_all(request, person, list_id), ending)


@router.get("/logistics/pick-lists/{list_id}")
async def one(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    pick_list = await _own_or_all(request, person, list_id)
    service = Service.of(request)
    dispatch: Dispatch = request.app.state.dispatch
    link, link_until = "", None
    if person.has(*SEE_ALL):
        now = service.clock.now()
        link = service.settings.public_url.rstrip("/") + dispatch.links.path(pick_list.id, now)
        link_until = now + dispatch.links.lifetime
    return show(request, pick_list, f"/logistics/pick-lists/{pick_list.id}", link=link, link_until=link_until)


def show(request: Request, pick_list: PickList, url: str, **context: Any) -> Response:
    """The list on screen and on paper. `url`: where it is; its files are at `url` + ".pdf" and so on."""
    press: Press = request.app.state.press
    press.warm()
    eyes = reading(request)
    sheet = sheet_of(pick_list, eyes.words, eyes.translate, Service.of(request).settings.hub_name)
    return Pages.of(request).render(request, "pick_list.html", sheet=sheet, pick_list=pick_list, url=url, **context)
