"""What bringing the goods cost: a household and a producer see their own part, who keeps the books sees all of it."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing.pages.accounts import days_of, months_beside
from billing.pages.households import STAFF
from billing.transport.register import Costs, costs_between, costs_of, fees_charged
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from contracts.logistics import CostBearer, SharedBy
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.decimals import typed
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import reading
from ui.words import NO_BREAK

router = APIRouter()

URL = "/billing/transport"
KEEPS: Any = serves(*STAFF)
MEMBER: Any = serves(Role.MEMBER)
PRODUCER: Any = serves(Role.PRODUCER)
DAYS = 12
"""The newest days that a household or a producer is shown."""
BY = {
    SharedBy.EQUAL: _("shared equally"),
    SharedBy.VOLUME: _("shared by volume"),
    SharedBy.WEIGHT: _("shared by weight"),
    SharedBy.VALUE: _("shared by what the goods cost"),
}
BEARERS = {
    CostBearer.HUB: _("the hub"),
    CostBearer.PRODUCERS: _("the producers"),
    CostBearer.GROUPS: _("the groups"),
    CostBearer.HOUSEHOLDS: _("the households"),
}


@router.get(URL)
async def all_costs(request: Request, person: Person = KEEPS) -> Response:
    """Of a month, or of the days that are asked for."""
    form, since, until = days_of(request)
    t = request.state.translate
    async with Service.of(request).database.read() as reader:
        found = await costs_between(reader, since, until)
        charged = {one.said.id: await fees_charged(reader, one.said.cycle_ids) for one in found}
    eyes = reading(request)
    rows = [
        [
            eyes.words.short_day(one.said.delivers_on),
            eyes.words.money(one.cents),
            f"{t(BEARERS[one.said.bearer])}, {t(BY[one.said.shared_by])}" if one.shares else t(BEARERS[CostBearer.HUB]),
            eyes.words.money(one.said.hub_cents),
            eyes.words.money(charged[one.said.id]),
        ]
        for one in found
    ]
    sums = [sum(one.cents for one in found), sum(one.said.hub_cents for one in found), sum(charged.values())]
    cost, hub, fees = map(eyes.words.money, sums)
    return Pages.of(request).render(
        request,
        "transport.html",
        200 if form.ok else 422,
        form=form,
        since=since,
        until=until,
        months=months_beside(since),
        rows=rows,
        total=[t(_("Total")), cost, "", hub, fees],
        url=URL,
    )


@router.get(URL + "/shares.csv")
async def shares_file(request: Request, person: Person = KEEPS) -> Response:
    """A row for each round that somebody bears something of."""
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        found = await costs_between(reader, since, until)
    eyes = reading(request)
    t = eyes.translate
    head = (_("Day"), _("Version"), _("Who bears it"), _("Name"), _("Round"), _("Rule"), _("Rule number"), _("Amount"))
    rows: list[list[Cell]] = [[t(word) for word in head]]
    for one in found:
        rows += _file_rows(one, t)
    return csv_file(f"cabas-transport-{since.isoformat()}-{until.isoformat()}", rows, eyes.words.language)


def _file_rows(one: Costs, t: Translate) -> list[list[Cell]]:
    said = one.said
    stamp: list[Cell] = [said.delivers_on, str(said.version), t(BEARERS[said.bearer])]
    rule: list[Cell] = [t(BY[said.shared_by]), str(said.rule_number)]
    rows = [
        [*stamp, share.name, one.round(part.round_id).carrier_name, *rule, part.cents]
        for share in one.shares
        for part in share.rounds
    ]
    if said.hub_cents or not rows:
        rows.append([said.delivers_on, str(said.version), t(BEARERS[CostBearer.HUB]), "", "", *rule, said.hub_cents])
    return rows


@router.get(URL + "/mine")
async def of_my_household(request: Request, person: Person = MEMBER) -> Response:
    """What bringing a member's goods cost, and what the household was charged as fees."""
    return await _own(request, CostBearer.HOUSEHOLDS, person.household_ids, "/billing/due", person)


@router.get(URL + "/farm")
async def of_my_farm(request: Request, person: Person = PRODUCER) -> Response:
    return await _own(request, CostBearer.PRODUCERS, person.producer_ids, "/billing/accounts", person)


async def _own(request: Request, bearer: CostBearer, ids: frozenset[str], back: str, person: Person) -> Response:
    eyes = reading(request)
    t, households = eyes.translate, bearer is CostBearer.HOUSEHOLDS
    rows: list[list[str]] = []
    async with Service.of(request).database.read() as reader:
        for one in await costs_of(reader, bearer, ids, DAYS):
            charged = await fees_charged(reader, one.said.cycle_ids, ids) if households else 0
            for share in one.shares:
                km = f"{typed(round(share.metres / 100), 1, eyes.words.language)}{NO_BREAK}km"
                carriers = sorted({one.round(part.round_id).carrier_name for part in share.rounds})
                rows.append(
                    [
                        _when(one.said.delivers_on, share.name, several=len(ids) > 1, words=eyes.words),
                        km,
                        f"{typed(share.co2_grams, 3, eyes.words.language)}{NO_BREAK}kg",
                        f"{eyes.words.listing(carriers)}, {t(BY[one.said.shared_by])}",
                        eyes.words.money(share.cents),
                        *([eyes.words.money(charged)] if households else []),
                    ]
                )
    return Pages.of(request).render(
        request, "transport_mine.html", rows=rows, households=households, back=back, url=f"{URL}/mine"
    )


def _when(day: date, name: str, *, several: bool, words: Any) -> str:
    return f"{words.short_day(day)} · {name}" if several else str(words.short_day(day))
