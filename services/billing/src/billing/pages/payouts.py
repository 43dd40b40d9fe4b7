"""Payouts to producers: the list, and the page of one with what is done next."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.instruction.approval import SamePerson
from billing.instruction.life import OutOfTurn, Stage
from billing.pages.cycles import READS_BOOKS
from billing.pages.instruction import Desk, add_steps, listed
from billing.pages.payment_form import NOTES
from billing.pages.payout_words import NOT_COVERED, OUT_OF_TURN, OWN_MONEY, URL, WORDS
from billing.pages.today import today_of
from billing.payout import batch
from billing.payout.account import is_paid
from billing.payout.due import at_bank, dues
from billing.payout.register import PAYOUTS, Payout
from billing.payout.untried import untried
from billing.seller import sellers
from chassis.database import Writer
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

OWN_ACCOUNT = _(
    "You noted a bank account in it that never got money: another person approves it. "
    "If there are two of you, you draw it up, and the other approves it."
)
SAME_PERSON = _("Who drew up a payout cannot approve it: ask another person.")


@router.get(URL)
async def payouts(request: Request, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    listing = await listed(request, PAYOUTS, page)
    async with Service.of(request).database.read() as reader:
        held = await dues(reader)
        lies_there = await at_bank(reader, held)
    return Pages.of(request).render(
        request,
        "payouts.html",
        **WORDS,
        **listing,
        dues=held,
        at_bank=lies_there,
        url=URL,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
    )


@router.get(URL + "/{payout_id}")
async def payout(request: Request, payout_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, payout_id, person)


async def _show(
    request: Request, payout_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        one = await PAYOUTS.find(reader, payout_id)
        if one is None:
            raise NotFound
        past = await PAYOUTS.history_of(reader, payout_id)
        names = {each.id: each.name for each in (await sellers(reader)).values()}
        names |= {each.payee: each.name for each in one.transfers if each.payee}
        held = {due.producer_id: due for due in await dues(reader, but=one.id)}
        strange = await untried(reader, one) if one.is_open else {}
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    by = {one.drawn_up_by_id} | {kept.noted_by_id for kept in strange.values()}
    paid_self = any(is_paid(each.payee, person) for each in one.transfers)
    today = today_of(request)
    first = one.approved_at.astimezone(Pages.of(request).zone).date() if one.approved_at else today
    return Pages.of(request).render(
        request,
        "payout.html",
        status,
        **WORDS,
        one=one,
        past=past,
        names=names,
        held=held,
        strange=strange,
        form=form or Form(None, values={"day": max(first, min(one.day, today)), "refused_on": today}),
        may_approve=may_note and one.stage is Stage.DRAFT and person.id not in by and not paid_self,
        paid_self=paid_self,
        own=may_note and one.stage is Stage.DRAFT and person.id in by,
        own_account="" if person.id == one.drawn_up_by_id else request.state.translate(OWN_ACCOUNT),
        may_note=may_note,
        taken=any(row["what"] == "file" for row in past),
        url=f"{URL}/{one.id}",
    )


async def _approve(_request: Request, writer: Writer, payout_id: str, person: Person) -> Payout:
    return await batch.approve(writer, payout_id, person)


add_steps(
    router,
    Desk(
        PAYOUTS,
        URL,
        _show,
        _approve,
        {
            SamePerson: SAME_PERSON,
            batch.OwnMoney: OWN_MONEY,
            batch.OwnAccount: OWN_ACCOUNT,
            batch.AccountChanged: _(
                "A bank account in it was changed since it was drawn up: call it off and draw it up anew."
            ),
            **dict.fromkeys(
                NOT_COVERED, _("Less can be sent than when it was drawn up: call it off and draw it up anew.")
            ),
        },
        batch.execute,
        batch.call_off,
        batch.WrongDay,
        not_done="not_sent",
        file_name=_("transfers"),
        out_of_turn=OUT_OF_TURN,
        said_approved=_("Approved. Take the file and give it to the bank."),
        said_wrong_day=_("It was not approved yet on that day."),
        said_may_be_done=_("Only what the bank did not get, or gave up, can be called off: else it is sent twice."),
        said_booked=_("Booked."),
        said_called_off=_("Called off: nothing of it is sent, and its money is free."),
    ),
)


@router.post(URL + "/{payout_id}/refuse")
async def refuse(request: Request, payout_id: str, person: Person = NOTES) -> Response:
    """The bank gave one transfer back."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        one = await PAYOUTS.find(reader, payout_id)
    if one is None:
        raise NotFound
    transfer_id = form.choice("transfer", [each.id for each in one.transfers])
    reason = form.text("refused_because", required=True, max_length=500)
    day: date | None = form.date("refused_on", required=True, minimum=one.executed_on, maximum=today_of(request))
    if not form.ok or day is None:
        return await _show(request, payout_id, person, form, status=422)
    try:
        async with service.database.write() as writer:
            await batch.refuse(writer, payout_id, transfer_id, day, reason, person)
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    return Pages.of(request).go(f"{URL}/{payout_id}", t(_("Taken back: the hub owes it again.")))
