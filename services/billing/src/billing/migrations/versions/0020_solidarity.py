"""What share of its goods the solidarity fund pays for a household, what it paid, and grants to it.

Revision ID: billing_0020
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0020"
down_revision = "billing_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "solidarity_band",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("most_cents", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.Column("set_at", Utc(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_solidarity_band"),
    )
    op.create_index("ix_solidarity_band_household_id", "solidarity_band", ["household_id"])
    op.create_table(
        "fund_part",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("wanted_cents", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", Utc(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.PrimaryKeyConstraint("id", name="pk_fund_part"),
    )
    op.create_index("ix_fund_part_cycle_household", "fund_part", ["cycle_id", "household_id"])
    op.create_table(
        "fund_grant",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("giver", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("undone_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fund_grant"),
        sa.CheckConstraint("cents > 0", name="ck_fund_grant_above_zero"),
    )
