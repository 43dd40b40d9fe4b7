"""What logistics puts on the home page, by role."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from logistics.closing import counted
from logistics.cycle import closed_cycles, running_cycles, waiting_cycles
from logistics.pages.pick_lists import SEE_ALL
from logistics.pages.writing import sheet_of
from logistics.pick_list import lists_of_cycles, next_list
from ui import Pages
from ui.pages import reading

router = APIRouter()


@router.get("/logistics/fragments/home")
async def home(request: Request, person: Person = serves(*Role)) -> Response:
    """The coordinator: cycles that wait, and the newest lists. The producer: the next list. Nothing for the others."""
    pages, eyes, service = Pages.of(request), reading(request), Service.of(request)
    async with service.database.read() as reader:
        if person.has(*SEE_ALL):
            waiting = [(cycle, await counted(reader, cycle)) for cycle in await waiting_cycles(reader)]
            running = await running_cycles(reader)
            issued = [cycle for cycle in await closed_cycles(reader, limit=6) if cycle.state == "issued"][:1]
            lists = await lists_of_cycles(reader, [cycle.id for cycle in issued])
            return pages.fragment(
                request, "home_coordinator.html", waiting=waiting, running=running, issued=issued, lists=lists
            )
        if not person.producer_ids:
            return Response("", media_type="text/html")
        today = reader.now.astimezone(pages.zone).date()
        pick_list = await next_list(reader, person.producer_ids, today)
    sheet = sheet_of(pick_list, eyes.words, eyes.translate, service.settings.hub_name) if pick_list else None
    return pages.fragment(request, "home_producer.html", pick_list=pick_list, sheet=sheet)
