"""A plan is changed by hand, and the checker says at once what breaks."""

import html
import re
from datetime import timedelta

import pytest
from draft_desk import drafted, read
from schedule_desk import week

from chassis.identity import Grant
from coldchain import check
from coldchain.plan_faults import find
from contracts import Role
from logistics.schedule.editing import Refused, depart, move_goods, move_stop
from logistics.solver.changes import rides_of

DRAFT = "/logistics/drafts/draft-a"
IMPOSSIBLE = {"too-fast", "time-backwards", "handling-too-short"}
LOST = {"not-aboard", "left-behind", "not-delivered", "loaded-again"}


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


def longest(plan):
    return max(plan.rounds, key=lambda one: len(one.stops))


async def edit(app, desk, what, **form):
    said = await desk.submit(f"{DRAFT}/{what}", {"id": "draft-b"} | form)
    assert said.status_code == 303, said.text
    page = html.unescape((await desk.get(said.headers["location"].partition("#")[0])).text).replace("\u00a0", " ")
    return await read(app, "draft-b"), page


async def test_a_stop_moves_earlier_and_times_follow(app, desk):
    one = await drafted(app)
    tour = longest(one.plan)
    last = len(tour.stops) - 2
    page = (await desk.get(DRAFT)).text
    form = re.findall(r'name="index" value="(\d+)"><input type="hidden" name="to" value="(\d+)"', page)
    assert (str(last), str(last - 1)) in form
    new, page = await edit(app, desk, "stop-order", round=tour.id, index=str(last), to=str(last - 1))
    changed = next(each for each in new.plan.rounds if each.id == tour.id)
    sites = [stop.site_id for stop in tour.stops]
    sites[last], sites[last - 1] = sites[last - 1], sites[last]
    assert [stop.site_id for stop in changed.stops] == sites
    assert not list(find(new.day, new.plan))
    assert not {each.rule for each in check(new.day, new.plan)} & IMPOSSIBLE
    assert "à un autre moment de la tournée" in page
    assert "par ce changement" in page


async def test_goods_move_to_another_round_and_every_other_round_stays(app, desk):
    one = await drafted(app)
    goods = next(k for k, ways in rides_of(one.plan).items() if ways[-1].carrier_id == "marcel")
    to = next(each for each in one.plan.rounds if each.carrier_id == "lola")
    new, page = await edit(app, desk, "goods", moved=goods, round=to.id)
    assert rides_of(new.plan)[goods][-1].carrier_id == "lola"
    assert not list(find(new.day, new.plan))
    assert rides_of(new.plan).keys() == rides_of(one.plan).keys()
    others = [each for each in new.plan.rounds if each.carrier_id not in {"lola", "marcel"}]
    assert others == [each for each in one.plan.rounds if each.carrier_id not in {"lola", "marcel"}]
    assert "Passé à la tournée de Lola" in page
    broken = check(new.day, new.plan)
    assert ("Ce qu’il enfreint" in page) == bool(broken)


async def test_a_departure_that_is_too_late_is_driven_and_told(app, desk):
    one = await drafted(app)
    tour = next(each for each in one.plan.rounds if any(stop.unloads for stop in each.stops))
    new, page = await edit(app, desk, "departure", **{"round": tour.id, f"departs-{tour.id}": "19:45"})
    moved = next(each for each in new.plan.rounds if each.id == tour.id)
    assert moved.stops[0].departs_at.isoformat().startswith("2026-11-27T18:45")
    assert any(each.weight == "hard" for each in check(new.day, new.plan))
    assert "On ne peut pas le publier" in page
    assert "19 h 45" in page


