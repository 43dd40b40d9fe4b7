"""What was taxed in some days, by taxable person and rate. A producer sees its own."""

from collections.abc import Iterable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.ledger.chart import HUB, Account
from billing.ledger.taxed import Deducted, Taxed, taxed_in
from billing.pages.accounts import READERS, days_of, months_beside
from billing.pages.mandates import only
from billing.seller import sellers
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Translate
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

URL = "/billing/vat"
SOLD = {
    Account.SALES: _("Sold in its own name"),
    Account.RESALES: _("Bought and sold again"),
    Account.CARRIAGE: _("Transport and fees of the producer"),
    Account.FEES: _("Fees of the hub"),
    Account.COMMISSION: _("Commissions"),
    Account.PURCHASES_EU: _("Bought in the European Union, taxed here"),
}


@router.get(URL)
async def taxed(request: Request, person: Person = READERS) -> Response:
    form, since, until = days_of(request)
    found, deducted, names = await _found(request, person, since, until)
    return Pages.of(request).render(
        request,
        "vat.html",
        status=200 if form.ok else 422,
        form=form,
        since=since,
        until=until,
        months=months_beside(since),
        found=found,
        deducted=deducted,
        names=names,
        sold=SOLD,
        what_is_deducted=what_is_deducted,
        url=URL,
    )


@router.get(URL + "/table.csv")
async def taxed_file(request: Request, person: Person = READERS) -> Response:
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    found, deducted, names = await _found(request, person, since, until)
    rows = _rows(found, deducted, names, request.state.translate, words(request).language)
    return csv_file(f"cabas-{since.isoformat()}-{until.isoformat()}", rows, words(request).language)


async def _found(
    request: Request, person: Person, since: date, until: date
) -> tuple[list[Taxed], list[Deducted], dict[str, str]]:
    """By name, the hub first."""
    service = Service.of(request)
    async with service.database.read() as reader:
        found, deducted = await taxed_in(reader, since, until, only(person))
        known = {each.id: each.name for each in (await sellers(reader)).values()}
    names = {HUB: service.settings.hub_name} | known

    def place(one: Taxed | Deducted) -> tuple[bool, str, str]:
        return one.book != HUB, names.get(one.book, one.book).casefold(), one.book

    return sorted(found, key=place), sorted(deducted, key=place), names


def what_is_deducted(book: str) -> str:
    return _("Deductible, on purchases") if book == HUB else _("Deductible, on the hub’s commissions")


def _rows(
    found: Iterable[Taxed], deducted: Iterable[Deducted], names: dict[str, str], t: Translate, language: str
) -> Iterable[tuple[Cell, ...]]:
    yield t(_("Who")), t(_("What")), t(_("VAT rate")), t(_("Price without VAT")), t(_("VAT"))
    for one in found:
        rate = f"{one.rate_hundredths / 100:g}"
        shown = (rate.replace(".", ",") if language == "fr" else rate) + " %"
        yield names.get(one.book, one.book), t(SOLD[one.account]), shown, one.net_cents, one.vat_cents
    for each in deducted:
        yield names.get(each.book, each.book), t(what_is_deducted(each.book)), "", None, each.vat_cents
