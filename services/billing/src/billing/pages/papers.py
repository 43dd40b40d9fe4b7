"""The papers the hub issues to producers: the list, one of them, its PDF, and closing the accounts that are due."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.pages.households import STAFF
from billing.pages.mandates import only
from billing.pages.paper_words import KINDS, French
from billing.pages.payment_form import NOTES
from billing.pages.today import today_of
from billing.paper import closing, register
from billing.paper.closing import Due
from billing.paper.register import COMMISSIONS, Paper
from billing.press import pdf
from billing.rendering import Rendered, of_numbers, rendered_of
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form, Translate
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/papers"
DUE = URL + "/due"
READERS: Any = serves(*STAFF, Role.PRODUCER)
BOOKS: Any = serves(*STAFF)
PER_PAGE = 50
WRONG: dict[type[Exception], str] = {
    closing.NotOver: _("That day is not over yet: close the account up to a day before today."),
    closing.NothingBooked: _("Nothing was booked by then that is not in an account already."),
    closing.DoesNotAddUp: _("Its account does not add up, and was not closed: ask the operator."),
    closing.NoContract: _("A commission was booked, and no signed contract says to whom it is invoiced."),
}
EXPECTED: tuple[type[Exception], ...] = (*WRONG, closing.AlreadyClosed, closing.Lacking)


@router.get(URL)
async def papers(request: Request, person: Person = READERS) -> HTMLResponse:
    form = Form(request.query_params, request.state.translate)
    page = form.integer("page", minimum=1) or 1
    seen = only(person)
    async with Service.of(request).database.read() as reader:
        count = await register.how_many(reader, seen)
        last = max(1, -(-count // PER_PAGE))
        page = min(page, last)
        found = await register.listed(reader, seen, (page - 1) * PER_PAGE, PER_PAGE)
    return Pages.of(request).render(
        request,
        "papers.html",
        papers=found,
        kinds=KINDS,
        commissions=COMMISSIONS,
        page=page,
        last=last,
        url=URL,
        staff=person.has(*STAFF),
    )


@router.get(DUE)
async def due(request: Request, person: Person = BOOKS) -> HTMLResponse:
    return await _show_due(request, person, Form(None, request.state.translate))


async def _show_due(request: Request, person: Person, form: Form, status: int = 200) -> HTMLResponse:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        found = await closing.due(reader, today_of(request))
        accounts = {one.producer_id: await _accounts(reader, one) for one in found}
    labels = {"producer_id": t(_("Whose accounts are closed")), "who": t(_("Producer")), "until": t(_("Last day"))}
    return Pages.of(request).render(
        request,
        "papers_due.html",
        status,
        form=form,
        due=[one for one in found if one.periods],
        later=[one for one in found if not one.periods],
        accounts=accounts,
        may_close=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        labels=labels,
        url=URL,
    )


async def _accounts(reader: Reader, one: Due) -> list[Rendered]:
    """What each of its periods that are over would say."""
    found = []
    for each in one.periods:
        found += await rendered_of(reader, of_numbers(each.after, each.last), {one.producer_id})
    return found


@router.post(DUE)
async def close_all(request: Request, person: Person = NOTES) -> Response:
    """Close what is over of the producers that are ticked: each period in its own transaction, so that who is refused
    keeps nobody else from being closed, and sending the form again closes what is left."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    ticked = frozenset(form.chosen("producer_id"))
    if not ticked:
        form.error("producer_id", t(_("Tick at least one producer.")))
        return await _show_due(request, person, form, status=422)
    async with service.database.read() as reader:
        found = await closing.due(reader, today_of(request), ticked)
    closed, faults = 0, list[str]()
    for one in found:
        for each in one.periods:
            fault = await _close(request, person, one.producer_id, each.until, by_anybody=True)
            if fault:
                faults.append(f"{one.producer_name}: {fault}")
                break
            closed += 1
    if faults:
        form.error("producer_id", " ".join(faults))
        return await _show_due(request, person, form, status=422)
    said = t.plural("%(num)s account is closed.", "%(num)s accounts are closed.", closed) % {"num": closed}
    return Pages.of(request).go(URL, said)


@router.post(DUE + "/one")
async def close_one(request: Request, person: Person = NOTES) -> Response:
    """Close one producer's account up to a day that is typed."""
    t = request.state.translate
    form = Form(await request.form(), t)
    async with Service.of(request).database.read() as reader:
        known = {each.producer_id for each in await closing.due(reader, today_of(request))}
    who, until = form.choice("who", known), form.date("until", required=True)
    if form.ok and until is not None:
        fault = await _close(request, person, who, until)
        if not fault:
            return Pages.of(request).go(URL, t(_("The account is closed.")))
        form.error("until", fault)
    return await _show_due(request, person, form, status=422)


async def _close(request: Request, person: Person, producer_id: str, until: date, *, by_anybody: bool = False) -> str:
    """What is wrong, "" for nothing: it is closed then. `by_anybody`: also where somebody closed it, or all of it that
    was booked, since the page was shown."""
    service, t = Service.of(request), request.state.translate
    zone = Pages.of(request).zone
    try:
        async with service.database.write() as writer:
            hub = request.app.state.issuer
            await closing.close(writer, hub, zone, producer_id, until, person, French(zone))
    except EXPECTED as error:
        # Closed up to a day before, it may have nothing left to close.
        there = isinstance(error, closing.AlreadyClosed | closing.NothingBooked)
        return "" if by_anybody and there else _fault(error, t, request)
    return ""


def _fault(error: Exception, t: Translate, request: Request) -> str:
    if isinstance(error, closing.AlreadyClosed):
        day = request.state.reading.words.day(error.until)
        return t(_("Its account is closed up to %(day)s already.")) % {"day": day}
    if isinstance(error, closing.Lacking):
        settings = ", ".join(error.settings)
        return t(_("Its commission cannot be invoiced: ask the operator for %(settings)s.")) % {"settings": settings}
    return t(WRONG[type(error)])


@router.get(URL + "/{paper_id}")
async def one(request: Request, paper_id: str, person: Person = READERS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, paper_id, person)
        beside = [each for each in await register.issued_with(reader, found.rendering_id) if each.id != found.id]
    return Pages.of(request).render(
        request, "paper.html", paper=found, printed=found.printed, beside=beside, kinds=KINDS, url=URL
    )


@router.get(URL + "/{paper_id}/paper.pdf")
async def printed(request: Request, paper_id: str, person: Person = READERS) -> Response:
    """As often as one likes, the same: its words and figures are kept."""
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, paper_id, person)
    return as_pdf(await pdf("issued.typ", found.printed), found.number)


def as_pdf(made: bytes, name: str) -> Response:
    headers = {"content-disposition": f'inline; filename="{name}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


async def _found(reader: Reader, paper_id: str, person: Person) -> Paper:
    """Raises NotFound: also for the paper of another producer."""
    seen, found = only(person), await register.find(reader, paper_id)
    if found is None or (seen is not None and found.producer_id not in seen):
        raise NotFound
    return found
