"""How full the cases of an open cycle are: what is begun, and what it still lacks, over all groups."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from allocation import Filling
from chassis.database import Reader
from contracts.goods import Bilingual, Unit
from ordering.offer import Offer
from ordering.order_line import order_line
from ordering.pool import crates_of, pool_of, size_of


@dataclass(frozen=True)
class BegunCase:
    """`begun` of `case` thousandths of the unit are asked firmly, `missing` lack when all take what they accept.
    `cases`: full ones beside it. `product_ids`: what fills it."""

    names: tuple[Bilingual, ...]
    producer_name: str
    product_ids: tuple[str, ...]
    unit: Unit
    case: int
    begun: int
    missing: int
    cases: int

    @property
    def percent(self) -> int:
        return self.begun * 100 // self.case


def comes_in_cases(offer: Offer) -> bool:
    pool = offer.details.pool
    return offer.article.case_thousandths is not None or (pool is not None and pool.case_thousandths is not None)


async def begun_cases(reader: Reader, cycle_id: str, offers: Iterable[Offer]) -> list[BegunCase]:
    """The begun cases of a cycle, in the order of its offers. One query, whatever the number of products."""
    fills = by_case(offers)
    products = [offer.product_id for its in fills.values() for offer in its]
    if not products:
        return []
    line = order_line.c
    sums = select(
        line.product_id,
        func.sum(line.quantity_thousandths).label("firm"),
        func.sum(line.tolerance_thousandths).label("tolerance"),
    )
    its = line.product_id.in_(products)
    rows = await reader.all(sums.where(line.cycle_id == cycle_id, its).group_by(line.product_id))
    ordered = {row["product_id"]: (int(row["firm"]), int(row["tolerance"])) for row in rows}
    found = []
    for (_, case), its_offers in fills.items():
        firm = tolerance = 0
        for offer in its_offers:
            asked = ordered.get(offer.product_id, (0, 0))
            firm += asked[0] * size_of(offer) // 1000
            tolerance += asked[1] * size_of(offer) // 1000
        filling = Filling(case, firm, tolerance)
        if filling.begun:
            found.append(_begun(filling, its_offers))
    return found


def by_case(offers: Iterable[Offer]) -> dict[tuple[str, int], list[Offer]]:
    """(what fills together, size of its case) -> the products, for all that comes in cases, in the order given."""
    offers = list(offers)
    crates = crates_of(offers)
    sizes: dict[str, int] = {}
    members: dict[str, list[Offer]] = defaultdict(list)
    for offer in offers:
        pool_id, pool = pool_of(offer), offer.details.pool
        crate = crates.get(pool_id)
        case = offer.article.case_thousandths if pool is None or pool_id == offer.product_id else pool.case_thousandths
        size = crate.case if crate else case
        if size is not None:
            together = crate.id if crate else pool_id
            sizes[together] = size
            members[together].append(offer)
    return {(together, sizes[together]): its for together, its in members.items()}


def _begun(filling: Filling, offers: list[Offer]) -> BegunCase:
    names = {pool_of(o): o.details.pool.name if o.details.pool else o.article.name for o in offers}
    pool = offers[0].details.pool
    return BegunCase(
        tuple(names.values()),
        offers[0].producer_name,
        tuple(offer.product_id for offer in offers),
        pool.unit if pool else offers[0].article.unit,
        filling.case,
        filling.begun,
        filling.missing,
        filling.firm // filling.case,
    )
