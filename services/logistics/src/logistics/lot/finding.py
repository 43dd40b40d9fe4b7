"""Who got of a lot, of a product, or of a producer in some days: one query over primary keys and one index.

A lot is found by `ix_lot_number_key`; its households are one stretch of the primary key of `lot_share`. A product's, or
a producer's, deliveries are found by `ix_traced_goods_producer_id_delivers_on`, and the households of each are one
stretch of the primary key of `traced_share`. Neither reads an order, nor a household that got nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, Select, and_, func, literal, select, true

from chassis.database import Reader
from contracts import Article
from contracts.ordering import CyclePickup
from logistics.lot import lot as lots
from logistics.lot.household import Reachable, household, people_of
from logistics.lot.lot import lot
from logistics.lot.number import number_key
from logistics.lot.tracing import lot_share, pickups_of, traced_goods, traced_share
from logistics.pick_list import alphabetical


@dataclass(frozen=True)
class Wanted:
    """What is looked for: of one producer a lot by its number, or a product, or all that came on some days. Empty:
    whatever."""

    producer_id: str
    number: str = ""
    product_id: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Goods:
    """A product of one delivery. `came`: thousandths that the producer told of the lot, or that its list asks."""

    article: Article
    producer_id: str
    producer_name: str
    delivers_on: date
    came: int


class Got(NamedTuple):
    """A household got, or is to get, so many thousandths of something: at most, where it is not sure."""

    cycle_id: str
    product_id: str
    household_id: str
    household_name: str
    group_id: str
    thousandths: int
    sure: bool
    number: str
    people: str | None

    @property
    def reachable(self) -> tuple[Reachable, ...]:
        return people_of(self.people)


@dataclass(frozen=True)
class Found:
    """`got`: by group, in the order of collection, then by name of the household. `goods`, `pickups`: by cycle and
    product, by cycle and group."""

    got: tuple[Got, ...]
    goods: dict[tuple[str, str], Goods]
    pickups: dict[tuple[str, str], CyclePickup]

    def goods_of(self, each: Got) -> Goods:
        return self.goods[each.cycle_id, each.product_id]

    def group_name(self, each: Got) -> str:
        pickup = self.pickups.get((each.cycle_id, each.group_id))
        return pickup.group_name if pickup is not None else each.group_id

    def collected_from(self, each: Got) -> datetime | None:
        """When its group begins to collect; None where nobody told: then it counts as collected."""
        pickup = self.pickups.get((each.cycle_id, each.group_id))
        return pickup.starts_at if pickup is not None else None

    def still_here(self, each: Got, now: datetime) -> bool:
        """Its group does not collect yet: the goods can be held back."""
        begins = self.collected_from(each)
        return begins is not None and now < begins


_GOODS = and_(
    traced_goods.c.cycle_id == traced_share.c.cycle_id, traced_goods.c.product_id == traced_share.c.product_id
)


def deliveries(wanted: Wanted) -> Select[Any]:
    """The query: a row for each household and product, with how to reach it."""
    of, share, goods = lot_share.c, traced_share.c, traced_goods.c
    columns = (share.cycle_id, share.product_id, share.household_id, share.household_name, share.group_id)
    people = household.c.people
    if wanted.number:
        same = and_(
            share.cycle_id == of.cycle_id, share.product_id == of.product_id, share.household_id == of.household_id
        )
        chosen = select(*columns, of.at_most_thousandths.label("thousandths"), of.sure, lot.c.number, people)
        tables = lot.join(lot_share, of.lot_id == lot.c.id).join(traced_share, same)
        chosen = chosen.select_from(tables.outerjoin(household, household.c.id == of.household_id))
        chosen = chosen.where(lot.c.number_key == number_key(wanted.number), lots.HOLDS)
        owner, product, on = lot.c.producer_id, lot.c.product_id, lot.c.delivers_on
    else:
        quantity = share.quantity_thousandths.label("thousandths")
        chosen = select(*columns, quantity, true().label("sure"), literal("").label("number"), people)
        tables = traced_goods.join(traced_share, _GOODS)
        chosen = chosen.select_from(tables.outerjoin(household, household.c.id == share.household_id))
        owner, product, on = goods.producer_id, goods.product_id, goods.delivers_on
    chosen = chosen.where(owner == wanted.producer_id)
    if wanted.product_id:
        chosen = chosen.where(product == wanted.product_id)
    if wanted.first is not None:
        chosen = chosen.where(on >= wanted.first)
    if wanted.last is not None:
        chosen = chosen.where(on <= wanted.last)
    return chosen


async def find(reader: Reader, wanted: Wanted) -> Found:
    rows = (await reader.connection.execute(deliveries(wanted))).all()
    # In a thread: of very many households it takes long, and pages are to be answered meanwhile.
    got = await asyncio.to_thread(lambda: [Got._make(row) for row in rows])
    goods = await _goods_of(reader, {(each.cycle_id, each.product_id) for each in got}, wanted)
    pickups = await pickups_of(reader, {cycle_id for cycle_id, _product in goods})
    return Found(tuple(await asyncio.to_thread(_in_order, got, pickups)), goods, pickups)


def _in_order(got: list[Got], pickups: dict[tuple[str, str], CyclePickup]) -> list[Got]:
    """By time of collection and group, then by name of the household."""
    groups: dict[tuple[str, str], list[Got]] = {}
    for each in got:
        groups.setdefault((each.cycle_id, each.group_id), []).append(each)
    names = {name: alphabetical(name) for name in {each.household_name for each in got}}

    def begins(group: tuple[str, str]) -> tuple[float, str, str]:
        pickup = pickups.get(group)
        return (pickup.starts_at.timestamp() if pickup is not None else 0.0, group[1], group[0])

    ordered = []
    for group in sorted(groups, key=begins):
        theirs = groups[group]
        theirs.sort(key=lambda each: (names[each.household_name], each.household_id, each.product_id))
        ordered += theirs
    return ordered


async def _goods_of(reader: Reader, keys: set[tuple[str, str]], wanted: Wanted) -> dict[tuple[str, str], Goods]:
    c = traced_goods.c
    found: dict[tuple[str, str], Goods] = {}
    if not keys:
        return found
    of = select(traced_goods).where(c.cycle_id.in_(sorted({cycle for cycle, _product in keys})))
    rows = await reader.all(of.where(c.product_id.in_(sorted({product for _cycle, product in keys}))))
    came = await _came(reader, wanted) if wanted.number else {}
    for row in rows:
        key = (row["cycle_id"], row["product_id"])
        if key in keys:
            quantity = came.get(key, 0) if wanted.number else row["quantity_thousandths"]
            article = Article.model_validate_json(row["article"])
            named = (row["producer_id"], row["producer_name"], row["delivers_on"])
            found[key] = Goods(article, *named, quantity)
    return found


async def _came(reader: Reader, wanted: Wanted) -> dict[tuple[str, str], int]:
    c = lot.c
    of = select(c.cycle_id, c.product_id, func.sum(c.thousandths).label("came")).where(lots.HOLDS)
    of = of.where(c.number_key == number_key(wanted.number), c.producer_id == wanted.producer_id)
    rows = await reader.all(of.group_by(c.cycle_id, c.product_id))
    return {(row["cycle_id"], row["product_id"]): int(row["came"]) for row in rows}


async def producers_with(reader: Reader, number: str) -> list[str]:
    """Ids of those who told of a lot of this number."""
    of = select(lot.c.producer_id).where(lot.c.number_key == number_key(number), lots.HOLDS).distinct()
    return [row["producer_id"] for row in await reader.all(of.order_by(lot.c.producer_id))]


async def products_of(reader: Reader, producer_id: str) -> dict[str, Article]:
    """Everything of a producer that is followed, each once, by id: as its newest list has it."""
    c = traced_goods.c
    of = select(c.product_id, c.article).where(c.producer_id == producer_id).order_by(c.delivers_on)
    newest: dict[str, RowMapping] = {row["product_id"]: row for row in await reader.all(of)}
    return {key: Article.model_validate_json(row["article"]) for key, row in newest.items()}


async def producers_followed(reader: Reader) -> dict[str, str]:
    """Names by id, in their order."""
    c = traced_goods.c
    rows = await reader.all(select(c.producer_id, func.max(c.producer_name).label("name")).group_by(c.producer_id))
    named: Sequence[tuple[str, str]] = [(row["producer_id"], row["name"]) for row in rows]
    return dict(sorted(named, key=lambda each: (alphabetical(each[1]), each[0])))
