"""The day made from the network and the closed cycles of a date: what is in it, and what is missing."""

import html
import json

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from logistics_week import (
    FAISSELLE,
    GLACE,
    LIMOUX,
    OEUFS,
    ORANGES,
    PELARDON,
    QUILLAN,
    TOMME,
    Week,
    article,
    line,
    producer,
    usual_week,
)
from network_desk import FARM, MARCEL, NETWORK, PICKUP, VAN, add, furnish_all

from chassis.identity import Grant
from chassis.testing import Browser, ClientFor, deliver
from coldchain.day import Day, Line, Room, Vehicle
from coldchain.day_faults import check_day
from coldchain.reading import read_day
from contracts import Carriage, Role, Sale, Unit
from logistics.network.carriage import Need, line_of, need_of
from logistics.network.consigning import Bound, bound_of, compatible, parted

DAYS = "/logistics/days"
FRIDAY = f"{DAYS}/2026-11-27"


@pytest.fixture
async def desk(app: FastAPI, client_for: ClientFor) -> Browser:
    await deliver(app, producer("pic"), producer("bio"), *usual_week().events())
    return client_for(app, Grant(Role.COORDINATOR))


async def day_file(desk: Browser, query: str = "") -> Day:
    said = await desk.get(f"{FRIDAY}.json{query}")
    assert said.status_code == 200, said.text
    return Day.model_validate_json(said.content)


async def test_the_day_holds_what_was_ordered_and_the_library_takes_it(app, desk):
    await furnish_all(desk)
    page = await desk.get(FRIDAY)
    assert page.status_code == 200
    assert "ne peut pas encore" not in page.text
    day = await day_file(desk)
    check_day(day)
    # As `cabas plan` reads the file.
    assert read_day((await desk.get(f"{FRIDAY}.json")).content) == day
    wanted = await ordered(app)
    carried: dict[tuple[str, str], int] = {}
    for one in day.consignments:
        for each in one.lines:
            key = (each.product_id, one.to_site)
            carried[key] = carried.get(key, 0) + each.quantity
    assert carried == wanted
    assert {one.from_site for one in day.consignments} == {"farm-pic", "farm-bio"}
    assert [(box.id, box.at_site) for box in day.boxes] == [("g7", "dock")]
    assert [one.site_ids for one in day.fixed_rounds] == [("pickup-quillan", "pickup-limoux")]
    limoux = next(site for site in day.sites if site.id == "pickup-limoux")
    assert limoux.handover.opens_at == LIMOUX.starts_at
    (marcel,) = day.carriers
    # 8:00 in Limoux is 7:00 UTC in November.
    assert (marcel.hours.opens_at.hour, marcel.hours.closes_at.hour) == (7, 17)
    assert day.outside == 250
    assert day.roads.detour_percent == 135
    # The same day is the same file; a change of what it is made from is another day.
    assert (await day_file(desk)).id == day.id
    assert (await day_file(desk, "?outside=31,5")).outside == 315
    await desk.submit(f"{NETWORK}/boxes/g7/move", {"last": "1", "move": "lent", "lent_to": "Josette"})
    after = await day_file(desk)
    assert after.boxes == ()
    assert after.id != day.id


async def ordered(app):
    """Thousandths by product and pickup point, from the pick lists."""
    from logistics.pick_list import lists_of_cycle

    async with app.state.service.database.read() as reader:
        lists = await lists_of_cycle(reader, "cycle-1")
    return {
        (each.article.product_id, f"pickup-{split.group_id}"): split.quantity_thousandths
        for one in lists.values()
        for each in one.lines
        for split in each.splits
    }


async def test_what_is_missing_is_told_with_the_page_that_mends_it(desk):
    page = html.unescape((await desk.get(FRIDAY)).text)
    assert "La ferme de Fromagerie du Pic n’est pas dans le réseau" in page
    assert f'href="{NETWORK}/sites/new?known=farm-pic"' in page
    assert f'href="{NETWORK}/sites/new?known=pickup-limoux"' in page
    assert "Il n’y a pas de véhicule" in page
    assert (await desk.get(f"{FRIDAY}.json")).status_code == 409
    # What events told of is taken over, without coordinates where nobody told them.
    await desk.submit(f"{NETWORK}/known")
    page = html.unescape((await desk.get(FRIDAY)).text)
    assert "Fromagerie du Pic n’a pas de coordonnées" in page
    assert f'href="{NETWORK}/sites/farm-pic/edit"' in page
    assert "Groupe de Limoux n’a pas de coordonnées" not in page


