"""What a household owes: to its own members, and to those who keep the books."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from billing import statement
from billing.between.register import owed_between
from billing.claim.claiming import CLAIM_DAYS, clauses_of
from billing.debit.register import announced_to
from billing.household import find_household
from billing.household_balance import cautions_of, wallets_of
from billing.iban import BankAccount, grouped
from billing.ledger.chart import HUB
from billing.pages import payment_words
from billing.pages.today import today_of
from billing.payment import owing, register
from billing.payment.asking import Said, asked_of, said_by
from billing.payment.noting import collects_for
from billing.payment.owing import Owing
from billing.payment.reference import reference_of
from billing.payment.reminding import sent_to
from billing.payment.transfer_code import Asked, asked
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ui import Pages

router = APIRouter()

PER_PAGE = 6
PAYMENTS = 20
"""The newest payments of a household that are shown."""
STAFF = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
MEMBER: Any = serves(Role.MEMBER)
MEMBER_OR_STAFF: Any = serves(Role.MEMBER, *STAFF)


@router.get("/billing/due")
async def what_i_owe(request: Request, page: int = 1, person: Person = MEMBER) -> HTMLResponse:
    """The statements of the person's households: one cheque for each producer."""
    return await _statements(request, person.household_ids, page, "due.html", url="/billing/due")


@router.get("/billing/households/{household_id}")
async def household(
    request: Request, household_id: str, page: int = 1, person: Person = MEMBER_OR_STAFF
) -> HTMLResponse:
    if not person.has(*STAFF) and household_id not in person.household_ids:
        raise NotFound
    staff, may_note = person.has(*STAFF), person.has(Role.COORDINATOR, Role.BOOKKEEPER)
    async with Service.of(request).database.read() as reader:
        held = await find_household(reader, household_id)
        sent = (await sent_to(reader, {household_id})).get(household_id, []) if staff else []
    if held is None:
        raise NotFound
    more: dict[str, Any] = {
        "url": f"/billing/households/{household_id}",
        "reminders": sent,
        "levels": payment_words.LEVELS,
    }
    more |= {"staff": staff, "may_note": may_note, "coordinates": person.has(Role.COORDINATOR)}
    return await _statements(request, {household_id}, page, "household.html", held=held, **more)


async def _statements(
    request: Request, household_ids: frozenset[str] | set[str], page: int, template: str, **context: Any
) -> HTMLResponse:
    service = Service.of(request)
    hub_name, today = service.settings.hub_name, today_of(request)
    async with Service.of(request).database.read() as reader:
        count = await statement.count_statements(reader, household_ids)
        last = max(1, -(-count // PER_PAGE))
        page = min(max(page, 1), last)
        found = await statement.statements(reader, household_ids, (page - 1) * PER_PAGE, PER_PAGE)
        pending = await statement.pending_orders(reader, household_ids) if page == 1 else []
        owed = await owing.owing_of(reader, household_ids, hub_name)
        cautions = await cautions_of(reader, household_ids)
        wallets = await wallets_of(reader, household_ids)
        collected = await collects_for(reader, today) | {HUB} if page == 1 else frozenset()
        context["coming"] = await announced_to(reader, household_ids)
        context["between"] = await owed_between(reader, household_ids)
        context["fees"] = await register.fees_of(reader, household_ids)
        paid = await register.of_households(reader, household_ids, PAYMENTS) if page == 1 else []
        days = await clauses_of(reader, today)
        context["names"] = await payment_words.names_of(reader, hub_name)
    context |= payment_words.WORDS | {"owing": owed, "payments": paid, "left": owing.left_by_cycle(owed)}
    context["cautions"] = {each: cents for each, cents in sorted(cautions.items()) if cents}
    context["wallets"] = {each: cents for each, cents in sorted(wallets.items()) if cents}
    # Only where something is left to pay.
    context["references"] = {each: reference_of(each) for each in owed if sum(one.left_cents for one in owed[each])}
    longest = max([CLAIM_DAYS, *(each for each, _by_hub in days.values())])
    # Only who may claim finds the way to it; the form knows the day of each producer.
    person: Person = request.state.person
    may_claim = person.has(Role.COORDINATOR) or household_ids <= person.household_ids
    context["claims"] = (today - timedelta(days=longest), today) if may_claim else None
    context["households"] = sorted(household_ids) if request.app.state.creditor else []
    several = len(household_ids) > 1
    ask_from = request.app.state.ask_from_cents
    context["asked"] = {}
    if page == 1:
        context["asked"] = _asked(request, owed, collected, said_by(found, context["left"], ask_from))
    return Pages.of(request).render(
        request,
        template,
        statements=found,
        pending=pending,
        page=page,
        last=last,
        several=several,
        ask_from=ask_from,
        grouped=grouped,
        **context,
    )


def _asked(
    request: Request, owed: Mapping[str, list[Owing]], collected: frozenset[str], said: Said
) -> dict[str, Asked]:
    """What each household can pay to the hub by transfer; none where the hub has no account. `collected`: the producers
    for whom it may receive money."""
    account: BankAccount | None = request.app.state.hub_account
    if account is None:
        return {}
    ask_from, sums = request.app.state.ask_from_cents, dict[str, int]()
    for household_id, mine in owed.items():
        theirs = [one for one in mine if one.producer_id in collected]
        told = said.get(household_id, {})
        sums[household_id] = sum(cents for one in theirs for _, cents in asked_of(one, told, ask_from))
    return {each: asked(account, cents, reference_of(each)) for each, cents in sums.items() if cents}
