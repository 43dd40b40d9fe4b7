"""What was sent to whom, what waits, and what could not be sent and why."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from notify import message
from notify.household import address_of
from notify.pages.wording import BADGES, REASONS, STATES, TEMPLATES
from notify.producer import find_producer
from ui import Pages

router = APIRouter()

PER_PAGE = 50
MOST_PAGES = 100_000
"""No database counts on for ever."""
STAFF: Any = serves(Role.COORDINATOR, Role.OPERATOR)


@router.get("/notify/messages")
async def messages(request: Request, state: str = "", page: int = 1, person: Person = STAFF) -> HTMLResponse:
    if state and state not in message.STATES:
        raise NotFound
    page = min(max(page, 1), MOST_PAGES)
    chosen = (state,) if state else message.STATES
    async with Service.of(request).database.read() as reader:
        counts = await message.count_by_state(reader)
        rows = await message.messages(reader, chosen, (page - 1) * PER_PAGE, PER_PAGE + 1)
    return Pages.of(request).render(
        request,
        "messages.html",
        messages=rows[:PER_PAGE],
        counts=counts,
        state=state,
        page=page,
        last=page + (1 if len(rows) > PER_PAGE else 0),
        trouble=request.app.state.postman.trouble,
        templates=TEMPLATES,
        states=STATES,
        badges=BADGES,
        reasons=REASONS,
    )


@router.post("/notify/messages/{message_id}/retry")
async def retry(request: Request, message_id: str, person: Person = STAFF) -> Response:
    """Send a failed mail again, to the address as it is known now."""
    _ = request.state.translate
    async with Service.of(request).database.write() as writer:
        held = await message.find_message(writer, message_id)
        if held is None:
            raise NotFound
        if held["template"] == message.PICK_LIST:
            producer = await find_producer(writer, held["recipient"])
            email = producer.email if producer else ""
        else:
            email = await address_of(writer, held["recipient"])
        taken = await message.try_again(writer, message_id, email)
    if not taken:
        raise Refused(_("This mail cannot be sent again: it is not a failed one, or there is still no address."))
    return Pages.of(request).go("/notify/messages", _("The mail is sent again."))
