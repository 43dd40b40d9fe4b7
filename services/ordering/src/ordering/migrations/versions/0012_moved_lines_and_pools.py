"""Which lines moved to another order at a closing; bounds of the pools of cycles that were open before there were any.

Of what moved before nothing is known. A pool of which more is ordered than there is keeps what is ordered, and nothing
is left of it.

Revision ID: ordering_0012
"""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "ordering_0012"
down_revision = "ordering_0011"

_cycle = sa.table("cycle", sa.column("id", sa.String), sa.column("version", sa.Integer), sa.column("state", sa.String))
_offer = sa.table(
    "cycle_offer",
    sa.column("cycle_id", sa.String),
    sa.column("product_id", sa.String),
    sa.column("article", sa.JSON),
    sa.column("details", sa.JSON),
    sa.column("code", sa.Integer),
)
_line = sa.table(
    "order_line",
    sa.column("cycle_id", sa.String),
    sa.column("product_id", sa.String),
    sa.column("quantity_thousandths", sa.BigInteger),
)
_pool = sa.table(
    "cycle_pool",
    sa.column("cycle_id", sa.String),
    sa.column("pool_id", sa.String),
    sa.column("available_thousandths", sa.BigInteger),
    sa.column("reserved_thousandths", sa.BigInteger),
)


def upgrade() -> None:
    op.create_table(
        "moved_line",
        sa.Column("order_id", sa.String(60), sa.ForeignKey("household_order.id"), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("cycle_id", sa.String(60), nullable=False, index=True),
        sa.Column("household_id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("to_cycle_id", sa.String(60), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("taken_in", sa.Boolean, nullable=False),
    )
    _bound_open_pools(op.get_bind())


def _bound_open_pools(connection: sa.Connection) -> None:
    running = sa.select(_cycle.c.id).where(_cycle.c.state.in_(["open", "completing", "deciding"]))
    for cycle_id in connection.execute(running.order_by(_cycle.c.id)).scalars().all():
        bounded = connection.execute(sa.select(_pool.c.pool_id).where(_pool.c.cycle_id == cycle_id)).scalars().all()
        bounds, sizes = _bounds_of(connection, cycle_id)
        missing = bounds.keys() - set(bounded)
        if not missing:
            continue
        # First: it waits for the orders that are being saved, and has other replicas read the offers again.
        newer = sa.update(_cycle).where(_cycle.c.id == cycle_id).values(version=_cycle.c.version + 1)
        connection.execute(newer)
        total = sa.func.sum(_line.c.quantity_thousandths)
        ordered = sa.select(_line.c.product_id, total).where(_line.c.cycle_id == cycle_id).group_by(_line.c.product_id)
        reserved: dict[str, int] = defaultdict(int)
        for product, quantity in connection.execute(ordered):
            pool, size = sizes.get(product, ("", 0))
            reserved[pool] += int(quantity) * size // 1000
        rows = [
            {
                "cycle_id": cycle_id,
                "pool_id": pool,
                "available_thousandths": max(bounds[pool], reserved[pool]),
                "reserved_thousandths": reserved[pool],
            }
            for pool in sorted(missing)
        ]
        connection.execute(sa.insert(_pool), rows)


def _bounds_of(connection: sa.Connection, cycle_id: str) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
    """Pool -> how much there is of it, as the first of its sizes says, where it is bounded; product -> its pool, and
    what one order unit takes of it."""
    said: dict[str, int | None] = {}
    sizes: dict[str, tuple[str, int]] = {}
    offers = sa.select(_offer).where(_offer.c.cycle_id == cycle_id).order_by(_offer.c.code, _offer.c.product_id)
    for row in connection.execute(offers).mappings():
        pool: dict[str, Any] | None = (row["details"] or {}).get("pool")
        # What is sold loose must take whole units of its pool (pool.py).
        if pool is None or (row["article"]["unit"] != "piece" and pool["size_thousandths"] % 1000):
            continue
        said.setdefault(pool["pool_id"], pool.get("available_thousandths"))
        sizes[row["product_id"]] = (pool["pool_id"], pool["size_thousandths"])
    return {pool: bound for pool, bound in said.items() if bound is not None}, sizes
