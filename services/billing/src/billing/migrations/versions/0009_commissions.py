"""How commissions were reckoned, and what was sold by VAT class.

Cycles that were computed while mandates were signed already get their commissions booked by a timer.

Revision ID: billing_0009
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0009"
down_revision = "billing_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("amount_due", sa.Column("by_class", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "producer_class",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("vat_class", sa.String(40), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "producer_id", "vat_class", name="pk_producer_class"),
    )
    op.execute(
        "INSERT INTO producer_class SELECT cycle_id, producer_id, '', sum(gross_cents), sum(net_cents) "
        "FROM producer_vat GROUP BY cycle_id, producer_id"
    )
    op.create_table(
        "commission",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("collected", sa.Integer(), nullable=False),
        sa.Column("vat_hundredths", sa.Integer(), nullable=False),
        sa.Column("deductible", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "producer_id", name="pk_commission"),
    )
    op.create_index("ix_commission_producer_id_period", "commission", ["producer_id", "period"])
    _begin()


def _begin() -> None:
    version = sa.table("mandate_version", sa.column("effective_from", sa.Date()))
    first = op.get_bind().execute(sa.select(sa.func.min(version.c.effective_from))).scalar()
    if first is None:
        return
    cycle = sa.table(
        "cycle", sa.column("id"), sa.column("state"), sa.column("delivers_on", sa.Date()), sa.column("closed_at", Utc)
    )
    timer = sa.table(
        "timer",
        *(sa.column(name) for name in ("name", "key", "attempts")),
        sa.column("due_at", Utc),
        sa.column("payload", sa.JSON()),
    )
    computed = sa.select(cycle).where(cycle.c.state == "computed", cycle.c.delivers_on >= first)
    for row in op.get_bind().execute(computed).mappings().all():
        call = {"name": "book_commissions", "key": row["id"], "due_at": row["closed_at"], "attempts": 0, "payload": {}}
        op.execute(sa.insert(timer).values(**call))
