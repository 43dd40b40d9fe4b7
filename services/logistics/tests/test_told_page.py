"""Who is told of a schedule: whom to phone, and what the home of each shows of the next day."""

import re
from datetime import datetime, timedelta

import pytest
from network_desk import MARCEL
from schedule_desk import FRIDAY, ODETTE, planned, publish, week

from chassis.identity import Grant
from chassis.testing import deliver
from contracts import Place, Role
from contracts.catalog import ProducerChanged
from logistics.schedule import published
from logistics.schedule.part import comings, goings

URL = "/logistics/days/2026-11-27/told"
HOME = "/logistics/fragments/home"


@pytest.fixture
def desk(app, client_for):
    return client_for(app, Grant(Role.COORDINATOR), language="en")


@pytest.fixture
async def hub(app, desk):
    await week(app, desk)
    await deliver(app, *(known(one, f"{one}@example.org") for one in ("pic", "bio")))
    return app


def known(producer_id: str, email: str, version: int = 5) -> ProducerChanged:
    name = {"pic": "Fromagerie du Pic", "bio": "BioEspuña"}[producer_id]
    village = Place(name="Quillan")
    return ProducerChanged(
        id=producer_id, version=version, name=name, place=village, email=email, phone="04 68 00 00 02"
    )


def hour(at: datetime) -> str:
    """On the clocks of Limoux, in November."""
    return f"{at + timedelta(hours=1):%H:%M}"


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.replace("\xa0", " ").replace("\u202f", " ")))


async def later(app, first, minutes=10, after=1, **other):
    """Another version: all that Marcel does is later."""
    rounds = tuple(
        one
        if one.carrier_id != "marcel"
        else one.model_copy(
            update={
                "stops": tuple(
                    stop.model_copy(
                        update={
                            name: getattr(stop, name) + timedelta(minutes=minutes)
                            for name in ("arrives_at", "departs_at")
                        }
                    )
                    for stop in one.stops
                )
            }
        )
        for one in first.plan.rounds
    )
    plan = first.plan.model_copy(update={"rounds": rounds})
    async with app.state.service.database.write() as writer:
        return await published.publish(writer, first.day, plan, by="Nadia", after=after, **other)


async def test_carriers_whom_no_mail_reaches_are_listed_with_number_and_round(hub, desk):
    assert "Nothing is published yet" in (await desk.get(URL)).text
    phoned = {**ODETTE, "phone": "04 68 31 00 01", "version": "1"}
    assert (await desk.submit("/logistics/network/carriers/odette/edit", phoned)).status_code == 303
    mailed = {**MARCEL, "email": "marcel@example.org", "version": "1"}
    assert (await desk.submit("/logistics/network/carriers/marcel/edit", mailed)).status_code == 303
    made = await publish(hub)
    page = (await desk.get(URL)).text
    driving = {one.carrier_id for one in made.plan.rounds}
    assert {"marcel", "odette", "lola"} <= driving
    assert "Odette, " in page
    assert 'href="tel:0468310001"' in page
    assert hub.state.round_links.path(FRIDAY, "odette") in page
    assert "Marcel, " not in page
    assert "Lola, " not in page, "her farm has an address"
    assert "Changed since" not in page, "it is the first version"


async def test_who_has_to_be_phoned_again_is_told_from_who_need_not(hub, desk):
    first = await publish(hub)
    await later(hub, first)
    text = plain((await desk.get(URL)).text)
    marcel, odette = text.index("Marcel No telephone"), text.index("Odette No telephone")
    assert "Changed since version 1" in text[marcel:odette]
    assert "Nothing changed for them" in text[odette:]
    assert "Changed since version 1" not in text[odette:]


async def test_a_producer_without_an_address_is_to_be_phoned(hub, desk):
    await deliver(hub, known("pic", "", version=6))
    made = await publish(hub)
    text = plain((await desk.get(URL)).text)
    assert "Fromagerie du Pic 04 68 00 00 02" in text
    [first, *_rest] = goings(made.day, made.plan, {"pic"})
    assert f"At {hour(first.at)}, {first.by} fetches the goods for" in text


