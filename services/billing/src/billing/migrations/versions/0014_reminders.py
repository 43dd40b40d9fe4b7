"""Reminders that were sent to households, and whether a household has anybody with an e-mail address.

Revision ID: billing_0014
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0014"
down_revision = "billing_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("household", sa.Column("by_mail", sa.Boolean()))
    op.create_table(
        "payment_reminder",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("oldest", sa.Date(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("by_mail", sa.Boolean()),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment_reminder"),
        sa.UniqueConstraint("run_id", "household_id", name="uq_payment_reminder_run_id_household_id"),
        sa.UniqueConstraint("household_id", "oldest", "level", name="uq_payment_reminder_household_id_oldest_level"),
    )
