"""What an operator sees of one service: its health, and the events it could not take in.

The same pages for every service, under `/<service>/operations`; the facts are the chassis' own.
"""

import json
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from chassis import dead_letter
from chassis.dead_letter import DeadLetter
from chassis.identity import serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui.i18n import marked as _
from ui.pages import Pages

EXPLANATIONS = {
    "handler_failed": _("The event is sound; our code failed on it. After a correction, try it again."),
    "unknown_type": _("No release of this service knows this type of event. A newer release may; then try it again."),
    "newer_version": _(
        "The event was written by a newer release than this one. Update this service, then try it again."
    ),
    "unhandled_type": _("The type is known but this service has no use for it: its subscription is too wide."),
    "invalid_body": _("The event does not fit its contract. Look at the body below, and at who sent it."),
    "no_id": _("The message has no event id: it did not come from a service of the hub."),
}

MOST_SHOWN = 100
_MOST_BODY = 50_000


def explanation(letter: DeadLetter) -> str:
    return EXPLANATIONS.get(letter.reason, "")


def readable_body(letter: DeadLetter) -> str:
    """The body indented where it is JSON, else as it came; cut where it is huge."""
    text = letter.received.body[:_MOST_BODY].decode("utf-8", errors="replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def register(app: FastAPI, service: Service) -> None:
    """Adds the pages to a service's app."""
    base = f"/{service.name}/operations"
    letters = f"{base}/dead-letters"
    router = APIRouter()
    operator: Any = serves(Role.OPERATOR)

    async def _one(letter_id: int) -> DeadLetter:
        async with service.database.read() as reader:
            letter = await dead_letter.one(reader, letter_id)
        if letter is None:
            raise NotFound
        return letter

    @router.get(base, dependencies=[operator])
    async def operations(request: Request) -> Response:
        health = await service.health()
        return Pages.of(request).render(
            request, "operations/overview.html", service_name=service.name, health=health, letters_url=letters
        )

    @router.get(letters, dependencies=[operator])
    async def list_letters(request: Request) -> Response:
        async with service.database.read() as reader:
            found = await dead_letter.unresolved(reader, MOST_SHOWN)
            number = await dead_letter.count_unresolved(reader)
        return Pages.of(request).render(
            request,
            "operations/dead_letters.html",
            service_name=service.name,
            base=base,
            letters_url=letters,
            letters=found,
            number=number,
            explanation=explanation,
        )

    @router.get(letters + "/{letter_id}", dependencies=[operator])
    async def show_letter(request: Request, letter_id: int) -> Response:
        letter = await _one(letter_id)
        return Pages.of(request).render(
            request,
            "operations/dead_letter.html",
            service_name=service.name,
            base=base,
            letters_url=letters,
            letter=letter,
            explanation=explanation(letter),
            body=readable_body(letter),
        )

    @router.post(letters + "/{letter_id}/retry", dependencies=[operator])
    async def retry_letter(request: Request, letter_id: int) -> Response:
        letter = await _one(letter_id)
        translate = request.state.translate
        if letter.resolved_at is None and service.intake is not None:
            error = await service.intake.retry(letter_id)
            if error is not None:
                said = translate("It failed again: %(error)s") % {"error": error}
                return Pages.of(request).go(f"{letters}/{letter_id}", said)
        return Pages.of(request).go(letters, translate("The event was taken in."))

    @router.get(letters + "/{letter_id}/set-aside", dependencies=[operator])
    async def ask_set_aside(request: Request, letter_id: int) -> Response:
        letter = await _one(letter_id)
        return Pages.of(request).render(
            request, "operations/set_aside.html", letters_url=letters, letter=letter, explanation=explanation(letter)
        )

    @router.post(letters + "/{letter_id}/set-aside", dependencies=[operator])
    async def set_aside(request: Request, letter_id: int) -> Response:
        await _one(letter_id)
        async with service.database.write() as writer:
            await dead_letter.resolve(writer, letter_id)
        return Pages.of(request).go(letters, request.state.translate("The event was set aside. It stays in the table."))

    app.include_router(router)
