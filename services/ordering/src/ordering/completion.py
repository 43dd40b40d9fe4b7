"""The completion phase: orders are closed, and for a short while cases that are begun can still be filled.

What a household changes then must help to complete a case, over all groups, or change nothing of the sums: raise a
quantity of goods whose case is open, accept more, make firm what it accepted. Everything else stays as it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from allocation import Filling
from chassis.bulk import among
from ordering.filling import by_case
from ordering.offer import Offer
from ordering.order_line import order_line
from ordering.pool import size_of
from ordering.wanted import PLAIN, Terms, Wrong, WrongLine, WrongLines

Key = tuple[str, int]
"""What fills together, and the size of its case."""


class Completion:
    """How full the cases are while the rows of their goods are locked: counted on as slips are taken."""

    def __init__(self, offers: Iterable[Offer], ordered: Mapping[str, tuple[int, int]]) -> None:
        """`ordered`: product -> thousandths asked firmly, and accepted beyond."""
        self._key: dict[str, Key] = {}
        self._offers: dict[str, Offer] = {}
        fillings: dict[Key, Filling] = {}
        for key, its in by_case(offers).items():
            firm = tolerance = 0
            for offer in its:
                self._key[offer.product_id], self._offers[offer.product_id] = key, offer
                asked = ordered.get(offer.product_id, (0, 0))
                firm += asked[0] * size_of(offer) // 1000
                tolerance += asked[1] * size_of(offer) // 1000
            fillings[key] = Filling(key[1], firm, tolerance)
        self._fillings: Mapping[Key, Filling] = fillings

    def after(
        self,
        before: Mapping[str, int],
        terms_before: Mapping[str, Terms],
        after: Mapping[str, int],
        terms_after: Mapping[str, Terms],
    ) -> Mapping[Key, Filling]:
        """How full the cases would be if an order were changed so. Raises WrongLines for what does not help to
        complete."""
        wrong: set[str] = set()
        changed: dict[Key, list[str]] = defaultdict(list)
        for product in sorted({*before, *after}):
            same = before.get(product, 0) == after.get(product, 0)
            if same and terms_before.get(product) == terms_after.get(product):
                continue
            if product in self._key:
                changed[self._key[product]].append(product)
            else:
                wrong.add(product)
        fillings = dict(self._fillings)
        for key, products in changed.items():
            firm = tolerance = 0
            for product in products:
                size = size_of(self._offers[product])
                firm += (after.get(product, 0) - before.get(product, 0)) * size // 1000
                more = terms_after.get(product, PLAIN).tolerance - terms_before.get(product, PLAIN).tolerance
                tolerance += more * size // 1000
            now = self._fillings[key]
            fillings[key] = Filling(now.case, now.firm + firm, now.tolerance + tolerance)
            if not now.accepts(fillings[key]):
                wrong.update(products)
        if wrong:
            raise WrongLines({product: WrongLine(Wrong.NOT_COMPLETING) for product in sorted(wrong)})
        return fillings

    def take(self, fillings: Mapping[Key, Filling]) -> None:
        """So full they are now."""
        self._fillings = fillings


def in_cases(offers: Iterable[Offer], products: Iterable[str]) -> list[Offer]:
    """The goods that fill cases together with any of these products."""
    wanted = set(products)
    return [offer for its in by_case(offers).values() if wanted & {o.product_id for o in its} for offer in its]


@cache
def _ordered(dialect: str) -> Select[Any]:
    line = order_line.c
    sums = select(line.product_id, func.sum(line.quantity_thousandths), func.sum(line.tolerance_thousandths))
    return sums.where(line.cycle_id == bindparam("cycle"), among(line.product_id, "products", dialect)).group_by(
        line.product_id
    )


def completion_of(connection: Connection, cycle_id: str, offers: list[Offer]) -> Completion:
    """Of these goods, whose rows are locked by the caller."""
    its = {"cycle": cycle_id, "products": [offer.product_id for offer in offers]}
    found = connection.execute(_ordered(connection.dialect.name), its) if offers else ()
    return Completion(offers, {product: (int(firm), int(tolerance)) for product, firm, tolerance in found})
