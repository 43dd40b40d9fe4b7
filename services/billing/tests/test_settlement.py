from datetime import timedelta
from itertools import count
from random import Random

import pytest
from billing_week import (
    CHEESE,
    GROUPS,
    OLIVES,
    PRODUCERS,
    Week,
    closed,
    household,
    line,
    opened,
    placed,
    producer,
    withdrawn,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from billing.amount_due import amount_due
from billing.app import BillingSettings, create_app
from chassis.identity import Grant
from chassis.testing import announced, call_due, deliver
from contracts import Role
from contracts.billing import AmountsDueComputed, RepublicationRequested
from contracts.catalog import ProducerChanged

BOOKS = Grant(Role.BOOKKEEPER)


async def said_of_cycles(app):
    """Amounts, and what was asked of ordering."""
    return [event for event in await announced(app) if isinstance(event, AmountsDueComputed | RepublicationRequested)]


async def computed(app, cycle="week-48"):
    said = [event for event in await said_of_cycles(app) if isinstance(event, AmountsDueComputed)]
    return {event.household_name: event for event in said if event.cycle_id == cycle}


async def totals(app, client_for, cycle="week-48"):
    return (await client_for(app, BOOKS).get(f"/billing/api/cycles/{cycle}/totals")).json()


async def ring(app, clock, after):
    clock.advance(after)
    await call_due(app)


async def test_a_closed_cycle_says_what_each_household_owes_each_producer(app):
    await deliver(app, *Week().events)
    amounts = await computed(app)
    assert set(amounts) == {"Marie", "Josette"}, "Paul withdrew: he owes nothing"
    marie = amounts["Marie"]
    assert marie.gross_cents == 2200 + 600 + 1700
    assert [(each.producer_name, each.gross_cents) for each in marie.producers] == [
        ("BioEspuña", 2800),
        ("Chèvrerie du Roc", 1700),
    ]


async def test_vat_is_told_for_each_rate_and_none_for_a_seller_who_charges_none(app):
    await deliver(app, *Week().events)
    spain, goats = (await computed(app))["Marie"].producers
    assert [(vat.rate_hundredths, vat.gross_cents, vat.vat_cents, vat.net_cents) for vat in spain.vat] == [
        (550, 2200, 115, 2085),
        (2000, 600, 100, 500),
    ]
    assert [(vat.rate_hundredths, vat.vat_cents, vat.net_cents) for vat in goats.vat] == [(0, 0, 1700)]


async def test_totals_equal_the_manifest(app, client_for):
    week = Week()
    await deliver(app, *week.events)
    found = await totals(app, client_for)
    assert found["state"] == "computed"
    assert found["gross_cents"] == sum(order.gross_cents for order in week.orders) == 6600
    assert found["quantity_thousandths"] == 7000
    assert (found["households"], found["producers"]) == (2, 3)
    assert sum(each["gross_cents"] for each in found["amounts"]) == found["gross_cents"]


CYCLES = count(1)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
async def test_whatever_the_order_of_arrival_amounts_are_computed_once_and_right(app, random: Random):
    cycle = f"week-{next(CYCLES)}"
    events = Week(cycle).events
    events += random.sample(events, random.randrange(len(events)))
    random.shuffle(events)
    await deliver(app, *events)
    said = [event for event in await said_of_cycles(app) if event.cycle_id == cycle]
    assert sorted((event.household_name, event.gross_cents) for event in said) == [("Josette", 2100), ("Marie", 4500)]


async def test_nothing_is_computed_from_a_part_of_the_orders(app, client_for):
    week = Week()
    last = week.orders[-1]
    await deliver(app, *(event for event in week.events if event != last))
    assert await computed(app) == {}
    assert (await totals(app, client_for))["state"] == "waiting"
    await deliver(app, last)
    assert set(await computed(app)) == {"Marie", "Josette"}


async def test_an_old_version_of_an_order_does_not_count(app):
    new = placed("Marie", [line(OLIVES)], version=2)
    await deliver(app, *PRODUCERS, opened(), placed("Marie", [line(OLIVES, 5)]), closed([new]))
    assert await computed(app) == {}
    await deliver(app, new)
    assert (await computed(app))["Marie"].gross_cents == 2200


async def test_a_withdrawal_that_is_late_holds_the_amounts_back(app):
    week = Week()
    late = withdrawn("Paul")
    await deliver(app, *(event for event in week.events if event != late))
    assert await computed(app) == {}
    await deliver(app, late)
    assert set(await computed(app)) == {"Marie", "Josette"}


async def test_an_unknown_producer_holds_the_amounts_back(app):
    week = Week()
    goats = PRODUCERS[1]
    await deliver(app, *(event for event in week.events if event != goats))
    assert await computed(app) == {}
    await deliver(app, goats)
    assert set(await computed(app)) == {"Marie", "Josette"}


async def test_missing_orders_are_asked_for_ever_more_rarely(app, clock):
    week = Week()
    await deliver(app, *week.events[:-2], week.events[-1])
    await ring(app, clock, timedelta(minutes=1))
    assert await said_of_cycles(app) == []
    await ring(app, clock, timedelta(minutes=1))
    await ring(app, clock, timedelta(minutes=3))
    asked = await said_of_cycles(app)
    assert asked == [RepublicationRequested(id="week-48", version=1, orders_expected=2, orders_held=1)]
    await ring(app, clock, timedelta(minutes=1))
    assert [event.version for event in await said_of_cycles(app)] == [1, 2]
    await deliver(app, week.orders[-1])
    await ring(app, clock, timedelta(days=1))
    assert len(await said_of_cycles(app)) == 2 + 2, "once settled nothing is asked for any more"


async def test_a_manifest_that_does_not_add_up_is_an_alarm_and_nothing_is_computed(app, client_for):
    order = placed("Marie", [line(OLIVES)])
    await deliver(app, *PRODUCERS, order, closed([order], more_cents=1))
    assert await computed(app) == {}
    page = (await client_for(app, BOOKS).get("/billing/cycles")).text
    assert "BioEspuña" in page
    assert "ne correspondent pas" in page


async def test_goods_without_a_rate_are_an_alarm_until_the_seller_is_corrected(app, client_for):
    order = placed("Marie", [line(("magic", "BioEspuña", "MAGIC", 500))])
    await deliver(app, *PRODUCERS, order, closed([order]))
    assert await computed(app) == {}
    assert "MAGIC" in (await client_for(app, BOOKS).get("/billing/cycles/week-48")).text
    franchise = producer("BioEspuña", "FRANCHISE_293B", version=2)
    await deliver(app, ProducerChanged(**franchise.model_dump()))
    assert (await computed(app))["Marie"].gross_cents == 500


async def test_a_cycle_in_which_nobody_ordered_is_computed_too(app, client_for):
    await deliver(app, opened(), closed([]))
    found = await totals(app, client_for)
    assert (found["state"], found["gross_cents"], found["amounts"]) == ("computed", 0, [])


async def test_an_amount_is_never_changed_by_what_comes_later(app, client_for):
    week = Week()
    await deliver(app, *week.events)
    await deliver(app, placed("Marie", [line(CHEESE)], version=9), producer("BioEspuña", "FRANCHISE_293B", version=2))
    await deliver(app, closed(week.orders))
    assert (await totals(app, client_for))["gross_cents"] == 6600
    assert len(await said_of_cycles(app)) == 2


async def test_the_database_itself_refuses_a_second_amount(app):
    await deliver(app, *Week().events)
    database = app.state.service.database
    async with database.read() as reader:
        first = dict((await reader.all(select(amount_due)))[0])
    with pytest.raises(IntegrityError):
        async with database.write() as writer:
            await writer.execute(amount_due.insert().values(**(first | {"id": "another"})))
    async with database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(amount_due)) == 2


async def test_orders_that_come_after_the_closing_are_settled_by_the_last_of_them(started):
    app = await started(create_app, BillingSettings)
    orders = [placed(f"h{n}", [line(OLIVES, 1 + n % 3), line(CHEESE)] * 7) for n in range(60)]
    await deliver(app, *GROUPS, *PRODUCERS, household("h0"), closed(orders))
    await deliver(app, *orders)
    assert len(await computed(app)) == 60
