"""The coordinator's wishes about a draft: each makes a draft of its own, planned again with the least change."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from contracts import Role
from logistics.pages.days import made_day
from logistics.pages.draft_choices import fallen, names_now, things, words_of
from logistics.pages.draft_view import show
from logistics.pages.draft_words import DRAFTS
from logistics.pages.drafts import found_plan, keep
from logistics.pages.own_id import own_id
from logistics.schedule.draft import Change, Draft, Wanted
from logistics.schedule.wishes import Kind, Wishes, wished
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

CHANGES: Any = serves(Role.COORDINATOR)
GONE = _("This day cannot be planned any more as it is: its page says what is missing.")


@router.post(DRAFTS + "/{draft_id}/pin")
async def pin(request: Request, draft_id: str, person: Person = CHANGES) -> Response:
    """Goods go with a carrier on their last way; `carrier` empty: whoever comes."""
    one = await found_plan(request, draft_id)
    form = Form(await request.form(), request.state.translate)
    identity = own_id(form)
    words = words_of(request, one)
    goods = form.choice("goods", words.consignments)
    carrier = form.choice("carrier", words.carriers, required=False)
    if not form.ok:
        return await show(request, one, form, at="pin", status=422)
    values = {"goods": words.named(goods)}
    if carrier:
        change = Change(kind="pin", values=values | {"carrier": words.carriers[carrier].name})
        return await _wish(request, person, one, identity, one.wishes.pinned(goods, carrier), change)
    return await _wish(request, person, one, identity, one.wishes.unpinned(goods), Change(kind="unpin", values=values))


@router.post(DRAFTS + "/{draft_id}/without")
async def without(request: Request, draft_id: str, person: Person = CHANGES) -> Response:
    """A carrier, a vehicle or a place falls out, as `carrier:marcel`; `back`: it is there again."""
    one = await found_plan(request, draft_id)
    form = Form(await request.form(), request.state.translate)
    identity, back = own_id(form), form.boolean("back")
    names = fallen(one, await names_now(request)) if back else things(one)
    chosen = form.choice("thing", names)
    if not form.ok:
        return await show(request, one, form, at="without", status=422)
    word, _colon, thing = chosen.partition(":")
    kind = Kind(word)
    wishes = one.wishes.with_again(kind, thing) if back else one.wishes.without(kind, thing)
    change = Change(kind=f"{'with' if back else 'without'}-{kind}", values={"name": names[chosen]})
    return await _wish(request, person, one, identity, wishes, change)


@router.post(DRAFTS + "/{draft_id}/lock")
async def lock(request: Request, draft_id: str, person: Person = CHANGES) -> Response:
    """The rounds of a carrier stay as they are when the rest is planned again; `back`: they may change."""
    one = await found_plan(request, draft_id)
    form = Form(await request.form(), request.state.translate)
    identity, back = own_id(form), form.boolean("back")
    carriers = {each.id: each.name for each in one.day.carriers}
    carrier = form.choice("carrier", carriers)
    if not form.ok:
        return await show(request, one, form, at="lock", status=422)
    wishes = one.wishes.with_again(Kind.LOCKED, carrier) if back else one.wishes.without(Kind.LOCKED, carrier)
    change = Change(kind="unlock" if back else "lock", values={"name": carriers[carrier]})
    return await keep(request, person, identity, replace(next_of(one, change), wishes=wishes, plan=one.plan))


def next_of(one: Draft, change: Change) -> Wanted:
    """A draft after this one: of the same day, with the same answers for what it breaks."""
    return Wanted(
        day=one.day,
        outside=one.outside,
        wishes=one.wishes,
        change=change,
        after_id=one.id,
        seed=one.seed,
        seconds=one.seconds,
        accepted=one.accepted,
    )


async def _wish(
    request: Request, person: Person, one: Draft, identity: str, wishes: Wishes, change: Change
) -> Response:
    made, _names, _ways = await made_day(request, one.on, one.outside)
    if made.day is None:
        form = Form(None, request.state.translate)
        form.error("", request.state.translate(GONE))
        return await show(request, one, form, status=409)
    day = wished(made.day, wishes)
    plan = one.plan if day.id == one.day.id else None
    wanted = replace(next_of(one, change), day=day, wishes=wishes, previous=one.plan, plan=plan)
    return await keep(request, person, identity, wanted)
