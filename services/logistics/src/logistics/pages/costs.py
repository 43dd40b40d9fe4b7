"""Costs of rounds: of a day, of a month, and by which rule they are shared."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from contracts.logistics import CostBearer, SharedBy
from logistics.cost.month import before, following, month_of
from logistics.cost.register import reckon, share_day, shared_between, shared_of
from logistics.cost.rule import CostRule, Outrun, rule_on, rules, set_rule
from logistics.pages.cost_words import BEARERS, SHARED_BY, Words, cells
from ui import Pages
from ui.csv_file import csv_file
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

URL = "/logistics/costs"
READS: Any = serves(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
PRODUCER: Any = serves(Role.PRODUCER)
REFERENT: Any = serves(Role.REFERENT)
SETS: Any = serves(Role.COORDINATOR)
A_YEAR = timedelta(days=366)


def today_of(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()


@router.get(URL)
async def this_month(request: Request, person: Person = READS) -> Response:
    return await _month(request, today_of(request).replace(day=1))


@router.get(URL + "/months/{month}.csv")
async def month_file(request: Request, month: str, person: Person = READS) -> Response:
    """A row for each producer, each group and each bearer of each day."""
    first = _first(month)
    async with Service.of(request).database.read() as reader:
        found = await month_of(reader, first)
    eyes = reading(request)
    t, language = eyes.translate, eyes.words.language
    rows: list[list[str | int]] = [
        [t(_("Day")), t(_("Of whom")), t(_("Name")), t(_("Kilometres")), t(_("CO2 in grams")), t(_("Cost"))]
    ]
    for one in found.days:
        on = one.on.isoformat()
        rows += cells(one.content.producers, t(_("Carried for the producer")), on, language)
        rows += cells(one.content.groups, t(_("Carried for the group")), on, language)
        rows += cells(one.content.shares, f"{t(_('Borne by'))} {t(BEARERS[one.content.bearer]).lower()}", on, language)
        rows.append([on, t(_("Borne by the hub")), "", "", "", one.content.hub_cents])
    return csv_file(f"costs_{first:%Y-%m}", rows, language)


@router.get(URL + "/months/{month}")
async def one_month(request: Request, month: str, person: Person = READS) -> Response:
    return await _month(request, _first(month))


def _first(month: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotFound from None


async def _month(request: Request, first: date) -> Response:
    async with Service.of(request).database.read() as reader:
        found = await month_of(reader, first)
        rule = await rule_on(reader, today_of(request))
    write, plain = Words.of(request), reading(request).words
    rows = [
        [Markup('<a href="{}/{}">{}</a>').format(URL, one.on.isoformat(), first_cell), *others]
        for one, (first_cell, *others) in zip(found.days, write.days(found), strict=True)
    ]
    return Pages.of(request).render(
        request,
        "costs.html",
        title=f"{plain.month_name(first.month)} {first.year}",
        month=found,
        compared=write.compared(found.metres, found.alone_metres) if found.days else "",
        rows=rows,
        total=write.month_total(found),
        producers=write.shares(found.producers),
        groups=write.shares(found.groups),
        rule=write.rule(rule),
        sets=person_sets(request),
        before=f"{URL}/months/{before(first):%Y-%m}",
        after=f"{URL}/months/{following(first):%Y-%m}",
        file=f"{URL}/months/{first:%Y-%m}.csv",
        url=URL,
    )


def person_sets(request: Request) -> bool:
    person: Person | None = request.state.person
    return person is not None and person.has(Role.COORDINATOR)


@router.get(URL + "/mine")
async def driven_for_me(request: Request, person: Person = PRODUCER) -> Response:
    """A producer sees what was driven for its own goods, whoever bears it, and what it would have driven alone."""
    today = today_of(request)
    async with Service.of(request).database.read() as reader:
        found = await shared_between(reader, today - A_YEAR, today)
    return Pages.of(request).render(
        request, "costs_mine.html", rows=Words.of(request).mine(found, person.producer_ids), up="/logistics/network"
    )


@router.get(URL + "/groups")
async def driven_for_my_groups(request: Request, person: Person = REFERENT) -> Response:
    """A referent sees what was driven for its own groups, what it cost, and who bears that."""
    today = today_of(request)
    async with Service.of(request).database.read() as reader:
        found = await shared_between(reader, today - A_YEAR, today)
    groups = person.group_ids(Role.REFERENT)
    return Pages.of(request).render(request, "costs_groups.html", rows=Words.of(request).of_groups(found, groups))


@router.get(URL + "/rules")
async def all_rules(request: Request, person: Person = READS) -> Response:
    return await _rules(request)


async def _rules(request: Request, form: Form | None = None, status: int = 200) -> Response:
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        found = await rules(reader)
    write = Words.of(request)
    values = {"id": service.ids.new(), "first_day": today_of(request).isoformat(), "shared_by": SharedBy.VOLUME.value}
    return Pages.of(request).render(
        request,
        "cost_rules.html",
        status,
        rows=[[write.rule(one), *write.days_of(one), one.why, one.set_by] for one in found],
        form=form or Form(None, t, values=values),
        seen=found[0].number if found else 0,
        bearers=[(one.value, t(word)) for one, word in BEARERS.items()],
        ways=[(one.value, t(word)) for one, word in SHARED_BY.items()],
        sets=person_sets(request),
        url=f"{URL}/rules",
        up=URL,
    )


@router.post(URL + "/rules")
async def add_rule(request: Request, person: Person = SETS) -> Response:
    """From its first day on it holds; what is over stays as it was shared."""
    t, today = request.state.translate, today_of(request)
    form = Form(await request.form(), t)
    form_id, seen = form.text("id", required=True, max_length=60), form.integer("seen", required=True, minimum=0)
    bearer, by = form.choice("bearer", CostBearer), form.choice("shared_by", SharedBy)
    first, last = form.date("first_day", required=True), form.date("last_day")
    why = form.text("why", required=True)
    if first is not None and first < today:
        form.error("first_day", t(_("Today at the earliest: what was shared stays as it was told.")))
    if first is not None and last is not None and last < first:
        form.error("last_day", t(_("Not before the first day.")))
    if not form.ok or first is None or seen is None:
        return await _rules(request, form, 422)
    wanted = CostRule(0, CostBearer(bearer), SharedBy(by), first, last, why)
    try:
        async with Service.of(request).database.write() as writer:
            await set_rule(writer, form_id, wanted, seen=seen, by=person.name)
    except Outrun:
        form.error("", t(_("Somebody set a rule since you opened the page: look at it first.")))
        return await _rules(request, form, 409)
    return Pages.of(request).go(f"{URL}/rules", t(_("The rule is set.")))


@router.get(URL + "/{day}")
async def one_day(request: Request, day: str, person: Person = READS) -> Response:
    """As it is now; where that was not told to billing yet, it says so."""
    on = _day(day)
    async with Service.of(request).database.read() as reader:
        content = await reckon(reader, on)
        told = await shared_of(reader, on)
    if content is None:
        raise NotFound
    write, words = Words.of(request), reading(request).words
    return Pages.of(request).render(
        request,
        "cost_day.html",
        on=on,
        content=content,
        told=told,
        news=told is None or told.content != content,
        due=on <= today_of(request),
        rule=write.rule(content),
        came=write.came(content),
        free=write.free(content),
        rounds=write.rounds(content),
        total=write.total(content),
        shares=write.traced(content),
        producers=write.shares(content.producers),
        groups=write.shares(content.groups),
        compared=write.compared(content.metres, sum(content.alone_metres.values())),
        told_at=words.moment(told.shared_at) if told else "",
        sets=person_sets(request),
        url=f"{URL}/{on.isoformat()}",
        up=URL,
    )


@router.post(URL + "/{day}")
async def share_now(request: Request, day: str, person: Person = SETS) -> Response:
    """Share it now instead of within the hour."""
    on, t = _day(day), request.state.translate
    if on > today_of(request):
        raise Refused(t(_("Costs are shared from the day of the deliveries on.")))
    async with Service.of(request).database.write() as writer:
        made = await share_day(writer, on)
    said = _("Shared, and told to billing.") if made else _("Nothing is new: billing knows it already.")
    return Pages.of(request).go(f"{URL}/{on.isoformat()}", t(said))


def _day(typed: str) -> date:
    """Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound from None
