"""What the others are told of a schedule: in the transaction that publishes it, whole, with what each needs."""

import pytest
from network_desk import MARCEL, POINTS
from schedule_desk import FRIDAY, planned, publish, week

from chassis.identity import Grant
from chassis.testing import announced
from contracts import Role
from contracts.schedule import Schedule, ScheduleChanged, SchedulePublished
from logistics.schedule import published
from logistics.schedule.published import Breaks


@pytest.fixture
def desk(app, client_for):
    return client_for(app, Grant(Role.COORDINATOR))


@pytest.fixture
async def hub(app, desk):
    await week(app, desk)
    return app


async def told(app):
    return [event for event in await announced(app) if isinstance(event, Schedule)]


async def test_a_first_version_is_published_and_those_after_it_change_it(hub):
    first = await publish(hub)
    async with hub.state.service.database.write() as writer:
        await published.publish(writer, first.day, first.plan, by="Nadia", after=1, links=hub.state.round_links)
    said = await told(hub)
    assert [(type(each), each.id, each.version) for each in said] == [
        (SchedulePublished, "2026-11-27", 1),
        (ScheduleChanged, "2026-11-27", 2),
    ]
    assert said[0].model_dump(exclude={"version", "published_at"}) == said[1].model_dump(
        exclude={"version", "published_at"}
    )


async def test_every_consignment_is_told_with_its_way_and_in_whole_minutes(hub):
    made = await publish(hub)
    [said] = await told(hub)
    assert {one.consignment_id for one in said.consignments} == {one.id for one in made.day.consignments}
    assert {one.producer_id: one.name for one in said.producers}.keys() == {"pic", "bio"}
    names = {one.site_id for one in said.sites}
    loaded, unloaded = set(), set()
    for round_, planned_ in zip(said.rounds, made.plan.rounds, strict=True):
        for stop, meant in zip(round_.stops, planned_.stops, strict=True):
            assert stop.site_id == meant.site_id
            assert stop.site_id in names
            assert (stop.arrives_at.second, stop.departs_at.second) == (0, 0)
            assert 0 <= (meant.arrives_at - stop.arrives_at).total_seconds() < 60
            loads = [said.consignments[at] for at in stop.loads]
            assert {one.consignment_id for one in loads} == {each.consignment_id for each in meant.loads}
            loaded |= {one.consignment_id for one in loads if one.from_site == stop.site_id}
            arrived = [said.consignments[at] for at in stop.unloads]
            unloaded |= {one.consignment_id for one in arrived if one.to_site == stop.site_id}
    assert loaded == unloaded == {one.id for one in made.day.consignments}


async def test_a_pickup_point_is_told_with_its_group_and_hand_over_and_other_places_by_name_alone(hub):
    await publish(hub)
    [said] = await told(hub)
    points = {one.group_id: one for one in said.sites if one.group_id}
    assert points.keys() == {form["group_id"] for form in POINTS}
    assert all(one.opens_at < one.closes_at for one in points.values())
    others = [one for one in said.sites if not one.group_id]
    assert others
    assert all((one.address, one.opens_at) == ("", None) for one in others)


async def test_who_drives_is_told_with_their_address_and_a_link_and_never_with_a_phone(hub, desk):
    sheet = MARCEL | {"email": "marcel@example.org", "language": "en", "phone": "04 68 31 00 00"}
    page = (await desk.get("/logistics/network/carriers/marcel/edit")).text
    assert 'name="email"' in page
    changed = await desk.submit("/logistics/network/carriers/marcel/edit", {**sheet, "version": "1"})
    assert changed.status_code == 303, changed.text
    day, plan = await planned(hub)
    async with hub.state.service.database.write() as writer:
        await published.publish(writer, day, plan, by="Nadia", links=hub.state.round_links)
    [said] = await told(hub)
    carriers = {one.carrier_id: one for one in said.carriers}
    assert carriers.keys() == {one.carrier_id for one in plan.rounds}
    assert "04 68 31" not in said.model_dump_json()
    assert (carriers["marcel"].email, carriers["marcel"].language) == ("marcel@example.org", "en")
    assert carriers["lola"].producer_id == "bio"
    for one in carriers.values():
        token = one.path.removeprefix("/logistics/rounds/open/")
        assert hub.state.round_links.open(token, said.published_at) == (FRIDAY, one.carrier_id)


async def test_an_address_that_is_none_is_told_at_its_field_and_kept(hub, desk):
    sheet = MARCEL | {"email": "marcel chez wanadoo", "version": "1"}
    answer = await desk.submit("/logistics/network/carriers/marcel/edit", sheet)
    assert answer.status_code == 422
    assert "marcel chez wanadoo" in answer.text


async def test_what_is_not_published_is_not_told(hub):
    day, plan = await planned(hub)
    nobody = plan.model_copy(update={"rounds": ()})
    with pytest.raises(Breaks):
        async with hub.state.service.database.write() as writer:
            await published.publish(writer, day, nobody, by="Nadia")

    class Interrupted(Exception):
        pass

    async def interrupted():
        async with hub.state.service.database.write() as writer:
            await published.publish(writer, day, plan, by="Nadia")
            raise Interrupted

    with pytest.raises(Interrupted):
        await interrupted()
    assert await told(hub) == []
    async with hub.state.service.database.read() as reader:
        assert await published.current(reader, FRIDAY) is None
