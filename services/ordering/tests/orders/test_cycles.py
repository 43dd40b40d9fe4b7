"""The life of a cycle: planning, opening, changing, closing, cloning; by hand and by the clock."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import billing, logistics, ordering
from contracts.goods import Season
from ordering import manifest
from ordering.conflict import Missing
from ordering.cycle import (
    AlreadyClosed,
    NotOpen,
    StaleCycle,
    offers_for,
)
from ordering.cycle_offer import offers_of
from ordering.offer import Choice, Kind, in_season
from ordering.order import TooLate
from ordering.pickup import pickup_day
from ordering.plan import Impossible, Plan, Problem, problems
from ordering.planning import change_cycle, clone_cycle, drop_draft, plan_cycle

from .conftest import CLOSES, FRIDAY, PARIS, product

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)


def plan(**changes):
    values = {
        "name": "Semaine 48",
        "opens_at": NOON,
        "closes_at": CLOSES,
        "delivers_on": FRIDAY,
        "group_ids": ("limoux",),
    }
    return Plan(**{**values, **changes})


# Rules without a database


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"name": "  "}, "name", Problem.NO_NAME),
        ({"closes_at": NOON}, "closes_at", Problem.CLOSES_BEFORE_IT_OPENS),
        (
            {"opens_at": NOON - timedelta(days=3), "closes_at": NOON - timedelta(days=2)},
            "closes_at",
            Problem.CLOSING_IN_THE_PAST,
        ),
        ({"closes_at": NOON + timedelta(days=400)}, "closes_at", Problem.TOO_LONG),
        ({"delivers_on": date(2026, 11, 21)}, "delivers_on", Problem.DELIVERY_BEFORE_CLOSING),
        ({"delivers_on": date(2028, 11, 21)}, "delivers_on", Problem.DELIVERY_TOO_FAR),
        ({"group_ids": ()}, "groups", Problem.NO_GROUP),
        (
            {"pickup_days": {"limoux": date(2026, 11, 26)}},
            "pickup_on-limoux",
            Problem.PICKUP_BEFORE_DELIVERY,
        ),
        ({"choice": Choice(available={"eggs": -1})}, "available-eggs", Problem.NEGATIVE),
    ],
)
def test_a_plan_that_cannot_be_says_which_field_is_wrong(changes, field, problem):
    assert problems(plan(**changes), NOON, PARIS)[field] is problem


def test_a_plan_that_can_be_has_no_problem():
    assert problems(plan(), NOON, PARIS) == {}


@given(st.integers(0, 6), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_group_collects_on_its_weekday_within_a_week_of_the_delivery(weekday, delivers_on):
    day = pickup_day(weekday, delivers_on)
    assert day.weekday() == weekday
    assert delivers_on <= day < delivers_on + timedelta(days=7)


@given(st.integers(1, 12), st.integers(1, 12), st.dates())
def test_a_season_may_wrap_over_new_year(first, last, day):
    months = {(first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1)}
    assert in_season(Season(from_month=first, to_month=last), day) == (day.month in months)


# Planning and opening


async def test_a_cycle_whose_hour_has_come_opens_at_once_with_everything_in_season(hub):
    made = await hub.open()
    (said,) = await hub.said(ordering.CycleOpened)
    assert (made.state, said.id, said.version) == ("open", made.id, made.version)
    assert {offer.product_id for offer in said.offers} == {"tomme", "potatoes", "oranges", "eggs"}
    assert {offer.product_id: offer.available_thousandths for offer in said.offers}["eggs"] == 10_000
    limoux, quillan = said.pickups
    assert (limoux.group_name, limoux.starts_at) == ("Limoux", datetime(2026, 11, 27, 16, 0, tzinfo=UTC))
    assert (quillan.group_name, quillan.starts_at) == ("Quillan", datetime(2026, 11, 28, 16, 0, tzinfo=UTC))


async def test_a_planned_cycle_opens_at_its_hour_with_the_prices_of_that_hour(hub):
    opens = hub.clock.now() + timedelta(hours=2)
    made = await hub.open(opens_at=opens)
    assert (made.state, await hub.said(ordering.Cycle)) == ("planned", [])
    await hub.hear(product("tomme", 2, price_cents=400))
    hub.clock.set(opens - timedelta(seconds=1))
    await hub.tick()
    assert (await hub.cycle()).state == "planned"
    hub.clock.set(opens)
    await hub.tick()
    assert (await hub.cycle()).state == "open"
    assert (await hub.order(tomme=1000)).gross_cents == 400


async def test_a_draft_binds_nobody_and_never_opens_by_itself(hub):
    async with hub.database.write() as writer:
        await plan_cycle(writer, "c48", hub.plan(), PARIS, draft=True)
    hub.clock.advance(timedelta(days=1))
    await hub.tick()
    assert await hub.said(ordering.Cycle) == []
    async with hub.database.write() as writer:
        held = await hub.cycle()
        opened = await change_cycle(writer, "c48", hub.plan(), PARIS, base_version=held.version)
    assert opened.state == "open"


async def test_a_form_sent_twice_makes_one_cycle(hub):
    both = await asyncio.gather(hub.open(), hub.open())
    assert both[0].id == both[1].id
    assert len(await hub.said(ordering.CycleOpened)) == 1


async def test_choosing_by_producer_or_one_by_one(hub):
    by_producer = await hub.open("a", choice=Choice(Kind.PRODUCERS, producer_ids=("bousole",)))
    single = await hub.open("b", choice=Choice(Kind.PRODUCTS, product_ids=("cherries",), available={"cherries": 5000}))
    async with hub.database.read() as reader:
        offered = {of.id: await offers_for(reader, of) for of in (by_producer, single)}
    assert {o.product_id for o in offered["a"]} == {"tomme", "potatoes", "eggs"}, "in season only"
    assert [(o.product_id, o.available_thousandths) for o in offered["b"]] == [("cherries", 5000)]


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"choice": Choice(Kind.PRODUCTS)}, "offers", Problem.NO_OFFER),
        ({"choice": Choice(Kind.PRODUCTS, product_ids=("nothing",))}, "offers", Problem.NO_OFFER),
        ({"choice": Choice(Kind.PRODUCTS, product_ids=("invented",))}, "offers", Problem.UNKNOWN_PRODUCT),
        ({"group_ids": ("limoux", "atlantis")}, "groups", Problem.UNKNOWN_GROUP),
    ],
)
async def test_a_plan_is_held_against_what_there_is(hub, changes, field, problem):
    with pytest.raises(Impossible) as told:
        await hub.open(**changes)
    assert told.value.problems[field] is problem


# Changing while it is open


async def change(hub, base_version=None, **changes):
    async with hub.database.write() as writer:
        return await change_cycle(writer, "c48", hub.plan(**changes), PARIS, base_version=base_version)


async def test_closing_later_lets_orders_in_until_then(hub):
    await hub.open()
    later = CLOSES + timedelta(hours=2)
    await change(hub, closes_at=later)
    (said,) = await hub.said(ordering.CycleChanged)
    assert said.closes_at == later
    hub.clock.set(CLOSES + timedelta(hours=1))
    await hub.tick()
    assert (await hub.cycle()).state == "open"
    await hub.order(tomme=1000)
    hub.clock.set(later)
    await hub.tick()
    assert (await hub.cycle()).state == "closed"


async def test_a_bound_can_be_set_while_people_order_but_not_below_what_they_ordered(hub):
    await hub.open()
    await hub.order("h1", tomme=4000)
    with pytest.raises(Impossible) as told:
        await change(hub, choice=Choice(available={"tomme": 3000}))
    assert told.value.problems == {"available-tomme": Problem.BELOW_WHAT_IS_ORDERED}
    await change(hub, choice=Choice(available={"tomme": 5000}))
    await hub.order("h2", tomme=1000)
    with pytest.raises(Exception, match="short"):
        await hub.order("h3", tomme=1000)
    await change(hub, choice=Choice(available={"tomme": None}))
    await hub.order("h3", tomme=9000)


async def test_what_is_ordered_stays_on_offer_and_new_products_join(hub):
    await hub.open()
    await hub.order("h1", tomme=1000)
    await hub.hear(product("honey", price_cents=900))
    with pytest.raises(Impossible) as told:
        await change(hub, choice=Choice(Kind.PRODUCTS, product_ids=("honey",)))
    assert told.value.problems == {"offers": Problem.PRODUCT_IS_ORDERED}
    assert told.value.names == {"offers": "Tomme"}
    await change(hub, choice=Choice(Kind.PRODUCTS, product_ids=("honey", "tomme")))
    async with hub.database.read() as reader:
        assert {o.product_id for o in await offers_of(reader, "c48")} == {"honey", "tomme"}


async def test_a_group_that_ordered_cannot_leave(hub):
    await hub.open()
    await hub.order("h4", tomme=1000)
    with pytest.raises(Impossible) as told:
        await change(hub, group_ids=("limoux",))
    assert (told.value.problems, told.value.names) == ({"groups": Problem.GROUP_HAS_ORDERED}, {"groups": "Quillan"})


async def test_the_second_of_two_coordinators_is_told(hub):
    held = await hub.open()
    await change(hub, base_version=held.version, name="Noël")
    with pytest.raises(StaleCycle):
        await change(hub, base_version=held.version, name="Avent")


# Closing


async def test_a_closing_carries_the_manifest_of_exactly_the_accepted_orders(hub):
    await hub.open()
    one = await hub.order("h1", tomme=2000, potatoes=1500)
    two = await hub.order("h4", oranges=1000)
    await hub.order("h2", eggs=1000)
    await hub.order("h2")
    closed = await hub.close()
    (said,) = await hub.said(ordering.CycleClosed)
    m = said.manifest
    assert (m.orders, m.lines, m.gross_cents, m.quantity_thousandths) == (2, 3, 700 + 368 + 2200, 4500)
    assert m.digest == ordering.manifest_digest([(one.id, 1), (two.id, 1)])
    assert {p.producer_id: (p.lines, p.gross_cents) for p in m.producers} == {
        "bousole": (2, 1068),
        "bioespuna": (1, 2200),
    }
    assert closed.manifest == m == (await hub.cycle()).manifest


async def test_a_scheduler_that_slept_three_hours_closes_once_when_it_wakes(hub):
    await hub.open()
    await hub.order(tomme=1000)
    hub.clock.set(CLOSES)
    await hub.sleep(timedelta(hours=3))
    with pytest.raises(TooLate):
        await hub.order("h2", tomme=1000)
    await hub.tick()
    await hub.tick()
    (said,) = await hub.said(ordering.CycleClosed)
    assert (said.manifest.orders, said.closed_at, said.closes_at) == (1, CLOSES + timedelta(hours=3), CLOSES)


async def test_a_cycle_slept_through_from_opening_to_closing_opens_and_closes(hub):
    await hub.open(opens_at=hub.clock.now() + timedelta(hours=1))
    hub.clock.set(CLOSES + timedelta(hours=3))
    await hub.tick()
    assert [type(e).__name__ for e in await hub.said(ordering.Cycle)] == ["CycleOpened", "CycleClosed"]


async def test_closing_twice_closes_once(hub):
    await hub.open()
    results = await asyncio.gather(*(hub.close() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, NotOpen) for result in results) == 4
    assert len(await hub.said(ordering.CycleClosed)) == 1


async def test_orders_that_race_with_the_closing_are_in_the_manifest_or_were_refused(hub):
    await hub.open()

    async def keep_ordering(household_id):
        accepted = None
        for pieces in range(1, 40):
            try:
                accepted = await hub.order(household_id, tomme=pieces * 1000)
            except TooLate:
                return accepted
        return accepted

    async def close():
        await asyncio.sleep(0.03)
        return await hub.close()

    *orders, closed = await asyncio.gather(*(keep_ordering(f"h{n}") for n in (1, 2, 3, 4)), close())
    accepted = [(order.id, order.version) for order in orders if order is not None]
    assert closed.manifest.digest == ordering.manifest_digest(accepted)
    assert closed.manifest.gross_cents == sum(order.gross_cents for order in orders if order is not None)


async def test_a_closed_cycle_cannot_be_changed_or_dropped(hub):
    await hub.open()
    await hub.close()
    with pytest.raises(AlreadyClosed):
        await change(hub, name="Noël")
    async with hub.database.write() as writer:
        with pytest.raises(AlreadyClosed):
            await drop_draft(writer, "c48")
        with pytest.raises(Missing):
            await hub.app.state.closing.close(writer, "nothing")


async def test_a_cloned_cycle_has_no_history(hub):
    await hub.open()
    await hub.order(tomme=1000)
    await hub.close()
    hub.clock.set(CLOSES + timedelta(days=1))
    async with hub.database.write() as writer:
        copy = await clone_cycle(writer, "c48", "Semaine 49")
    assert (copy.state, copy.version, copy.manifest, copy.closed_at) == ("draft", 1, None, None)
    assert copy.opens_at > hub.clock.now()
    assert copy.closes_at - copy.opens_at == (await hub.cycle()).closes_at - (await hub.cycle()).opens_at
    assert copy.group_ids == {"limoux", "quillan"}
    async with hub.database.read() as reader:
        assert (await manifest.count(reader, copy.id)).orders == 0
    async with hub.database.write() as writer:
        await change_cycle(
            writer,
            copy.id,
            hub.plan(opens_at=hub.clock.now(), closes_at=copy.closes_at, delivers_on=copy.delivers_on),
            PARIS,
        )
    assert (await hub.order(cycle_id=copy.id, tomme=1000)).version == 1
    assert len(await hub.said(ordering.CycleClosed)) == 1, "only the first is closed"


# Saying it again


@pytest.mark.parametrize("service", [billing, logistics])
async def test_a_service_that_misses_orders_hears_all_of_them_again(hub, service):
    await hub.open()
    await hub.order("h1", tomme=1000)
    await hub.order("h2", eggs=1000)
    await hub.order("h2")
    await hub.close()
    before = await hub.said(ordering.Order) + await hub.said(ordering.CycleClosed)
    await hub.hear(service.RepublicationRequested(id="c48", version=1, orders_expected=1, orders_held=0))
    after = await hub.said(ordering.Order) + await hub.said(ordering.CycleClosed)
    placed, _superseded, withdrawn, closing = before
    for event in (placed, withdrawn, closing):
        assert after.count(event) == 2, "said again, word for word"
    assert len(after) == len(before) + 3


async def test_a_large_cycle_is_said_again_some_orders_at_a_time_and_its_closing_last(hub, monkeypatch):
    monkeypatch.setattr("ordering.order_book.PORTION", 2)
    await hub.open()
    for household_id in ("h1", "h2", "h3", "h4"):
        await hub.order(household_id, tomme=1000)
    await hub.close()
    before = len(await hub.said())
    await hub.hear(logistics.RepublicationRequested(id="c48", version=1, orders_expected=4, orders_held=0))
    await hub.tick()
    again = (await hub.said())[before:]
    assert sorted(event.household_id for event in again[:-1]) == ["h1", "h2", "h3", "h4"]
    assert isinstance(again[-1], ordering.CycleClosed)


async def test_products_are_kept_by_version_and_withdrawn_ones_are_not_offered(hub):
    tomme = product("tomme", 3, price_cents=500)
    withdrawn = product("potatoes", 2)
    from contracts.catalog import ProductWithdrawn

    await hub.hear(tomme, product("tomme", 2, price_cents=400), ProductWithdrawn(**withdrawn.model_dump()))
    made = await hub.open()
    async with hub.database.read() as reader:
        offered = {o.product_id: o.article.price_cents for o in await offers_for(reader, made)}
    assert offered == {"tomme": 500, "oranges": 220, "eggs": 310}