@pytest.mark.parametrize(
    ("noun", "one", "form", "said"),
    [
        ("sites", "farm-pic", FARM | {"latitude": "", "longitude": ""}, "n’a pas de coordonnées"),
        ("sites", "pickup-limoux", PICKUP | {"hours-0": "08:00-12:00"}, "est fermé ce jour de la semaine"),
        ("carriers", "marcel", MARCEL | {"hours-4": "", "hours-0": "8h-12h"}, "Personne ne conduit ce jour-là"),
    ],
)
async def test_a_network_that_cannot_serve_the_day_is_told(desk, noun, one, form, said):
    await furnish_all(desk)
    changed = await desk.submit(f"{NETWORK}/{noun}/{one}/edit", {"version": "1", **form})
    assert changed.status_code == 303
    assert said in html.unescape((await desk.get(FRIDAY)).text)
    assert (await desk.get(f"{FRIDAY}.json")).status_code == 409


async def test_a_village_on_two_fixed_rounds_is_told_and_a_carrier_may_start_where_nobody_collects(desk):
    await furnish_all(desk)
    await add(desk, "sites", {"kind": "pickup", "name": "Salle", "latitude": "43", "longitude": "2,1"}, "salle")
    ana = MARCEL | {"name": "Ana", "starts_at": "salle", "stop-1": "pickup-limoux"}
    await add(desk, "carriers", ana, "ana")
    page = html.unescape((await desk.get(FRIDAY)).text)
    assert "Foyer est sur les tournées fixes de deux transporteurs" in page
    assert f'href="{NETWORK}/carriers/marcel/edit"' in page or f'href="{NETWORK}/carriers/ana/edit"' in page
    assert (await desk.get(f"{FRIDAY}.json")).status_code == 409
    ana = {"version": "1"} | ana | {"stop-1": ""}
    assert (await desk.submit(f"{NETWORK}/carriers/ana/edit", ana)).status_code == 303
    check_day(await day_file(desk))


async def test_what_does_not_hold_up_the_day_is_told_all_the_same(desk):
    await furnish_all(desk)
    expired = VAN | {"version": "1", "certified_until": "2026-11-26"}
    assert (await desk.submit(f"{NETWORK}/vehicles/van/edit", expired)).status_code == 303
    page = html.unescape((await desk.get(FRIDAY)).text)
    assert "L’attestation de Kangoo frigo sera expirée" in page
    assert (await day_file(desk)).vehicles[0].certified_until.isoformat() == "2026-11-26"


async def test_no_day_is_made_from_a_part_of_the_orders(app, client_for):
    desk = client_for(app, Grant(Role.COORDINATOR))
    events = usual_week().events()
    await deliver(app, producer("pic"), producer("bio"), events[0], *events[2:])
    await furnish_all(desk)
    page = html.unescape((await desk.get(FRIDAY)).text)
    assert "toutes ses commandes ne sont pas là" in page
    assert (await desk.get(f"{FRIDAY}.json")).status_code == 409
    await deliver(app, events[1])
    assert (await desk.get(f"{FRIDAY}.json")).status_code == 200


async def test_all_cycles_of_the_day_are_in_it(app, desk):
    await furnish_all(desk)
    alone = await day_file(desk)
    other = Week(id="cycle-2", pickups=(LIMOUX,))
    other.order("roux", LIMOUX, line(ORANGES, 4000))
    opened = other.opening()
    await deliver(app, opened)
    assert "pas encore clos" in html.unescape((await desk.get(FRIDAY)).text)
    assert (await day_file(desk)).consignments == alone.consignments
    await deliver(app, *other.events()[1:])
    both = await day_file(desk)
    oranges = [
        each.quantity
        for one in both.consignments
        if one.to_site == "pickup-limoux"
        for each in one.lines
        if each.product_id == "ora"
    ]
    before = sum(
        each.quantity
        for one in alone.consignments
        if one.to_site == "pickup-limoux"
        for each in one.lines
        if each.product_id == "ora"
    )
    assert sum(oranges) == before + 4000


async def test_bad_input_is_told_and_only_the_coordinator_plans(app, desk, client_for):
    await furnish_all(desk)
    for typed in ("soleil", "300", ""):
        refused = await desk.get(FRIDAY, params={"outside": typed})
        assert refused.status_code == 422
        assert 'id="field-outside-error"' in refused.text
        assert (await desk.get(f"{FRIDAY}.json", params={"outside": typed})).status_code == 409
    for path in ("/2026-13-40", "/demain", "/2026-11-28", "/demain.json"):
        assert (await desk.get(DAYS + path)).status_code == 404
    assert "27" in (await desk.get(DAYS)).text
    for role in Role:
        if role is not Role.COORDINATOR:
            other = client_for(app, Grant(role, producer_id="pic"))
            for path in (DAYS, FRIDAY, f"{FRIDAY}.json"):
                assert (await other.get(path)).status_code == 403


