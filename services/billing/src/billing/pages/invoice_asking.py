"""Asking for invoices: a household its own of a cycle, the coordinator those of all."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.cycle import find_cycle
from billing.household import find_household
from billing.invoice import register
from billing.invoice.drawing import Sold, draw, rights_of, sold_in, too_early, why_not
from billing.invoice.in_turn import InTurn
from billing.invoice.register import Buyer
from billing.mandate.clauses import is_siren
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.invoice_words import WHY_NOT
from billing.pages.payment_form import NOTES
from billing.pages.today import today_of
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form, Translate
from ui.i18n import marked as _

router = APIRouter()

OF_HOUSEHOLD = "/billing/households/{household_id}/invoices"
OF_CYCLE = "/billing/cycles/{cycle_id}/invoices"
ASKS: Any = serves(Role.MEMBER, Role.COORDINATOR, Role.BOOKKEEPER)
BOOKS: Any = serves(*STAFF)
LABELS = {"name": _("Made out to"), "address": _("Address"), "siren": _("SIREN"), "vat_number": _("VAT number")}


@router.get(OF_HOUSEHOLD)
async def of_household(request: Request, household_id: str, cycle: str, person: Person = MEMBER_OR_STAFF) -> Response:
    return await _show(request, household_id, cycle, person, Form(None, request.state.translate))


@router.post(OF_HOUSEHOLD)
async def ask(request: Request, household_id: str, cycle: str, person: Person = ASKS) -> Response:
    """Draw up what is missing of this household, made out as it says. Asked twice, it is done once."""
    t, today = request.state.translate, today_of(request)
    form = Form(await request.form(), t)
    async with Service.of(request).database.read() as reader:
        await _found(reader, household_id, cycle, person)
    said = buyer_typed(form, t)
    if not form.ok:
        return await _show(request, household_id, cycle, person, form, status=422)
    async with Service.of(request).database.write() as writer:
        await register.keep_buyer(writer, household_id, said, person.name)
        turn: InTurn = request.app.state.invoices
        drawn = await draw(writer, turn.hub, today, cycle, [household_id], person.name, turn.printer)
    if drawn.ids or not drawn.refused:
        place = f"/billing/households/{quote(household_id, safe='')}/invoices?cycle={quote(cycle, safe='')}"
        count = len(drawn.ids)
        told = t.plural("%(num)s invoice is issued.", "%(num)s invoices are issued.", count) % {"num": count}
        return Pages.of(request).go(place, told)
    form.error("", " ".join(sorted({t(WHY_NOT[each]) for each in drawn.refused.values()})))
    return await _show(request, household_id, cycle, person, form, status=422)


def buyer_typed(form: Form, t: Translate) -> Buyer:
    """To whom invoices are made out; the form says what is wrong."""
    said = Buyer(
        form.text("name", required=True),
        form.text("address", required=True),
        "".join(form.text("siren", max_length=20).split()),
        "".join(form.text("vat_number", max_length=20).split()).upper(),
    )
    if said.siren and not is_siren(said.siren):
        form.error("siren", t(_("A SIREN has nine digits; one of them is wrong or missing.")))
    return said


async def _found(reader: Reader, household_id: str, cycle_id: str, person: Person) -> tuple[RowMapping, RowMapping]:
    """The household and the cycle. Raises NotFound: also for the household of somebody else."""
    home, held = await find_household(reader, household_id), await find_cycle(reader, cycle_id)
    if home is None or held is None or not (person.has(*STAFF) or household_id in person.household_ids):
        raise NotFound
    return home, held


async def _show(
    request: Request, household_id: str, cycle_id: str, person: Person, form: Form, status: int = 200
) -> Response:
    today = today_of(request)
    async with Service.of(request).database.read() as reader:
        home, held = await _found(reader, household_id, cycle_id, person)
        sold = await sold_in(reader, cycle_id, [household_id])
        why = await _why(request, reader, held, sold)
        issued = await register.of_household(reader, cycle_id, household_id)
        last = (await register.buyers(reader, [household_id])).get(household_id, Buyer(home["name"]))
    if status == 200:
        form = Form(None, request.state.translate, values=asdict(last))
    url = f"/billing/households/{quote(household_id, safe='')}"
    return Pages.of(request).render(
        request,
        "invoice_form.html",
        status,
        form=form,
        home=home,
        cycle=held,
        sold=sold,
        why=why,
        why_not=WHY_NOT,
        numbers={each.number: each.id for each in issued},
        early=too_early(held, today),
        may_ask=person.has(Role.MEMBER, Role.COORDINATOR, Role.BOOKKEEPER),
        open=[each for each in sold if not each.missing.nothing and why[each.seller_id] is None],
        action=f"{url}/invoices?cycle={quote(cycle_id, safe='')}",
        back=url if person.has(*STAFF) else "/billing/due",
        labels={name: request.state.translate(label) for name, label in LABELS.items()},
    )


async def _why(request: Request, reader: Reader, held: RowMapping, sold: list[Sold]) -> dict[str, Any]:
    """What keeps each seller's invoices from being issued, by its id; None: nothing."""
    today = today_of(request)
    rights = await rights_of(reader, {each.seller_id for each in sold}, today)
    early, hub = too_early(held, today), request.app.state.issuer
    found: dict[str, Any] = {}
    for each in sold:
        if not each.missing.nothing or each.seller_id not in found:
            found[each.seller_id] = found.get(each.seller_id) or early or why_not(hub, each, rights)
    return found


