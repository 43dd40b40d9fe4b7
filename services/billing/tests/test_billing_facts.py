"""What an operator's graph is told of amounts due."""

from billing_week import Week, closed

from billing.facts import gross_of_closed, waiting
from chassis.testing import deliver


async def told(app) -> tuple[float, float]:
    async with app.state.service.database.read() as reader:
        return await waiting(reader), await gross_of_closed(reader)


async def test_a_cycle_waits_until_its_amounts_come_to_what_was_ordered(app):
    week = Week()
    *first, last, closing = week.events
    await deliver(app, *first)
    assert await told(app) == (0, 0)
    await deliver(app, closing)
    assert await told(app) == (1, 0)
    await deliver(app, last)
    assert await told(app) == (0, closing.manifest.gross_cents)


async def test_a_cycle_whose_sums_disagree_goes_on_waiting(app):
    week = Week()
    await deliver(app, *week.events[:-1], closed(week.orders, more_cents=1))
    assert await told(app) == (1, 0)
