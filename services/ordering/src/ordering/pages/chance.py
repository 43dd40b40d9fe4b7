"""What households can order now: in the shop and on the first page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping

from chassis.database import Reader
from ordering import cycle, household, order_book
from ordering.cycle import Cycle


@dataclass(frozen=True)
class Chance:
    """A household that can order in an open cycle, and whether it did."""

    of: Cycle
    home: RowMapping
    ordered: bool


async def chances(reader: Reader, household_ids: Sequence[str], known: Sequence[Cycle] | None = None) -> list[Chance]:
    """What these households can order now, the cycle that closes first first. `known`: the cycles, where they were read
    already, all of those that run among them."""
    if not household_ids:
        return []
    homes = [home for home in [await household.find(reader, h) for h in sorted(household_ids)] if home is not None]
    groups = frozenset(home["group_id"] for home in homes)
    running = cycle.of_groups(known, groups) if known is not None else await cycle.open_for_groups(reader, groups)
    now_open = [of for of in running if of.takes_orders(reader.now)]
    did = await order_book.ordered(reader, [of.id for of in now_open], [home["id"] for home in homes])
    return [
        Chance(of, home, (of.id, home["id"]) in did)
        for of in now_open
        for home in homes
        if home["active"] and home["group_id"] in of.group_ids
    ]
