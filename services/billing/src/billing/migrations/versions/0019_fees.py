"""Fees, the shares of those that a delivery bears, and when a cycle opened: it has the fees that stood then.

Revision ID: billing_0019
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0019"
down_revision = "billing_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cycle", sa.Column("opens_at", Utc(), nullable=True))
    op.create_table(
        "fee",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("earner_id", sa.String(100), nullable=False),
        sa.Column("group_ids", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("share_by", sa.String(20), nullable=False),
        sa.Column("free_from_cents", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Integer(), nullable=False),
        sa.Column("set_at", Utc(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_fee"),
    )
    op.create_table(
        "fee_share",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("fee_id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("expected_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "fee_id", "household_id", name="pk_fee_share"),
    )
