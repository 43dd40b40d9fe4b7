"""The draft of a contract: begun for a producer, typed, kept, and proposed when every clause is there."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping, select

from billing.household import group
from billing.mandate import catalogue, contract, drafting
from billing.mandate.clauses import AnnexLine, Party, Terms
from billing.mandate.contract import Mandate, Version
from billing.mandate.drafting import AlreadyThere, Faulty, NoAddress, Stale
from billing.mandate.life import Life, OutOfTurn, Stage
from billing.mandate.text import REGIMES
from billing.pages import mandate_form
from billing.pages.mandates import COORDINATOR, NO_ADDRESS, URL, found
from billing.pages.today import today_of
from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()


@router.get(URL + "/new")
async def new(request: Request, producer_id: str = "", person: Person = COORDINATOR) -> Response:
    service = Service.of(request)
    async with service.database.read() as reader:
        known = await catalogue.find_principal(reader, producer_id)
        there = await contract.open_of(reader, producer_id)
        if known is None:
            raise NotFound
        if there is not None:
            return Pages.of(request).go(f"{URL}/{there.id}")
        last = next((one.newest for one in await contract.listed(reader)), None)
    begins = today_of(request) + timedelta(days=7)
    terms = _first_terms(known, last, begins, service.settings.hub_name)
    values = mandate_form.filled(terms, request.state.reading.language) | {"id": service.ids.new()}
    form = Form(None, request.state.translate, values=values)
    return await _form_page(request, form, known, None)


def _first_terms(known: RowMapping, last: Version | None, begins: date, hub_name: str) -> Terms:
    """What a first draft starts with: as the hub agreed with others, for this producer, a year from a week on."""
    principal = drafting.as_catalogued(
        Party(address=known["place"], represented_by=known["contact_name"], capacity="exploitant"), known
    )
    ends = begins.replace(year=begins.year + 1) if (begins.month, begins.day) != (2, 29) else begins
    fresh = Terms(
        principal=principal,
        agent=Party(name=hub_name),
        tacit_renewal=True,
        starts_on=begins,
        effective_from=begins,
        ends_on=ends - timedelta(days=1),
    )
    if last is None:
        return fresh
    kept = ("agent", "discounts", "commissions", "invoicing", "rendering", "delivery_place", "delivery_slot", "risk")
    more = ("unsold", "claims", "claim_days", "del_credere", "agent_insurance", "data_roles", "data_shared", "court")
    days = ("mediator", "tacit_renewal", "renewal_months", "notice_days", "breach_days", "pay_days", "pay_from")
    return fresh.model_copy(update={name: getattr(last.terms, name) for name in (*kept, *more, *days)})


@router.post(URL + "/new")
async def begin(request: Request, producer_id: str = "", person: Person = COORDINATOR) -> Response:
    async with Service.of(request).database.read() as reader:
        known = await catalogue.find_principal(reader, producer_id)
    if known is None:
        raise NotFound
    return await _take(request, known, None, person)


@router.get(URL + "/{mandate_id}/edit")
async def edit(request: Request, mandate_id: str, person: Person = COORDINATOR) -> Response:
    async with Service.of(request).database.read() as reader:
        one = await found(reader, mandate_id, person)
        known = await catalogue.find_principal(reader, one.producer_id)
    _draft_of(request, one)
    values = mandate_form.filled(one.newest.terms, request.state.reading.language)
    values["seen"] = one.newest.changed_at.isoformat()
    assert known is not None, "a contract is with a producer of the catalogue"
    return await _form_page(request, Form(None, request.state.translate, values=values), known, one)


@router.post(URL + "/{mandate_id}/edit")
async def change(request: Request, mandate_id: str, person: Person = COORDINATOR) -> Response:
    async with Service.of(request).database.read() as reader:
        one = await found(reader, mandate_id, person)
        known = await catalogue.find_principal(reader, one.producer_id)
    assert known is not None, "a contract is with a producer of the catalogue"
    _draft_of(request, one)
    return await _take(request, known, one, person)


def _draft_of(request: Request, one: Mandate) -> Version:
    if one.newest.stage is not Stage.DRAFT or one.life in (Life.ENDED, Life.DROPPED):
        raise Refused(request.state.translate(_("This version is no draft any more: nothing about it changes.")))
    return one.newest


async def _take(request: Request, known: RowMapping, one: Mandate | None, person: Person) -> Response:
    """A draft that was sent: kept, and proposed where that was asked; or shown again with what is to mend."""
    service, t, zone = Service.of(request), request.state.translate, Pages.of(request).zone
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        lines, groups = await _choosable(reader, known["id"], one)
    party = drafting.as_catalogued(one.newest.terms.principal if one else Party(), known)
    terms = mandate_form.read(form, party, lines, groups, one is None or one.newest.number == 1, t)
    if not form.ok:
        return await _form_page(request, form, known, one, status=422)
    try:
        async with service.database.write() as writer:
            if one is None:
                one = await drafting.begin(writer, _id(form), known["id"], terms, person.name)
            else:
                await drafting.save(writer, one.id, one.newest.number, terms, person.name, form.value("seen"))
    except AlreadyThere as there:
        return Pages.of(request).go(f"{URL}/{there.mandate_id}", t(_("This producer has a contract already.")))
    except Stale:
        assert one is not None
        form.error("", t(_("Somebody else changed this draft meanwhile. What you typed is here; send it again.")))
        async with service.database.read() as reader:
            form.values["seen"] = (await found(reader, one.id, person)).newest.changed_at.isoformat()
        return await _form_page(request, form, known, one, status=409)
    except OutOfTurn as error:
        raise Refused(t(_("This version is no draft any more: nothing about it changes."))) from error
    if form.value("do") != "propose":
        return Pages.of(request).go(f"{URL}/{one.id}", t(_("The draft is saved.")))
    try:
        async with service.database.write() as writer:
            await drafting.propose(writer, one.id, one.newest.number, person.name, zone)
    except (Faulty, NoAddress) as error:
        if isinstance(error, Faulty):
            mandate_form.show_faults(form, error.faults, t)
        else:
            form.error("", t(NO_ADDRESS))
        async with service.database.read() as reader:
            one = await found(reader, one.id, person)
        form.values["seen"] = one.newest.changed_at.isoformat()
        return await _form_page(request, form, known, one, status=422)
    return Pages.of(request).go(f"{URL}/{one.id}", t(_("It is proposed: the producer gets a link by mail.")))


def _id(form: Form) -> str:
    """The id the form was given, so that sending it twice makes one contract. Raises NotFound."""
    try:
        return str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error


async def _choosable(reader: Reader, producer_id: str, one: Mandate | None) -> tuple[dict[str, AnnexLine], list[str]]:
    """What can be in the annex, as it is now, or was when it was put there and is offered no more; names of groups."""
    lines = await catalogue.lines_of(reader, producer_id)
    if one is not None:
        lines = {line.product_id: line for line in one.newest.terms.annex} | lines
    rows = await reader.all(select(group.c.name).order_by(group.c.name))
    return lines, [row["name"] for row in rows]


async def _form_page(
    request: Request, form: Form, known: RowMapping, one: Mandate | None, *, status: int = 200
) -> Response:
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        lines, groups = await _choosable(reader, known["id"], one)
    is_sent = bool(form.value("do"))
    annex = [line.product_id for line in one.newest.terms.annex] if one else list(lines)
    return Pages.of(request).render(
        request,
        "mandate_form.html",
        status,
        form=form,
        known=known,
        regime=REGIMES.get(known["regime"], known["regime"]),
        one=one,
        first=one is None or one.newest.number == 1,
        lines=lines,
        annex=form.chosen("annex") if is_sent else annex,
        groups=groups,
        chosen_groups=form.chosen("groups") if is_sent else (one.newest.terms.groups if one else ()),
        labels={name: t(label) for name, label in mandate_form.LABELS.items()},
        choices={n: [(code, t(said)) for code, said in few] for n, few in mandate_form.CHOICES.items()},
        rules=mandate_form.rules(),
        action=f"{URL}/{one.id}/edit" if one else f"{URL}/new?producer_id={known['id']}",
    )
