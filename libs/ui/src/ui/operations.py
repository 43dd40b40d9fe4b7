"""What an operator sees of one service: its health, and the events it could not take in.

The same pages for every service, under `/<service>/operations`; the facts are the chassis' own.
"""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis import dead_letter
from chassis.dead_letter import DeadLetter
from chassis.identity import serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import navigation
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

STATES = {"ok": _("Works"), "does not answer": _("Does not answer"), "not connected": _("Not connected")}

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


def _base(service: Service) -> str:
    return f"/{service.name}/operations"


def _letters(service: Service) -> str:
    return f"{_base(service)}/dead-letters"


async def _one(service: Service, letter_id: int) -> DeadLetter:
    async with service.database.read() as reader:
        letter = await dead_letter.one(reader, letter_id)
    if letter is None:
        raise NotFound
    return letter


def _render(request: Request, template: str, **context: Any) -> Response:
    service = Service.of(request)
    return Pages.of(request).render(
        request,
        f"operations/{template}",
        service_name=request.state.translate(navigation.SERVICES.get(service.name, service.name)),
        services=[(f"/{name}/operations", label) for name, label in navigation.SERVICES.items()],
        base=_base(service),
        letters_url=_letters(service),
        **context,
    )


async def overview(request: Request) -> Response:
    return _render(request, "overview.html", health=await Service.of(request).health(), states=STATES)


async def list_letters(request: Request) -> Response:
    async with Service.of(request).database.read() as reader:
        letters = await dead_letter.unresolved(reader, MOST_SHOWN)
        number = await dead_letter.count_unresolved(reader)
    return _render(request, "dead_letters.html", letters=letters, number=number, explanation=explanation)


async def show_letter(request: Request, letter_id: int) -> Response:
    letter = await _one(Service.of(request), letter_id)
    return _render(
        request, "dead_letter.html", letter=letter, explanation=explanation(letter), body=readable_body(letter)
    )


async def retry_letter(request: Request, letter_id: int) -> Response:
    service, translate = Service.of(request), request.state.translate
    letter = await _one(service, letter_id)
    if letter.resolved_at is None and service.intake is not None:
        error = await service.intake.retry(letter_id)
        if error is not None:
            said = translate("It failed again: %(error)s") % {"error": error}
            return Pages.of(request).go(f"{_letters(service)}/{letter_id}", said)
    return Pages.of(request).go(_letters(service), translate("The event was taken in."))


async def ask_set_aside(request: Request, letter_id: int) -> Response:
    return _render(request, "set_aside.html", letter=await _one(Service.of(request), letter_id))


async def set_aside(request: Request, letter_id: int) -> Response:
    service = Service.of(request)
    await _one(service, letter_id)
    async with service.database.write() as writer:
        await dead_letter.resolve(writer, letter_id)
    said = request.state.translate("The event was set aside. It stays in the table.")
    return Pages.of(request).go(_letters(service), said)


def register(service: Service) -> None:
    """Adds the pages to a service."""
    letters, letter = _letters(service), _letters(service) + "/{letter_id}"
    router = APIRouter(dependencies=[serves(Role.OPERATOR)])
    router.get(_base(service))(overview)
    router.get(letters)(list_letters)
    router.get(letter)(show_letter)
    router.post(f"{letter}/retry")(retry_letter)
    router.get(f"{letter}/set-aside")(ask_set_aside)
    router.post(f"{letter}/set-aside")(set_aside)
    service.serve(router)
