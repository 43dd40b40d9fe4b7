"""The mailbox: every mail as its recipient reads it. For a hub without a mail server it is where mails go."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from notify import message
from notify.pages.wording import BADGES, REASONS, STATES, TEMPLATES
from ui import Pages

router = APIRouter()

PER_PAGE = 50
MOST_PAGES = 100_000
MOST_ATTACHMENTS = 100
STAFF: Any = serves(Role.COORDINATOR, Role.OPERATOR)

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail is a foreign page: no script, nothing loaded, no origin; its links open in a window of their own."""


@router.get("/notify/mailbox")
async def mailbox(request: Request, page: int = 1, person: Person = STAFF) -> HTMLResponse:
    page = min(max(page, 1), MOST_PAGES)
    async with Service.of(request).database.read() as reader:
        rows = await message.messages(reader, (message.SENT,), (page - 1) * PER_PAGE, PER_PAGE + 1)
    leaves = request.app.state.postman.post.leaves_the_house
    return Pages.of(request).render(
        request,
        "mailbox.html",
        mails=rows[:PER_PAGE],
        templates=TEMPLATES,
        page=page,
        last=page + (1 if len(rows) > PER_PAGE else 0),
        leaves=leaves,
    )


@router.get("/notify/mailbox/{message_id}")
async def one_mail(request: Request, message_id: str, person: Person = STAFF) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await message.find_message(reader, message_id)
        if held is None:
            raise NotFound
        attachments = await message.attachments_of(reader, message_id)
    return Pages.of(request).render(
        request,
        "mail.html",
        mail=held,
        attachments=attachments,
        kind=TEMPLATES[held["template"]],
        state=STATES[held["state"]],
        badge=BADGES[held["state"]],
        reason=REASONS.get(held["reason"], ""),
    )


@router.get("/notify/mailbox/{message_id}/html")
async def html_part(request: Request, message_id: str, person: Person = STAFF) -> Response:
    """The mail itself, to be framed by the page above and by nothing else."""
    async with Service.of(request).database.read() as reader:
        held = await message.find_message(reader, message_id)
    if held is None or not held["html"]:
        raise NotFound
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(held["html"], headers=headers)


@router.get("/notify/mailbox/{message_id}/attachments/{number}")
async def attachment(request: Request, message_id: str, number: int, person: Person = STAFF) -> Response:
    if not 0 <= number < MOST_ATTACHMENTS:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        held = await message.find_attachment(reader, message_id, number)
    if held is None:
        raise NotFound
    name = quote(held["name"], safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(held["content"], media_type=held["media_type"], headers=headers)