def test_volume_and_weight_are_as_said_or_reckoned_from_unit_and_content():
    # A kilo weighs a kilo; a crate what it holds; a litre one kilo, and takes a quarter more with its bottle.
    assert need_of(TOMME, 750) == Need(volume=1500, weight=750, said=False)
    assert need_of(ORANGES, 2000) == Need(volume=44_000, weight=20_000, said=False)
    oil = article("oil", "bio", "Huile", Unit.LITRE)
    assert need_of(oil, 1500) == Need(volume=1875, weight=1500, said=False)
    assert need_of(OEUFS, 3000) == Need(volume=6300, weight=1260, said=False)
    said = OEUFS.model_copy(update={"carriage": Carriage(volume=1900, weight=430)})
    assert need_of(said, 3000) == Need(volume=5700, weight=1290, said=True)
    half = OEUFS.model_copy(update={"carriage": Carriage(weight=430)})
    assert need_of(half, 1000) == Need(volume=2150, weight=430, said=False)


def test_a_line_says_what_the_law_asks_of_it():
    eggs = OEUFS.model_copy(update={"carriage": Carriage(packing_centre="FR 11 069 01", dispensation="DAIRY")})
    made = line_of(eggs, 1000, "l", "Œufs")
    # The dispensation is of goods that are resold only.
    assert (made.eggs, made.packing_centre, made.resold, made.dispensation) == (True, "FR 11 069 01", False, "")
    resold = TOMME.model_copy(update={"sale": Sale.RESALE, "carriage": Carriage(label_max=60, dispensation="DAIRY")})
    made = line_of(resold, 500, "l", "Tomme")
    assert (made.eggs, made.label_max, made.resold, made.dispensation) == (False, 60, True, "DAIRY")


def lines(*goods, thousandths=1000):
    return [line_of(each, thousandths, f"l{at}", each.name.fr) for at, each in enumerate(goods)]


def test_what_cannot_stand_at_one_temperature_travels_apart():
    fish = article("lou", "pic", "Loup", Unit.KG, temperature="FRESH_FISH")
    piles = compatible(lines(ORANGES, OEUFS, GLACE, PELARDON, fish, FAISSELLE))
    assert [[each.product_id for each in pile] for pile in piles] == [["gla"], ["lou", "fai", "pel"], ["oeu"], ["ora"]]


VANS = [
    Vehicle(id="v", name="v", payload=600_000, rooms=(Room(id="a", volume=900_000), Room(id="b", volume=1, payload=5))),
    Vehicle(id="w", name="w", payload=400_000, rooms=(Room(id="c", volume=500_000, coldest=0, warmest=40),)),
]


def test_the_biggest_compartment_bounds_a_consignment():
    assert bound_of(VANS, 15, cooled=False) == Bound(765_000, 600_000)
    assert bound_of(VANS, 15, cooled=True) == Bound(425_000, 400_000)
    assert bound_of(VANS[:1], 15, cooled=True) == Bound(765_000, 600_000)  # nothing cools: boxes will have to
    assert bound_of([], 15, cooled=False) is None


@given(
    st.lists(st.tuples(st.sampled_from([TOMME, ORANGES, PELARDON]), st.integers(1, 300_000)), min_size=1, max_size=6),
    st.integers(20_000, 900_000),
    st.integers(20_000, 900_000),
)
def test_what_is_parted_fits_and_nothing_is_lost(goods, volume, weight):
    sent = [
        line_of(each, amount // 1000 * 1000 + 1000 if each.unit is Unit.PIECE else amount, f"l{at}", each.name.fr)
        for at, (each, amount) in enumerate(goods)
    ]
    whole = frozenset(f"l{at}" for at, (each, _amount) in enumerate(goods) if each.unit is Unit.PIECE)
    bound = Bound(volume, weight)
    loads = parted(sent, bound, whole)
    quantities: dict[str, int] = {}
    seen: list[Line] = []
    for load in loads:
        seen += load
        for each in load:
            quantities[each.product_id] = quantities.get(each.product_id, 0) + each.quantity
            assert each.quantity > 0
            if each.id.split("/")[0] in whole:
                assert each.quantity % 1000 == 0
        # A single crate of 22 litres can be larger than a compartment of 20: then it is alone.
        assert bound.holds(load) or (len(load) == 1 and load[0].quantity <= 1000)
    assert quantities == {
        each.product_id: sum(one.quantity for one in sent if one.product_id == each.product_id) for each in sent
    }
    assert len({each.id for each in seen}) == len(seen)


async def test_the_file_is_plain_json_with_whole_numbers(desk):
    await furnish_all(desk)
    day = json.loads((await desk.get(f"{FRIDAY}.json")).content)
    assert day["format"] == 1
    volumes = [each["volume"] for one in day["consignments"] for each in one["lines"]]
    assert all(isinstance(volume, int) and volume > 0 for volume in volumes)
    assert QUILLAN.group_id in {one["to_site"].removeprefix("pickup-") for one in day["consignments"]}
