"""The goods and people of `cabas demo`: as many as promised, of every temperature class, and nobody real."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime
from random import Random
from typing import Any, cast

import pytest

from cabas.demo import goods, members
from cabas.demo.size import SIZES, Size
from cabas.demo.week import Week, basket, following_friday, in_season
from chassis.clock import SystemClock
from contracts import Unit

TODAY = SystemClock().now().date()


def lines_of(size: Size) -> list[dict[str, str]]:
    farms = goods.farms(size.producers, size.products, seed=1)
    assert len(farms) == size.producers
    return [line for farm in farms for line in csv.DictReader(io.StringIO(farm.price_list.decode()))]


@pytest.mark.parametrize("name", SIZES)
def test_as_many_products_as_promised_and_all_temperature_classes(name: str) -> None:
    lines = lines_of(SIZES[name])
    assert len(lines) == SIZES[name].products
    classes = {line.get("temperature_class") or line["cold_class"] for line in lines}
    assert classes == {row["temperature_class"] for row in goods.rows_of("products.csv")}
    assert len(classes) == 16


def test_references_are_unique_at_every_farm() -> None:
    for farm in goods.farms(70, 850, seed=1)[1:]:
        references = Counter(line["reference"] for line in csv.DictReader(io.StringIO(farm.price_list.decode())))
        assert max(references.values()) == 1, farm.name


def test_mail_goes_nowhere() -> None:
    homes = members.households(1000, [group["name"] for group in members.groups(25)], Random(1))
    addresses = [person["email"] for home in homes for person in home.people]
    addresses += [farm.sheet["email"] for farm in goods.farms(70, 850, seed=1)]
    assert all(address.endswith(".example") for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert len({(home.group, home.name) for home in homes}) == len(homes)


def test_the_same_seed_orders_the_same() -> None:
    products = [{"id": str(n), "unit": "kg" if n % 2 else Unit.PIECE} for n in range(100)]
    assert basket(products, 15, Random(3)) == basket(products, 15, Random(3))
    assert all(line["quantity_thousandths"] > 0 for line in basket(products, 15, Random(3)))


def test_a_season_may_wrap_over_new_year() -> None:
    winter = {"season": {"from_month": 11, "to_month": 5}}
    assert in_season(winter, TODAY.replace(month=1, day=1))
    assert not in_season(winter, TODAY.replace(month=8, day=1))
    assert in_season({"season": None}, TODAY)


def test_goods_are_brought_on_a_friday_after_the_closing() -> None:
    friday = following_friday(TODAY)
    assert friday > TODAY
    assert friday.weekday() == members.FRIDAY


def test_the_day_of_the_demo_is_the_hub_s_which_begins_before_midnight_of_utc() -> None:
    nobody = cast(Any, None)
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert Week(nobody, SIZES["guide"], 1, late).today == date(2026, 11, 24)
    assert Week(nobody, SIZES["guide"], 1, late.replace(hour=22)).today == date(2026, 11, 23)
