"""The accounts rendered to producers, and what the hub earned: a producer sees its own account alone."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from billing import rendering
from billing.mandate.text import FAMILIES
from billing.pages.households import STAFF
from billing.pages.ledger import RULES
from billing.pages.mandates import only
from billing.pages.today import today_of
from billing.payout.account import accounts_of
from billing.rendering import Rendered
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages
from ui.csv_file import Cell, csv_file
from ui.forms import Form
from ui.pages import words

router = APIRouter()

URL = "/billing/accounts"
READERS: Any = serves(*STAFF, Role.PRODUCER)


def days_of(request: Request) -> tuple[Form, date, date]:
    """From when until when, by what was asked; the month that runs where nothing was, or what cannot be."""
    form = Form(request.query_params, request.state.translate)
    today = today_of(request)
    since, until = form.date("since"), form.date("until")
    if since and until and until < since:
        form.error("until", request.state.translate("The last day lies before the first."))
    if not form.ok:
        return form, today.replace(day=1), today
    since = since or (until or today).replace(day=1)
    return form, since, until or max(since, _last_of_month(since))


def _last_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def months_beside(since: date) -> list[tuple[date, date]]:
    """The month before the one in which `since` lies, and the one after."""
    before, after = since.replace(day=1) - timedelta(days=1), _last_of_month(since) + timedelta(days=1)
    return [(before.replace(day=1), before), (after, _last_of_month(after))]


@router.get(URL)
async def accounts(request: Request, person: Person = READERS) -> Response:
    form, since, until = days_of(request)
    async with Service.of(request).database.read() as reader:
        found = await rendering.rendered(reader, since, until, only(person))
        staff = person.has(*STAFF)
        earned, whole = await rendering.commissioned(reader, since, until) if staff else ([], (0, 0))
    return Pages.of(request).render(
        request,
        "accounts.html",
        status=200 if form.ok else 422,
        form=form,
        since=since,
        until=until,
        months=months_beside(since),
        accounts=found,
        staff=staff,
        earned=earned,
        whole=whole,
    )


@router.get(URL + "/{producer_id}")
async def account(request: Request, producer_id: str, person: Person = READERS) -> Response:
    """Opening, each cycle, commissions, payments, closing; and how each commission was reckoned."""
    form, since, until = days_of(request)
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, producer_id, person, since, until)
        known = (await accounts_of(reader, [producer_id])).get(producer_id, [])
        reckoned = await rendering.how_earned(reader, producer_id, {each.cycle_id for each in found.cycles})
    return Pages.of(request).render(
        request,
        "account.html",
        status=200 if form.ok else 422,
        form=form,
        since=since,
        until=until,
        months=months_beside(since),
        account=found,
        bank_account=known[0] if known else None,
        standing={name.value: cents for name, cents in found.standing.items()},
        reckoned=reckoned,
        names={each.cycle_id: each.name for each in found.cycles},
        families=FAMILIES,
        rules=RULES,
        staff=person.has(*STAFF),
    )


@router.get(URL + "/{producer_id}/account.csv")
async def account_file(request: Request, producer_id: str, person: Person = READERS) -> Response:
    form, since, until = days_of(request)
    if not form.ok:
        raise NotFound
    async with Service.of(request).database.read() as reader:
        found = await _found(reader, producer_id, person, since, until)
    rows = _rows(found, since, until, request.state.translate)
    return csv_file(f"cabas-{since.isoformat()}-{until.isoformat()}", rows, words(request).language)


def _rows(one: Rendered, since: date, until: date, _: Any) -> Iterable[tuple[Cell, ...]]:
    """Whole numbers are cents; the last but one column adds up to the closing balance, which the last one keeps."""
    yield (_("Day"), _("What"), _("Cycle"), _("Price without VAT"), _("VAT"), _("Deposits"), _("Amount"), _("Balance"))
    balance = one.opening_cents
    yield since, _("Opening balance"), "", None, None, None, None, balance
    for each in one.cycles:
        if each.sold_cents or each.gross_cents:
            balance += each.sold_cents
            parts = each.net_cents, each.vat_cents, each.deposit_cents
            yield each.day, _("Sales"), each.name, *parts, each.sold_cents, balance
        if each.commission_cents:
            balance -= each.commission_cents
            yield each.day, _("Commission of the hub"), each.name, None, None, None, -each.commission_cents, balance
    for paid in (*one.payments, *one.others):
        balance -= paid.cents
        yield paid.day, _(RULES.get(paid.rule, paid.rule)), "", None, None, None, -paid.cents, balance
    yield until, _("Closing balance"), "", None, None, None, None, balance


async def _found(reader: Reader, producer_id: str, person: Person, since: date, until: date) -> Rendered:
    """Raises NotFound: also for the account of another producer."""
    seen = only(person)
    if seen is not None and producer_id not in seen:
        raise NotFound
    found = await rendering.rendered(reader, since, until, {producer_id})
    if not found:
        raise NotFound
    return found[0]
