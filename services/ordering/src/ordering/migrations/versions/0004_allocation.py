"""The terms of order lines; decisions after the closing, what each order gets, what producers answer.

Revision ID: ordering_0004
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0004"
down_revision = "ordering_0003"


def upgrade() -> None:
    for name in ("tolerance_thousandths", "least_thousandths"):
        op.add_column("order_line", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("order_line", sa.Column("substitute", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("household_order", sa.Column("allocated_at", Utc))
    op.add_column("cycle", sa.Column("completion_hours", sa.Integer, nullable=False, server_default="0"))
    op.add_column("cycle", sa.Column("complete_until", Utc))
    op.add_column("cycle", sa.Column("decide_by", Utc))
    op.add_column("cycle", sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
    op.add_column("cycle", sa.Column("revised_at", Utc))
    op.add_column("cycle", sa.Column("because", sa.JSON))
    op.create_table(
        "allocated_line",
        sa.Column("order_id", sa.String(60), sa.ForeignKey("household_order.id"), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("asked_thousandths", sa.BigInteger, nullable=False),
        sa.Column("asked_cents", sa.BigInteger, nullable=False),
        sa.Column("given_thousandths", sa.BigInteger, nullable=False),
        sa.Column("given_cents", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.JSON),
        sa.Column("instead_of", sa.String(60), nullable=False),
    )
    op.create_index("ix_allocated_line_cycle", "allocated_line", ["cycle_id", "revision"])
    op.create_table(
        "decision",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("subject", sa.String(140), primary_key=True),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("choice", sa.JSON),
        sa.Column("chosen_at", Utc),
        sa.Column("chosen_by", sa.String(200), nullable=False),
    )
    op.create_table(
        "proposal",
        sa.Column("household_id", sa.String(36), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("from_cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("tolerance_thousandths", sa.BigInteger, nullable=False),
        sa.Column("least_thousandths", sa.BigInteger, nullable=False),
        sa.Column("substitute", sa.Boolean, nullable=False),
    )
    op.create_table(
        "producer_answer",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("producer_id", sa.String(60), primary_key=True),
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("list_revision", sa.Integer, nullable=False),
        sa.Column("base_revision", sa.Integer, nullable=False),
        sa.Column("answered_at", Utc, nullable=False),
        sa.Column("answered_by", sa.String(200), nullable=False),
        sa.Column("lines", sa.JSON, nullable=False),
    )
