"""One line of the bank: what it is, and what a person makes of it; and the balance held against the books."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping, select

from billing.bank import debits, matching, payouts, proof, register, settling
from billing.bank.keeping import NotThis, SettledBefore, WrongSum
from billing.bank.matching import Known
from billing.bank.payouts import About
from billing.bank.register import Kept, NoLine, Stage
from billing.bank.settling import Transfer
from billing.debit import batch
from billing.debit.returned import CODES, code_in
from billing.household import household
from billing.instruction import life
from billing.instruction.shelf import NoInstruction
from billing.pages.bank import account_of, url_of
from billing.pages.bank_transfer import LABELS, Household, read_transfers, rows_of
from billing.pages.bank_words import PARTS, WHATS, WORDS
from billing.pages.cycles import READS_BOOKS
from billing.pages.debit_words import RETURNED
from billing.pages.payment_form import NOTES, said_beyond, why_not
from billing.pages.payment_words import KINDS, names_of
from billing.payment import noting, owing
from billing.payment.life import OutOfTurn
from billing.payment.register import NoPayment, Payment
from billing.payout.batch import WrongDay
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

FASTER = _("This line is settled already: somebody was faster, or the form was sent twice.")
NOT_THIS = _("This changed meanwhile, or another line tells of it. Look at the line again.")


@dataclass(frozen=True)
class Choices:
    """What a line can be: `alike`: households it may be of, the likeliest first; `noted`, `cheques`, `bounced`:
    payments that it may tell of; `sent`, `back`: transfers of payouts that it may send or give back; `taken`,
    `returned`: the same of debits."""

    households: list[Household]
    alike: list[str]
    noted: list[Payment]
    cheques: list[Payment]
    bounced: list[Payment]
    sent: list[About]
    back: list[About]
    taken: list[debits.About]
    returned: list[debits.About]


async def _choices(reader: Reader, one: Kept, iban: str) -> Choices:
    """`iban`: of the account."""
    if one.stage is not Stage.OPEN:
        return Choices([], [], [], [], [], [], [], [], [])
    known: Known = await matching.knowledge(reader, [one.said], one.said.day)
    rows = await reader.all(select(household).order_by(household.c.name, household.c.id))
    found = matching.decide(one.said, known)
    alike = matching.alike(one.said, ((row["id"], row["name"]) for row in rows), known)
    if found is not None and found.household_id:
        alike = [found.household_id, *(each for each in alike if each != found.household_id)]
    came = one.said.cents > 0
    return Choices(
        households=[Household(row["id"], row["name"]) for row in rows],
        alike=alike[:3] if came else [],
        noted=await settling.noted_before(reader, one.said) if came else [],
        cheques=await settling.cheques_for(reader) if came else [],
        bounced=[] if came else await settling.bounced_by(reader, one.said),
        sent=await payouts.SENT.done_by(reader, iban, one.said),
        back=await payouts.SENT.given_back_by(reader, iban, one.said),
        taken=await debits.TAKEN.done_by(reader, iban, one.said),
        returned=await debits.TAKEN.given_back_by(reader, iban, one.said),
    )


@router.get("/billing/bank/{account_id}/proof")
async def hold_against_books(request: Request, account_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        held = await account_of(reader, account_id)
        told = await proof.prove(reader, account_id)
        names = await names_of(reader, service.settings.hub_name)
    context: dict[str, Any] = {"held": held, "told": told, "names": names, "kinds": KINDS, "base": url_of(account_id)}
    return Pages.of(request).render(request, "bank_proof.html", **context)


@router.get("/billing/bank/{account_id}/lines/{line_id}")
async def show(request: Request, account_id: str, line_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await show_line(request, account_id, line_id, person)


async def show_line(
    request: Request,
    account_id: str,
    line_id: str,
    person: Person,
    form: Form | None = None,
    *,
    status: int = 200,
    proposal: bool = False,
) -> HTMLResponse:
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        held = await account_of(reader, account_id)
        one = await _find(reader, account_id, line_id)
        choices = await _choices(reader, one, held["iban"])
        parts = (await register.parts_of(reader, [line_id]))[line_id]
        past = await register.history_of(reader, line_id)
        names = await names_of(reader, service.settings.hub_name)
        if form is None:
            values = {"household-1": choices.alike[0]} if choices.alike else {}
            form = Form(None, t, values=values | _proposed_back(choices, one) | _proposed_return(choices, one))
        abouts = await payouts.of_parts(reader, parts)
        called_off = await payouts.sent_though_called_off(reader, held["iban"], one.said)
        rows = await rows_of(reader, form, one.said, service.settings.hub_name)
    who = {each.id: each.name for each in choices.households} or await _names(request, parts)
    return Pages.of(request).render(
        request,
        "bank_line.html",
        status,
        **WORDS,
        held=held,
        one=one,
        choices=choices,
        rows=rows,
        parts=parts,
        part_words=PARTS,
        abouts=abouts,
        called_off=called_off,
        past=past,
        what_words=WHATS,
        names=names,
        who=who,
        kinds=KINDS,
        form=form,
        labels={name: t(label) for name, label in LABELS.items()}
        | _share_labels(rows)
        | {"back": t(_("Transfer")), "back_because": t(_("Why"))}
        | {"returned": t(_("Which debit")), "why": t(_("Reason of the bank"))},
        codes=[(code, t(RETURNED[code])) for code in CODES],
        proposal=proposal,
        base=url_of(account_id),
        action=f"{url_of(account_id)}/lines/{quote(line_id, safe='')}",
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
    )


def _proposed_back(choices: Choices, one: Kept) -> dict[str, str]:
    """The transfer that came back where it can be one only, and the bank's words for why."""
    if len(choices.back) != 1 or choices.back[0].part is None:
        return {"back_because": one.said.text}
    return {"back": f"{choices.back[0].whole.id}:{choices.back[0].part.id}", "back_because": one.said.text}


