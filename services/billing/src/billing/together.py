"""What only all buyers of some goods can tell together: how they share a producer's bill, and what it is more than they
pay. Nothing here does I/O but `together_of` and `buyers_with`.

The bill of a product is what its buyers were expected to pay, of those whom anything came to, unless the producer's own
bill says another sum. Where the buyers share it (rule of three), each pays its part by what it was weighed, at its own
price, the cents by largest remainder. Where the hub or the fund carries the difference each pays what was measured, and
the producer is paid the rest of its bill; what was measured beyond the bill is the producer's too, never the hub's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from billing import price
from billing.delivery import delivery, handed
from billing.ledger.chart import HUB
from billing.order import PLACED, Goods, goods_of, lines_of, order
from billing.price import Came, Priced
from billing.pricing import AS_EXPECTED, Handed
from billing.producer_bill import bills_of
from billing.shares import largest_remainder
from chassis.database import Reader
from contracts import Bearer

CARRIED = (Bearer.HUB, Bearer.FUND)


class Bought(NamedTuple):
    """A household's line, and what came of it; None: as expected."""

    household_id: str
    key: str
    of: Goods
    quantity: int
    gross_cents: int
    came: Came | None

    @property
    def bearer(self) -> Bearer:
        return price.bearer_of(self.of, self.came)

    @property
    def billed(self) -> Priced:
        """By what was measured."""
        if self.came is None:
            return price.expected(self.of, self.quantity, self.gross_cents)
        return price.delivered(self.of, self.quantity, self.gross_cents, self.came)


def _that_came(lines: Iterable[Bought], *bearers: Bearer) -> list[tuple[Bought, Priced]]:
    found = [(each, each.billed) for each in lines if each.bearer in bearers]
    return [(each, billed) for each, billed in found if billed.quantity_thousandths]


def shared_out(lines: Iterable[Bought], bill_cents: int | None) -> dict[str, int]:
    """Of one product what each household pays of the bill; who came to nothing, or was recorded as borne by the
    producer, has no part in it. `bill_cents`: None: as expected. Where all came as expected nobody's sum moves."""
    came = _that_came(lines, Bearer.BUYERS)
    whole = sum(each.gross_cents for each, _ in came)
    as_expected = all(billed == price.expected(each.of, each.quantity, each.gross_cents) for each, billed in came)
    if not came or (as_expected and bill_cents in (None, whole)):
        return {}
    weights = [price.worth(each.of, each.quantity, each.gross_cents, one.quantity_thousandths) for each, one in came]
    shares = largest_remainder(whole if bill_cents is None else bill_cents, weights)
    return {each.household_id: share for (each, _), share in zip(came, shares, strict=True)}


def short_of_bill(lines: Iterable[Bought], bill_cents: int | None) -> int:
    """Of one product the cents of the bill that its buyers do not pay. Never below zero."""
    came = _that_came(lines, *CARRIED)
    if not came:
        return 0
    bill = sum(each.gross_cents for each, _ in came) if bill_cents is None else bill_cents
    return max(0, bill - sum(billed.gross_cents for _, billed in came))


class Short(NamedTuple):
    """What of a producer's bill for one product its buyers do not pay. `by`: who does, a `Bearer`, or CLAIM; `key`: of
    the goods, for their rate of VAT."""

    producer_id: str
    by: str
    key: str
    cents: int


CLAIM = "claim"
"""The hub, because what was spoiled is its cost by a clause of the mandate."""


@dataclass(frozen=True)
class Together:
    """`shared`: cents by household and product; `bearing`: how many records of others, and bills, bear on a household's
    amount; `short`: without what the hub sells itself, for there it simply earns less."""

    shared: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    bearing: Mapping[str, int] = field(default_factory=dict)
    short: Sequence[Short] = ()

    def of(self, deliveries: Mapping[str, Handed], household_ids: Iterable[str]) -> dict[str, Handed]:
        """What the households were handed, with their parts of the bills they share."""
        found = dict(deliveries)
        for household_id in household_ids:
            if household_id in self.bearing:
                own = deliveries.get(household_id, AS_EXPECTED)
                records = own.records + self.bearing[household_id]
                found[household_id] = own._replace(records=records, shared=self.shared.get(household_id, {}))
        return found


def is_together(of: Goods) -> bool:
    return of.bearer in (Bearer.BUYERS, *CARRIED) and price.measured(of)


