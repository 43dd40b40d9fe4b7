"""Mandates of households for direct debits, and batches of debits.

Revision ID: billing_0017
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0017"
down_revision = "billing_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "debit_mandate",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("ref", sa.String(35), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("bic", sa.String(11), nullable=False),
        sa.Column("one_off", sa.Boolean(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("signed_by_id", sa.String(100), nullable=False),
        sa.Column("debited_on", sa.Date(), nullable=True),
        sa.Column("drawn_up_at", Utc(), nullable=False),
        sa.Column("drawn_up_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_debit_mandate"),
        sa.UniqueConstraint("ref", name="uq_debit_mandate_ref"),
    )
    op.create_index("ix_debit_mandate_household_id", "debit_mandate", ["household_id"])
    _history("debit_mandate_history", "mandate_id")
    op.create_table(
        "debit_batch",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hub_holder", sa.Text(), nullable=False),
        sa.Column("hub_iban", sa.String(34), nullable=False),
        sa.Column("hub_bic", sa.String(11), nullable=False),
        sa.Column("creditor_id", sa.String(35), nullable=False),
        sa.Column("drawn_up_at", Utc(), nullable=False),
        sa.Column("drawn_up_by", sa.Text(), nullable=False),
        sa.Column("drawn_up_by_id", sa.String(100), nullable=False),
        sa.Column("approved_at", Utc(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("executed_on", sa.Date(), nullable=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_debit_batch"),
        sa.UniqueConstraint("number", name="uq_debit_batch_number"),
    )
    op.create_index("ix_debit_batch_stage", "debit_batch", ["stage"])
    op.create_table(
        "debit",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("batch_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("mandate_ref", sa.String(35), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("sequence", sa.String(4), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("bic", sa.String(11), nullable=False),
        sa.Column("end_to_end_id", sa.String(35), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("returned_why", sa.String(4), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_debit"),
        sa.UniqueConstraint("batch_id", "place", name="uq_debit_batch_id_place"),
        sa.UniqueConstraint("end_to_end_id", name="uq_debit_end_to_end_id"),
        sa.CheckConstraint("cents > 0", name="ck_debit_above_zero"),
    )
    op.create_index("ix_debit_household_id", "debit", ["household_id"])
    op.create_table(
        "debit_share",
        sa.Column("debit_id", sa.String(36), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("debit_id", "producer_id", name="pk_debit_share"),
        sa.CheckConstraint("cents > 0", name="ck_debit_share_above_zero"),
    )
    _history("debit_history", "batch_id")


def _history(name: str, of: str) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column(of, sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_{of}", name, [of])