# All of a cycle


@router.get(OF_CYCLE)
async def of_cycle(request: Request, cycle_id: str, person: Person = BOOKS) -> Response:
    """By seller, what is invoiced and what is missing."""
    async with Service.of(request).database.read() as reader:
        held = await find_cycle(reader, cycle_id)
        if held is None:
            raise NotFound
        sold = await sold_in(reader, cycle_id)
        why = await _why(request, reader, held, sold)
    sellers = sorted({(each.seller_name, each.seller_id) for each in sold}, key=lambda each: each[0].casefold())
    rows = [_summed(name, [each for each in sold if each.seller_id == seller_id]) for name, seller_id in sellers]
    return Pages.of(request).render(
        request,
        "cycle_invoices.html",
        cycle=held,
        rows=[(row, why[seller_id]) for row, (_name, seller_id) in zip(rows, sellers, strict=True)],
        why_not=WHY_NOT,
        early=too_early(held, today_of(request)),
        may_draw=person.has(Role.COORDINATOR, Role.BOOKKEEPER),
        open=any(row["missing"] and why[seller_id] is None for row, (_n, seller_id) in zip(rows, sellers, strict=True)),
        action=f"/billing/cycles/{quote(cycle_id, safe='')}/invoices",
    )


def _summed(name: str, sold: list[Sold]) -> dict[str, Any]:
    missing = [each for each in sold if not each.missing.nothing]
    return {
        "name": name,
        "households": len(sold),
        "sold_cents": sum(each.now.to_pay_cents for each in sold),
        "issued": sum(len(each.issued) for each in sold),
        "invoiced_cents": sum(each.invoiced.to_pay_cents for each in sold),
        "missing": len(missing),
        "missing_cents": sum(each.missing.to_pay_cents for each in missing),
    }


@router.post(OF_CYCLE)
async def draw_all(request: Request, cycle_id: str, person: Person = NOTES) -> Response:
    """Have all that are missing drawn up, one portion of households after the other."""
    turn: InTurn = request.app.state.invoices
    async with Service.of(request).database.write() as writer:
        held = await find_cycle(writer, cycle_id)
        if held is None:
            raise NotFound
        early = too_early(held, today_of(request))
        if early is None:
            await turn.begin(writer, cycle_id, person.name)
    place, t = f"/billing/cycles/{quote(cycle_id, safe='')}/invoices", request.state.translate
    said = WHY_NOT[early] if early else _("The invoices are being drawn up: look again in a moment.")
    return Pages.of(request).go(place, t(said))
