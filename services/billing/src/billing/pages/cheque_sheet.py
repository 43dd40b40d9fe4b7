"""The sheet of the cheques a household writes, one for each producer, to print and bring with them."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing import statement
from billing.household import find_household
from billing.pages.households import MEMBER_OR_STAFF, PER_PAGE, STAFF
from billing.payment import owing
from billing.payment.asking import asked_of, said_by
from billing.payment.owing import Owing
from billing.press import pdf
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

EACH = _("One cheque for each producer, written to the producer’s name. Bring them when you collect your goods.")
NOTHING = _("Everything is paid.")


@router.get("/billing/households/{household_id}/cheques.pdf")
async def sheet(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> Response:
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        held = await find_household(reader, household_id)
        if held is None:
            raise NotFound
        owed = await owing.owing_of(reader, {household_id}, Service.of(request).settings.hub_name)
        found = await statement.statements(reader, {household_id}, 0, PER_PAGE)
    said = said_by(found, owing.left_by_cycle(owed), request.app.state.ask_from_cents)
    made = await pdf("cheque_sheet.typ", _said(request, held, owed[household_id], said.get(household_id, {})))
    name = request.state.translate(_("cheques"))
    headers = {"content-disposition": f'inline; filename="{name}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _said(
    request: Request, held: RowMapping, owed: list[Owing], asked: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """What the sheet says, in the reader's words."""
    t, said = request.state.translate, words(request)
    lines, whole = [], 0
    for one in owed:
        parts = asked_of(one, asked, request.app.state.ask_from_cents)
        if parts:
            cents = sum(part for _, part in parts)
            whole += cents
            lines.append([one.producer_name, said.money(cents), ", ".join(debt.cycle_name for debt, _ in parts), ""])
    count = t.plural("Total, one cheque", "Total, %(num)s cheques", len(lines)) % {"num": len(lines)}
    now = Service.of(request).clock.now()
    return {
        "title": t(_("Cheques to write")),
        "hub": Service.of(request).settings.hub_name,
        "language": said.language,
        "facts": [
            (t(_("Household")), held["name"]),
            (t(_("Group")), held["group_name"] or ""),
            (t(_("As of")), said.moment(now)),
        ],
        "lead": t(EACH if lines else NOTHING),
        "headings": [
            t(each) for each in (_("Cheque to the order of"), _("Amount"), _("Cycle"), _("Number of the cheque"))
        ],
        "lines": lines,
        "total": [count, said.money(whole), "", ""],
    }
