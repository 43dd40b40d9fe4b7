"""How much there is of a pool in a cycle, for all sizes of one product and all groups together.

Frozen when the cycle opens, as its articles are; the coordinator can say otherwise while it runs. Only pools that are
bounded have a row: orders of what is not scarce never wait for each other. The invariant is reserved <= available, and
reserved = what the lines ordered take of the pool.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, CheckConstraint, Column, Connection, ForeignKey, String, Table, bindparam, select

from chassis.database import Writer
from contracts.goods import Bilingual, Unit
from ordering.offer import Offer
from ordering.pool import is_pooled, pool_of, size_of
from ordering.tables import metadata

cycle_pool = Table(
    "cycle_pool",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("pool_id", String(60), primary_key=True),
    # In thousandths of the pool's unit, over all sizes and groups.
    Column("available_thousandths", BigInteger, nullable=False),
    Column("reserved_thousandths", BigInteger, nullable=False),
    CheckConstraint("reserved_thousandths <= available_thousandths", name="pool_not_oversold"),
)


# Operations


async def bound_pools(writer: Writer, cycle_id: str, offers: Iterable[Offer], ordered: Mapping[str, int]) -> None:
    """Bring the pools of a cycle to what its offers say there is of them. `ordered`: product -> thousandths. The caller
    holds the cycle's lock, so nobody orders meanwhile."""
    await writer.execute(cycle_pool.delete().where(cycle_pool.c.cycle_id == cycle_id))
    rows = [
        {
            "cycle_id": cycle_id,
            "pool_id": pool_id,
            "available_thousandths": available,
            "reserved_thousandths": reserved,
        }
        for pool_id, (available, reserved) in pools_of(offers, ordered).items()
    ]
    if rows:
        await writer.execute(cycle_pool.insert(), rows)


def pools_of(offers: Iterable[Offer], ordered: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Bounded pool -> what there is of it, and what the quantities ordered take, in thousandths of its unit."""
    found: dict[str, tuple[int, int]] = {}
    for offer in offers:
        pool = offer.details.pool
        if pool is None or pool.available_thousandths is None or not is_pooled(offer):
            continue
        takes = ordered.get(offer.product_id, 0) * size_of(offer) // 1000
        _, so_far = found.get(pool.pool_id, (0, 0))
        found[pool.pool_id] = (pool.available_thousandths, so_far + takes)
    return found


# Queries

_LEFT = select(
    cycle_pool.c.pool_id, (cycle_pool.c.available_thousandths - cycle_pool.c.reserved_thousandths).label("left")
).where(cycle_pool.c.cycle_id == bindparam("cycle"))


def left_of_pools(connection: Connection, cycle_id: str) -> dict[str, int]:
    """Pool -> what is left of it, in thousandths of its unit; of those that are bounded."""
    return {row.pool_id: row.left for row in connection.execute(_LEFT, {"cycle": cycle_id})}


def with_left(offers: Sequence[Offer], left: Mapping[str, int]) -> list[Offer]:
    """The offers, each with what is left of its pool."""
    if not left:
        return list(offers)
    return [
        replace(offer, pool_left_thousandths=left[pool_of(offer)])
        if is_pooled(offer) and pool_of(offer) in left
        else offer
        for offer in offers
    ]


@dataclass(frozen=True)
class PoolLeft:
    """What is left of a pool, over all its sizes, in thousandths of its unit. `product_ids`: the sizes."""

    name: Bilingual
    producer_name: str
    unit: Unit
    left: int
    product_ids: tuple[str, ...]


def scarce_pools(offers: Iterable[Offer]) -> list[PoolLeft]:
    """The pools of which there is only so much, in the order of their offers."""
    sizes: dict[str, list[Offer]] = {}
    for offer in offers:
        if offer.pool_left_thousandths is not None:
            sizes.setdefault(pool_of(offer), []).append(offer)
    found = []
    for its in sizes.values():
        pool, left = its[0].details.pool, its[0].pool_left_thousandths
        assert pool is not None
        assert left is not None
        product_ids = tuple(offer.product_id for offer in its)
        found.append(PoolLeft(pool.name, its[0].producer_name, pool.unit, max(0, left), product_ids))
    return found
