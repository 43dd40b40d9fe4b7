"""Households that collect at a pickup point: the last hand-over of the day, of what each ordered."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from chassis.database import Reader
from coldchain.day import Site
from contracts import Article
from logistics.cycle import cycles_of_day
from logistics.handover.expected import Expected, Goods, Party, PartyKind, step_of
from logistics.member_order import PLACED, goods_of, lines_of, member_order
from logistics.network.site import SITES
from logistics.pick_list import alphabetical, loading_order


@dataclass
class _Basket:
    name: str
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Collections:
    """By site in the order of households' names; `articles` by product."""

    of_site: dict[str, tuple[Expected, ...]]
    articles: dict[str, Article]

    @property
    def all(self) -> list[Expected]:
        return [one for each in self.of_site.values() for one in each]


async def collections_of(reader: Reader, on: date, sites: Collection[Site]) -> Collections:
    """Of the pickup points among `sites`, over all cycles of the date."""
    places = {one.id: one for one in sites if one.handover is not None}
    group_of = {one.id: one.sheet.group_id for one in await SITES.all(reader) if one.id in places}
    cycle_ids = [one.id for one in await cycles_of_day(reader, on)]
    c = member_order.c
    chosen = select(c.cycle_id, c.household_id, c.household_name, c.group_id, c.lines).where(
        c.cycle_id.in_(cycle_ids), c.state == PLACED, c.group_id.in_(sorted({one for one in group_of.values() if one}))
    )
    rows = await reader.all(chosen.order_by(c.said_at, c.id))
    goods = await goods_of(reader, {key for row in rows for key, _quantity, _gross in lines_of(row)})
    articles: dict[str, Article] = {}
    baskets: dict[str, dict[str, _Basket]] = {}
    for row in rows:
        basket = baskets.setdefault(row["group_id"], {}).setdefault(row["household_id"], _Basket(row["household_name"]))
        basket.name = row["household_name"]
        for key, quantity, _gross in lines_of(row):
            article = goods[key].article
            articles[article.product_id] = article
            of = (row["cycle_id"], article.product_id)
            basket.lines[of] = basket.lines.get(of, 0) + quantity
    return Collections(
        {
            site_id: tuple(
                _collection(place, household_id, basket, articles)
                for household_id, basket in sorted(
                    baskets.get(group_of.get(site_id) or "", {}).items(),
                    key=lambda one: (alphabetical(one[1].name), one[0]),
                )
            )
            for site_id, place in places.items()
        },
        articles,
    )


def _collection(place: Site, household_id: str, basket: _Basket, articles: dict[str, Article]) -> Expected:
    assert place.handover is not None, "only places with a hand-over are looked at"
    gives = Party(PartyKind.PLACE, place.id, place.name)
    takes = Party(PartyKind.HOUSEHOLD, household_id, basket.name)
    lines = sorted(basket.lines.items(), key=lambda one: (loading_order(articles[one[0][1]]), one[0]))
    return Expected(
        step=step_of(household_id, gives, takes, place.id),
        thing=household_id,
        gives=gives,
        takes=takes,
        site_id=place.id,
        site_name=place.name,
        carrier_id="",
        at=place.handover.opens_at,
        until=place.handover.closes_at,
        goods=tuple(
            Goods(
                f"{cycle_id}/{product_id}",
                product_id,
                articles[product_id].name.fr,
                quantity,
                articles[product_id].producer_id,
                cycle_id,
            )
            for (cycle_id, product_id), quantity in lines
        ),
    )
