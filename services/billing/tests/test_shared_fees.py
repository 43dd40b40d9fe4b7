"""A fee that a whole delivery bears, where households are computed some at a time and deliveries come one by one."""

import asyncio

import pytest
from billing_week import CLOSES, GROUPS, OLIVES, PRODUCERS, closed, household, line, opened, placed, revised
from payment_desk import balances
from sqlalchemy import func, select
from test_fees import BEFORE, COORDINATOR, SPAIN, TRANSPORT, VAN, fee

from billing import final_amount, settlement
from billing.amount_due import amount_due
from billing.final_amount import PATIENCE, SHARED
from billing.ledger.chart import HUB
from chassis.tables import timer
from chassis.testing import announced, deliver
from contracts.billing import AmountsDueComputed
from contracts.logistics import DeliveredLine, DeliveryRecorded

HOUSEHOLDS = 23
NAMES = [f"h{n:02}" for n in range(HOUSEHOLDS)]


@pytest.fixture(autouse=True)
def small_portions(monkeypatch):
    monkeypatch.setattr(settlement, "PORTION", 5)
    monkeypatch.setattr(final_amount, "PORTION", 5)


@pytest.fixture
async def van(app, clock, client_for):
    """23 households in two groups order one, two or three crates each; a van for 10,00 brings them."""
    clock.set(BEFORE)
    await deliver(app, *GROUPS, *PRODUCERS, *(household(name) for name in NAMES))
    assert (await fee(client_for(app, COORDINATOR), VAN)).status_code == 303
    clock.set(CLOSES)
    await deliver(app, opened(), *orders(), closed(orders()))
    await until_idle(app)
    return app


def orders(version=1):
    groups = ("Limoux", "Quillan")
    return [placed(name, [line(OLIVES, 1 + n % 3)], groups[n % 2], version) for n, name in enumerate(NAMES)]


def recorded(name, crates, version=1):
    return DeliveryRecorded(
        id=f"d-{name}-{version}",
        version=version,
        cycle_id="week-48",
        household_id=f"h-{name}",
        producer_id=SPAIN,
        recorded_at=CLOSES,
        recorded_by="Line",
        lines=(DeliveredLine(product_id="olives", quantity_thousandths=crates * 1000),),
    )


async def until_idle(app):
    """Nothing is to be computed or shared any more."""
    async with asyncio.timeout(30):
        while True:
            await app.state.service.timers.call_one()
            async with app.state.service.database.read() as reader:
                due = (settlement.NEXT, SHARED, final_amount.DELIVERED)
                if not await reader.scalar(select(func.count()).select_from(timer).where(timer.c.name.in_(due))):
                    return
            await asyncio.sleep(0.01)


async def carried(app):
    """What each household pays of the van, by the books."""
    held = await balances(app)
    return {name: held.get((SPAIN, "household", f"h-{name}"), 0) for name in NAMES}, held.get(
        (SPAIN, "carriage", ""), 0
    )


async def test_portions_share_the_sum_to_the_cent_in_proportion_to_what_they_ordered(van):
    owed, net = await carried(van)
    shares = {name: cents - 2200 * (1 + n % 3) for n, (name, cents) in enumerate(owed.items())}
    assert sum(shares.values()) == 1000
    crates = sum(1 + n % 3 for n in range(HOUSEHOLDS))
    for n, name in enumerate(NAMES):
        exact = 1000 * (1 + n % 3) / crates
        assert abs(shares[name] - exact) < 1, "each has its part, rounded down or up"
    assert -1000 < net < 0


async def test_deliveries_that_come_one_by_one_are_shared_once_at_the_end(van, clock):
    for n, name in enumerate(NAMES):
        await deliver(van, recorded(name, 0 if n < 20 else 1 + n % 3))
    clock.set(CLOSES + PATIENCE)
    await until_idle(van)
    owed, _net = await carried(van)
    assert list(owed.values())[:20] == [0] * 20
    assert sum(owed.values()) - 2200 * sum(1 + n % 3 for n in (20, 21, 22)) == 1000
    said = [each for each in await announced(van) if isinstance(each, AmountsDueComputed)]
    of_last = [each for each in said if each.household_id == f"h-{NAMES[-1]}"]
    assert len(of_last) == 2, "its own goods came as expected: it was told its new part once"
    assert of_last[1].expected_cents == of_last[0].gross_cents, "so that a mail can say what it was before"
    assert of_last[1].asked_cents is not None
    async with van.state.service.database.read() as reader:
        rows = await reader.all(select(amount_due.c.household_id).where(amount_due.c.replaced_by.is_(None)))
    assert len(rows) == HOUSEHOLDS


async def test_a_delivery_recorded_before_the_closing_is_shared_from_the_start(app, clock, client_for):
    clock.set(BEFORE)
    await deliver(app, *GROUPS, *PRODUCERS, *(household(name) for name in NAMES))
    await fee(client_for(app, COORDINATOR), VAN)
    clock.set(CLOSES)
    await deliver(app, opened(), *orders(), recorded(NAMES[0], 0), closed(orders()))
    await until_idle(app)
    owed, _net = await carried(app)
    assert owed[NAMES[0]] == 0
    assert sum(owed.values()) - 2200 * (sum(1 + n % 3 for n in range(HOUSEHOLDS)) - 1) == 1000


async def test_the_same_events_again_change_nothing_and_a_revision_shares_anew(van):
    before = await carried(van)
    await deliver(van, *orders(), closed(orders()))
    await until_idle(van)
    assert await carried(van) == before
    fewer = [
        placed(name, [line(OLIVES, 1)], ("Limoux", "Quillan")[n % 2], version=3) for n, name in enumerate(NAMES[:10])
    ]
    stay = orders()[10:]
    await deliver(van, *fewer, revised([*fewer, *stay]))
    await until_idle(van)
    owed, _net = await carried(van)
    crates = 10 + sum(1 + n % 3 for n in range(10, HOUSEHOLDS))
    assert sum(owed.values()) - 2200 * crates == 1000


async def test_a_van_of_the_hub_is_paid_for_by_each_group_it_goes_to(app, clock, client_for):
    clock.set(BEFORE)
    await deliver(app, *GROUPS, *PRODUCERS, *(household(name) for name in NAMES))
    await fee(client_for(app, COORDINATOR), VAN | {"earner": HUB, "share_by": "equally"})
    await fee(client_for(app, COORDINATOR), TRANSPORT | {"amount": "1", "groups": "g-Quillan"})
    clock.set(CLOSES)
    await deliver(app, opened(), *orders(), closed(orders()))
    await until_idle(app)
    held = await balances(app)
    owed = [held[HUB, "household", f"h-{name}"] for name in NAMES]
    assert sum(owed[::2]) == 1000, "Limoux"
    assert sum(owed[1::2]) == 1000 + 100 * 11, "Quillan, with a fee of its own"
