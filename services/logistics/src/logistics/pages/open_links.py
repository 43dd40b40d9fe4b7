"""What a signed link opens: one pick list, without an account. Its holder sees that list, in all its revisions, says
what can be brought of it, and sees nothing else."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import NotFound
from logistics.closing import Dispatch
from logistics.link import OPEN, ExpiredLink, ForgedLink
from logistics.pages.answers import form_of, take_answer
from logistics.pages.files import Ending, answer_with_file, found
from logistics.pages.show import show
from logistics.pick_list import Kept
from ui import Pages

router = APIRouter()


async def opened_by(request: Request, token: str) -> Kept | Response:
    """The list a token opens, or the page that says why it opens none."""
    service, dispatch = Service.of(request), request.app.state.dispatch
    assert isinstance(dispatch, Dispatch)
    try:
        list_id = dispatch.links.open(token, service.clock.now())
        async with service.database.read() as reader:
            return await found(request, reader, list_id)
    except ExpiredLink:
        days = dispatch.links.lifetime.days
        return Pages.of(request).render(request, "link_over.html", 410, expired=True, days=days)
    except (ForgedLink, NotFound):
        return Pages.of(request).render(request, "link_over.html", 404, expired=False)


async def _file(request: Request, token: str, ending: Ending) -> Response:
    opened = await opened_by(request, token)
    return await answer_with_file(request, opened, ending) if isinstance(opened, Kept) else opened


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
    opened = await opened_by(request, token)
    if not isinstance(opened, Kept):
        return opened
    return show(request, opened, OPEN + token, **await form_of(request, opened, person, by_link=True))


@router.post(OPEN + "{token}")
async def answer_by_link(request: Request, token: str, person: Person | None = serves(PUBLIC)) -> Response:
    opened = await opened_by(request, token)
    if not isinstance(opened, Kept):
        return opened
    return await take_answer(request, opened.pick_list.id, OPEN + token, person, by_link=True)
