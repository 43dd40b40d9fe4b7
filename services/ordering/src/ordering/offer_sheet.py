"""The offer sheet of an open cycle: what may be ordered and by which groups, read once and kept in memory.

What is on it changes only with the cycle's version, under the lock on the cycle's row. Whoever reads the version under
that lock and asks for the sheet of just this version has the sheet of now. How much of the scarce goods is spoken for
is not on it: that changes with every order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection, bindparam, select

from ordering.cycle_offer import cycle_offer
from ordering.offer import Offer, by_producer_and_name, offer_from
from ordering.pickup import cycle_pickup

MOST_KEPT = 8
"""Sheets in memory. Two or three cycles are open at a time."""


@dataclass(frozen=True)
class OfferSheet:
    """`offers`: by product, in the order of producers and names. `group_ids`: the groups that take part."""

    offers: Mapping[str, Offer]
    group_ids: frozenset[str]

    @cached_property
    def place(self) -> dict[str, int]:
        """Product -> its place on the sheet, to sort lines by."""
        return {product: place for place, product in enumerate(self.offers)}

    @cached_property
    def scarce(self) -> frozenset[str]:
        """The products of which there is only so much."""
        return frozenset(p for p, offer in self.offers.items() if offer.available_thousandths is not None)


class OfferSheets:
    """The sheets read so far, the one that was not asked for the longest is forgotten first."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], OfferSheet] = {}

    def of(self, connection: Connection, cycle_id: str, version: int) -> OfferSheet:
        """The sheet of an open cycle, whose row is locked and has this version."""
        key = (cycle_id, version)
        sheet = self._kept.pop(key, None) or _read(connection, cycle_id)
        self._kept[key] = sheet
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return sheet


_OFFERS = select(cycle_offer).where(cycle_offer.c.cycle_id == bindparam("cycle"))
_GROUPS = select(cycle_pickup.c.group_id).where(cycle_pickup.c.cycle_id == bindparam("cycle"))


def _read(connection: Connection, cycle_id: str) -> OfferSheet:
    its = {"cycle": cycle_id}
    offers = by_producer_and_name(offer_from(row) for row in connection.execute(_OFFERS, its).mappings())
    groups = connection.execute(_GROUPS, its).scalars()
    return OfferSheet({offer.product_id: offer for offer in offers}, frozenset(groups))
