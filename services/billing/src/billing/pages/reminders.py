"""Reminding households: who is due, what each letter says, sending them, and a letter that was sent."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.ledger.chart import HUB
from billing.pages.cycles import READS_BOOKS
from billing.pages.papers import as_pdf
from billing.pages.payment_form import NOTES
from billing.pages.payment_words import LEVELS
from billing.pages.reminder_words import Letters
from billing.pages.today import today_of
from billing.payment import reminding
from billing.payment.noting import collects_for
from billing.payment.reminding import ToRemind
from billing.press import pdf
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/payments/reminders"


@router.get(URL)
async def reminders(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, person, Form(None, request.state.translate))


async def _show(request: Request, person: Person, form: Form, status: int = 200) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        found = await _due(request, reader, today_of(request))
    return Pages.of(request).render(
        request,
        "reminders.html",
        status,
        form=form,
        form_id=form.value("id") or Service.of(request).ids.new(),
        found=found,
        levels=LEVELS,
        pace=request.app.state.pace,
        url=URL,
        may_send=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
    )


async def _due(request: Request, reader: Reader, today: date, only: set[str] | None = None) -> list[ToRemind]:
    state, hub_name = request.app.state, Service.of(request).settings.hub_name
    return await reminding.to_remind(reader, today, state.pace, state.ask_from_cents, hub_name, only)


@router.post(URL)
async def send(request: Request, person: Person = NOTES) -> Response:
    service, t, state = Service.of(request), request.state.translate, request.app.state
    form = Form(await request.form(), t)
    try:
        run_id = str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error
    ticked = frozenset(form.chosen("household_id"))
    if not ticked:
        form.error("household_id", t(_("Tick at least one household.")))
        return await _show(request, person, form, status=422)
    async with service.database.write() as writer:
        letters = await _letters(request, writer)
        hub_name, zone = service.settings.hub_name, Pages.of(request).zone
        sent = await reminding.send(
            writer, run_id, ticked, state.pace, state.ask_from_cents, hub_name, zone, person, letters
        )
    said = t.plural("%(num)s reminder was sent.", "%(num)s reminders were sent.", len(sent)) % {"num": len(sent)}
    left = len(ticked) - len(sent)
    if left:
        late = t.plural(
            "%(num)s household is not due any more: it paid, or was reminded by somebody else.",
            "%(num)s households are not due any more: they paid, or were reminded by somebody else.",
            left,
        )
        said = f"{said} {late % {'num': left}}"
    return Pages.of(request).go(URL, said)


async def _letters(request: Request, reader: Reader) -> Letters:
    today, state = today_of(request), request.app.state
    collected = await collects_for(reader, today) | {HUB}
    return Letters(Pages.of(request).zone, state.issuer, collected, state.hub_account, today)


@router.get(URL + "/preview/{household_id}")
async def preview(request: Request, household_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    """What the household would read if it were reminded now."""
    one, letter = await _preview(request, household_id)
    return Pages.of(request).render(request, "reminder.html", one=one, printed=letter, url=URL, levels=LEVELS)


@router.get(URL + "/preview/{household_id}/letter.pdf")
async def preview_printed(request: Request, household_id: str, person: Person = READS_BOOKS) -> Response:
    _one, letter = await _preview(request, household_id)
    return as_pdf(await pdf("issued.typ", letter), request.state.translate(_("reminder")))


async def _preview(request: Request, household_id: str) -> tuple[ToRemind, dict[str, Any]]:
    """Raises NotFound where no reminder of it is due."""
    async with Service.of(request).database.read() as reader:
        found = await _due(request, reader, today_of(request), {household_id})
        letters = await _letters(request, reader)
    if not found:
        raise NotFound
    return found[0], letters(found[0])


@router.get(URL + "/{reminder_id}/letter.pdf")
async def printed(request: Request, reminder_id: str, person: Person = READS_BOOKS) -> Response:
    async with Service.of(request).database.read() as reader:
        found = await reminding.find(reader, reminder_id)
    if found is None:
        raise NotFound
    name = request.state.translate(_("reminder"))
    return as_pdf(await pdf("issued.typ", found.printed), f"{name}-{found.sent_on.isoformat()}")
