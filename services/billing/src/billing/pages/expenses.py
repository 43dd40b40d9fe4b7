"""Expense claims: a volunteer hands in kilometres or a receipt; another person accepts or refuses, and pays."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.expense import claim, desk
from billing.expense.claim import Claim, Kind, Means, NoClaim, OutOfTurn, Stage
from billing.expense.desk import NoWallet, OwnClaim, Said
from billing.pages.cycles import MOST_PAGES
from billing.pages.payment_form import NOTES, id_of
from billing.pages.payout_words import IN_PAYOUT
from billing.pages.today import today_of
from billing.payment.held import MoreThanHeld
from billing.payout.refund import room
from billing.payout.register import InPayout, What
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/expenses"
PER_PAGE = 30
MOST_KM = 2000
DECIDES = (Role.COORDINATOR, Role.BOOKKEEPER)
CLAIMS: Any = serves(Role.MEMBER, Role.REFERENT, *DECIDES)
KINDS = {
    Kind.DRIVE: _("Kilometres with my own car"),
    Kind.TRAVEL: _("Receipt of a journey (train, toll, parking)"),
    Kind.OTHER: _("Another receipt"),
}
MEANS = {
    Means.TRANSFER: _("By transfer, from the hub’s bank"),
    Means.CASH: _("In cash, from the hub’s own"),
    Means.WALLET: _("Into the wallet of the household"),
    Means.PAYOUT: _("By a payout of the hub, which two people approve"),
}
STAGES = {
    Stage.HANDED_IN: _("To be decided"),
    Stage.ACCEPTED: _("Accepted, to be paid"),
    Stage.PAID: _("Paid"),
    Stage.REFUSED: _("Refused"),
    Stage.WITHDRAWN: _("Withdrawn"),
    Stage.TAKEN_BACK: _("Taken back"),
}
BADGES = {
    Stage.HANDED_IN: "waiting",
    Stage.ACCEPTED: "active",
    Stage.PAID: "done",
    Stage.REFUSED: "failed",
    Stage.WITHDRAWN: "withdrawn",
    Stage.TAKEN_BACK: "withdrawn",
}
WHAT = {
    "handed_in": _("Handed in"),
    "accept": _("Accepted"),
    "pay": _("Paid"),
    "refuse": _("Refused"),
    "withdraw": _("Withdrawn"),
    "take_back": _("Taken back"),
    "come_back": _("Given back by the bank, to be paid again"),
}
LABELS = {"kind": _("What it is"), "km": _("Kilometres"), "amount": _("Amount"), "day": _("Day"), "why": _("What for")}
WORDS: dict[str, Any] = {"kinds": KINDS, "means": MEANS, "stages": STAGES, "badges": BADGES, "what": WHAT}
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how it stands now.")
OWN = _("Nobody decides, pays or takes back a claim of their own: ask another person.")
NO_WALLET = _("Who claimed this has no household here, and so no wallet.")
USED = _("What went into the wallet was used already: take that back first.")
OTHER_THERE = _("This form was sent before, with other words: the claim is kept as it was then.")


@router.get(URL)
async def expenses(request: Request, page: int = 1, person: Person = CLAIMS) -> HTMLResponse:
    """Of everybody for who decides; else one's own."""
    whose = "" if person.has(*DECIDES) else person.id
    async with Service.of(request).database.read() as reader:
        last = max(1, -(-await claim.count(reader, whose) // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        found = await claim.newest(reader, (page - 1) * PER_PAGE, PER_PAGE, whose)
    context: dict[str, Any] = {"claims": found, "page": page, "last": last, "url": URL, "everybody": not whose}
    return Pages.of(request).render(request, "expenses.html", **WORDS, **context)


@router.get(URL + "/new")
async def new(request: Request, person: Person = CLAIMS) -> Response:
    values = {"id": Service.of(request).ids.new(), "day": today_of(request), "kind": Kind.DRIVE.value}
    return _form(request, Form(None, request.state.translate, values=values))


@router.post(URL + "/new")
async def hand_in(request: Request, person: Person = CLAIMS) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    claim_id, said = id_of(form), _read(form, request, person)
    if said is None:
        return _form(request, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await desk.hand_in(writer, claim_id, said, person)
    except desk.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    return Pages.of(request).go(f"{URL}/{claim_id}", t(_("Handed in: another person decides it. Keep the receipt.")))


def _read(form: Form, request: Request, person: Person) -> Said | None:
    """What was typed; None where a field is wrong. Kilometres are reckoned by the rate; a receipt says its sum."""
    t, rate = request.state.translate, request.app.state.km_rate_millis
    kind = form.choice("kind", Kind)
    drive = kind == Kind.DRIVE
    km = form.integer("km", required=drive, minimum=1, maximum=MOST_KM) if drive else 0
    typed = None if drive else form.cents("amount", required=bool(kind), minimum=1)
    cents = claim.cents_of_drive(km or 0, rate) if drive else typed
    day = form.date("day", required=True, maximum=today_of(request))
    why = form.text("why", required=True, max_length=500)
    if drive and not rate:
        form.error("kind", t(_("No rate for kilometres is set: ask the operator for CABAS_KM_RATE_MILLIS.")))
    if not form.ok or not cents or day is None:
        return None
    household_id = min(person.household_ids, default="")
    return Said(household_id, Kind(kind), km or 0, cents, day, why)


def _form(request: Request, form: Form, status: int = 200) -> Response:
    t, rate = request.state.translate, request.app.state.km_rate_millis
    offered = [(kind.value, t(label)) for kind, label in KINDS.items() if rate or kind is not Kind.DRIVE]
    context: dict[str, Any] = {
        "form": form,
        "offered": offered,
        "labels": {name: t(label) for name, label in LABELS.items()},
    }
    mark = "," if request.state.reading.language == "fr" else "."
    context["rate"] = f"{rate // 1000}{mark}{rate % 1000:03d}" if rate else ""
    return Pages.of(request).render(request, "expense_form.html", status, **context)


@router.get(URL + "/{claim_id}")
async def one_claim(request: Request, claim_id: str, person: Person = CLAIMS) -> HTMLResponse:
    return await _show(request, claim_id, person)


async def _show(
    request: Request, claim_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        one = await claim.find(reader, claim_id)
        if one is None or not (person.has(*DECIDES) or one.person_id == person.id):
            raise NotFound
        past = await claim.history_of(reader, claim_id)
        own_cents = max(0, (await room(reader))[What.EXPENSE])
    t, own = request.state.translate, one.person_id == person.id
    by_hand = {Means.TRANSFER, Means.CASH} | ({Means.WALLET} if one.household_id else set())
    means = [(each.value, t(label)) for each, label in MEANS.items() if each in by_hand]
    return Pages.of(request).render(
        request,
        "expense.html",
        status,
        **(WORDS | {"means": means}),
        one=one,
        past=past,
        own=own,
        decides=person.has(*DECIDES) and not own,
        own_cents=own_cents,
        lacking_cents=max(0, one.cents - own_cents),
        form=form or Form(None, t),
        paid_by=MEANS.get(Means(one.paid_by)) if one.paid_by else "",
        url=f"{URL}/{one.id}",
    )


@router.post(URL + "/{claim_id}/withdraw")
async def withdraw(request: Request, claim_id: str, person: Person = CLAIMS) -> Response:
    async def work(writer: Any) -> Claim:
        return await desk.withdraw(writer, claim_id, person)

    return await _done(request, claim_id, work, _("Withdrawn."))


@router.post(URL + "/{claim_id}/accept")
async def accept(request: Request, claim_id: str, person: Person = NOTES) -> Response:
    async def work(writer: Any) -> Claim:
        return await desk.accept(writer, claim_id, person, Pages.of(request).zone)

    return await _done(request, claim_id, work, _("Accepted: it is a cost of the hub, to be paid."))


@router.post(URL + "/{claim_id}/refuse")
async def refuse(request: Request, claim_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        return await _show(request, claim_id, person, form, status=422)

    async def work(writer: Any) -> Claim:
        return await desk.refuse(writer, claim_id, person, reason)

    return await _done(request, claim_id, work, _("Refused: who claimed it reads why."))


@router.post(URL + "/{claim_id}/pay")
async def pay(request: Request, claim_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    means = form.choice("means", [Means.TRANSFER, Means.CASH, Means.WALLET])
    if not form.ok:
        return await _show(request, claim_id, person, form, status=422)

    async def work(writer: Any) -> Claim:
        return await desk.pay(writer, claim_id, Means(means), person, Pages.of(request).zone)

    return await _done(request, claim_id, work, _("Noted: it is paid."))


@router.post(URL + "/{claim_id}/take-back")
async def take_back(request: Request, claim_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    reason = form.text("back_because", required=True, max_length=500)
    if not form.ok:
        return await _show(request, claim_id, person, form, status=422)

    async def work(writer: Any) -> Claim:
        return await desk.take_back(writer, claim_id, person, Pages.of(request).zone, reason)

    return await _done(request, claim_id, work, _("It is taken back."))


async def _done(request: Request, claim_id: str, work: Any, said: str) -> Response:
    t = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            await work(writer)
    except NoClaim as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except OwnClaim as error:
        raise Refused(t(OWN)) from error
    except InPayout as error:
        told = t(IN_PAYOUT) % {"number": error.number}
        raise Refused(told) from error
    except NoWallet as error:
        raise Refused(t(NO_WALLET)) from error
    except MoreThanHeld as error:
        raise Refused(t(USED)) from error
    return Pages.of(request).go(f"{URL}/{claim_id}", t(said))
