"""What an operator's graph is told of mails."""

from notify_week import round_of, sign_in
from sqlalchemy import update

from chassis.testing import deliver
from notify.facts import failed, longest_wait
from notify.message import message


async def told(app) -> tuple[float, float]:
    async with app.state.service.database.read() as reader:
        return await failed(reader), await longest_wait(reader)


async def test_the_mail_that_waits_longest_is_told_until_it_has_left(app, clock):
    assert await told(app) == (0, 0)
    await deliver(app, sign_in())
    clock.advance(30)
    assert await told(app) == (0, 30)
    await round_of(app)
    assert await told(app) == (0, 0)


async def test_a_mail_given_up_is_told_for_a_day(app, clock):
    await deliver(app, sign_in())
    async with app.state.service.database.write() as writer:
        await writer.execute(update(message).values(state="failed", ended_at=writer.now))
    assert await told(app) == (1, 0)
    clock.advance(25 * 3600)
    assert await told(app) == (0, 0)
