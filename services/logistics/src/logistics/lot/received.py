"""What one household got, with the lots and dates that were told of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select

from chassis.database import Reader
from contracts import Article
from logistics.lot import lot as lots
from logistics.lot.lot import Kept, kept, lot
from logistics.lot.recalled import recall, recall_share, recall_undone
from logistics.lot.tracing import lot_share, traced_goods, traced_share


@dataclass(frozen=True)
class Received:
    """A product of a delivery. `lots`: the lot, or those of which it may be where they were mixed; `sure`: it is
    exactly this one. `recalled`: why it is not to be eaten, "" where it is not called back."""

    delivers_on: date
    producer_name: str
    article: Article
    thousandths: int
    lots: tuple[Kept, ...]
    sure: bool
    recalled: str


async def received(reader: Reader, household_ids: frozenset[str], since: date) -> list[Received]:
    """What came since, or is to come; the newest delivery first, then by producer and product."""
    share, goods = traced_share.c, traced_goods.c
    same = and_(goods.cycle_id == share.cycle_id, goods.product_id == share.product_id)
    of = select(traced_share, goods.delivers_on, goods.producer_name, goods.article).join_from(
        traced_share, traced_goods, same
    )
    rows = await reader.all(of.where(share.household_id.in_(sorted(household_ids)), goods.delivers_on >= since))
    told = await _lots(reader, household_ids)
    back = await _recalled(reader, household_ids)
    found = []
    for row in rows:
        key = (row["cycle_id"], row["product_id"], row["household_id"])
        mine = told.get(key, [])
        found.append(
            Received(
                row["delivers_on"],
                row["producer_name"],
                Article.model_validate_json(row["article"]),
                row["quantity_thousandths"],
                tuple(one for one, _sure in mine),
                all(sure for _one, sure in mine),
                back.get(key, ""),
            )
        )
    found.sort(key=lambda each: (each.producer_name.casefold(), each.article.name.fr.casefold()))
    return sorted(found, key=lambda each: each.delivers_on, reverse=True)


async def _lots(reader: Reader, household_ids: frozenset[str]) -> dict[tuple[str, str, str], list[tuple[Kept, bool]]]:
    c = lot_share.c
    # By the deliveries of the household: lots are found by cycle and product, not by household.
    of = select(lot, c.household_id, c.sure).select_from(
        traced_share.join(
            lot_share,
            and_(
                c.cycle_id == traced_share.c.cycle_id,
                c.product_id == traced_share.c.product_id,
                c.household_id == traced_share.c.household_id,
            ),
        ).join(lot, and_(lot.c.id == c.lot_id, lots.HOLDS))
    )
    rows = await reader.all(of.where(traced_share.c.household_id.in_(sorted(household_ids))).order_by(lot.c.position))
    found: dict[tuple[str, str, str], list[tuple[Kept, bool]]] = {}
    for row in rows:
        found.setdefault((row["cycle_id"], row["product_id"], row["household_id"]), []).append((kept(row), row["sure"]))
    return found


async def _recalled(reader: Reader, household_ids: frozenset[str]) -> dict[tuple[str, str, str], str]:
    c = recall_share.c
    of = select(c.cycle_id, c.product_id, c.household_id, recall.c.reason).join_from(
        recall_share, recall, recall.c.id == c.recall_id
    )
    of = of.outerjoin(recall_undone, recall_undone.c.recall_id == c.recall_id)
    rows = await reader.all(of.where(c.household_id.in_(sorted(household_ids)), recall_undone.c.recall_id.is_(None)))
    return {(row["cycle_id"], row["product_id"], row["household_id"]): row["reason"] for row in rows}
