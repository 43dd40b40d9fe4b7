"""The bills of suppliers: typed in, held against what came, paid, taken back."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import select

from billing.cycle import cycle
from billing.pages.payment_form import NOTES, id_of
from billing.pages.payout_words import IN_PAYOUT
from billing.pages.payout_words import STAGES as SENT
from billing.pages.purchases import BOOKS, URL
from billing.pages.today import today_of
from billing.payout.register import InPayout, What, transfers_of
from billing.purchase import booking, register
from billing.purchase.booking import Purchasing, Said
from billing.purchase.came import by_rate
from billing.purchase.register import Bill, Purchase, Rate, Standing
from billing.seller import Seller, sellers
from billing.shares import half_up
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

NEW = URL + "/bills/new"
ONE = URL + "/bills/{bill_id}"
TERM = timedelta(days=30)
MOST_OFF = 100
"""Cents by which the VAT that is typed may differ from what the rate makes of the price: suppliers round each line."""
STAGES = {
    Standing.TO_PAY: _("To be paid"),
    Standing.PAID: _("Paid"),
    Standing.TAKEN_BACK: _("Taken back"),
}
LABELS = {
    "number": _("Number of the bill"),
    "credit_note": _("It is a credit note"),
    "day": _("Date of the bill"),
    "due_on": _("To be paid by"),
    "vat_number": _("VAT number of the supplier"),
    "cycle_id": _("What it bills"),
    "reason": _("Why it is another sum"),
}
OTHER_THERE = _("This form was sent before, with other words: the bill is kept as it was then.")
OUT_OF_TURN = _("This cannot be done any more: somebody was faster. Look at how it stands now.")


@router.get(NEW)
async def new(request: Request, supplier: str, person: Person = NOTES) -> Response:
    today = today_of(request)
    values = {"id": Service.of(request).ids.new(), "day": today, "due_on": today + TERM}
    return await _form(request, supplier, Form(None, request.state.translate, values=values))


@router.post(NEW)
async def keep(request: Request, supplier: str, person: Person = NOTES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    bill_id = id_of(form)
    async with service.database.read() as reader:
        of, bought = await _known(reader, supplier)
        there = await register.find_bill(reader, bill_id)
    purchasing: Purchasing = request.app.state.purchasing
    buying = purchasing.buying(of.country)
    # Sent again, it says what is billed since: by it, or by another one.
    said = _read(form, request, of, {each.cycle_id for each in bought if there or not each.bill_id})
    if said is None:
        return await _form(request, supplier, form, status=422)
    try:
        async with service.database.write() as writer:
            await booking.keep_bill(writer, bill_id, said, buying, today_of(request), person)
    except booking.OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    except booking.SameNumber:
        form.error("number", t(_("A bill of this supplier with this number is there already.")))
    except booking.Unexplained:
        form.error("reason", t(_("It is another sum than what came: say why, or correct what you typed.")))
    except booking.Billed:
        form.error("cycle_id", t(_("Some of this is billed already: look at it again.")))
    else:
        return Pages.of(request).go(f"{URL}/bills/{bill_id}", t(_("The bill is kept and booked.")))
    return await _form(request, supplier, form, status=422)


def _read(form: Form, request: Request, of: Seller, open_cycles: set[str]) -> Said | None:
    """What was typed; None where a field is wrong. On a credit note sums are typed as they are printed."""
    t, purchasing = request.state.translate, request.app.state.purchasing
    buying = purchasing.buying(of.country)
    number = " ".join(form.text("number", required=True, max_length=60).split())
    sign = -1 if form.boolean("credit_note") else 1
    day = form.date("day", required=True, maximum=today_of(request))
    due_on = form.date("due_on", required=True)
    if day and due_on and due_on < day:
        form.error("due_on", t(_("It cannot be due before its date.")))
    vat_number = "".join(form.text("vat_number", max_length=20).split()).upper() if buying.reverse else ""
    if buying.reverse and not booking.is_eu_vat_number(vat_number):
        form.error("vat_number", t(_("A VAT number begins with its country; a sign of this one is wrong or missing.")))
    rates = []
    for rate in purchasing.rates:
        net = form.cents(f"net-{rate}", minimum=0)
        vat = form.cents(f"vat-{rate}", minimum=0) if rate and not buying.reverse else 0
        if not net:
            if vat:
                form.error(f"net-{rate}", t(_("There is no VAT without a price.")))
            continue
        by_rule = half_up(net * rate, 10_000)
        if buying.reverse:
            vat = by_rule
        elif abs((vat or 0) - by_rule) > MOST_OFF:
            sentence = t(_("At this rate the VAT is %(sum)s: look at the bill again."))
            form.error(f"vat-{rate}", sentence % {"sum": words(request).money(by_rule)})
        rates.append(Rate(rate, sign * net, sign * (vat or 0)))
    if not rates:
        form.error(f"net-{purchasing.rates[-1]}", t(_("Type in the price without VAT by rate, one at least.")))
    cycles = tuple(form.choices("cycle_id", open_cycles))
    reason = form.text("reason", max_length=500)
    if not form.ok or day is None or due_on is None:
        return None
    return Said(of.id, number, sign < 0, day, due_on, vat_number, tuple(rates), () if sign < 0 else cycles, reason)


async def _known(reader: Reader, supplier_id: str) -> tuple[Seller, list[Purchase]]:
    """The supplier, and what came of it. Raises NotFound for whom the hub never bought from."""
    bought = await register.purchases(reader, supplier_id)
    known = await sellers(reader)
    if not bought or supplier_id not in known:
        raise NotFound
    return known[supplier_id], bought


async def _form(request: Request, supplier_id: str, form: Form, status: int = 200) -> Response:
    t, said = request.state.translate, words(request)
    purchasing: Purchasing = request.app.state.purchasing
    async with Service.of(request).database.read() as reader:
        of, bought = await _known(reader, supplier_id)
        awaited = [each for each in bought if not each.bill_id]
        ids = sorted(each.cycle_id for each in awaited)
        named = select(cycle.c.id, cycle.c.name, cycle.c.delivers_on).where(cycle.c.id.in_(ids))
        cycles = {row["id"]: row for row in await reader.all(named)}
    choices = []
    for each in awaited:
        cents = sum(one.net_cents for one in by_rate(each.lines))
        held = cycles[each.cycle_id]
        choices.append(
            (each.cycle_id, f"{held['name']}, {said.day(held['delivers_on'])}{t(_(': '))}{said.money(cents)}")
        )
    rates = [(rate, said.percent(rate) if rate else t(_("no VAT"))) for rate in purchasing.rates]
    labels = {name: t(label) for name, label in LABELS.items()}
    for rate, name in rates:
        labels |= {f"net-{rate}": f"{t(_('Price without VAT'))}, {name}", f"vat-{rate}": f"{t(_('VAT'))}, {name}"}
    return Pages.of(request).render(
        request,
        "purchase_bill_form.html",
        status,
        form=form,
        supplier=of,
        awaited=awaited,
        cycles=cycles,
        expected=by_rate(line for each in awaited for line in each.lines),
        choices=choices,
        rates=rates,
        abroad=purchasing.buying(of.country).reverse,
        labels=labels,
        action=f"{NEW}?supplier={supplier_id}",
        url=URL,
    )


# One of them


@router.get(ONE)
async def one_bill(request: Request, bill_id: str, person: Person = BOOKS) -> Response:
    return await _show(request, bill_id, person, None)


@router.post(ONE + "/pay")
async def pay(request: Request, bill_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    day = form.date("paid_on", required=True, maximum=today_of(request))
    if day is None:
        return await _show(request, bill_id, person, form, status=422)
    try:
        async with Service.of(request).database.write() as writer:
            await booking.pay(writer, bill_id, day, person)
    except booking.OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except InPayout as error:
        told = t(IN_PAYOUT) % {"number": error.number}
        raise Refused(told) from error
    return Pages.of(request).go(f"{URL}/bills/{bill_id}", t(_("It is noted as paid.")))


@router.post(ONE + "/take-back")
async def take_back(request: Request, bill_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("back_because", required=True, max_length=500)
    if not form.ok:
        return await _show(request, bill_id, person, form, status=422)
    async with Service.of(request).database.read() as reader:
        one, of = await _found(reader, bill_id)
    buying = request.app.state.purchasing.buying(of.country)
    try:
        async with Service.of(request).database.write() as writer:
            await booking.take_back(writer, one.id, buying, today_of(request), person, reason)
    except InPayout as error:
        told = t(IN_PAYOUT) % {"number": error.number}
        raise Refused(told) from error
    return Pages.of(request).go(f"{URL}/bills/{bill_id}", t(_("It is taken back.")))


async def _found(reader: Reader, bill_id: str) -> tuple[Bill, Seller]:
    """Raises NotFound."""
    one = await register.find_bill(reader, bill_id)
    known = await sellers(reader)
    if one is None or one.supplier_id not in known:
        raise NotFound
    return one, known[one.supplier_id]


async def _show(request: Request, bill_id: str, person: Person, form: Form | None, status: int = 200) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        one, of = await _found(reader, bill_id)
        sent = await transfers_of(reader, What.SUPPLIER, bill_id)
    rates = sorted({each.rate_hundredths for each in (*one.rates, *one.expected)})
    by = [{each.rate_hundredths: each for each in some} for some in (one.expected, one.rates)]
    nothing = Rate(0, 0, 0)
    return Pages.of(request).render(
        request,
        "purchase_bill.html",
        status,
        form=form or Form(None, t, values={"paid_on": today_of(request)}),
        one=one,
        supplier=of,
        sent=sent,
        open_sent=any(each.is_open for each, _transfer in sent),
        stage=one.stage.value,
        stages=STAGES,
        payout_stages=SENT,
        compared=[(rate, by[0].get(rate, nothing), by[1].get(rate, nothing)) for rate in rates],
        abroad=request.app.state.purchasing.buying(of.country).reverse,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        place=f"{URL}/bills/{one.id}",
        url=URL,
    )
