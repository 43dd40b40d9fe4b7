"""What households can order now: in the shop and on the first page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping

from chassis.database import Reader
from ordering import cycle, household, order_book
from ordering.cycle import Cycle
from ordering.order import Order


@dataclass(frozen=True)
class Chance:
    """A household that can order in an open cycle, and what it ordered so far."""

    of: Cycle
    home: RowMapping
    order: Order | None


async def chances(reader: Reader, household_ids: Sequence[str]) -> list[Chance]:
    """What these households can order now, the cycle that closes first first."""
    homes = [home for home in [await household.find(reader, h) for h in sorted(household_ids)] if home is not None]
    groups = frozenset(home["group_id"] for home in homes)
    return [
        Chance(of, home, await order_book.of_household(reader, of.id, home["id"]))
        for of in await cycle.open_for_groups(reader, groups)
        if of.takes_orders(reader.now)
        for home in homes
        if home["active"] and home["group_id"] in of.group_ids
    ]
