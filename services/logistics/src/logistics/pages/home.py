"""What logistics puts on the home page, by role."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from logistics.answer import last_answers, standing_answers
from logistics.closing import counted
from logistics.cold import nonconformity
from logistics.cycle import closed_cycles, running_cycles, waiting_cycles
from logistics.pages.home_schedule import next_parts
from logistics.pages.pick_lists import SEE_ALL
from logistics.pages.writing import sheet_of
from logistics.pick_list import kept_list, lists_of_cycles, next_list
from ui import Pages
from ui.pages import reading

router = APIRouter()


@router.get("/logistics/fragments/home")
async def home(request: Request, person: Person = serves(*Role)) -> Response:
    """The coordinator: cycles that wait, and the newest lists. The producer: the next list. And what is theirs of the
    next schedule, for producers, referents and drivers. Nothing for the others."""
    pages, eyes, service = Pages.of(request), reading(request), Service.of(request)
    async with service.database.read() as reader:
        if person.has(*SEE_ALL):
            waiting = [(cycle, await counted(reader, cycle)) for cycle in await waiting_cycles(reader)]
            running = await running_cycles(reader)
            issued = [cycle for cycle in await closed_cycles(reader, limit=6) if cycle.state == "issued"][:1]
            lists = await lists_of_cycles(reader, [cycle.id for cycle in issued])
            answers = await standing_answers(reader, [each for held in lists.values() for each in held])
            undecided = await nonconformity.undecided(reader) if person.has(Role.COORDINATOR) else []
            context: dict[str, Any] = {
                "undecided": len(undecided),
                "waiting": waiting,
                "running": running,
                "issued": issued,
                "lists": lists,
                "answers": answers,
            }
            return pages.fragment(request, "home_coordinator.html", **context)
        today = reader.now.astimezone(pages.zone).date()
        parts = await next_parts(reader, person, today, request.app.state.round_links)
        if not parts:
            return Response("", media_type="text/html")
        wanted = await next_list(reader, person.producer_ids, today) if person.producer_ids else None
        kept = await kept_list(reader, wanted) if wanted else None
        answers = await last_answers(reader, [wanted]) if wanted else {}
    given = answers.get(kept.pick_list.id) if kept else None
    brings: dict[str, Any] = {
        "brings": bool(person.producer_ids),
        "sheet": sheet_of(kept, eyes.words, eyes.translate, service.settings.hub_name) if kept else None,
        "answered": kept is not None and given is not None and given.covers(kept.pick_list),
    }
    return pages.fragment(request, "home_schedule.html", **parts, **brings)
