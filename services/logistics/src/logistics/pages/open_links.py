"""What a signed link opens: one pick list, without an account. Its holder sees that list and nothing else."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from logistics.closing import Dispatch
from logistics.link import OPEN, ExpiredLink, ForgedLink
from logistics.pages.files import Ending, answer_with_file
from logistics.pages.pick_lists import show
from logistics.pick_list import PickList, pick_list_of
from ui import Pages

router = APIRouter()


async def _opened(request: Request, token: str) -> PickList | Response:
    """The list a token opens, or the page that says why it opens none."""
    service, dispatch = Service.of(request), request.app.state.dispatch
    assert isinstance(dispatch, Dispatch)
    try:
        list_id = dispatch.links.open(token, service.clock.now())
    except ExpiredLink:
        days = dispatch.links.lifetime.days
        return Pages.of(request).render(request, "link_over.html", 410, expired=True, days=days)
    except ForgedLink:
        return Pages.of(request).render(request, "link_over.html", 404, expired=False)
    async with service.database.read() as reader:
        pick_list = await pick_list_of(reader, list_id)
    return pick_list or Pages.of(request).render(request, "link_over.html", 404, expired=False)


async def _file(request: Request, token: str, ending: Ending) -> Response:
    opened = await _opened(request, token)
    return await answer_with_file(request, opened, ending) if isinstance(opened, PickList) else opened


@router.get(OPEN + "{token}.pdf")
async def open_pdf(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _file(request, token, "pdf")


@router.get(OPEN + "{token}.xlsx")
async def open_xlsx(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _file(request, token, "xlsx")


@router.get(OPEN + "{token}.csv")
async def open_csv(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    return await _file(request, token, "csv")


@router.get(OPEN + "{token}")
async def open_list(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await _opened(request, token)
    return show(request, opened, OPEN + token) if isinstance(opened, PickList) else opened
