"""A draft changed by hand: a stop moved, goods given to another round, another departure. The checker says at once what
breaks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from coldchain.plan import Plan
from contracts import Role
from logistics.pages.draft_changes import next_of
from logistics.pages.draft_choices import words_of
from logistics.pages.draft_view import show
from logistics.pages.draft_words import DRAFTS
from logistics.pages.drafts import found_plan, keep
from logistics.pages.own_id import own_id
from logistics.schedule import editing
from logistics.schedule.draft import Change, Draft
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

EDITS: Any = serves(Role.COORDINATOR)
NOT_THERE = _("The stop cannot come there: the first and the last are where the round starts and ends.")
ALREADY = _("They are on this round already, or nobody can put them there.")
LOCKED = _("This round stays as it is: let it change first.")
SAME_HOUR = _("It leaves at this hour already.")
NO_HOUR = _("Type an hour, for example 14:30.")


@router.post(DRAFTS + "/{draft_id}/stop-order")
async def stop_order(request: Request, draft_id: str, person: Person = EDITS) -> Response:
    """The stop at `index` of a round comes to stand at `to`."""
    one, form = await found_plan(request, draft_id), Form(await request.form(), request.state.translate)
    identity, words = own_id(form), words_of(request, one)
    tour = form.choice("round", (each.id for each in words.plan.rounds))
    index, to = form.integer("index", required=True, minimum=0), form.integer("to", required=True, minimum=0)
    if not form.ok or index is None or to is None:
        return await show(request, one, form, at="order", status=422)
    moved = next(each for each in words.plan.rounds if each.id == tour)
    values = {"round": words.round_name(moved)}
    if index < len(moved.stops):
        values["site"] = words.sites[moved.stops[index].site_id].name
    edit = _Edit(one, form, "to", NOT_THERE, "order", Change(kind="stop", values=values))
    return await edit.keep(
        request,
        person,
        identity,
        lambda plan: editing.move_stop(one.day, plan, tour, index, to, one.wishes.locked),
        f"#round-{tour}",
    )


@router.post(DRAFTS + "/{draft_id}/goods")
async def goods(request: Request, draft_id: str, person: Person = EDITS) -> Response:
    """Goods make their last way on another round."""
    one, form = await found_plan(request, draft_id), Form(await request.form(), request.state.translate)
    identity, words = own_id(form), words_of(request, one)
    moved = form.choice("moved", words.consignments)
    tour = form.choice("round", (each.id for each in words.plan.rounds))
    if not form.ok:
        return await show(request, one, form, at="goods", status=422)
    to = next(each for each in words.plan.rounds if each.id == tour)
    change = Change(kind="goods", values={"goods": words.named(moved), "round": words.round_name(to)})
    edit = _Edit(one, form, "round", ALREADY, "goods", change)
    return await edit.keep(
        request,
        person,
        identity,
        lambda plan: editing.move_goods(one.day, plan, moved, tour, one.wishes.locked),
        f"#round-{tour}",
    )


@router.post(DRAFTS + "/{draft_id}/departure")
async def departure(request: Request, draft_id: str, person: Person = EDITS) -> Response:
    """The hour at which a round leaves its first stop, in the hub's time."""
    one, form = await found_plan(request, draft_id), Form(await request.form(), request.state.translate)
    identity, words = own_id(form), words_of(request, one)
    tour = form.choice("round", (each.id for each in words.plan.rounds))
    field = f"departs-{tour}"
    hour = _hour(form.value(field))
    if hour is None:
        form.error(field if tour else "", request.state.translate(NO_HOUR))
    if not form.ok or hour is None:
        return await show(request, one, form, at="departure", status=422)
    at = datetime.combine(one.on, hour, Pages.of(request).zone).astimezone(UTC)
    left = next(each for each in words.plan.rounds if each.id == tour)
    change = Change(kind="departure", values={"round": words.round_name(left), "at": words.at(at)})
    edit = _Edit(one, form, field, SAME_HOUR, "departure", change)
    return await edit.keep(
        request,
        person,
        identity,
        lambda plan: editing.depart(one.day, plan, tour, at, one.wishes.locked),
        f"#round-{tour}",
    )


def _hour(typed: str) -> time | None:
    try:
        return time.fromisoformat(typed.strip().replace("h", ":").replace(" ", "")).replace(tzinfo=None)
    except ValueError:
        return None


class _Edit:
    """A change by hand, and where the page says that it cannot be done."""

    def __init__(self, one: Draft, form: Form, field: str, why: str, at: str, change: Change) -> None:
        self.one, self.form, self.field, self.why, self.at, self.change = one, form, field, why, at, change

    async def keep(
        self, request: Request, person: Person, identity: str, edit: Callable[[Plan], Plan], shown: str
    ) -> Response:
        assert self.one.plan is not None
        tours = {each.id: each.carrier_id for each in self.one.plan.rounds}
        if tours[self.form.value("round")] in self.one.wishes.locked:
            self.form.error("round", request.state.translate(LOCKED))
            return await show(request, self.one, self.form, at=self.at, status=422)
        try:
            plan = edit(self.one.plan)
        except editing.Refused:
            self.form.error(self.field, request.state.translate(self.why))
            return await show(request, self.one, self.form, at=self.at, status=422)
        return await keep(request, person, identity, replace(next_of(self.one, self.change), plan=plan), shown)
