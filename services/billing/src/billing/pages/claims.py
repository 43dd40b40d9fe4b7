"""Claims: the list, one of them, and what each of those concerned says to it.

A household sees its own and those it is asked about, a producer those on its goods and no word of who else bought them.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from billing.claim import register
from billing.claim.claiming import Claims, TooLate, without_names
from billing.claim.life import ANSWERS, UNSETTLED, Move, OutOfTurn, State
from billing.claim.register import Claim, NoClaim
from billing.pages import claim_words
from billing.pages.claim_form import MOST_REASON
from billing.pages.cycles import MOST_PAGES
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = "/billing/claims"
PER_PAGE = 30
STAFF = (Role.COORDINATOR, Role.BOOKKEEPER)
SEES: Any = serves(Role.MEMBER, Role.PRODUCER, *STAFF)
ANSWERS_IT: Any = serves(Role.PRODUCER, Role.COORDINATOR)
SHARES: Any = serves(Role.MEMBER)
WITHDRAWS: Any = serves(Role.MEMBER, Role.COORDINATOR)
TOO_LATE = _("The time to answer is over, or the claim is settled.")
OUT_OF_TURN = _("This cannot be done any more: look at how the claim stands now.")


@router.get(URL)
async def claims(request: Request, page: int = 1, person: Person = SEES) -> HTMLResponse:
    service = Service.of(request)
    whose = None if person.has(*STAFF) else register.seen_by(person.household_ids, person.producer_ids)
    async with service.database.read() as reader:
        last = max(1, -(-await register.count_of(reader, whose) // PER_PAGE))
        page = min(max(page, 1), last, MOST_PAGES)
        found = await register.listed(reader, whose, (page - 1) * PER_PAGE, PER_PAGE)
    shown = [_as_seen(each, person) for each in found]
    return Pages.of(request).render(
        request,
        "claims.html",
        states=claim_words.STATES,
        badges=claim_words.BADGES,
        claims=[(each, _sees_names(each, person)) for each in shown],
        staff=person.has(*STAFF),
        member=bool(person.household_ids),
        page=page,
        last=last,
    )


@router.get(URL + "/{claim_id}")
async def claim(request: Request, claim_id: str, person: Person = SEES) -> HTMLResponse:
    return await _show(request, claim_id, person)


@router.post(URL + "/{claim_id}/answer")
async def answer(request: Request, claim_id: str, person: Person = ANSWERS_IT) -> Response:
    """The producer's answer, or what the coordinator decides where none came."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    move = form.choice("answer", ANSWERS)
    reason = form.lines("reason", required=move == Move.REFUSE, max_length=MOST_REASON)
    async with service.database.read() as reader:
        one = await _seen(reader, claim_id, person)
    producer = one.producer_id in person.producer_ids
    if not producer and not person.has(Role.COORDINATOR):
        # It made this claim, or was asked about it, and sells other things.
        raise NotFound
    if not form.ok:
        return await _show(request, claim_id, person, form, status=422)
    decides = person.has(Role.COORDINATOR) and (not producer or one.state is State.TO_DECIDE)
    kept: Claims = request.app.state.claims
    try:
        async with service.database.write() as writer:
            await kept.move(writer, claim_id, Move(move), person, reason, decides=decides)
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    return Pages.of(request).go(f"{URL}/{claim_id}", t(_("Your answer is kept, and the amounts follow it.")))


@router.post(URL + "/{claim_id}/share")
async def share(request: Request, claim_id: str, person: Person = SHARES) -> Response:
    """Another household that bought of it shares the loss, or does not."""
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    shares, household_id = form.choice("shares", ("yes", "no")), form.value("household")
    async with service.database.read() as reader:
        one = await _seen(reader, claim_id, person)
    if not shares or household_id not in person.household_ids & {each.household_id for each in one.asked}:
        raise NotFound
    kept: Claims = request.app.state.claims
    try:
        async with service.database.write() as writer:
            await kept.share(writer, claim_id, household_id, person, shares=shares == "yes")
    except TooLate as error:
        raise Refused(t(TOO_LATE)) from error
    return Pages.of(request).go(f"{URL}/{claim_id}", t(_("Your answer is kept.")))


@router.post(URL + "/{claim_id}/withdraw")
async def withdraw(request: Request, claim_id: str, person: Person = WITHDRAWS) -> Response:
    service, t = Service.of(request), request.state.translate
    async with service.database.read() as reader:
        one = await _seen(reader, claim_id, person)
    if not _may_withdraw(one, person):
        raise NotFound
    kept: Claims = request.app.state.claims
    try:
        async with service.database.write() as writer:
            await kept.move(writer, claim_id, Move.WITHDRAW, person)
    except OutOfTurn as error:
        raise Refused(t(OUT_OF_TURN)) from error
    return Pages.of(request).go(f"{URL}/{claim_id}", t(_("The claim is withdrawn.")))


async def _show(
    request: Request, claim_id: str, person: Person, form: Form | None = None, status: int = 200
) -> HTMLResponse:
    service = Service.of(request)
    async with service.database.read() as reader:
        one = await _seen(reader, claim_id, person)
        past = await register.history_of(reader, claim_id)
        now = reader.now
    names = _sees_names(one, person)
    coordinates, producer = person.has(Role.COORDINATOR), one.producer_id in person.producer_ids
    answers = (one.state is State.OPEN and producer) or (one.state is State.TO_DECIDE and coordinates)
    mine = [each for each in one.asked if each.household_id in person.household_ids]
    return Pages.of(request).render(
        request,
        "claim.html",
        status,
        states=claim_words.STATES,
        badges=claim_words.BADGES,
        what=claim_words.WHAT,
        one=_as_seen(one, person),
        names=names,
        # Who is no more than asked, or the producer, reads what was decided and no names.
        past=[row if names or row["what"] in _DECIDED else dict(row) | {"who": ""} for row in past],
        form=form or Form(),
        answers=[(move.value, words) for move, words in claim_words.ANSWERS.items()] if answers else [],
        mine=mine if one.waits_for_shares(now) else [],
        may_withdraw=one.state in UNSETTLED and _may_withdraw(one, person),
        url=f"{URL}/{one.id}",
    )


_DECIDED = frozenset(move.value for move in ANSWERS)


async def _seen(reader: Reader, claim_id: str, person: Person) -> Claim:
    """Raises NotFound: also for a claim that is no matter of this person."""
    try:
        one = await register.find(reader, claim_id)
    except NoClaim as error:
        raise NotFound from error
    concerned = one.producer_id in person.producer_ids or not one.concerned.isdisjoint(person.household_ids)
    if not concerned and not person.has(*STAFF):
        raise NotFound
    return one


def _may_withdraw(one: Claim, person: Person) -> bool:
    return person.has(Role.COORDINATOR) or one.household_id in person.household_ids


def _sees_names(one: Claim, person: Person) -> bool:
    """Whether the person reads whose claim it is: the household itself and the hub."""
    return person.has(*STAFF) or one.household_id in person.household_ids


def _as_seen(one: Claim, person: Person) -> Claim:
    return one if _sees_names(one, person) else without_names(one)
