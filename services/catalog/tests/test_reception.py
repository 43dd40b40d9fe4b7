"""At the product its producer and the coordinator read early which pickup points can never receive it, and why."""

import html
import re
from datetime import UTC, datetime

import pytest
from catalog_shelf import GOOD, hidden, new_producer, new_product

from chassis.testing import deliver
from contracts.network import THE_NETWORK, NetworkDescribed, NetworkFarm, NetworkPickup
from contracts.network import NetworkRange as Range

COLD = (Range(coldest=0, warmest=80),)
CHILLED = {"temperature_class": "VERY_PERISHABLE"}
TITLES = ("Ne peut pas être reçu partout", "Ne peut pas être commandé partout")


def plain(page):
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.text)).replace("\xa0", " ").replace("\u202f", " ")
    return " ".join(text.split())


def network(version=1, binding=False, farm="", **rooms):
    said = {"id": THE_NETWORK, "version": version, "described_at": datetime(2026, 11, 23, tzinfo=UTC)}
    said |= {"binding": binding, "outside": 250, "uncooled": 30, "eggs_metres": 80_000, "dispensation_metres": 80_000}
    said["farms"] = (NetworkFarm(producer_id=farm, name="Ferme", latitude=44.5, longitude=2.2),) if farm else ()
    said["pickups"] = tuple(
        NetworkPickup(group_id=group, name=group.capitalize(), rooms=its, collected_in=90, latitude=43.0, longitude=2.2)
        for group, its in rooms.items()
    )
    return NetworkDescribed(**said)


@pytest.fixture
async def farm(coordinator):
    return await new_producer(coordinator)


@pytest.fixture
async def milk(coordinator, farm):
    return f"/catalog/products/{await new_product(coordinator, farm, **CHILLED)}"


async def test_nothing_is_remarked_while_logistics_says_nothing(coordinator, milk):
    for page in (milk, f"{milk}/edit"):
        said = plain(await coordinator.get(page))
        assert not any(title in said for title in TITLES)


async def test_it_names_the_places_and_says_why(app, coordinator, seller, farm, milk, member):
    await deliver(app, network(quillan=(), limoux=(), sigean=COLD))
    for person in (coordinator, seller(farm)):
        for page in (milk, f"{milk}/edit"):
            said = plain(await person.get(page))
            assert "ne peut pas être reçu à Limoux et Quillan : rien n’y garde 4 °C" in said
            assert "Sigean" not in said
            assert TITLES[0] in said
            assert "Il peut être commandé quand même" in said
    assert "ne peut pas être reçu" not in plain(await member.get(milk)), "it is for who offers"
    await deliver(app, network(2, binding=True, quillan=(), limoux=COLD))
    said = plain(await coordinator.get(milk))
    assert TITLES[1] in said
    assert "reçu à Quillan :" in said


async def test_it_refuses_nothing(app, coordinator, seller, farm, milk):
    await deliver(app, network(binding=True, limoux=()))
    edit, grower = f"{milk}/edit", seller(farm)
    version = hidden((await grower.get(edit)).text, "version")
    saved = await grower.submit(edit, {**GOOD, **CHILLED, "version": version, "note": "du matin"})
    assert saved.status_code == 303
    wrong = await grower.submit(edit, {**GOOD, **CHILLED, "version": "2", "volume": "0"})
    assert (wrong.status_code, "ne peut pas être reçu à Limoux" in plain(wrong)) == (422, True)


async def test_what_was_heard_late_changes_nothing(app, coordinator, milk):
    await deliver(app, network(3, limoux=COLD), network(2, limoux=()), network(3, limoux=COLD))
    said = plain(await coordinator.get(milk))
    assert not any(title in said for title in TITLES)


async def test_eggs_that_are_too_far_are_told_place_by_place(app, coordinator, farm):
    form = {"unit": "piece", "price_basis": "unit", "content": "", "content_unit": "", "weighed": "", "pack_label": "6"}
    eggs = await new_product(coordinator, farm, **form, temperature_class="EGGS")
    await deliver(app, network(farm=farm, limoux=(), quillan=()))
    said = plain(await coordinator.get(f"/catalog/products/{eggs}"))
    assert re.search(r"80 km à vol d’oiseau ; Limoux", said), said
    assert re.search(r"80 km à vol d’oiseau ; Quillan", said)
