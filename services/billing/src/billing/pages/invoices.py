"""Invoices of sales: the list of those somebody may see, one of them, its PDF, and a table of them."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.cycle import find_cycle
from billing.invoice import register
from billing.invoice.register import Invoice, Seen
from billing.pages.accounts import days_of
from billing.pages.households import STAFF
from billing.pages.invoice_words import KINDS
from billing.pages.papers import as_pdf
from billing.pages.today import today_of
from billing.press import pdf
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Form, Translate
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

URL = "/billing/invoices"
READERS: Any = serves(*STAFF, Role.PRODUCER, Role.MEMBER)
PER_PAGE = 50


def seen_by(person: Person) -> Seen:
    """All for those who keep the books; else what is issued in one's name, or to one's household."""
    return Seen() if person.has(*STAFF) else Seen(person.producer_ids, person.household_ids)


@router.get(URL)
async def invoices(request: Request, person: Person = READERS) -> HTMLResponse:
    form = Form(request.query_params, request.state.translate)
    page, seen = form.integer("page", minimum=1) or 1, seen_by(person)
    async with Service.of(request).database.read() as reader:
        count = await register.how_many(reader, seen)
        last = max(1, -(-count // PER_PAGE))
        page = min(page, last)
        found = await register.listed(reader, seen, (page - 1) * PER_PAGE, PER_PAGE)
    today = today_of(request)
    return Pages.of(request).render(
        request,
        "invoices.html",
        invoices=found,
        kinds=KINDS,
        page=page,
        last=last,
        url=URL,
        sells=person.has(*STAFF, Role.PRODUCER),
        first_day=today.replace(day=1),
        today=today,
    )


@router.get(URL + "/table.csv")
async def table(request: Request, person: Person = READERS) -> Response:
    """Each rate of each invoice issued in some days on a line of its own."""
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        found = await register.issued_in(reader, seen_by(person), since, until)
    rows = _rows(found, request.state.translate)
    return csv_file(f"cabas-{since.isoformat()}-{until.isoformat()}", rows, words(request).language)


def _rows(found: Iterable[Invoice], t: Translate) -> Iterable[tuple[Cell, ...]]:
    """Whole numbers are cents. A deposit is outside VAT and stands with no rate."""
    yield (
        t(_("Number")),
        t(_("Paper")),
        t(_("Issued on")),
        t(_("Seller")),
        t(_("Household")),
        t(_("VAT rate")),
        t(_("Price without VAT")),
        t(_("VAT")),
        t(_("Price with VAT")),
    )
    for one in found:
        head = one.number, t(KINDS[one.kind]), one.issued_on, one.seller_name, one.household_name
        for rate, net, vat, gross in one.figures["rates"]:
            yield *head, f"{rate / 100:g} %", net, vat, gross
        if one.figures["deposit_cents"]:
            deposit = one.figures["deposit_cents"]
            yield *head, t(_("deposits, outside VAT")), deposit, 0, deposit


@router.get(URL + "/{invoice_id}")
async def one(request: Request, invoice_id: str, person: Person = READERS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, invoice_id, person)
        beside = await register.beside(reader, found)
        held = await find_cycle(reader, found.cycle_id)
    return Pages.of(request).render(
        request,
        "invoice.html",
        invoice=found,
        printed=found.printed,
        beside=beside,
        kinds=KINDS,
        cycle_name=held["name"] if held else "",
        contestable=found.contestable(today_of(request)),
        url=URL,
    )


@router.get(URL + "/{invoice_id}/paper.pdf")
async def printed(request: Request, invoice_id: str, person: Person = READERS) -> Response:
    """As often as one likes, the same: its words and figures are kept."""
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, invoice_id, person)
    return as_pdf(await pdf("issued.typ", found.printed), found.number)


async def _found(reader: Reader, invoice_id: str, person: Person) -> Invoice:
    """Raises NotFound: also for what is none of this person's."""
    found = await register.find(reader, invoice_id, seen_by(person))
    if found is None:
        raise NotFound
    return found
