"""The cautions of households: what is held of each, what came in, what was refunded or kept and why."""

from collections.abc import Callable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import RowMapping

from billing.household import find_household
from billing.ledger.chart import CAUTIONS, Account
from billing.pages.cycles import READS_BOOKS
from billing.pages.households import MEMBER_OR_STAFF, STAFF
from billing.pages.paid_back import How, PaidBack
from billing.pages.paid_in import PaidIn
from billing.pages.payment_form import NOTES
from billing.pages.payment_words import WORDS, names_of
from billing.payment import caution, compartment, register
from billing.payment.caution import Out, What
from billing.payment.life import Kind
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/cautions"
WHATS = {
    "transfer": _("Refunded by the bank"),
    "cash": _("Refunded in cash"),
    "": _("Kept by the hub"),
}
"""By `kind` of what went out."""
REFUNDED = _("Noted: the caution is refunded.")
ABOVE = URL, _("Cautions")


def _refunded(kind: Kind) -> Callable[[str, int, date, str], Out]:
    return lambda household_id, cents, day, reason: Out(household_id, What.REFUNDED, cents, day, kind, reason)


def _kept(household_id: str, cents: int, day: date, reason: str) -> Out:
    return Out(household_id, What.KEPT, cents, day, None, reason)


OUT = PaidBack(
    "caution",
    caution.APART,
    caution.give_out,
    {
        Kind.TRANSFER.value: How(
            _("Refunded by the bank: a transfer, or a cheque of the hub"), REFUNDED, _refunded(Kind.TRANSFER)
        ),
        Kind.CASH.value: How(_("Refunded in cash"), REFUNDED, _refunded(Kind.CASH)),
        What.KEPT.value: How(_("Kept by the hub"), _("Noted: the caution is kept."), _kept, needs_reason=True),
    },
    above=ABOVE,
    title=_("Refund or keep a caution"),
    how=_("What becomes of it"),
    held=_("Caution held"),
    free=_("Can be refunded or kept now"),
    hint=_(
        "Needed where it is kept; the household reads it. What is kept is income of the hub, and pays nothing of what "
        "is owed to producers."
    ),
    more=_("%(sum)s can be refunded or kept now."),
)


@router.get(URL)
async def cautions(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    """What is held, household by household."""
    async with Service.of(request).database.read() as reader:
        held = await compartment.held_by_household(reader, Account.DEPOSITS)
    return Pages.of(request).render(request, "cautions.html", held=held, total=sum(row["cents"] for row in held))


@router.get(URL + "/{out_id}")
async def one(request: Request, out_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    return await _one(request, out_id, person, Form())


async def _one(request: Request, out_id: str, person: Person, form: Form, status: int = 200) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        row = await caution.APART.find_out(reader, out_id)
        held = await find_household(reader, row["household_id"]) if row else None
    if row is None or held is None:
        raise NotFound
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    context = {"one": row, "held": held, "form": form, "whats": WHATS, "may_note": may_note}
    return Pages.of(request).render(request, "caution_out.html", status, **context)


@router.post(URL + "/{out_id}")
async def undo(request: Request, out_id: str, person: Person = NOTES) -> Response:
    t = request.state.translate
    form = Form(await request.form(), t)
    reason = form.text("reason", max_length=500, required=True)
    if not form.ok:
        return await _one(request, out_id, person, form, status=422)
    return await OUT.take_back(request, out_id, reason, person)


# Of one household


@router.get("/billing/households/{household_id}/caution")
async def of_household(request: Request, household_id: str, person: Person = MEMBER_OR_STAFF) -> HTMLResponse:
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound
    service = Service.of(request)
    async with service.database.read() as reader:
        home = await _household(reader, household_id)
        sums = await caution.APART.held_of(reader, household_id)
        came = await register.cautions_received(reader, household_id)
        went = await caution.APART.outs_of(reader, household_id)
        names = await names_of(reader, service.settings.hub_name)
    may_note = person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    context = WORDS | {"held": home, "sums": sums, "came": came, "went": went, "names": names, "whats": WHATS}
    staff = person.has(*STAFF)
    return Pages.of(request).render(request, "caution.html", **context, may_note=may_note, staff=staff)


PaidIn(
    path="caution",
    back="/caution",
    share=CAUTIONS,
    above=ABOVE,
    title=_("Note a caution"),
    hint=_("It is the household’s: the hub holds it, and pays no producer with it."),
    button=_("Note the caution"),
    said=_("The caution is noted."),
).serve(router)
OUT.serve(router)


async def _household(reader: Reader, household_id: str) -> RowMapping:
    """Raises NotFound."""
    home = await find_household(reader, household_id)
    if home is None:
        raise NotFound
    return home
