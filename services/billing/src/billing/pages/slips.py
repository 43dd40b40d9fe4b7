"""Slips of cheques brought to the bank: bringing, the list, and the paper."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.iban import grouped
from billing.pages.cycles import MOST_PAGES, READS_BOOKS
from billing.pages.payment_form import NOTES, OTHER_THERE
from billing.pages.payments import OUT_OF_TURN, URL, show_cheques
from billing.payment import slip
from billing.payment.life import OutOfTurn
from billing.payment.noting import OtherThere
from billing.payment.register import NoPayment
from billing.payment.slip import Slip
from billing.press import pdf
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

LIST = URL + "/slips"
PER_PAGE = 30


@router.get(LIST)
async def slips(request: Request, page: int = 1, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        last = max(1, -(-await slip.count(reader) // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        found = await slip.newest(reader, (page - 1) * PER_PAGE, PER_PAGE)
    return Pages.of(request).render(request, "slips.html", slips=found, page=page, last=last, url=LIST)


@router.post(LIST)
async def bring(request: Request, person: Person = NOTES) -> Response:
    """The cheques that are ticked go to the bank on one slip: all of them, or none."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    try:
        slip_id = str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error
    chosen, account = form.chosen("cheque"), request.app.state.hub_account
    try:
        async with service.database.write() as writer:
            one = await slip.bring(writer, slip_id, chosen, account, person, Pages.of(request).zone)
    except slip.NoCheques:
        form.error("cheque", t(_("Tick at least one cheque.")))
        return await show_cheques(request, person, form, status=422)
    except NoPayment as error:
        raise NotFound from error
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    except OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    said = t.plural("%(num)s cheque is on the slip.", "%(num)s cheques are on the slip.", len(one.cheques))
    return Pages.of(request).go(f"{LIST}/{one.id}", said % {"num": len(one.cheques)})


@router.get(LIST + "/{slip_id}")
async def show(request: Request, slip_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return Pages.of(request).render(request, "slip.html", one=await _found(request, slip_id), grouped=grouped)


@router.get(LIST + "/{slip_id}/slip.pdf")
async def paper(request: Request, slip_id: str, person: Person = READS_BOOKS) -> Response:
    one = await _found(request, slip_id)
    made = await pdf("deposit_slip.typ", _said(request, one))
    name = request.state.translate(_("deposit-slip"))
    headers = {"content-disposition": f'inline; filename="{name}-{one.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


async def _found(request: Request, slip_id: str) -> Slip:
    async with Service.of(request).database.read() as reader:
        one = await slip.find(reader, slip_id)
    if one is None:
        raise NotFound
    return one


def _said(request: Request, one: Slip) -> dict[str, Any]:
    """What the paper says, in the reader's words."""
    t, said = request.state.translate, words(request)
    count = t.plural("%(num)s cheque", "%(num)s cheques", len(one.cheques)) % {"num": len(one.cheques)}
    pairs = [(t(_("Day")), said.day(one.day)), (t(_("In all")), f"{count}, {said.money(one.cents)}")]
    if one.iban:
        pairs.append((t(_("To the account")), f"{one.holder}, {grouped(one.iban)}"))
    return {
        "title": t(_("Deposit slip no. %(number)s")) % {"number": one.number},
        "hub": Service.of(request).settings.hub_name,
        "language": said.language,
        "facts": pairs,
        "headings": ["", *(t(each) for each in (_("Drawer"), _("Bank"), _("Number of the cheque"), _("Amount")))],
        "lines": [
            [str(place), each.drawer, each.bank, each.cheque_number, said.money(each.cents)]
            for place, each in enumerate(one.cheques, 1)
        ],
        "total": ["", t(_("Total")), count, "", said.money(one.cents)],
        "signatures": [t(_("For the hub")), t(_("For the bank"))],
    }
