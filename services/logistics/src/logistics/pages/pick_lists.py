"""Pages of pick lists: all of them for the coordinator, a producer's own for the producer."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from logistics.answer import standing_answers
from logistics.closing import Dispatch, completeness
from logistics.cycle import closed_cycles, count_closed
from logistics.pages.answers import form_of, take_answer
from logistics.pages.files import Ending, answer_with_file, found
from logistics.pages.show import show
from logistics.pick_list import Kept, count_of_producers, lists_of_cycles, lists_of_producers
from ui import Pages

router = APIRouter()

SEE_ALL = (Role.COORDINATOR, Role.OPERATOR)
CYCLES_A_PAGE = 6
LISTS_A_PAGE = 30


def page_number(request: Request) -> int:
    typed = request.query_params.get("page", "1")
    return min(int(typed), 10_000) if typed.isascii() and typed.isdigit() and int(typed) > 0 else 1


async def own_or_all(request: Request, person: Person, list_id: str) -> Kept:
    """The list, if it is the person's to see; else NotFound, as if there were none."""
    async with Service.of(request).database.read() as reader:
        kept = await found(request, reader, list_id)
    if not person.has(*SEE_ALL) and kept.pick_list.producer_id not in person.producer_ids:
        raise NotFound
    return kept


@router.get("/logistics/pick-lists")
async def overview(request: Request, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    pages, number = Pages.of(request), page_number(request)
    async with Service.of(request).database.read() as reader:
        if not person.has(*SEE_ALL):
            mine = person.producer_ids
            lists = await lists_of_producers(reader, mine, offset=(number - 1) * LISTS_A_PAGE, limit=LISTS_A_PAGE)
            last = -(-await count_of_producers(reader, mine) // LISTS_A_PAGE)
            today = reader.now.astimezone(pages.zone).date()
            answers = await standing_answers(reader, lists)
            shown: dict[str, Any] = {"lists": lists, "answers": answers, "number": number, "last": last}
            return pages.render(request, "my_pick_lists.html", today=today, several=len(mine) > 1, **shown)
        cycles = await closed_cycles(reader, offset=(number - 1) * CYCLES_A_PAGE, limit=CYCLES_A_PAGE)
        last = -(-await count_closed(reader) // CYCLES_A_PAGE)
        by_cycle = await lists_of_cycles(reader, [cycle.id for cycle in cycles])
        answers = await standing_answers(reader, [each for lists in by_cycle.values() for each in lists])
        waiting = {cycle.id: await completeness(reader, cycle) for cycle in cycles if cycle.state != "issued"}
    shown = {"lists": by_cycle, "answers": answers, "number": number, "last": last}
    return pages.render(request, "pick_lists.html", cycles=cycles, waiting=waiting, **shown)


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
    return await answer_with_file(request, await own_or_all(request, person, list_id), ending)


@router.get("/logistics/pick-lists/{list_id}")
async def one(request: Request, list_id: str, person: Person = serves(*SEE_ALL, Role.PRODUCER)) -> Response:
    kept = await own_or_all(request, person, list_id)
    context = await form_of(request, kept, person)
    return show(request, kept, f"/logistics/pick-lists/{list_id}", **context, **_link(request, list_id, person))


@router.post("/logistics/pick-lists/{list_id}")
async def answer(request: Request, list_id: str, person: Person = serves(Role.COORDINATOR, Role.PRODUCER)) -> Response:
    """The producer itself, or the coordinator who has it on the phone."""
    await own_or_all(request, person, list_id)
    url, link = f"/logistics/pick-lists/{list_id}", _link(request, list_id, person)
    return await take_answer(request, list_id, url, person, by_link=False, **link)


def _link(request: Request, list_id: str, person: Person) -> dict[str, Any]:
    """The link that opens the list without an account, to pass on: for those who see all."""
    if not person.has(*SEE_ALL):
        return {}
    service, dispatch = Service.of(request), request.app.state.dispatch
    assert isinstance(dispatch, Dispatch)
    now = service.clock.now()
    link = service.settings.public_url.rstrip("/") + dispatch.links.path(list_id, now)
    return {"link": link, "link_until": now + dispatch.links.lifetime}
