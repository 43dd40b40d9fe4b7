"""A carrier notes temperatures by the link of its rounds: its own vehicles and what it carries, nothing else."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from cold_desk import incident, readings, typed
from schedule_desk import FRIDAY, publish, week

from chassis.identity import FORM_COOKIE, Grant
from contracts import Role
from logistics.cold.limit import Followed
from logistics.cold.place import Kind
from logistics.pages.cold_link import OPEN, carried


@pytest.fixture
async def hub(app, client_for, clock):
    await week(app, client_for(app, Grant(Role.COORDINATOR)))
    followed = Followed.of(await publish(app))
    clock.set(followed.published.plan.rounds[0].stops[0].arrives_at)
    return followed


def link(app, hub):
    """Of a carrier with chilled goods aboard: its link, and one of its compartments with a moment and a limit."""
    for one in hub.published.plan.rounds:
        for place in sorted(carried(hub, one.carrier_id)):
            stay = hub.whole_day(place)
            if place.kind is Kind.VEHICLE and stay and stay.band.highest is not None:
                token = app.state.round_links.token(FRIDAY, one.carrier_id)
                return one.carrier_id, OPEN + token, place, stay
    raise AssertionError("nobody carries chilled goods in a compartment")


@pytest.fixture
async def phone(app, client_for):
    return client_for(app)


async def send(phone, url, form):
    """As the page has it: with the secret of its form cookie."""
    await phone.get(url)
    return await phone.post(url, data=form | {"csrf_token": phone.cookies.get(FORM_COOKIE, "")})


async def test_the_carrier_notes_what_its_van_has(app, hub, phone, clock):
    carrier_id, base, place, stay = link(app, hub)
    at = stay.begins + timedelta(minutes=2)
    clock.set(at)
    assert quote(place.code, safe="") in (await phone.get(base)).text
    tenths = stay.band.highest + 45
    url = f"{base}/take?place={quote(place.code)}"
    said = await send(phone, url, typed(at, f"{tenths / 10:.1f}".replace(".", ",")))
    if said.status_code == 422:
        form = typed(at, f"{tenths / 10:.1f}".replace(".", ","), sure=f"{tenths}:{tenths}")
        said = await send(phone, url, form)
    assert said.status_code == 303, said.text
    [kept] = await readings(app)
    assert kept.by == hub.scene.carriers[carrier_id].name
    assert kept.broke
    assert len(await incident(app)) == 1


async def test_what_others_carry_is_not_found(app, hub, phone):
    carrier_id, base, _place, _stay = link(app, hub)
    own = carried(hub, carrier_id)
    others = [one for one in hub.places() if one not in own]
    assert others
    for place in others:
        url = f"{base}/take?place={quote(place.code)}"
        assert (await phone.get(url)).status_code == 404
        assert quote(place.code, safe="") not in (await phone.get(base)).text
    assert await readings(app) == []


async def test_a_link_that_is_forged_or_over_opens_nothing(app, hub, phone, clock):
    _carrier, base, place, _stay = link(app, hub)
    forged = base[:-2] + ("AA" if not base.endswith("AA") else "BB")
    assert (await phone.get(forged)).status_code == 404
    clock.advance(timedelta(days=20))
    assert (await phone.get(base)).status_code == 410
    assert (await phone.get(f"{base}/take?place={quote(place.code)}")).status_code == 410


async def test_a_form_that_no_page_of_ours_made_is_refused(app, hub, phone):
    _carrier, base, place, stay = link(app, hub)
    said = await phone.post(f"{base}/take?place={quote(place.code)}", data=typed(stay.begins, "3"))
    assert said.status_code == 403
    assert await readings(app) == []
