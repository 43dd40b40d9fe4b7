"""Planning a cycle, and changing it: what a coordinator wants becomes a cycle, which opens by itself at its hour.

A draft binds nobody. What a planned cycle offers is frozen when it opens; while it is open its end, its pickups and its
offers may still change. A clone is a fresh draft, without a history.
"""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from chassis.database import Writer
from chassis.timers import Timer, TimerHandler
from ordering import announcing, dropped_cycle, manifest
from ordering.conflict import Missing
from ordering.cycle import (
    CLOSE_TIMER,
    OPEN_TIMER,
    AlreadyClosed,
    Cycle,
    StaleCycle,
    State,
    by_id,
    cycle,
    keep,
    locked,
    offers_for,
    row_of,
)
from ordering.cycle_offer import freeze, offers_of, settle
from ordering.hours import OfProducers
from ordering.offer import Kind, chosen, on_offer
from ordering.pickup import pickups, renewed, slots, write_pickups
from ordering.plan import Impossible, Plan, Problem, problems


async def plan_cycle(writer: Writer, cycle_id: str, plan: Plan, zone: ZoneInfo, *, draft: bool = False) -> Cycle:
    """Make a cycle: a draft; or planned, and open at once where its hour has come. Raises Impossible.

    `cycle_id` comes with the form, so that a form sent twice makes one cycle.
    """
    before = await locked(writer, cycle_id)
    if before is not None:
        return before
    made = await _planned(writer, plan, zone, cycle_id=cycle_id, draft=draft)
    if (await writer.execute(writer.insert(cycle).values(row_of(made)).on_conflict_do_nothing())).rowcount == 0:
        return await by_id(writer, cycle_id) or made
    await write_pickups(writer, made.id, made.pickups)
    return await _settle_opening(writer, made)


async def change_cycle(
    writer: Writer, cycle_id: str, plan: Plan, zone: ZoneInfo, *, draft: bool = False, base_version: int | None = None
) -> Cycle:
    """Change a cycle that is not closed; `draft` takes a planned one back to the drafts.

    Raises Impossible, AlreadyClosed, StaleCycle (where `base_version` is not the version held), Missing.
    """
    held = await locked(writer, cycle_id)
    if held is None:
        raise Missing
    if held.has_ended:
        raise AlreadyClosed
    if base_version is not None and held.version != base_version:
        raise StaleCycle
    if held.state is State.OPEN:
        return await _change_open(writer, held, plan, zone)
    changed = replace(await _planned(writer, plan, zone, cycle_id=cycle_id, draft=draft), version=held.version + 1)
    await keep(writer, changed)
    await write_pickups(writer, changed.id, changed.pickups)
    await writer.cancel_call(OPEN_TIMER, cycle_id)
    return await _settle_opening(writer, changed)


async def open_cycle(writer: Writer, cycle_id: str) -> Cycle | None:
    """Open a planned cycle: freeze its offers, announce it, set its end. None when there is nothing to open, or
    nothing to offer: then it stays planned, and the coordinator's home says so."""
    held = await locked(writer, cycle_id)
    if held is None or held.state is not State.PLANNED:
        return None
    offers = chosen(held.choice, await on_offer(writer), held.delivers_on)
    if not offers:
        return None
    fresh = await slots(writer, held.group_ids)
    opened = replace(
        held,
        version=held.version + 1,
        state=State.OPEN,
        opened_at=writer.now,
        pickups=tuple(renewed(pickup, fresh) for pickup in held.pickups),
    )
    await keep(writer, opened)
    await write_pickups(writer, opened.id, opened.pickups)
    await freeze(writer, cycle_id, offers)
    await writer.call_at(CLOSE_TIMER, cycle_id, opened.closes_at)
    await writer.announce(announcing.cycle_opened(opened, offers))
    return opened


async def set_hours(writer: Writer, cycle_id: str, hours: OfProducers, base_version: int) -> Cycle:
    """Give single producers hours of their own. Raises Impossible (fields `opens-<producer>`, `closes-<producer>`),
    AlreadyClosed, StaleCycle, Missing."""
    held = await locked(writer, cycle_id)
    if held is None:
        raise Missing
    if held.has_ended:
        raise AlreadyClosed
    if held.version != base_version:
        raise StaleCycle
    wrong: dict[str, Problem] = {}
    for producer, its in hours.items():
        opens_at, closes_at = its.opens_at or held.opens_at, its.closes_at or held.closes_at
        if opens_at >= closes_at:
            wrong[f"closes-{producer}"] = Problem.CLOSES_BEFORE_IT_OPENS
        for field, moment in (("opens", its.opens_at), ("closes", its.closes_at)):
            if moment is not None and not held.opens_at <= moment <= held.closes_at:
                wrong[f"{field}-{producer}"] = Problem.OUTSIDE_THE_CYCLE
    if wrong:
        raise Impossible(wrong)
    changed = replace(held, version=held.version + 1, hours=hours)
    await keep(writer, changed)
    return changed


