"""Cycles, for programs: made, closed, counted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle, totals
from ordering.api.answer import Wrong, form_of, objects, refuse
from ordering.conflict import Missing
from ordering.offer import Choice, Kind, on_offer, uncovered_of
from ordering.pages import refusals
from ordering.pages.cycle_form import MOST_COMPLETION_HOURS
from ordering.pages.forms import id_of
from ordering.plan import Impossible, Plan
from ordering.planning import plan_cycle
from ui.forms import Form
from ui.pages import Pages, words

router = APIRouter()

URL = "/ordering/api/cycles"
READERS = (Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER)


@router.post(URL)
async def make(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """`{name, opens_at, closes_at (ISO 8601, in the hub's zone where they name none), delivers_on, group_ids,
    offers: "all" or [{product_id, available_thousandths?}], completion_hours?, draft?, id?}` -> `{"id", "state"}`.

    A cycle whose opening is past opens at once. Sent again with the same id it answers the cycle that is there. A
    product that is named and cannot be offered, because no mandate covers the day of delivery, is an error: nobody
    looks at a page that would say what was left out.
    """
    try:
        items, _many = await objects(request)
        item = items[0]
        plan, form = _plan(request, item)
        zone = Pages.of(request).zone
        cycle_id = id_of(request, form)
        async with Service.of(request).database.write() as writer:
            if await cycle.by_id(writer, cycle_id) is None:
                await _refuse_uncovered(writer, request, plan)
            made = await plan_cycle(writer, cycle_id, plan, zone, draft=item.get("draft") is True)
    except Wrong as wrong:
        return wrong.response()
    except Impossible as impossible:
        return refuse(refusals.of_plan(impossible, request.state.translate)).response()
    return JSONResponse({"id": made.id, "state": made.state.value})


@router.get(URL)
async def show_all(request: Request, asker: Person = serves(*READERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        found = await cycle.in_state(reader, *cycle.State)
    return JSONResponse([_summary(one) for one in found])


@router.post(URL + "/{cycle_id}/close")
async def close(request: Request, cycle_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """Takes no more orders. The state is "closed"; or "completing" while begun cases can be filled, which a second call
    ends; or "deciding" where a case is not full or a minimum is not reached. Sent again then it answers the same."""
    try:
        async with Service.of(request).database.write() as writer:
            closed = await request.app.state.closing.close(writer, cycle_id)
    except Missing as error:
        raise NotFound from error
    except cycle.NotOpen:
        async with Service.of(request).database.read() as reader:
            held = await cycle.by_id(reader, cycle_id)
        if held is None or not held.has_ended:
            return JSONResponse({"detail": request.state.translate("This cycle is not open.")}, status_code=409)
        closed = held
    return JSONResponse(_summary(closed))


@router.get(URL + "/{cycle_id}/totals")
async def show_totals(request: Request, cycle_id: str, asker: Person = serves(*READERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        held = await cycle.by_id(reader, cycle_id)
        if held is None:
            raise NotFound
        sums = await totals.sums(reader, cycle_id)
    return JSONResponse(
        {
            "state": held.state.value,
            "orders": sums.orders,
            "lines": sums.lines,
            "households": sums.orders,
            "producers": sums.producers,
            "gross_cents": sums.gross_cents,
            "quantity_thousandths": sums.quantity_thousandths,
        }
    )


def _summary(of: cycle.Cycle) -> dict[str, Any]:
    return {
        "id": of.id,
        "name": of.name,
        "state": of.state.value,
        "opens_at": of.opens_at.isoformat(),
        "closes_at": of.closes_at.isoformat(),
        "delivers_on": of.delivers_on.isoformat(),
        "manifest": of.manifest.model_dump(mode="json") if of.manifest else None,
    }


def _plan(request: Request, item: Mapping[str, Any]) -> tuple[Plan, Form]:
    """Raises Wrong."""
    form = form_of(request, item)
    zone = Pages.of(request).zone
    name = form.text("name", required=True, max_length=120)
    opens_at, closes_at = _moment(form, "opens_at", zone), _moment(form, "closes_at", zone)
    delivers_on = form.date("delivers_on", required=True)
    group_ids = item.get("group_ids") or []
    if not isinstance(group_ids, list) or not all(isinstance(group_id, str) for group_id in group_ids):
        form.error("group_ids", form._("Give a list of ids."))
        group_ids = []
    completion_hours = form.integer("completion_hours", minimum=0, maximum=MOST_COMPLETION_HOURS) or 0
    choice = _choice(form, item.get("offers", "all"))
    if not form.ok or opens_at is None or closes_at is None or delivers_on is None:
        raise refuse(form.errors)
    groups = tuple(dict.fromkeys(group_ids))
    plan = Plan(name, opens_at, closes_at, delivers_on, groups, choice, completion_hours=completion_hours)
    return plan, form


async def _refuse_uncovered(reader: Reader, request: Request, plan: Plan) -> None:
    """Raises Wrong, with why for each product that was named."""
    if plan.choice.kind is not Kind.PRODUCTS:
        return
    lacking = uncovered_of(plan.choice, await on_offer(reader), plan.delivers_on)
    if lacking:
        spoken, t = words(request), request.state.translate
        raise refuse({offer.product_id: refusals.of_mandate(why, t, spoken) for offer, why in lacking})


def _moment(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    typed = form.value(name)
    try:
        given = datetime.fromisoformat(typed)
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        form.error(name, form._("Give an instant as ISO 8601, for example 2026-11-22T20:00:00+01:00."))
        return None


def _choice(form: Form, offers: Any) -> Choice:
    if offers == "all":
        return Choice()
    if not isinstance(offers, list) or not all(
        isinstance(o, dict) and isinstance(o.get("product_id"), str) for o in offers
    ):
        form.error("offers", form._("Give “all”, or a list of products."))
        return Choice()
    available: dict[str, int | None] = {}
    for offer in offers:
        bound = offer.get("available_thousandths")
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int) or bound > 10**12):
            form.error("offers", form._("Quantities are whole numbers of thousandths."))
        elif "available_thousandths" in offer:
            available[offer["product_id"]] = bound
    return Choice(Kind.PRODUCTS, product_ids=tuple(dict.fromkeys(o["product_id"] for o in offers)), available=available)
