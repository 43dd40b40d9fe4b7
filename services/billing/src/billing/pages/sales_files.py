"""Tables to download: what was sold in a producer's name, line by line, and the hub's commissions; each with what the
books say of the same."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing import rendering
from billing.ledger.book import book
from billing.ledger.chart import HUB
from billing.ledger.rules import CLAIM_HUB, WEIGHT_FUND, WEIGHT_HUB
from billing.pages.accounts import READERS, URL, days_of
from billing.pages.households import STAFF
from billing.pages.mandates import only
from billing.rendering import OfCommission
from billing.sold_borne import Borne, borne_of
from billing.sold_lines import SoldLine, SoldLines, sold_lines
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from ui.csv_file import Cell, csv_file
from ui.decimals import typed
from ui.forms import Translate
from ui.i18n import marked as _
from ui.pages import words
from ui.words import Words

router = APIRouter()

BORNE_BY = {
    WEIGHT_HUB.name: _("Difference of weight, paid by the hub"),
    WEIGHT_FUND.name: _("Difference of weight, paid by the solidarity fund and the hub"),
    CLAIM_HUB.name: _("Spoiled goods, paid by the hub"),
}
BOOKS: Any = serves(*STAFF)


@router.get(URL + "/commissions.csv")
async def commissions(request: Request, person: Person = BOOKS) -> Response:
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        found = await rendering.commissions_booked(reader, since, until)
        _earned, whole = await rendering.commissioned(reader, since, until)
    rows = _commission_rows(found, whole, request.state.translate, words(request))
    return csv_file(f"cabas-commissions-{since.isoformat()}-{until.isoformat()}", rows, words(request).language)


def _commission_rows(
    found: list[OfCommission], whole: tuple[int, int], t: Translate, said: Words
) -> Iterable[tuple[Cell, ...]]:
    """Whole numbers are cents; the last row is 0 where the report is what stands in the books."""
    headings = (
        _("Day"),
        _("Producer"),
        _("Cycle"),
        _("VAT rate"),
        _("Price without VAT"),
        _("VAT"),
        _("Price with VAT"),
    )
    yield tuple(t(each) for each in headings)
    for one in found:
        rate = said.percent(one.rate_hundredths)
        sums = (one.net_cents, one.vat_cents, one.net_cents + one.vat_cents)
        yield one.day, one.producer_name, one.cycle_name, rate, *sums
    net, vat = sum(one.net_cents for one in found), sum(one.vat_cents for one in found)
    yield t(_("Total")), "", "", "", net, vat, net + vat
    yield t(_("On the accounts 706 and 44571 of the hub")), "", "", "", *whole, sum(whole)
    yield t(_("Difference")), "", "", "", whole[0] - net, whole[1] - vat, sum(whole) - net - vat


@router.get(URL + "/{producer_id}/sales.csv")
async def sales(request: Request, producer_id: str, person: Person = READERS) -> Response:
    """Households by their names for those who keep the books and ask for it; else by a number that is good for this
    file alone."""
    form, since, until = days_of(request)
    seen, staff = only(person), person.has(*STAFF)
    if not form.ok or producer_id == HUB or (seen is not None and producer_id not in seen):
        raise NotFound
    async with Service.of(request).database.read() as reader:
        if await reader.scalar(book.select().where(book.c.id == producer_id)) is None:
            raise NotFound
        found = await sold_lines(reader, producer_id, since, until)
        borne = await borne_of(reader, request.app.state.differences, producer_id, since, until)
    named = staff and form.boolean("names")
    rows = _sales_rows(found, borne, named, request.state.translate, words(request))
    return csv_file(f"cabas-sales-{since.isoformat()}-{until.isoformat()}", rows, words(request).language)


def _sales_rows(found: SoldLines, borne: Borne, named: bool, t: Translate, said: Words) -> Iterable[tuple[Cell, ...]]:
    """Whole numbers are cents; the last row is 0 where the lines are what stands in the books."""
    headings = (
        _("Document"),
        _("Day"),
        _("Cycle"),
        _("Household"),
        _("Article"),
        _("Quantity"),
        _("Unit"),
        _("Price without VAT"),
        _("VAT rate"),
        _("VAT"),
        _("Price with VAT"),
        _("Paid by others, without VAT"),
        _("VAT on it"),
        _("Paid by others, with VAT"),
    )
    yield tuple(t(each) for each in headings)
    numbers: dict[str, str] = {}
    for one in found.lines:
        anonymous = numbers.setdefault(one.household_id, f"{len(numbers) + 1:03d}")
        yield *_sales_row(one, one.household_name if named else anonymous, t, said), "", "", ""
    for each in borne.lines:
        rate = said.percent(each.rate_hundredths) if each.rate_hundredths else ""
        whole = each.net_cents + each.vat_cents
        what = each.day, each.cycle_name, "", t(BORNE_BY[each.rule]), "", "", "", rate, "", ""
        yield "", *what, each.net_cents, each.vat_cents, whole
    net, vat = found.net_cents, found.vat_cents
    empty = ("", "", "", "", "", "")
    others = borne.net_cents, borne.vat_cents
    yield t(_("Total")), *empty, net, "", vat, net + vat, *others, sum(others)
    in_books = borne.booked_net_cents, borne.booked_vat_cents
    apart = in_books[0] - others[0], in_books[1] - others[1]
    booked = found.booked_net_cents, found.booked_vat_cents
    yield t(_("In the books")), *empty, booked[0], "", booked[1], sum(booked), *in_books, sum(in_books)
    left = booked[0] - net, booked[1] - vat
    yield t(_("Difference")), *empty, left[0], "", left[1], sum(left), *apart, sum(apart)


def _sales_row(one: SoldLine, household: str, t: Translate, said: Words) -> tuple[Cell, ...]:
    if one.unit:
        name = one.name_en if said.language == "en" and one.name_en else one.name_fr
        quantity = typed(one.quantity_thousandths, 3, said.language)
        what: tuple[Cell, ...] = (name, quantity, said.unit_name(one.unit, one.quantity_thousandths))
    else:
        what = (one.name_fr or t(_("Deposits on containers")), "", "")
    rate = said.percent(one.rate_hundredths) if one.rate_hundredths else ""
    sums = (one.net_cents, rate, one.vat_cents, one.gross_cents)
    return one.document, one.day, one.cycle_name, household, *what, *sums
