"""Payments of households, shared out by producer, and what became of each.

Revision ID: billing_0007
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0007"
down_revision = "billing_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("payee", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cheque_number", sa.String(40), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment"),
        sa.CheckConstraint("cents > 0", name="ck_payment_above_zero"),
    )
    op.create_index("ix_payment_household_id", "payment", ["household_id"])
    op.create_index("ix_payment_stage", "payment", ["stage"])
    op.create_index("ix_payment_noted_at", "payment", ["noted_at"])
    op.create_table(
        "payment_share",
        sa.Column("payment_id", sa.String(36), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "producer_id", name="pk_payment_share"),
        sa.CheckConstraint("cents > 0", name="ck_payment_share_above_zero"),
    )
    op.create_table(
        "payment_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("payment_id", sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment_history"),
    )
    op.create_index("ix_payment_history_payment_id", "payment_history", ["payment_id"])