async def test_only_those_who_coordinate_see_it(hub, client_for):
    await publish(hub)
    for role in Role:
        grant = Grant(role, group_id="limoux", household_id="h", producer_id="pic")
        answer = await client_for(hub, grant).get(URL)
        assert answer.status_code == (200 if role is Role.COORDINATOR else 403), role
    coordinator = client_for(hub, Grant(Role.COORDINATOR))
    assert (await coordinator.get("/logistics/days/tomorrow/told")).status_code == 404


async def test_a_producer_reads_at_home_when_its_goods_go_and_not_when_those_of_others_do(hub, client_for):
    made = await publish(hub)
    pic = client_for(hub, Grant(Role.PRODUCER, producer_id="pic"), language="en")
    text = plain((await pic.get(HOME)).text)
    assert "When your goods go: Friday" in text
    mine, others = goings(made.day, made.plan, {"pic"}), goings(made.day, made.plan, {"bio"})
    for one in mine:
        assert f"At {hour(one.at)}, {one.by} fetches" in text
    brought = [one for one in others if one.brought_to]
    assert brought, "BioEspuña hands its eggs over itself"
    assert "To bring to" not in text
    bio = plain((await client_for(hub, Grant(Role.PRODUCER, producer_id="bio"), language="en").get(HOME)).text)
    for one in brought:
        assert f"To bring to {one.brought_to} at {hour(one.at)}" in bio
    assert "Your rounds: Friday" in bio, "Lola is of BioEspuña"
    assert "Marcel, " not in bio


async def test_a_referent_reads_at_home_when_goods_come_to_their_group_only(hub, client_for):
    made = await publish(hub)
    text = plain((await client_for(hub, Grant(Role.REFERENT, group_id="limoux"), language="en").get(HOME)).text)
    assert "When goods come to Foyer: Friday" in text
    found = comings(made.day, made.plan, "pickup-limoux")
    assert found
    for one in found:
        assert f"At {hour(one.at)} with {one.by}" in text
    assert "Halle" not in text
    none = plain((await client_for(hub, Grant(Role.REFERENT, group_id="elsewhere"), language="en").get(HOME)).text)
    assert "No schedule yet" in none


async def test_a_driver_reads_at_home_the_rounds_of_the_next_day_until_it_is_over(hub, client_for, clock):
    driver = client_for(hub, Grant(Role.DRIVER), language="en")
    assert "No schedule yet" in (await driver.get(HOME)).text
    made = await publish(hub)
    html = (await driver.get(HOME)).text
    for one in made.plan.rounds:
        assert hub.state.round_links.path(FRIDAY, one.carrier_id) in html
    clock.set(datetime.combine(FRIDAY, datetime.min.time(), made.published_at.tzinfo) + timedelta(days=1, hours=1))
    later_ = client_for(hub, Grant(Role.DRIVER), language="en")
    assert "No schedule yet" in (await later_.get(HOME)).text


async def test_home_shows_the_version_that_holds(hub, client_for):
    first = await publish(hub)
    await later(hub, first, minutes=7)
    _day, _plan = await planned(hub)
    held = goings(first.day, first.plan, {"pic"})
    text = plain((await client_for(hub, Grant(Role.PRODUCER, producer_id="pic"), language="en").get(HOME)).text)
    for one in held:
        moved = one.at + timedelta(minutes=7 * (one.by == "Marcel"))
        assert f"At {hour(moved)}, {one.by} fetches" in text


async def test_members_and_the_others_read_nothing_of_it(hub, client_for):
    await publish(hub)
    for role in (Role.MEMBER, Role.BOOKKEEPER):
        assert (await client_for(hub, Grant(role, group_id="limoux", household_id="h")).get(HOME)).text == ""
