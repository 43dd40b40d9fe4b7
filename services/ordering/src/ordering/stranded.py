"""What was ordered though its group can never receive it: before orders were held to the network, or before it
changed. Nothing is taken back: the coordinator is told, and calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from chassis.database import Reader
from coldchain.early import Refusal
from ordering.cycle import Cycle
from ordering.offer import Offer
from ordering.offer_sheet import OfferSheets
from ordering.order import State, household_order
from ordering.order_line import order_line


@dataclass(frozen=True)
class Unreceived:
    """An offer that a group can never receive, and how many of its households have ordered it all the same."""

    offer: Offer
    refusal: Refusal
    households: int = 0


async def unreceived(
    reader: Reader, sheets: OfferSheets, of: Cycle, group_ids: frozenset[str]
) -> dict[str, list[Unreceived]]:
    """Name of the group -> what it can never receive of an open cycle, in the order of the offer. No statement more
    where there is none."""
    sheet = await reader.connection.run_sync(sheets.of, of.id, of.version)
    never = {group_id: found for group_id in group_ids if (found := sheet.never_at(group_id))}
    ordered = await _ordered(reader, of.id, never) if never else {}
    names = {pickup.group_id: pickup.group_name for pickup in of.pickups}
    return {
        names.get(group_id, group_id): [
            Unreceived(sheet.offers[product], never[group_id][product], ordered.get((group_id, product), 0))
            for product in sheet.offers
            if product in never[group_id]
        ]
        for group_id in sorted(never, key=lambda one: names.get(one, one))
    }


async def _ordered(
    reader: Reader, cycle_id: str, never: Mapping[str, Mapping[str, Refusal]]
) -> dict[tuple[str, str], int]:
    """Group and product -> how many households have ordered it."""
    products = {product for found in never.values() for product in found}
    joined = order_line.join(household_order, household_order.c.id == order_line.c.order_id)
    counted = (
        select(household_order.c.group_id, order_line.c.product_id, func.count())
        .select_from(joined)
        .where(
            order_line.c.cycle_id == cycle_id,
            household_order.c.state == State.PLACED,
            household_order.c.group_id.in_(sorted(never)),
            order_line.c.product_id.in_(sorted(products)),
        )
        .group_by(household_order.c.group_id, order_line.c.product_id)
    )
    rows = await reader.connection.execute(counted)
    return {(group_id, product_id): count for group_id, product_id, count in rows}