def _proposed_return(choices: Choices, one: Kept) -> dict[str, str]:
    """The debit that came back where it can be one only, and the reason where the bank says one."""
    found = [each for each in choices.returned if each.part is not None]
    chosen = f"{found[0].whole.id}:{found[0].part.id}" if len(found) == 1 and found[0].part else ""
    return {"returned": chosen, "why": code_in(one.said.text)}


def _share_labels(rows: Any) -> dict[str, str]:
    return {f"share-{row.place}-{each.producer_id}": each.producer_name for row in rows for each in row.among}


async def _names(request: Request, parts: list[RowMapping]) -> Mapping[str, str]:
    ids = sorted({row["household_id"] for row in parts})
    async with Service.of(request).database.read() as reader:
        rows = await reader.all(select(household).where(household.c.id.in_(ids)))
    return {row["id"]: row["name"] for row in rows}


async def _find(reader: Reader, account_id: str, line_id: str) -> Kept:
    """Raises NotFound."""
    one = await register.find(reader, line_id)
    if one is None or one.account_id != account_id:
        raise NotFound
    return one


@router.post("/billing/bank/{account_id}/lines/{line_id}/transfer")
async def transfer(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The line is what one or several households paid, for one or several producers."""
    service, t = Service.of(request), request.state.translate
    form, hub_name = Form(await request.form(), t), service.settings.hub_name
    async with service.database.read() as reader:
        one = await _find(reader, account_id, line_id)
        read = await read_transfers(reader, form, one.said, hub_name, t, request.state.reading.language)
    if read is None:
        return await show_line(request, account_id, line_id, person, form, status=422)
    if read.proposed:
        return await show_line(request, account_id, line_id, person, form, proposal=True)
    zone = Pages.of(request).zone

    async def note(writer: Writer) -> None:
        await settling.settle_by_hand(writer, line_id, read.transfers, person, zone)

    said = _("The line is matched.")
    return await done(request, account_id, line_id, person, form, note, said, read.transfers)


@router.post("/billing/bank/{account_id}/lines/{line_id}/join")
async def join(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The line is what was noted before: a transfer, or cheques brought to the bank together."""
    t, zone = request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    chosen = sorted(set(form.chosen("payment")))
    if not chosen:
        form.error("payment", t(_("Tick at least one payment.")))
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await settling.join(writer, line_id, chosen, person, zone)

    return await done(request, account_id, line_id, person, form, take, _("The line is matched."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/bounce")
async def bounce(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The bank refused a cheque."""
    t, zone = request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    cheque = form.text("cheque", required=True, max_length=36)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await settling.bounce(writer, line_id, cheque, person, zone)

    return await done(request, account_id, line_id, person, form, take, _("The cheque is noted as refused."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/payout")
async def send_payout(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The bank sent a transfer of a payout, or all of them in one line."""
    t, zone = request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    payout_id = form.text("payout", required=True, max_length=36)
    transfer_id = form.text("transfer", max_length=36)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await payouts.SENT.join(writer, line_id, payout_id, transfer_id, person, zone)

    return await done(request, account_id, line_id, person, form, take, _("The line is matched with the payout."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/back")
async def take_back(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """The bank gave a transfer of a payout back."""
    t, zone = request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    payout_id, _colon, transfer_id = form.text("back", required=True, max_length=73).partition(":")
    reason = form.text("back_because", required=True, max_length=500)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await payouts.SENT.give_back(writer, line_id, payout_id, transfer_id, reason, person, zone)

    said = _("Taken back: the hub owes it again.")
    return await done(request, account_id, line_id, person, form, take, said)


@router.post("/billing/bank/{account_id}/lines/{line_id}/fee")
async def fee(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    """What the bank takes for itself."""
    form, zone = Form(await request.form(), request.state.translate), Pages.of(request).zone

    async def take(writer: Writer) -> None:
        await settling.book_fee(writer, line_id, person, zone)

    return await done(request, account_id, line_id, person, form, take, _("The fee is booked."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/aside")
async def set_aside(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await settling.set_aside(writer, line_id, person, reason)

    return await done(request, account_id, line_id, person, form, take, _("The line is set aside."))


@router.post("/billing/bank/{account_id}/lines/{line_id}/undo")
async def undo(request: Request, account_id: str, line_id: str, person: Person = NOTES) -> Response:
    zone = Pages.of(request).zone
    form = Form(await request.form(), request.state.translate)
    reason = form.text("undo_reason", required=True, max_length=500)
    if not form.ok:
        return await show_line(request, account_id, line_id, person, form, status=422)

    async def take(writer: Writer) -> None:
        await settling.undo(writer, line_id, person, zone, reason)

    return await done(request, account_id, line_id, person, form, take, _("The line is to be done again."))


async def done(
    request: Request,
    account_id: str,
    line_id: str,
    person: Person,
    form: Form,
    work: Callable[[Writer], Awaitable[None]],
    said: str,
    transfers: Sequence[Transfer] = (),
) -> Response:
    """Do it in one transaction, all or nothing, and say so at the line, and what is beyond a household's debts."""
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        await _find(reader, account_id, line_id)
    try:
        async with service.database.write() as writer:
            await work(writer)
    except (NoLine, NoPayment, NoInstruction) as error:
        raise NotFound from error
    except SettledBefore as error:
        raise Refused(t(FASTER)) from error
    except (NotThis, OutOfTurn, life.OutOfTurn) as error:
        raise Refused(t(NOT_THIS)) from error
    except WrongSum as error:
        money = request.state.reading.words.money
        form.error(
            "payment", t(_("These come to %(sum)s, which is not what the bank says.")) % {"sum": money(error.cents)}
        )
    except WrongDay:
        form.error("", t(_("The line is of a day before the payout was approved, or before it was sent.")))
    except batch.WrongDay:
        form.error("", t(_("The line is of a day before the one that the households were told.")))
    except noting.NotCollected as error:
        async with service.database.read() as reader:
            names = await names_of(reader, service.settings.hub_name)
        form.error("household-1", why_not(names, error.producer_ids, t))
    else:
        ids, hub_name = [each.household_id for each in transfers], service.settings.hub_name
        async with service.database.read() as reader:
            after = await owing.owing_of(reader, ids, hub_name) if ids else {}
        beyond = "".join(said_beyond(request, each.shares, after[each.household_id]) for each in transfers)
        return Pages.of(request).go(f"{url_of(account_id)}/lines/{quote(line_id, safe='')}", t(said) + beyond)
    return await show_line(request, account_id, line_id, person, form, status=422)
