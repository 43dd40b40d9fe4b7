"""Who bears which part of a fee that is a sum for a whole delivery.

A producer's is shared by all households of a cycle that it is for and that were brought goods of it; one of the hub, in
each group, by those of the group. The parts come to the sum to the cent. They are reckoned over the whole cycle and
kept, so that the amounts of some households at a time agree; when a delivery is recorded they are reckoned anew.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, RowMapping, String, Table, select

from billing import order
from billing.claim.effect import what_holds
from billing.fee.charged import Share
from billing.fee.fee import Fee, weight_of
from billing.fee.on_basket import bought_of, items_of
from billing.ledger.chart import HUB
from billing.many import among
from billing.pricing import AS_EXPECTED, Handed, Pricing
from billing.schema import metadata
from billing.shares import largest_remainder
from chassis.database import Reader, Writer
from contracts.fee import FeeKind, topped_up

fee_share = Table(
    "fee_share",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("fee_id", String(36), primary_key=True),
    Column("household_id", String(100), primary_key=True),
    Column("cents", BigInteger, nullable=False),
    Column("expected_cents", BigInteger, nullable=False),
)
"""As in `charged.Share`, by the fee and the household."""


class Weight(NamedTuple):
    """By what a household shares, and what its goods cost."""

    weight: int
    goods_cents: int


@dataclass
class Weights:
    """Of all households by fee and delivery: "" the producer's, else the group's. `came`: as it was brought."""

    came: dict[tuple[str, str], dict[str, Weight]] = field(default_factory=dict)
    expected: dict[tuple[str, str], dict[str, Weight]] = field(default_factory=dict)

    def add(
        self, rows: Iterable[RowMapping], fees: Sequence[Fee], pricing: Pricing, came: Mapping[str, Handed]
    ) -> None:
        for row in rows:
            mine = came.get(row["household_id"], AS_EXPECTED)
            items = items_of(bought_of(order.lines_of(row), pricing.goods, mine), pricing)
            for fee in fees:
                own = [item for item in items if fee.is_on(item.of.payee)] if fee.is_for(row["group_id"]) else []
                if not own:
                    continue
                delivery = fee.id, row["group_id"] if fee.earner_id == HUB else ""
                for into, some in ((self.came, own), (self.expected, [item.as_expected for item in own])):
                    goods = sum(item.billed.gross_cents for item in some)
                    into.setdefault(delivery, {})[row["household_id"]] = Weight(weight_of(fee, some), goods)


def shared_out(fee: Fee, by_household: Mapping[str, Weight]) -> dict[str, int]:
    """Cents of one delivery by household; they come to its sum, or to what is charged of it."""
    whole = topped_up(fee.cents, sum(each.goods_cents for each in by_household.values()), fee.free_from_cents)
    ids = sorted(each for each, of in by_household.items() if of.weight)
    if not ids:
        return {}
    return dict(zip(ids, largest_remainder(whole, [by_household[each].weight for each in ids]), strict=True))


def is_shared(fees: Iterable[Fee]) -> bool:
    return any(fee.kind is FeeKind.SHARED for fee in fees)


async def share_out(writer: Writer, cycle_id: str, pricing: Pricing) -> None:
    """Reckon and keep the shares of all households of a cycle. The caller holds the cycle's row."""
    await writer.execute(fee_share.delete().where(fee_share.c.cycle_id == cycle_id))
    fees = [fee for fee in pricing.fees if fee.kind is FeeKind.SHARED]
    if not fees:
        return
    weights = Weights()
    async for rows in order.placed(writer, cycle_id):
        came = await what_holds(writer, cycle_id, {row["household_id"] for row in rows}, pricing.goods)
        # In a thread: pages must not wait for it.
        await asyncio.to_thread(weights.add, rows, fees, pricing, came)
    found = []
    for fee in fees:
        for delivery in sorted(each for each in weights.expected if each[0] == fee.id):
            now, before = shared_out(fee, weights.came[delivery]), shared_out(fee, weights.expected[delivery])
            for household_id in sorted(now.keys() | before.keys()):
                row = cycle_id, fee.id, household_id, now.get(household_id, 0), before.get(household_id, 0)
                found.append(row)
    await writer.insert_rows(fee_share, tuple(fee_share.c.keys()), found)


async def shares_of(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[tuple[str, str], Share]:
    """By fee and household."""
    c = fee_share.c
    theirs = select(fee_share).where(c.cycle_id == cycle_id, among(c.household_id, household_ids))
    rows = await reader.all(theirs)
    return {(row["fee_id"], row["household_id"]): Share(row["cents"], row["expected_cents"]) for row in rows}
