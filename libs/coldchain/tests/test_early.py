"""What can never be ordered to a place is told before anybody plans, and nothing else is refused."""

# Its neighbours are found by name.
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import small_day as small
from random_days import drawn

from coldchain import Weight, check
from coldchain.day import Box, Day, Line, Site
from coldchain.early import Means, Never, why_never
from coldchain.words import REFUSALS, refused
from ui.i18n import translator
from ui.words import Words

FARM = Site.model_validate(small.site("farm", "farm", 43.2, 2.3))
BOX = {"id": "b", "volume": 1, "coldest": 0, "warmest": 20, "at_site": "farm"}


def line(kind: str, **more: Any) -> Line:
    return Line.model_validate(small.line("goods", kind, "p", **more))


def place(minutes: int = 60, **more: Any) -> Site:
    collected = small.handover("17:00", f"{17 + minutes // 60}:{minutes % 60:02d}")
    return Site.model_validate({**small.site("village", "pickup", 43.25, 2.4), "handover": collected, **more})


def never(goods: Line, to: Site, *boxes: dict[str, Any], outside: int = 300) -> Never | None:
    refusal = why_never(goods, FARM, to, Means(outside, boxes=tuple(Box.model_validate(box) for box in boxes)))
    return refusal.never if refusal else None


def fridge(coldest: int, warmest: int) -> dict[str, Any]:
    return {"rooms": [{"id": "r", "volume": 1, "coldest": coldest, "warmest": warmest}]}


def test_chilled_goods_need_a_room_a_box_or_a_short_hand_over() -> None:
    milk = line("VERY_PERISHABLE")
    assert never(milk, place()) is Never.NOT_KEPT
    assert never(milk, place(25)) is None
    assert never(milk, place(26)) is Never.NOT_KEPT, "handling counts, too"
    assert never(milk, place(**fridge(0, 80))) is None
    assert never(milk, place(**fridge(50, 80))) is Never.NOT_KEPT
    assert never(milk, place(), outside=40) is None, "cold enough outside"
    assert never(milk, place(), {**BOX, "holds": [{"outside": 300, "minutes": 65}]}) is None
    assert never(milk, place(), {**BOX, "holds": [{"outside": 300, "minutes": 64}]}) is Never.NOT_KEPT
    assert never(milk, place(), {**BOX, "holds": [{"outside": 200, "minutes": 600}]}) is Never.NOT_KEPT


def test_frozen_and_hot_goods_bear_no_minute_and_need_their_box_or_vehicle() -> None:
    assert never(line("FROZEN"), place(5)) is Never.NOT_KEPT
    assert never(line("FROZEN"), place(5, **fridge(-250, -150))) is Never.NOT_CARRIED
    assert never(line("HOT_DISH"), place(5), outside=10) is Never.NOT_KEPT


def test_what_only_usage_asks_is_never_refused() -> None:
    for kind in ("AMBIENT", "EGGS", "LIVE_SHELLFISH"):
        assert never(line(kind), place(240)) is None


def test_where_nobody_collects_nothing_can_be_ordered() -> None:
    assert never(line("AMBIENT"), place(handover=None)) is Never.NO_HAND_OVER


@pytest.mark.parametrize(
    ("goods", "to", "expected"),
    [
        (line("EGGS", eggs=True), place(latitude=45.0), Never.EGGS_FAR),
        (line("EGGS", eggs=True, packing_centre="FR11"), place(latitude=45.0), None),
        (line("EGGS", eggs=True, resold=True), place(), Never.EGGS_RESOLD),
        (line("MINCED_MEAT", resold=True, dispensation="meat"), place(**fridge(0, 80)), Never.MINCED_RESOLD),
        (line("AMBIENT", resold=True, dispensation="meat"), place(latitude=45.0), Never.DISPENSATION_FAR),
    ],
)
def test_what_the_law_never_lets_go_there_is_refused(goods: Line, to: Site, expected: Never | None) -> None:
    assert never(goods, to) is expected


def test_nothing_is_refused_that_a_plan_brings() -> None:
    """Of every drawn plan that passes; and some goods of the drawn days are refused."""
    brought, refusals = 0, 0
    for seed in range(250):
        day, plan = drawn(Random(seed))
        told = [_refused(day, one) for one in day.consignments]
        refusals += sum(told)
        if all(one.weight is not Weight.HARD for one in check(day, plan)):
            brought += len(told)
            assert not any(told), seed
    assert brought >= 30
    assert refusals >= 30


def _refused(day: Day, one: Any) -> bool:
    sites = {site.id: site for site in day.sites}
    means = Means(day.outside, day.vehicles, day.boxes, day.limits)
    return any(why_never(goods, sites[one.from_site], sites[one.to_site], means) for goods in one.lines)


def test_a_refusal_says_why_in_both_languages() -> None:
    refusal = why_never(line("VERY_PERISHABLE"), FARM, place(), Means(300))
    assert refusal is not None
    assert refused(refusal, translator("coldchain", "en"), Words("en")) == (
        "Goods cannot be received at Village: nothing there keeps it at 4\u00a0°C until households have collected it, "
        "neither a cold room nor a cool box that holds long enough."
    )
    assert "ni chambre froide" in refused(refusal, translator("coldchain", "fr"), Words("fr"))
    assert set(REFUSALS) == set(Never)