async def together_of(reader: Reader, cycle_id: str) -> Together:
    """Of a cycle as it is recorded; nothing where nothing is."""
    bills = await bills_of(reader, cycle_id)
    d = delivery.c
    records = await reader.all(select(d.household_id, d.producer_id).where(d.cycle_id == cycle_id))
    if not records and not bills.count:
        return Together()
    by_product = await _bought(reader, cycle_id)
    shared: dict[str, dict[str, int]] = {}
    with_whom: dict[str, set[str]] = {}
    short = []
    for product_id, lines in by_product.items():
        of, bill = lines[0].of, bills.cents.get(product_id)
        if of.bearer is Bearer.BUYERS:
            for household_id, cents in shared_out(lines, bill).items():
                shared.setdefault(household_id, {})[product_id] = cents
            for each in lines:
                with_whom.setdefault(each.household_id, set()).add(of.producer_id)
        elif of.payee != HUB and of.bearer is not None:
            cents = short_of_bill(lines, bill)
            short += [Short(of.producer_id, of.bearer.value, lines[0].key, cents)] if cents else []
    counts: dict[str, int] = dict(bills.count)
    own: dict[tuple[str, str], int] = {}
    for row in records:
        counts[row["producer_id"]] = counts.get(row["producer_id"], 0) + 1
        mine = row["household_id"], row["producer_id"]
        own[mine] = own.get(mine, 0) + 1
    bearing = {
        household_id: sum(counts.get(each, 0) - own.get((household_id, each), 0) for each in producers)
        for household_id, producers in with_whom.items()
    }
    return Together(shared, bearing, sorted(short))


async def buyers_with(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> set[str]:
    """These households, and all who share a bill with one of them."""
    o = order.c
    theirs = select(o.lines).where(o.cycle_id == cycle_id, o.state == PLACED, o.household_id.in_(sorted(household_ids)))
    rows = await reader.all(theirs)
    goods = await goods_of(reader, {key for row in rows for key, _quantity, _gross in lines_of(row)})
    found = set(household_ids)
    if not any(of.bearer is Bearer.BUYERS and price.measured(of) for of in goods.values()):
        return found
    for lines in (await _bought(reader, cycle_id)).values():
        buyers = {each.household_id for each in lines}
        if lines[0].of.bearer is Bearer.BUYERS and not buyers.isdisjoint(household_ids):
            found |= buyers
    return found


async def lines_of_buyers(
    reader: Reader, cycle_id: str, household_ids: Collection[str], deliveries: Mapping[str, Handed]
) -> list[Bought]:
    """The lines of some households, with what came of each."""
    o = order.c
    theirs = select(o.household_id, o.lines).where(
        o.cycle_id == cycle_id, o.state == PLACED, o.household_id.in_(sorted(household_ids))
    )
    rows = [(row["household_id"], lines_of(row)) for row in await reader.all(theirs.order_by(o.household_id))]
    goods = await goods_of(reader, {key for _, lines in rows for key, _quantity, _gross in lines})
    return [
        Bought(each, key, goods[key], quantity, gross, deliveries[each].came.get(goods[key].product_id))
        if each in deliveries
        else Bought(each, key, goods[key], quantity, gross, None)
        for each, lines in rows
        for key, quantity, gross in lines
    ]


async def _bought(reader: Reader, cycle_id: str) -> dict[str, list[Bought]]:
    """By product, of those whose difference is carried together; in the order of the households' ids."""
    o = order.c
    placed = select(o.household_id, o.lines).where(o.cycle_id == cycle_id, o.state == PLACED).order_by(o.household_id)
    rows = [(row["household_id"], lines_of(row)) for row in await reader.all(placed)]
    goods = await goods_of(reader, {key for _, lines in rows for key, _quantity, _gross in lines})
    wanted = {key: of for key, of in goods.items() if is_together(of)}
    buyers = {household_id for household_id, lines in rows if any(key in wanted for key, _quantity, _gross in lines)}
    deliveries = await handed(reader, cycle_id, buyers) if buyers else {}
    found: dict[str, list[Bought]] = {}
    for household_id, lines in rows:
        came = deliveries.get(household_id, AS_EXPECTED).came
        for key, quantity, gross in lines:
            if key in wanted:
                of = wanted[key]
                line = Bought(household_id, key, of, quantity, gross, came.get(of.product_id))
                found.setdefault(of.product_id, []).append(line)
    return dict(sorted(found.items()))
