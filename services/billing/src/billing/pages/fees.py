"""The fees that come to the goods: what is charged, to whom, from when, by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.fee import register
from billing.fee.charged import rule_of
from billing.fee.fee import Fee
from billing.household import groups
from billing.ledger.chart import HUB
from billing.pages.cycles import READS_BOOKS
from billing.pages.payment_form import NOTES, id_of
from billing.pages.today import today_of
from billing.seller import Seller, sellers
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from contracts.fee import FeeKind, ShareBy
from ui import Pages
from ui.decimals import typed, typed_money
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/fees"
MOST_LETTERS = 80
LEAST_PERCENT, MOST_PERCENT = Decimal("0.01"), Decimal(100)
KINDS = {
    FeeKind.PER_ORDER: _("A sum on each order"),
    FeeKind.PERCENT: _("A share of the price of each article"),
    FeeKind.SHARED: _("A sum for a whole delivery, shared by its households"),
}
WAYS = {
    ShareBy.VALUE: _("by what their goods cost"),
    ShareBy.QUANTITY: _("by how much of the goods they have (kilos, litres, pieces)"),
    ShareBy.EQUALLY: _("equally"),
}
LABELS = {
    "name": _("Name"),
    "earner": _("Who earns it"),
    "groups": _("Groups"),
    "first_day": _("On deliveries from"),
    "last_day": _("On deliveries until"),
    "kind": _("How it is reckoned"),
    "amount": _("Amount"),
    "percent": _("Share of the price"),
    "share_by": _("Shared"),
    "free_from": _("Free from"),
}
SET_SINCE = _("Somebody changed this fee since you opened this page. Look at how it stands now, and change it again.")


@dataclass(frozen=True)
class Choices:
    """Who can earn a fee, by id, the hub first; groups by id; both by name."""

    earners: Mapping[str, Seller]
    groups: Mapping[str, str]

    @property
    def names(self) -> dict[str, str]:
        return {each.id: each.name for each in self.earners.values()}


async def _choices(request: Request, reader: Reader) -> Choices:
    hub = Seller(HUB, Service.of(request).settings.hub_name, "", "")
    known = sorted((await sellers(reader)).values(), key=lambda each: each.name.casefold())
    return Choices({HUB: hub} | {each.id: each for each in known}, await groups(reader))


@router.get(URL)
async def fees(request: Request, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        found = await register.standing(reader)
        choices = await _choices(request, reader)
    return Pages.of(request).render(
        request,
        "fees.html",
        fees=[(each, rule_of(each)) for each in found],
        names=choices.names,
        groups=choices.groups,
        today=today_of(request),
        may_set=_may_set(person),
    )


@router.get(URL + "/new")
async def new(request: Request, person: Person = NOTES) -> HTMLResponse:
    values = {"id": Service.of(request).ids.new(), "seen": 0, "earner": HUB, "kind": FeeKind.PER_ORDER.value}
    values |= {"first_day": today_of(request).isoformat(), "share_by": ShareBy.VALUE.value}
    return await _show(request, person, Form(None, request.state.translate, values=values))


@router.post(URL + "/new")
async def make(request: Request, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    return await _set(request, person, form, id_of(form))


@router.get(URL + "/{fee_id}")
async def one(request: Request, fee_id: str, person: Person = READS_BOOKS) -> HTMLResponse:
    async with Service.of(request).database.read() as reader:
        held = await register.newest(reader, fee_id)
    if held is None:
        raise NotFound
    return await _show(request, person, _form_of(request, held), fee_id)


@router.post(URL + "/{fee_id}")
async def change(request: Request, fee_id: str, person: Person = NOTES) -> Response:
    form = Form(await request.form(), request.state.translate)
    async with Service.of(request).database.read() as reader:
        if await register.newest(reader, fee_id) is None:
            raise NotFound
    return await _set(request, person, form, fee_id)


async def _set(request: Request, person: Person, form: Form, fee_id: str) -> Response:
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        choices = await _choices(request, reader)
        known = fee_id if await register.newest(reader, fee_id) else ""
    seen = form.integer("seen", required=True, minimum=0)
    wanted = _read(form, choices, fee_id)
    if wanted is None or seen is None:
        return await _show(request, person, form, known, status=422)
    try:
        async with service.database.write() as writer:
            await register.set_fee(writer, wanted, seen, choices.earners[wanted.earner_id], person)
    except register.OtherSet:
        form.error("", t(SET_SINCE))
        return await _show(request, person, form, fee_id, status=409)
    return Pages.of(request).go(f"{URL}/{quote(fee_id, safe='')}", t(_("The fee is set.")))


def _read(form: Form, choices: Choices, fee_id: str) -> Fee | None:
    """What was typed; None where a field is wrong."""
    name = form.text("name", required=True, max_length=MOST_LETTERS)
    earner = form.choice("earner", choices.earners)
    chosen = form.choices("groups", choices.groups)
    first_day = form.date("first_day", required=True)
    last_day = form.date("last_day", minimum=first_day)
    kind = form.choice("kind", FeeKind)
    percent = kind == FeeKind.PERCENT
    cents = None if percent else form.cents("amount", required=True, minimum=1)
    shares = {"minimum": LEAST_PERCENT, "maximum": MOST_PERCENT}
    rate = form.decimal("percent", places=2, required=True, **shares) if percent else None
    share_by = form.choice("share_by", ShareBy) if kind == FeeKind.SHARED else ShareBy.VALUE.value
    free_from = form.cents("free_from")
    stopped = form.boolean("stopped")
    if not form.ok or first_day is None:
        return None
    return Fee(
        id=fee_id,
        version=0,
        name=name,
        earner_id=earner,
        group_ids=frozenset(chosen),
        first_day=first_day,
        last_day=last_day,
        kind=FeeKind(kind),
        cents=cents or 0,
        rate_hundredths=int(rate * 100) if rate else 0,
        share_by=ShareBy(share_by),
        free_from_cents=free_from or 0,
        stopped=stopped,
        set_at=register.NEVER,
        set_by="",
    )


def _form_of(request: Request, held: Fee) -> Form:
    language = request.state.reading.language
    values: dict[str, Any] = {
        "seen": held.version,
        "name": held.name,
        "earner": held.earner_id,
        "first_day": held.first_day.isoformat(),
        "last_day": held.last_day.isoformat() if held.last_day else "",
        "kind": held.kind.value,
        "amount": typed_money(held.cents, language) if held.cents else "",
        "percent": typed(held.rate_hundredths, 2, language) if held.rate_hundredths else "",
        "share_by": held.share_by.value,
        "free_from": typed_money(held.free_from_cents, language) if held.free_from_cents else "",
        "stopped": "on" if held.stopped else "",
    }
    return Form(None, request.state.translate, values=values)


async def _show(request: Request, person: Person, form: Form, fee_id: str = "", status: int = 200) -> HTMLResponse:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        choices = await _choices(request, reader)
        past = await register.versions(reader, fee_id) if fee_id else []
    return Pages.of(request).render(
        request,
        "fee_form.html",
        status,
        form=form,
        past=[(each, rule_of(each)) for each in past],
        names=choices.names,
        groups=choices.groups,
        chosen=sorted(past[0].group_ids) if past and not form.value("csrf_token") else [],
        kinds=[(kind.value, t(label)) for kind, label in KINDS.items()],
        ways=[(way.value, t(label)) for way, label in WAYS.items()],
        labels={name: t(label) for name, label in LABELS.items()},
        may_set=_may_set(person),
    )


def _may_set(person: Person) -> bool:
    return person.has(Role.COORDINATOR, Role.BOOKKEEPER)
