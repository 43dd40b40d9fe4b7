"""Making a claim: what of the goods of a household was spoiled, how much, and why."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from billing.claim.claiming import (
    Claimable,
    Claims,
    NoLine,
    NothingLeft,
    NotYet,
    OtherThere,
    TooLate,
    claimable,
)
from billing.cycle import COMPUTED, find_cycle
from billing.household import find_household
from billing.pages.today import today_of
from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import words

router = APIRouter()

NEW = "/billing/households/{household_id}/claims/new"
MAKES: Any = serves(Role.MEMBER, Role.COORDINATOR)
LABELS = {"product": _("What was spoiled"), "spoiled": _("How much of it"), "reason": _("What is wrong with it")}
MOST_REASON = 500
OTHER_THERE = _("This form was sent before, with other words: the claim is kept as it was then.")


@router.get(NEW)
async def new(request: Request, household_id: str, cycle: str, person: Person = MAKES) -> Response:
    values = {"id": Service.of(request).ids.new()}
    return await _show(request, household_id, cycle, person, Form(None, request.state.translate, values=values))


@router.post(NEW)
async def take(request: Request, household_id: str, cycle: str, person: Person = MAKES) -> Response:
    service, t, said = Service.of(request), request.state.translate, words(request)
    form = Form(await request.form(), t)
    try:
        claim_id = str(UUID(form.value("id")))
    except ValueError as error:
        raise NotFound from error
    async with service.database.read() as reader:
        _home, held = await _found(reader, household_id, cycle, person)
        lines = {each.product_id: each for each in await claimable(reader, held, household_id)}
    product_id = form.choice("product", lines)
    one = lines.get(product_id)
    spoiled = form.quantity("spoiled", one.line.billed.unit, required=True) if one else None
    reason = form.lines("reason", required=True, max_length=MOST_REASON)
    if one is None or spoiled is None or not form.ok:
        return await _show(request, household_id, cycle, person, form, status=422)
    claims: Claims = request.app.state.claims
    try:
        async with service.database.write() as writer:
            await claims.claim(writer, claim_id, cycle, household_id, product_id, spoiled, reason, person)
    except NoLine as error:
        raise NotFound from error
    except OtherThere as error:
        raise Refused(t(OTHER_THERE)) from error
    except NotYet:
        day = said.day(held["delivers_on"])
        form.error("", t(_("These goods are handed out on %(day)s: claim then.")) % {"day": day})
    except TooLate:
        form.error("product", t(_("The last day to claim it was %(day)s.")) % {"day": said.day(one.last_day)})
    except NothingLeft as error:
        left = said.quantity(error.left, one.line.billed.unit)
        sentence = t(_("You were handed less than that and did not claim yet: at most %(left)s."))
        form.error("spoiled", sentence % {"left": left})
    else:
        return Pages.of(request).go(f"/billing/claims/{claim_id}", t(_("The claim is made.")))
    return await _show(request, household_id, cycle, person, form, status=422)


async def _found(reader: Reader, household_id: str, cycle_id: str, person: Person) -> tuple[RowMapping, RowMapping]:
    """The household and the cycle. Raises NotFound: also for the household of somebody else."""
    home, held = await find_household(reader, household_id), await find_cycle(reader, cycle_id)
    mine = person.has(Role.COORDINATOR) or household_id in person.household_ids
    if home is None or held is None or held["state"] != COMPUTED or not mine:
        raise NotFound
    return home, held


async def _show(
    request: Request, household_id: str, cycle_id: str, person: Person, form: Form, status: int = 200
) -> Response:
    t, today = request.state.translate, today_of(request)
    async with Service.of(request).database.read() as reader:
        home, held = await _found(reader, household_id, cycle_id, person)
        lines = await claimable(reader, held, household_id)
    begun = today >= held["delivers_on"]
    still = [each for each in lines if each.left and today <= each.last_day] if begun else []
    url = f"/billing/households/{quote(household_id, safe='')}"
    back = url if person.has(Role.COORDINATOR) else "/billing/due"
    return Pages.of(request).render(
        request,
        "claim_form.html",
        status,
        form=form,
        home=home,
        cycle=held,
        begun=begun,
        lines=lines,
        choices=[(each.product_id, _named(request, each)) for each in still],
        action=f"{url}/claims/new?cycle={quote(cycle_id, safe='')}",
        back=back,
        labels={name: t(label) for name, label in LABELS.items()},
    )


def _named(request: Request, each: Claimable) -> str:
    said, of = words(request), each.line.of
    name = of.name_en if said.language == "en" and of.name_en else of.name_fr
    t = request.state.translate
    came = said.quantity(each.left, each.line.billed.unit)
    sentence: str = t(_("%(name)s: %(left)s, until %(day)s"))
    return sentence % {"name": name, "left": came, "day": said.day(each.last_day)}
