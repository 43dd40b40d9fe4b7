"""Direct debits: the list of batches, the mandates, and the page of one batch with what is done next."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.debit import batch
from billing.debit.amended import originals
from billing.debit.due import dues
from billing.debit.mandate import Stage as MandateStage
from billing.debit.mandate import current_of
from billing.debit.register import BATCHES, Batch
from billing.debit.returned import CODES, SUSPENDING, is_late
from billing.household import names_of_households
from billing.instruction.approval import SamePerson
from billing.instruction.life import OutOfTurn, Stage
from billing.instruction.shelf import NoInstruction
from billing.pages.cycles import READS_BOOKS
from billing.pages.debit_words import MANDATES, NO_CREDITOR, OUT_OF_TURN, RETURNED, URL, WORDS
from billing.pages.instruction import Desk, add_steps, listed
from billing.pages.payment_form import NOTES
from billing.pages.payment_words import names_of
from billing.pages.today import today_of
from chassis.database import Writer
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

LATE = _("The bank may do so within 8 weeks, or 13 months where nothing was agreed to: ask it why.")
SAME_PERSON = _("Who drew up a batch of debits cannot approve it: ask another person.")


@router.get(URL)
async def debits(request: Request, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    listing = await listed(request, BATCHES, page)
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "debits.html",
        **WORDS,
        **listing,
        url=URL,
        no_creditor="" if request.app.state.creditor else t(NO_CREDITOR),
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
    )


@router.get(MANDATES)
async def mandates(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await current_of(reader)
        names = await names_of_households(reader, held)
    rows = sorted(((names.get(each, each), one) for each, one in held.items()), key=lambda row: row[0].casefold())
    return Pages.of(request).render(request, "debit_mandates.html", **WORDS, rows=rows)


@router.get(URL + "/{batch_id}")
async def one_batch(request: Request, batch_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, batch_id, person)


async def _show(
    request: Request, batch_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    service, today = Service.of(request), today_of(request)
    async with service.database.read() as reader:
        one = await BATCHES.find(reader, batch_id)
        if one is None:
            raise NotFound
        past = await BATCHES.history_of(reader, batch_id)
        names = await names_of(reader, service.settings.hub_name)
        changed = await originals(reader, one)
        owed = await dues(reader, today, one.day, but=one.id) if one.is_open else []
    left = {due.household_id: due.shares for due in owed}
    signed = {due.mandate.id for due in owed if due.mandate.stage is MandateStage.SIGNED}
    ended = [each for each in one.debits if one.is_open and each.mandate_id not in signed]
    # Of whom less is left to pay than is to be taken: somebody paid meanwhile.
    paid = [
        each
        for each in one.debits
        if one.is_open
        and each not in ended
        and any(left.get(each.household_id, {}).get(to, 0) < cents for to, cents in each.shares.items())
    ]
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    own = person.id == one.drawn_up_by_id
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "debit_batch.html",
        status,
        **WORDS,
        one=one,
        past=past,
        names=names,
        paid=paid,
        changed=changed,
        told_by_bank=any(each.returned_on for each in one.debits),
        ended=ended,
        form=form or Form(None, values={"day": one.day, "returned_on": today}),
        may_approve=may_note and one.stage is Stage.DRAFT and not own,
        own=may_note and one.stage is Stage.DRAFT and own,
        may_note=may_note,
        taken=any(row["what"] == "file" for row in past),
        codes=[(code, t(RETURNED[code])) for code in CODES],
        url=f"{URL}/{one.id}",
    )


async def _approve(request: Request, writer: Writer, batch_id: str, person: Person) -> Batch:
    """Raises Refused where it would be too soon, which names the first day, or where the hub collects nothing."""
    t, creditor = request.state.translate, request.app.state.creditor
    if creditor is None:
        raise Refused(t(NO_CREDITOR))
    try:
        return await batch.approve(writer, batch_id, creditor, person, Pages.of(request).zone)
    except batch.TooSoon as error:
        said = _("Households are told before: from now on the first day is %(day)s. Call it off and draw it up anew.")
        told = t(said) % {"day": request.state.reading.words.day(error.first)}
        raise Refused(told) from error


add_steps(
    router,
    Desk(
        BATCHES,
        URL,
        _show,
        _approve,
        {
            SamePerson: SAME_PERSON,
            batch.NotOwed: _(
                "Of a household in it less is left to pay, or its mandate changed: call it off and draw it up anew."
            ),
        },
        batch.execute,
        batch.call_off,
        batch.WrongDay,
        not_done="not_taken",
        file_name=_("debits"),
        out_of_turn=OUT_OF_TURN,
        said_approved=_("Approved: the households are told by mail. Take the file and give it to the bank."),
        said_wrong_day=_("The bank takes nothing before the day the households were told."),
        said_may_be_done=_(
            "Only what the bank did not get, or gave up, can be called off: else it is taken all the same."
        ),
        said_booked=_("Booked: each debit is a payment of its household."),
        said_called_off=_("Called off: nothing of it is taken."),
    ),
)


@router.post(URL + "/{batch_id}/undo")
async def undo(request: Request, batch_id: str, person: Person = NOTES) -> Response:
    """It was noted as taken by mistake."""
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("undo_reason", required=True, max_length=500)
    if not form.ok:
        return await _show(request, batch_id, person, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await batch.undo(writer, batch_id, person, Pages.of(request).zone, reason)
    except NoInstruction as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except batch.ToldByBank as error:
        said = _(
            "The bank’s statement tells of it, or a debit came back: undo the line of the bank first, on its page."
        )
        raise Refused(t(said)) from error
    return Pages.of(request).go(f"{URL}/{batch_id}", t(_("Undone: the households owe it, and the bank may take it.")))


@router.post(URL + "/{batch_id}/return")
async def take_back(request: Request, batch_id: str, person: Person = NOTES) -> Response:
    """The bank gave one debit back."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        one = await BATCHES.find(reader, batch_id)
    if one is None:
        raise NotFound
    debit_id = form.choice("debit", [each.id for each in one.debits])
    why = form.choice("why", CODES)
    day: date | None = form.date("returned_on", required=True, minimum=one.executed_on, maximum=today_of(request))
    if not form.ok or day is None:
        return await _show(request, batch_id, person, form, status=422)
    try:
        async with service.database.write() as writer:
            await batch.take_back(writer, batch_id, debit_id, why, day, person, Pages.of(request).zone)
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    done = [t(_("Taken back: the household owes it again."))]
    if why in SUSPENDING:
        done.append(t(_("Its mandate is suspended.")))
    if is_late(why, one.executed_on or one.day, day):
        done.append(t(LATE))
    return Pages.of(request).go(f"{URL}/{batch_id}", " ".join(done))
