"""Wallets of households: which pay by themselves, and what was paid back of them; expense claims.

Revision ID: billing_0018
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0018"
down_revision = "billing_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallet_switch",
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("by_itself", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", name="pk_wallet_switch"),
    )
    op.create_table(
        "wallet_out",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("undone_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wallet_out"),
        sa.CheckConstraint("cents > 0", name="ck_wallet_out_above_zero"),
    )
    op.create_index("ix_wallet_out_household_id", "wallet_out", ["household_id"])
    op.create_table(
        "expense_claim",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("km", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("paid_by", sa.String(10), nullable=False),
        sa.Column("handed_in_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_expense_claim"),
        sa.CheckConstraint("cents > 0", name="ck_expense_claim_above_zero"),
    )
    op.create_index("ix_expense_claim_person_id", "expense_claim", ["person_id"])
    op.create_index("ix_expense_claim_stage", "expense_claim", ["stage"])
    op.create_table(
        "expense_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("claim_id", sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_expense_history"),
    )
    op.create_index("ix_expense_history_claim_id", "expense_history", ["claim_id"])
