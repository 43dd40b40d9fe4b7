"""One invoice a month for a household: whether it wants it so, to whom it is made out, and what is not invoiced yet."""

from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.household import find_household
from billing.invoice import monthly, register, wish
from billing.invoice.drawing import Delivery, rights_of, why_not
from billing.invoice.monthly import Monthly
from billing.invoice.register import Buyer
from billing.invoice.wish import Wish
from billing.pages.households import STAFF
from billing.pages.invoice_asking import LABELS, buyer_typed
from billing.pages.invoice_words import WHY_NOT
from billing.pages.payment_form import NOTES, id_of
from billing.pages.today import today_of
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/households/{household_id}/monthly-invoices"
BOOKS: Any = serves(*STAFF)
MOST = 24
"""The newest of its invoices that are shown."""


@router.get(URL)
async def of_household(request: Request, household_id: str, person: Person = BOOKS) -> Response:
    return await _show(request, household_id, person)


@router.post(URL)
async def keep(request: Request, household_id: str, person: Person = NOTES) -> Response:
    """How the household wants its invoices, as it said it."""
    t = request.state.translate
    form = Form(await request.form(), t)
    form_id, said = id_of(form), buyer_typed(form, t)
    async with Service.of(request).database.read() as reader:
        await _found(reader, household_id)
    if not form.ok:
        return await _show(request, household_id, person, form, status=422)
    turn: Monthly = request.app.state.monthly_invoices
    async with Service.of(request).database.write() as writer:
        each_month = form.boolean("monthly")
        before, now = await wish.keep(writer, form_id, household_id, each_month, form.boolean("by_mail"), person)
        await register.keep_buyer(writer, household_id, said, person.name)
        await turn.set(writer, household_id, before, now)
    done = _("Kept: one invoice a month, by each who sold.") if each_month else _("Kept: an invoice for each delivery.")
    return Pages.of(request).go(_url(household_id), t(done))


@router.post(URL + "/issue")
async def issue(request: Request, household_id: str, person: Person = NOTES) -> Response:
    """Have what was delivered in a month and is on no invoice issued now. Asked twice, it is done once."""
    t, today = request.state.translate, today_of(request)
    form = Form(await request.form(), t)
    month = form.date("month", required=True, maximum=today)
    async with Service.of(request).database.read() as reader:
        await _found(reader, household_id)
    if month is None:
        return await _show(request, household_id, person, form, status=422)
    turn: Monthly = request.app.state.monthly_invoices
    async with Service.of(request).database.write() as writer:
        of = monthly.month_of(month)
        drawn = await monthly.draw(writer, turn.hub, today, of, household_id, person.name, turn.printer)
    if drawn.refused and not drawn.ids:
        form.error("month", " ".join(sorted({t(WHY_NOT[each]) for each in drawn.refused.values()})))
        return await _show(request, household_id, person, form, status=422)
    count = len(drawn.ids)
    told = t.plural("%(num)s invoice is issued.", "%(num)s invoices are issued.", count) % {"num": count}
    return Pages.of(request).go(_url(household_id), told)


def _url(household_id: str) -> str:
    return f"/billing/households/{quote(household_id, safe='')}/monthly-invoices"


async def _found(reader: Reader, household_id: str) -> RowMapping:
    home = await find_household(reader, household_id)
    if home is None:
        raise NotFound
    return home


async def _show(
    request: Request, household_id: str, person: Person, form: Form | None = None, status: int = 200
) -> Response:
    t, today = request.state.translate, today_of(request)
    async with Service.of(request).database.read() as reader:
        home = await _found(reader, household_id)
        wanted = await wish.wish_of(reader, household_id)
        buyer = (await register.buyers(reader, [household_id])).get(household_id, Buyer(home["name"]))
        waiting = await monthly.not_invoiced(reader, household_id, today)
        sellers = {each.sold.seller_id for found in waiting.values() for each in found}
        rights = await rights_of(reader, sellers, today)
        issued = await register.of_months(reader, household_id, MOST)
    hub = request.app.state.issuer
    if form is None or "month" in form.errors:
        typed = Form(None, t, values={"id": Service.of(request).ids.new(), **asdict(buyer)})
        typed.errors = form.errors if form is not None else {}
        typed.values |= {name: "on" if value else "" for name, value in _boxes(wanted)}
        form = typed
    return Pages.of(request).render(
        request,
        "invoice_monthly.html",
        status,
        form=form,
        home=home,
        wanted=wanted,
        months=[(month, _by_seller(found)) for month, found in waiting.items()],
        why={each.sold.seller_id: why_not(hub, each.sold, rights) for found in waiting.values() for each in found},
        why_not=WHY_NOT,
        this_month=monthly.month_of(today),
        issued=issued,
        may_note=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        url=_url(household_id),
        back=f"/billing/households/{quote(household_id, safe='')}",
        labels={name: t(label) for name, label in LABELS.items()} | {"month": t(_("Not invoiced yet"))},
    )


def _boxes(wanted: Wish) -> list[tuple[str, bool]]:
    return [("monthly", wanted.monthly), ("by_mail", wanted.by_mail)]


def _by_seller(found: list[Delivery]) -> list[tuple[str, str, list[date], int]]:
    """Its id and name, the days it delivered on, and the sum; by name."""
    rows: dict[str, tuple[str, str, list[date], int]] = {}
    for each in sorted(found, key=lambda each: each.delivers_on):
        sold = each.sold
        _id, _name, days, cents = rows.get(sold.seller_id, ("", "", [], 0))
        more = sold.missing.to_pay_cents
        rows[sold.seller_id] = sold.seller_id, sold.seller_name, [*days, each.delivers_on], cents + more
    return sorted(rows.values(), key=lambda row: (row[1].casefold(), row[0]))
