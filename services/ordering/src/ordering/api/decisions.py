"""Decisions after a closing, for programs: which there are, made or taken back, and the closing for good."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle, decision
from ordering.allocation import Choice, Option
from ordering.api.answer import Wrong, body_of
from ordering.api.cycles import URL
from ordering.closing import Closing, NotAChoice, NotDeciding, TooLateToDecide
from ordering.conflict import Missing
from ordering.cycle import State
from ordering.decision import Decision
from ordering.moved_line import ChangedThere, OtherIsClosed
from ordering.pages.decisions import CHANGED_THERE, OTHER_IS_CLOSED
from ordering.pages.reach import DECIDERS, goods_in_reach

router = APIRouter()

DECISIONS = URL + "/{cycle_id}/decisions"


@router.get(DECISIONS)
async def show_all(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    """`{"state", "decide_by", "decisions": [{"subject", "kind", "options", "choice", ...its facts}]}`. The first option
    is the default; what somebody could take of it is under "rests". A referent has those about their producers."""
    async with Service.of(request).database.read() as reader:
        of = await cycle.by_id(reader, cycle_id)
        if of is None:
            raise NotFound
        mine = goods_in_reach(asker)
        made = await _decisions(reader, cycle_id, mine)
        if mine is not None and not made:
            raise NotFound
    decide_by = of.decide_by.isoformat() if of.decide_by else None
    return JSONResponse({"state": of.state.value, "decide_by": decide_by, "decisions": [_told(one) for one in made]})


@router.post(DECISIONS)
async def choose(request: Request, cycle_id: str, asker: Person = serves(*DECIDERS)) -> Response:
    """`{subject, option, order_id?, product_id?, cycle_id?}`: of a top-up, who takes the rest, and of what; the order
    that is joined. `option` null takes the decision back."""
    translate = request.state.translate
    try:
        subject, option, order_id, product_id, join_id = _read(await body_of(request))
    except Wrong as wrong:
        return wrong.response()
    try:
        async with Service.of(request).database.write() as writer:
            made = {one.subject: one for one in await _decisions(writer, cycle_id)}
            rests = {rest.product_id: rest for rest in made[subject].question.rests} if subject in made else {}
            quantity = rests[product_id].quantity_thousandths if product_id in rests else 0
            join_id = join_id if option is Option.JOIN else ""
            choice = Choice(option, order_id, product_id, quantity, join_id) if option else None
            await _closing(request).choose(writer, cycle_id, subject, choice, asker.name, goods_in_reach(asker))
    except Missing as error:
        raise NotFound from error
    except NotDeciding:
        return JSONResponse({"detail": translate("The cycle is open again meanwhile.")}, status_code=409)
    except TooLateToDecide:
        detail = translate("The producer has answered its list already: what it brings is what counts now.")
        return JSONResponse({"detail": detail}, status_code=409)
    except OtherIsClosed as other:
        return JSONResponse({"detail": translate(OTHER_IS_CLOSED) % {"name": other.name}}, status_code=409)
    except ChangedThere as changed:
        detail = translate(CHANGED_THERE) % {"household": changed.household_name}
        return JSONResponse({"detail": detail}, status_code=409)
    except NotAChoice:
        detail = translate("This cannot be chosen any more: look at the decisions again.")
        return JSONResponse({"detail": detail}, status_code=409)
    return await show_all(request, cycle_id, asker)


@router.post(DECISIONS + "/settle")
async def settle(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """Closes the cycle for good; what is not decided goes by its default. Sent again it answers the same."""
    try:
        async with Service.of(request).database.write() as writer:
            await _closing(request).settle(writer, cycle_id, by_default=True)
    except Missing as error:
        raise NotFound from error
    except NotDeciding:
        async with Service.of(request).database.read() as reader:
            held = await cycle.by_id(reader, cycle_id)
        if held is None or held.state is not State.CLOSED:
            return JSONResponse({"detail": request.state.translate("This cycle is open.")}, status_code=409)
    return JSONResponse({"id": cycle_id, "state": State.CLOSED.value})


async def _decisions(reader: Reader, cycle_id: str, producers: frozenset[str] | None = None) -> list[Decision]:
    of = await cycle.by_id(reader, cycle_id)
    found = await decision.of_cycle(reader, cycle_id, producers)
    return await decision.with_joins(reader, of, found) if of is not None else found


def _told(one: Decision) -> dict[str, Any]:
    facts = one.question.model_dump(mode="json")
    options = [option.value for option in one.question.options]
    choice = one.choice
    chosen = None
    if choice is not None:
        chosen = {"option": choice.option.value, "order_id": choice.order_id, "product_id": choice.product_id}
        chosen |= {"cycle_id": choice.cycle_id} if choice.cycle_id else {}
    return {**facts, "options": options, "choice": chosen, "chosen_by": one.chosen_by}


def _read(body: Any) -> tuple[str, Option | None, str, str, str]:
    if not isinstance(body, dict) or not isinstance(body.get("subject"), str):
        raise Wrong("subject is needed", {"subject": "needed"})
    option = body.get("option")
    if option is not None and option not in [one.value for one in Option]:
        raise Wrong("option is one of its options, or null", {"option": "unknown"})
    named = [body.get(name, "") for name in ("order_id", "product_id", "cycle_id")]
    if not all(isinstance(one, str) for one in named):
        raise Wrong("order_id, product_id and cycle_id are text", {"order_id": "text"})
    order_id, product_id, cycle_id = named
    return body["subject"], Option(option) if option else None, order_id, product_id, cycle_id


def _closing(request: Request) -> Closing:
    found: Closing = request.app.state.closing
    return found
