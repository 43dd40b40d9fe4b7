"""Who offers and who orders judge an article by what logistics told of its network; only what is sure is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from coldchain.described import Early
from coldchain.early import Never
from contracts import Article, Bilingual, Carriage, PriceBasis, Sale, Unit
from contracts.network import THE_NETWORK, NetworkBox, NetworkDescribed, NetworkFarm, NetworkHold, NetworkPickup
from contracts.network import NetworkRange as Range

PLACED = {"latitude": 43.05, "longitude": 2.21}
FAR = {"latitude": 44.8, "longitude": 2.21}


def network(pickup: dict[str, Any] | None = None, farm: dict[str, Any] | None = None, **more: Any) -> Early:
    said: dict[str, Any] = {"outside": 250, "uncooled": 30, "eggs_metres": 80_000, "dispensation_metres": 80_000}
    village = NetworkPickup(**{"group_id": "limoux", "name": "Foyer", "collected_in": 120, **PLACED, **(pickup or {})})
    bousole = NetworkFarm(**{"producer_id": "bousole", "name": "Bousole", **PLACED, **(farm or {})})
    at = datetime(2026, 11, 23, tzinfo=UTC)
    said |= {"id": THE_NETWORK, "version": 1, "described_at": at, "farms": (bousole,), "pickups": (village,)}
    return Early(NetworkDescribed(**said | more))


def article(kind: str, sale: Sale = Sale.DIRECT, **carriage: Any) -> Article:
    return Article(
        product_id="x",
        producer_id="bousole",
        reference="X",
        name=Bilingual(fr="Lait cru"),
        unit=Unit.PIECE,
        price_cents=100,
        price_basis=PriceBasis.UNIT,
        vat_class="food",
        temperature_class=kind,
        sale=sale,
        carriage=Carriage(**carriage) if carriage else None,
    )


def never(early: Early, goods: Article, group: str = "limoux", collected_in: int | None = None) -> Never | None:
    refusal = early.why_never(goods, group, collected_in)
    return refusal.never if refusal else None


MILK = article("VERY_PERISHABLE")


def test_what_keeps_cold_at_the_place_lets_goods_be_ordered() -> None:
    assert never(network(), MILK) is Never.NOT_KEPT
    assert never(network({"rooms": (Range(coldest=0, warmest=80),)}), MILK) is None
    box = NetworkBox(coldest=0, warmest=40, holds=(NetworkHold(outside=250, minutes=300),))
    assert never(network(boxes=(box,)), MILK) is None
    assert never(network(boxes=(box,), outside=260), MILK) is Never.NOT_KEPT
    refusal = network().why_never(MILK, "limoux")
    assert refusal is not None
    assert (refusal.product, refusal.site, refusal.limit) == ("Lait cru", "Foyer", 40)


@pytest.mark.parametrize(
    ("said", "asked", "expected"), [(120, 20, None), (20, 120, Never.NOT_KEPT), (None, None, None)]
)
def test_the_cycle_knows_best_how_long_households_collect(
    said: int | None, asked: int | None, expected: Never | None
) -> None:
    assert never(network({"collected_in": said}), MILK, collected_in=asked) is expected


def test_frozen_goods_need_a_compartment_or_a_box_that_brings_them() -> None:
    ice, freezer = article("FROZEN"), {"rooms": (Range(coldest=-250, warmest=-150),)}
    assert never(network(freezer), ice) is Never.NOT_CARRIED
    assert never(network(freezer, compartments=(Range(coldest=-220, warmest=120),)), ice) is None


def test_what_is_not_known_refuses_nothing() -> None:
    eggs = article("EGGS")
    assert never(network(), MILK, "quillan") is None
    assert never(network(FAR), eggs) is Never.EGGS_FAR
    assert never(network(FAR, {"producer_id": "other"}), eggs) is None
    assert never(network({"latitude": None, "longitude": None}, FAR), eggs) is None
    assert never(network(FAR, {"latitude": None}), eggs) is None


def test_a_declaration_in_a_constrained_zone_lets_goods_go_farther() -> None:
    cheese = article("AMBIENT", Sale.RESALE, dispensation="DAIRY")
    assert never(network(FAR), cheese) is Never.DISPENSATION_FAR
    assert never(network(FAR, {"dispensation_metres": 200_000}), cheese) is None
    direct = article("AMBIENT", Sale.DIRECT, dispensation="DAIRY")
    assert never(network(FAR), direct) is None, "sold to households by its producer, it needs no dispensation"


def test_eggs_are_resold_only_through_a_packing_centre() -> None:
    assert never(network(), article("EGGS", Sale.RESALE)) is Never.EGGS_RESOLD
    assert never(network(), article("EGGS", Sale.RESALE, packing_centre="FR11")) is None
