"""The statement of a household over some days, as a page and to print: billed, paid, and what came of each article."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.fee.charged import in_cheque
from billing.household import find_household
from billing.household_account import Booked, HouseholdAccount, household_account
from billing.ledger.rules import RESALE, SALE
from billing.pages.accounts import days_of, months_beside
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.ledger import RULES
from billing.pages.paper_words import section
from billing.pages.papers import as_pdf
from billing.payment.owing import owing_of
from billing.press import pdf
from billing.price import Why
from billing.statement import Statement
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from ui import Pages
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import words
from ui.words import Words

router = APIRouter()

URL = "/billing/households/{household_id}/statement"
WHY = {
    Why.NOTHING_CAME: _("nothing came"),
    Why.LESS_CAME: _("less came"),
    Why.MORE_CAME: _("more came"),
    Why.LIGHTER: _("it weighs or measures less"),
    Why.HEAVIER: _("it weighs or measures more"),
    Why.BORNE: _("the producer bears the difference"),
}


@router.get(URL)
async def statement(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> Response:
    form, since, until = days_of(request)
    held, found, given = await _found(request, household_id, person, since, until)
    return Pages.of(request).render(
        request,
        "household_account.html",
        status=200 if form.ok else 422,
        form=form,
        since=since,
        until=until,
        months=months_beside(since),
        held=held,
        account=found,
        printed=_said(request, held, found, since, until, given),
        url=f"/billing/households/{household_id}/statement",
        staff=person.has(*STAFF),
    )


@router.get(URL + ".pdf")
async def printed(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> Response:
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    held, found, given = await _found(request, household_id, person, since, until)
    made = await pdf("issued.typ", _said(request, held, found, since, until, given))
    name = request.state.translate(_("statement"))
    return as_pdf(made, f"{name}-{since.isoformat()}-{until.isoformat()}")


async def _found(
    request: Request, household_id: str, person: Person, since: date, until: date
) -> tuple[RowMapping, HouseholdAccount, int]:
    """The household, its account, and what lies here as cheques to producers. Raises NotFound: also for the household
    of other members."""
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound
    hub_name = Service.of(request).settings.hub_name
    async with Service.of(request).database.read() as reader:
        held = await find_household(reader, household_id)
        if held is None:
            raise NotFound
        found = await household_account(reader, household_id, since, until, hub_name)
        return held, found, await _given(reader, household_id)


async def _given(reader: Reader, household_id: str) -> int:
    return sum(each.given_cents for each in (await owing_of(reader, {household_id}))[household_id])


def _said(
    request: Request, held: RowMapping, one: HouseholdAccount, since: date, until: date, given_cents: int
) -> dict[str, Any]:
    """What the page and the paper say, in the reader's words."""
    t, said = request.state.translate, words(request)
    hub = request.app.state.issuer
    period = t(_("from %(since)s to %(until)s")) % {"since": said.day(since), "until": said.day(until)}
    sums = [
        (_("Opening balance"), one.opening_cents),
        (_("Billed"), one.billed_cents),
        (_("Paid, or taken back"), -one.lessened_cents),
        (_("Closing balance"), one.closing_cents),
    ]
    if given_cents:
        sums.append((_("Cheques that lie here for producers, not counted above"), given_cents))
    headings = (_("Day"), _("What"), _("Producer"), _("Cycle"), _("Amount"))
    lines = [_line(each, t, said) for each in one.booked]
    booked = section(t, _("Billed and paid"), headings, lines, (4,))
    return {
        "title": t(_("Statement")),
        "hub": hub.name,
        "language": said.language,
        "sender": [each for each in (hub.name, hub.legal_form, hub.address) if each],
        "recipient": [held["name"], *([held["group_name"]] if held["group_name"] else [])],
        "facts": [[t(_("Period")), period], [t(_("As of")), said.moment(Service.of(request).clock.now())]],
        "sections": [
            *([booked] if lines else []),
            *(_articles(each, t, said) for each in one.statements if each.cheques),
        ],
        "sums": [[t(name), said.money(cents)] for name, cents in sums],
        "notes": [t(_("An amount below zero lessens what is owed. A balance below zero is the household’s credit."))],
    }


def _line(one: Booked, t: Translate, said: Words) -> list[str]:
    corrected = one.rule in (SALE.name, RESALE.name) and one.cents < 0
    what = t(_("Correction of what was billed") if corrected else RULES.get(one.rule, one.rule))
    return [said.short_day(one.day), what, one.producer_name, one.cycle_name, said.money(one.cents)]


def _articles(one: Statement, t: Translate, said: Words) -> dict[str, Any]:
    """Of each article of a cycle what was expected at the closing, what came and was weighed, and why it differs."""
    headings = (_("Article"), _("Producer"), _("Expected"), _("Came"), _("Why"), _("Amount"))
    lines = []
    for cheque in one.cheques:
        for line in cheque["lines"]:
            came = said.quantity(line["quantity_thousandths"], line["unit"])
            expected: Mapping[str, Any] = line.get("expected") or line
            name = line["name_en"] if said.language == "en" and line["name_en"] else line["name_fr"]
            why = t(WHY.get(expected.get("why", ""), ""))
            asked = said.quantity(expected["quantity_thousandths"], line["unit"])
            lines.append([name, cheque["producer_name"], asked, came, why, said.money(line["gross_cents"])])
        for fee in in_cheque(cheque):
            lines.append([fee["name"], cheque["producer_name"], "", "", "", said.money(fee["gross_cents"])])
        if cheque["deposit_cents"]:
            deposits = t(_("Deposits on containers"))
            lines.append([deposits, cheque["producer_name"], "", "", "", said.money(cheque["deposit_cents"])])
    title = f"{one.cycle_name}, {said.day(one.delivers_on)}"
    total = [t(_("Total")), "", "", "", "", said.money(one.to_pay_cents)]
    return section(t, "", headings, lines, (2, 3, 5), total) | {"title": title}
