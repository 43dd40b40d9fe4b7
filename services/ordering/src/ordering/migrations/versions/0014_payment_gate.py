"""What groups ask before a household orders again, balances as billing tells them, and exceptions.

Revision ID: ordering_0014
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0014"
down_revision = "ordering_0013"


def upgrade() -> None:
    op.add_column("group", sa.Column("pay_within_days", sa.Integer))
    op.add_column("group", sa.Column("limit_cents", sa.BigInteger))
    op.add_column("group", sa.Column("caution_cents", sa.BigInteger))
    op.create_table(
        "household_balance",
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.Column("left_cents", sa.BigInteger, nullable=False),
        sa.Column("credit_cents", sa.BigInteger, nullable=False),
        sa.Column("caution_cents", sa.BigInteger, nullable=False),
        sa.Column("cycles", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("household_id", name="pk_household_balance"),
    )
    op.create_table(
        "payment_exception",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("ended_at", Utc),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payment_exception"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_payment_exception_household_id_household"),
    )
    op.create_index("ix_payment_exception_household_id", "payment_exception", ["household_id"])
