"""Drafts: planning a day, its progress, and the page of one draft."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from coldchain.plan import Plan
from contracts import Role
from logistics.pages import days
from logistics.pages.draft_view import show
from logistics.pages.draft_words import DRAFTS
from logistics.pages.own_id import own_id
from logistics.schedule import draft, published
from logistics.schedule.draft import Change, Draft, State, Wanted
from logistics.schedule.planners import Planners
from logistics.schedule.wishes import NONE, wished
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

PLANS: Any = serves(Role.COORDINATOR)
LONGEST = 300
"""Seconds of a search."""
MOST_SEED = 999_999


async def found(request: Request, draft_id: str) -> Draft:
    """Raises NotFound."""
    async with Service.of(request).database.read() as reader:
        try:
            return await draft.find(reader, draft_id)
        except draft.Missing:
            raise NotFound from None


async def found_plan(request: Request, draft_id: str) -> Draft:
    """One that is planned. Raises NotFound."""
    one = await found(request, draft_id)
    if one.plan is None:
        raise NotFound
    return one


async def keep(request: Request, person: Person, draft_id: str, wanted: Wanted, shown: str = "") -> Response:
    """A new draft, planned where it has no plan yet, and on to its page; `shown`: to which place on it."""
    service = Service.of(request)
    async with service.database.write() as writer:
        head, new = await draft.begin(writer, draft_id, wanted, by=person.name)
        if (head.change, head.after_id) != (wanted.change, wanted.after_id):
            # Sent again from a page that was gone back to, for something else: that is another draft.
            head, new = await draft.begin(writer, service.ids.new(), wanted, by=person.name)
    if new and head.state is State.PLANNING:
        planners: Planners = request.app.state.planners
        planners.begin(head.id)
    return Pages.of(request).go(f"{DRAFTS}/{head.id}{shown}")


@router.post(days.URL + "/{day}/drafts")
async def plan_day(request: Request, day: str, person: Person = PLANS) -> Response:
    """`after`: the draft to start from, or `published`; empty: from nothing."""
    on, t = days.date_of(day), request.state.translate
    form = Form(await request.form(), t)
    identity = own_id(form)
    outside = form.decimal("outside", places=1, required=True, minimum=days.COLDEST, maximum=days.HOTTEST)
    seconds = form.integer("seconds", required=True, minimum=1, maximum=LONGEST)
    seed = form.integer("seed", required=True, minimum=0, maximum=MOST_SEED)
    if outside is None or seconds is None or seed is None:
        return await days.show_day(request, on, planning=form)
    tenths = int(outside * 10)
    made, _names, _ways = await days.made_day(request, on, tenths)
    if made.day is None:
        form.error("", t(_("This day cannot be planned yet: what is missing is said above.")))
        return await days.show_day(request, on, planning=form)
    previous, change = await _start(request, form, on.isoformat())
    if not form.ok:
        return await days.show_day(request, on, planning=form)
    wishes = NONE if isinstance(previous, Plan) or previous is None else previous.wishes
    asked = wished(made.day, wishes)
    plan = previous.plan if isinstance(previous, Draft) else previous
    wanted = Wanted(
        day=asked,
        outside=tenths,
        wishes=wishes,
        change=change,
        after_id=previous.id if isinstance(previous, Draft) else None,
        seed=seed,
        seconds=seconds,
        accepted=previous.accepted if isinstance(previous, Draft) else (),
        previous=plan,
        # Of the very same day nothing has to be changed: there is nothing to plan.
        plan=plan if plan is not None and plan.day_id == asked.id else None,
    )
    return await keep(request, person, identity, wanted)


async def _start(request: Request, form: Form, on: str) -> tuple[Draft | Plan | None, Change]:
    """What the plan is to change as little as it can, of the same date."""
    after = form.value("after")
    if not after:
        return None, draft.PLANNED
    async with Service.of(request).database.read() as reader:
        if after == "published":
            held = await published.current(reader, days.date_of(on))
            if held is not None:
                return held.plan, Change(kind="published", values={"version": str(held.version)})
        else:
            head = await draft.head(reader, after)
            if head is not None and head.on.isoformat() == on and head.state is State.PLANNED:
                one = await draft.find(reader, after)
                return one, Change(kind="day", values={"number": str(one.number)})
    form.error("after", request.state.translate(_("Choose one of the list.")))
    return None, draft.PLANNED


@router.get(DRAFTS + "/{draft_id}")
async def one(request: Request, draft_id: str, person: Person = PLANS) -> Response:
    return await show(request, await found(request, draft_id))


@router.post(DRAFTS + "/{draft_id}/stop")
async def stop(request: Request, draft_id: str, person: Person = PLANS) -> Response:
    """The best plan so far is good enough."""
    head = await found(request, draft_id)
    async with Service.of(request).database.write() as writer:
        await draft.ask_to_stop(writer, head.id)
    return Pages.of(request).go(f"{DRAFTS}/{head.id}")


@router.post(DRAFTS + "/{draft_id}/again")
async def again(request: Request, draft_id: str, person: Person = PLANS) -> Response:
    """The same once more, after it was broken off or failed: a draft of its own."""
    before = await found(request, draft_id)
    if before.state is State.PLANNED or before.state is State.PLANNING:
        return Pages.of(request).go(f"{DRAFTS}/{before.id}")
    wanted = Wanted(
        day=before.day,
        outside=before.outside,
        wishes=before.wishes,
        change=before.change,
        after_id=before.after_id,
        seed=before.seed,
        seconds=before.seconds,
        accepted=before.accepted,
        previous=before.previous,
    )
    return await keep(request, person, own_id(Form(await request.form(), request.state.translate)), wanted)
