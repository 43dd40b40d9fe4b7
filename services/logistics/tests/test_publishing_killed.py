"""A service that dies while a schedule is published: it is published and told, or neither; sent again, it is once."""

import pytest
from draft_desk import drafted
from schedule_desk import FRIDAY, planned, week

from chassis import crash
from chassis.identity import Grant
from chassis.testing import announced
from contracts import Role
from contracts.schedule import Schedule
from logistics.schedule import published
from logistics.schedule.telling import names_of, schedule_event

DRAFT = "/logistics/drafts/draft-a"


class Died(Exception):
    """Stands for the process that is gone: what it had not committed is undone, nobody gets an answer."""


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    await drafted(app)
    return browser


@pytest.fixture
def killed(monkeypatch):
    """`await killed(point, browser, url, typed)`: the form is sent, and the service dies there while it is taken."""

    async def send(point, browser, url, typed):
        def dies(_service, name):
            if name == point:
                raise Died

        with monkeypatch.context() as patched:
            patched.setattr(crash, "point", dies)
            assert (await browser.submit(url, typed)).status_code == 500

    return send


async def kept_and_told(app):
    """Numbers of the versions that are kept, and of those that the others are told."""
    async with app.state.service.database.read() as reader:
        kept = [one.version for one in await published.versions_of(reader, FRIDAY)]
    return kept, [event.version for event in await announced(app) if isinstance(event, Schedule)]


@pytest.mark.parametrize(("point", "after"), [("before_commit", ([], [])), ("after_commit", ([1], [1]))])
async def test_killed_while_publishing_it_is_published_and_told_or_neither_and_sent_again_it_is_once(
    app, desk, killed, point, after
):
    await killed(point, desk, f"{DRAFT}/publish", {"after": "0"})
    assert await kept_and_told(app) == after
    for _time in range(2):
        assert (await desk.submit(f"{DRAFT}/publish", {"after": "0"})).status_code == 303
    assert await kept_and_told(app) == ([1], [1])


async def test_told_in_a_transaction_of_its_own_a_version_could_be_kept_and_never_told(app, desk, monkeypatch):
    """The control: what the test above would find."""
    day, plan = await planned(app)
    database = app.state.service.database

    def dies(_service, name):
        if name == "after_commit":
            raise Died

    async def nobody_tells(_self, *_events):
        pass

    with monkeypatch.context() as patched:
        patched.setattr("chassis.database.Writer.announce", nobody_tells)
        patched.setattr(crash, "point", dies)
        with pytest.raises(Died):
            async with database.write() as writer:
                made = await published.publish(writer, day, plan, by="Nadia")
    assert await kept_and_told(app) == ([1], []), "it died between the two transactions"
    async with database.write() as writer:
        await writer.announce(schedule_event(made, await names_of(writer, day), None))
    assert await kept_and_told(app) == ([1], [1])
