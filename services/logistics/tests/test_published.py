"""Published schedules: only what holds is published, versions follow one another, and none ever changes."""

import asyncio
from dataclasses import replace

import pytest
from schedule_desk import FRIDAY, planned, publish, week

from chassis.identity import Grant
from coldchain import check
from coldchain.plan import LeftBehind
from contracts import Role
from logistics.schedule import published
from logistics.schedule.published import Accepted, Breaks, Outrun


@pytest.fixture
async def hub(app, client_for):
    await week(app, client_for(app, Grant(Role.COORDINATOR)))
    return app


async def read(app, version=None):
    async with app.state.service.database.read() as reader:
        if version is None:
            return await published.current(reader, FRIDAY)
        return await published.at_version(reader, FRIDAY, version)


async def test_a_plan_that_holds_is_published_and_read_as_it_was(hub):
    assert await read(hub) is None
    made = await publish(hub)
    assert made.plan.rounds
    assert made.plan.left_behind == ()
    assert await read(hub) == made == await read(hub, 1)
    assert await read(hub, 2) is None


async def test_versions_follow_one_another_and_the_older_ones_stay(hub):
    first = await publish(hub)
    async with hub.state.service.database.write() as writer:
        second = await published.publish(writer, first.day, first.plan, by="Nadia", after=1)
    assert second.version == 2
    assert await read(hub) == second
    assert await read(hub, 1) == first
    with pytest.raises(Outrun):
        async with hub.state.service.database.write() as writer:
            await published.publish(writer, first.day, first.plan, by="Paul", after=1)


async def test_of_two_who_publish_at_once_one_holds(hub, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    day, plan = await planned(hub)
    meet = asyncio.Barrier(2)

    async def one(by):
        try:
            async with hub.state.service.database.write() as writer:
                await meet.wait()
                return await published.publish(writer, day, plan, by=by)
        except Outrun:
            return None

    made = [each for each in await asyncio.gather(one("Nadia"), one("Paul")) if each]
    assert len(made) == 1
    assert (await read(hub)).published_by == made[0].published_by


async def test_what_breaks_a_hard_rule_is_not_published_whatever_was_accepted(hub):
    day, plan = await planned(hub)
    lost = day.consignments[0].id
    rounds = tuple(
        one.model_copy(
            update={
                "stops": tuple(
                    stop.model_copy(
                        update={
                            "loads": tuple(each for each in stop.loads if each.consignment_id != lost),
                            "unloads": tuple(each for each in stop.unloads if each.consignment_id != lost),
                        }
                    )
                    for stop in one.stops
                )
            }
        )
        for one in plan.rounds
    )
    broken = plan.model_copy(update={"rounds": rounds, "left_behind": (LeftBehind(consignment_id=lost, why=""),)})
    found = check(day, broken)
    assert found
    yes = [Accepted(violation=one.id, rule=one.rule, reason="Il pleut", by="Nadia") for one in found]
    with pytest.raises(Breaks) as said:
        async with hub.state.service.database.write() as writer:
            await published.publish(writer, day, broken, by="Nadia", accepted=yes)
    assert {one.id for one in said.value.violations} <= {one.id for one in found}
    assert await read(hub) is None


async def test_a_soft_violation_is_published_once_a_person_answers_for_it(hub):
    day, _plan = await planned(hub)
    bare = [each.model_copy(update={"certificate": "", "certified_until": None}) for each in day.vehicles]
    far = day.model_copy(update={"vehicles": tuple(bare)})
    _, plan = await planned(hub)
    found = check(far, plan)
    assert found, "without certificates, breaks of load are told"
    with pytest.raises(Breaks):
        async with hub.state.service.database.write() as writer:
            await published.publish(writer, far, plan, by="Nadia")
    yes = tuple(Accepted(violation=one.id, rule=one.rule, reason="Dernier été", by="Nadia") for one in found)
    async with hub.state.service.database.write() as writer:
        made = await published.publish(writer, far, plan, by="Nadia", accepted=yes)
    assert (await read(hub)).accepted == yes == replace(made).accepted
