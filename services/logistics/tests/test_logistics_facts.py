"""What an operator's graph is told of pick lists."""

from logistics_week import usual_week

from chassis.testing import deliver
from logistics.facts import gross_of_closed, waiting


async def told(app) -> tuple[float, float]:
    async with app.state.service.database.read() as reader:
        return await waiting(reader), await gross_of_closed(reader)


async def test_a_cycle_waits_until_its_lists_come_to_what_was_ordered(app):
    week = usual_week()
    *first, last, closing = week.events()
    await deliver(app, *first)
    assert await told(app) == (0, 0)
    await deliver(app, closing)
    assert await told(app) == (1, 0)
    await deliver(app, last)
    assert await told(app) == (0, week.manifest().gross_cents)


async def test_a_cycle_whose_sums_disagree_goes_on_waiting(app):
    week = usual_week()
    *orders, _closing = week.events()
    await deliver(app, *orders, week.closing(week.manifest().model_copy(update={"gross_cents": 1})))
    assert await told(app) == (1, 0)
