"""The solidarity fund: what came in, what it paid, what is in it. Whom it pays for only coordinators see."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.household import find_household
from billing.ledger.chart import FUND
from billing.pages.cycles import READS_BOOKS
from billing.pages.ledger import RULES
from billing.pages.paid_in import PaidIn
from billing.pages.payment_form import NOTES, OTHER_THERE, id_of
from billing.pages.payment_words import KINDS
from billing.pages.today import today_of
from billing.payment.life import Kind
from billing.solidarity import band, fund, grant, paying
from billing.solidarity.band import Band
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/fund"
BANDS = URL + "/bands"
COORDINATES: Any = serves(Role.COORDINATOR)
SHOWN = 200
"""Households and cycles of which a coordinator reads what the fund paid."""
MOST_LETTERS = 100
MOST_PERCENT = Decimal(100)
LABELS = {"giver": _("From whom"), "kind": _("Paid by"), "amount": _("Amount"), "day": _("Day"), "reason": _("Reason")}
BAND_LABELS = {
    "percent": _("Share that the fund pays"),
    "most": _("At most for a cycle"),
    "first_day": _("On deliveries from"),
    "last_day": _("On deliveries until"),
}

SET_BEFORE = _("This form was sent before, with other words: the share is set as it was then.")


@dataclass(frozen=True)
class Shown:
    """A form of the page that was not in order, and which: "grant", or the id of a grant to be undone."""

    form: Form
    of: str


@router.get(URL)
async def show(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _show(request, person)


async def _show(request: Request, person: Person, wrong: Shown | None = None, status: int = 200) -> HTMLResponse:
    t, coordinates = request.state.translate, person.has(Role.COORDINATOR)
    async with Service.of(request).database.read() as reader:
        cents, lies = await fund.comes_to(reader), await fund.lies(reader)
        moved, grants = await fund.moved(reader), await grant.grants(reader)
        helped = await paying.told_to_coordinators(reader, SHOWN) if coordinates else []
        banded = await band.households_with_one(reader) if coordinates else []
    fresh = {"id": Service.of(request).ids.new(), "day": today_of(request).isoformat(), "kind": Kind.TRANSFER.value}
    return Pages.of(request).render(
        request,
        "fund.html",
        status,
        cents=cents,
        free=sum(lies.values()),
        moved=moved,
        rules=RULES,
        grants=grants,
        kinds=[(kind.value, t(KINDS[kind])) for kind in grant.GIVEN_BY],
        helped=helped,
        short=[row for row in helped if row["cents"] < row["wanted_cents"]],
        banded=banded,
        coordinates=coordinates,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        form=wrong.form if wrong and wrong.of == "grant" else Form(None, t, values=fresh),
        undoing=wrong if wrong and wrong.of != "grant" else None,
        labels={name: t(label) for name, label in LABELS.items()},
    )


# What comes in


@router.post(URL + "/grants")
async def note_grant(request: Request, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    grant_id = id_of(form)
    giver = form.text("giver", required=True, max_length=MOST_LETTERS)
    kind, cents = form.choice("kind", grant.GIVEN_BY), form.cents("amount", required=True, minimum=1)
    day = form.date("day", required=True, maximum=today_of(request))
    if not form.ok or cents is None or day is None:
        return await _show(request, person, Shown(form, "grant"), status=422)
    try:
        async with Service.of(request).database.write() as writer:
            said = grant.Grant(giver, Kind(kind), cents, day)
            await grant.note_grant(writer, grant_id, said, person, Pages.of(request).zone)
    except grant.OtherNoted as error:
        raise Refused(t(OTHER_THERE)) from error
    return Pages.of(request).go(URL, t(_("The gift is noted.")))


@router.post(URL + "/grants/{grant_id}/undo")
async def undo_grant(request: Request, grant_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("reason", required=True, max_length=500)
    if not form.ok:
        return await _show(request, person, Shown(form, grant_id), status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await grant.undo_grant(writer, grant_id, person, Pages.of(request).zone, reason)
    except grant.NoGrant as error:
        raise NotFound from error
    return Pages.of(request).go(URL, t(_("It is taken back.")))


PaidIn(
    path="gift",
    back="",
    share=FUND,
    above=(URL, _("Solidarity fund")),
    title=_("Gift to the solidarity fund"),
    hint=_("It pays goods of other households; nothing is given in return."),
    button=_("Note the gift"),
    said=_("The gift is noted."),
).serve(router)


@router.post(URL + "/missing")
async def pay_what_is_missing(request: Request, person: Person = COORDINATES) -> Response:
    """What there was no money for, as far as there is by now. Pressed twice, it pays once."""
    t, money = request.state.translate, request.state.reading.words.money
    async with Service.of(request).database.write() as writer:
        cents = await paying.pay_what_is_missing(writer, Pages.of(request).zone, person)
    return Pages.of(request).go(URL, t(_("The fund paid %(sum)s.")) % {"sum": money(cents)})


# For whom it pays. The household is no part of an address: logs keep those.


@router.get(BANDS)
async def ask_band(request: Request, household: str = "", person: Person = COORDINATES) -> Response:
    values = {"id": Service.of(request).ids.new(), "first_day": today_of(request).isoformat(), "household": household}
    return await _band_form(request, household, Form(None, request.state.translate, values=values))


@router.post(BANDS)
async def set_band(request: Request, person: Person = COORDINATES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    household_id, band_id = form.value("household"), id_of(form)
    rate = form.decimal("percent", places=2, required=True, minimum=Decimal(0), maximum=MOST_PERCENT)
    most = form.cents("most")
    first_day = form.date("first_day", required=True)
    last_day = form.date("last_day", minimum=first_day)
    if not form.ok or rate is None or first_day is None:
        return await _band_form(request, household_id, form, status=422)
    days = first_day, last_day
    wanted = Band(band_id, household_id, int(rate * 100), most or 0, *days, Service.of(request).clock.now(), "")
    try:
        async with Service.of(request).database.write() as writer:
            await band.set_band(writer, wanted, person)
    except band.NoHousehold as error:
        raise NotFound from error
    except band.OtherSet as error:
        raise Refused(t(SET_BEFORE)) from error
    return Pages.of(request).go(URL, t(_("The share is set. It holds for amounts that are made from now on.")))


async def _band_form(request: Request, household_id: str, form: Form, status: int = 200) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        home = await find_household(reader, household_id)
        past = await band.bands_of(reader, household_id)
    if home is None:
        raise NotFound
    labels = {name: t(label) for name, label in BAND_LABELS.items()}
    return Pages.of(request).render(request, "band_form.html", status, form=form, held=home, past=past, labels=labels)