async def clone_cycle(writer: Writer, cycle_id: str, name: str) -> Cycle:
    """A draft like the cycle, some whole weeks later, so that it opens in the future. A fresh aggregate: no order,
    no manifest, no mark of what became of the other. Raises Missing."""
    held = await by_id(writer, cycle_id)
    if held is None:
        raise Missing
    weeks = max(1, -((held.opens_at - writer.now) // timedelta(weeks=1)))
    later = timedelta(weeks=weeks)
    copy = Cycle(
        id=writer.ids.new(),
        version=1,
        name=name,
        state=State.DRAFT,
        opens_at=held.opens_at + later,
        closes_at=held.closes_at + later,
        delivers_on=held.delivers_on + later,
        choice=held.choice,
        pickups=tuple(
            pickup.model_copy(update={"starts_at": pickup.starts_at + later, "ends_at": pickup.ends_at + later})
            for pickup in held.pickups
        ),
        completion_hours=held.completion_hours,
        hours={producer: its.later(later) for producer, its in held.hours.items()},
    )
    await writer.execute(cycle.insert().values(row_of(copy)))
    await write_pickups(writer, copy.id, copy.pickups)
    return copy


async def drop_draft(writer: Writer, cycle_id: str) -> None:
    """Remove a cycle that nobody has heard of yet. Raises AlreadyClosed for one that was opened, Missing."""
    held = await locked(writer, cycle_id)
    if held is None:
        raise Missing
    if held.state not in (State.DRAFT, State.PLANNED):
        raise AlreadyClosed
    if held.state is State.PLANNED:
        producers = {offer.producer_id for offer in await offers_for(writer, held)}
        await dropped_cycle.remember(writer, held, producers)
    await writer.cancel_call(OPEN_TIMER, cycle_id)
    await write_pickups(writer, cycle_id, ())
    await writer.execute(cycle.delete().where(cycle.c.id == cycle_id))


async def _open_when_due(writer: Writer, timer: Timer) -> None:
    await open_cycle(writer, timer.key)


TIMERS: dict[str, TimerHandler] = {OPEN_TIMER: _open_when_due}


# Inside


async def _planned(writer: Writer, plan: Plan, zone: ZoneInfo, *, cycle_id: str, draft: bool) -> Cycle:
    """The cycle a plan makes. Raises Impossible."""
    wrong = problems(plan, writer.now, zone)
    known = await slots(writer, frozenset(plan.group_ids))
    if set(plan.group_ids) - set(known):
        wrong.setdefault("groups", Problem.UNKNOWN_GROUP)
    catalog = await on_offer(writer)
    if plan.choice.kind is Kind.PRODUCTS and set(plan.choice.product_ids) - {o.product_id for o in catalog}:
        wrong.setdefault("offers", Problem.UNKNOWN_PRODUCT)
    if not chosen(plan.choice, catalog, plan.delivers_on):
        wrong.setdefault("offers", Problem.NO_OFFER)
    if wrong:
        raise Impossible(wrong)
    return Cycle(
        id=cycle_id,
        version=1,
        name=plan.name,
        state=State.DRAFT if draft else State.PLANNED,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        delivers_on=plan.delivers_on,
        choice=plan.choice,
        pickups=pickups(known, plan.group_ids, plan.delivers_on, zone, plan.pickup_days),
        completion_hours=plan.completion_hours,
        hours=plan.hours,
    )


async def _settle_opening(writer: Writer, made: Cycle) -> Cycle:
    if made.state is not State.PLANNED:
        return made
    if made.opens_at <= writer.now:
        return await open_cycle(writer, made.id) or made
    await writer.call_at(OPEN_TIMER, made.id, made.opens_at)
    return made


async def _change_open(writer: Writer, held: Cycle, plan: Plan, zone: ZoneInfo) -> Cycle:
    """Change what may change while members order: name, end, pickups and offers."""
    plan = replace(plan, opens_at=held.opens_at)
    wrong = problems(plan, writer.now, zone)
    known = await slots(writer, frozenset(plan.group_ids))
    if set(plan.group_ids) - set(known):
        wrong.setdefault("groups", Problem.UNKNOWN_GROUP)
    gone = await manifest.groups_with_orders(writer, held.id) - set(plan.group_ids)
    if gone:
        wrong.setdefault("groups", Problem.GROUP_HAS_ORDERED)
    names = {p.group_id: p.group_name for p in held.pickups}
    if wrong:
        raise Impossible(wrong, {"groups": ", ".join(sorted(names[g] for g in gone))})
    changed = replace(
        held,
        version=held.version + 1,
        name=plan.name,
        closes_at=plan.closes_at,
        delivers_on=plan.delivers_on,
        choice=plan.choice,
        pickups=pickups(known, plan.group_ids, plan.delivers_on, zone, plan.pickup_days),
        completion_hours=plan.completion_hours,
        hours=plan.hours,
    )
    await settle(writer, held.id, plan.choice, plan.delivers_on)
    await keep(writer, changed)
    await write_pickups(writer, changed.id, changed.pickups)
    await writer.call_at(CLOSE_TIMER, held.id, changed.closes_at)
    await writer.announce(announcing.cycle_changed(changed, await offers_of(writer, held.id)))
    return changed