@pytest.mark.parametrize(
    ("what", "form", "field"),
    [
        ("stop-order", {"round": "nobody", "index": "1", "to": "2"}, "round"),
        ("stop-order", {"round": "lola-1", "index": "0", "to": "1"}, "to"),
        ("stop-order", {"round": "lola-1", "index": "1", "to": "99"}, "to"),
        ("stop-order", {"round": "lola-1", "index": "99", "to": "1"}, "to"),
        ("stop-order", {"round": "lola-1", "index": "-1", "to": "1"}, "index"),
        ("stop-order", {"round": "lola-1", "index": "eins", "to": "1"}, "index"),
        ("goods", {"moved": "nothing", "round": "lola-1"}, "moved"),
        ("goods", {"moved": "", "round": ""}, "moved"),
        ("departure", {"round": "lola-1", "departs-lola-1": "tôt"}, "departs-lola-1"),
        ("departure", {"round": "lola-1", "departs-lola-1": "25:00"}, "departs-lola-1"),
        ("departure", {"round": "lola-1", "departs-lola-1": ""}, "departs-lola-1"),
        ("departure", {"round": "nobody"}, "round"),
    ],
)
async def test_what_cannot_be_done_is_said_at_its_field_and_makes_no_draft(app, desk, what, form, field):
    await drafted(app)
    answer = await desk.submit(f"{DRAFT}/{what}", {"id": "draft-b"} | form)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert (await desk.get("/logistics/drafts/draft-b")).status_code == 404


async def test_a_locked_round_is_not_changed_by_hand(app, desk):
    await drafted(app)
    said = await desk.submit(f"{DRAFT}/lock", {"id": "draft-b", "carrier": "lola"})
    url = said.headers["location"]
    answer = await desk.submit(f"{url}/departure", {"id": "draft-c", "round": "lola-1", "departs-lola-1": "08:10"})
    assert answer.status_code == 422
    assert "Cette tournée reste telle quelle" in answer.text


async def test_what_waits_for_a_round_comes_later_with_it_and_what_is_locked_does_not(app, desk):
    one = await drafted(app)
    first = next(each for each in one.plan.rounds if each.id == "marcel-1")
    after = next(each for each in one.plan.rounds if each.id == "marcel-2")
    at = first.stops[0].departs_at + timedelta(minutes=45)
    new = depart(one.day, one.plan, "marcel-1", at)
    pushed = next(each for each in new.rounds if each.id == "marcel-2")
    assert pushed.stops[0].departs_at > after.stops[0].departs_at
    assert not {each.rule for each in check(one.day, new)} & {"carrier-twice", "loaded-elsewhere"}
    held = depart(one.day, one.plan, "marcel-1", at, ["marcel"])
    assert next(each for each in held.rounds if each.id == "marcel-2") == after
    assert {each.rule for each in check(one.day, held)} & {"carrier-twice", "loaded-elsewhere"}


async def test_the_page_that_was_gone_back_to_makes_another_draft_for_another_change(app, desk):
    one = await drafted(app)
    tour = longest(one.plan)
    form = {"id": "draft-b", "round": tour.id}
    first = await desk.submit(f"{DRAFT}/departure", form | {f"departs-{tour.id}": "08:10"})
    again = await desk.submit(f"{DRAFT}/departure", form | {f"departs-{tour.id}": "08:10"})
    other = await desk.submit(f"{DRAFT}/departure", form | {f"departs-{tour.id}": "08:20"})
    assert first.headers["location"] == again.headers["location"] != other.headers["location"]


async def test_goods_can_go_to_every_round_and_nothing_is_lost_on_the_way(app, desk):
    one = await drafted(app)
    for goods in one.day.consignments:
        for tour in one.plan.rounds:
            try:
                new = move_goods(one.day, one.plan, goods.id, tour.id)
            except Refused:
                assert rides_of(one.plan)[goods.id][-1].carrier_id == tour.carrier_id
                continue
            assert not list(find(one.day, new))
            assert not {each.rule for each in check(one.day, new)} & (IMPOSSIBLE | LOST)
            assert rides_of(new).keys() == rides_of(one.plan).keys()


async def test_no_stop_before_the_start_or_after_the_end(app, desk):
    one = await drafted(app)
    tour = longest(one.plan)
    last = len(tour.stops) - 1
    for index, to in [(0, 1), (1, 0), (last, 1), (1, last), (1, 1), (-1, 1)]:
        with pytest.raises(Refused):
            move_stop(one.day, one.plan, tour.id, index, to)
    with pytest.raises(Refused):
        depart(one.day, one.plan, tour.id, tour.stops[0].departs_at)
    later = depart(one.day, one.plan, tour.id, tour.stops[0].departs_at + timedelta(minutes=1))
    assert later != one.plan
