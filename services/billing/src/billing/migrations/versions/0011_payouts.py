"""Producers' bank accounts, payouts to them, and slips of cheques brought to the bank.

Revision ID: billing_0011
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0011"
down_revision = "billing_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "producer_account",
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form_id", sa.String(36), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("bic", sa.String(11), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_by_id", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("producer_id", "number", name="pk_producer_account"),
    )
    op.create_table(
        "payout",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hub_holder", sa.Text(), nullable=False),
        sa.Column("hub_iban", sa.String(34), nullable=False),
        sa.Column("hub_bic", sa.String(11), nullable=False),
        sa.Column("drawn_up_at", Utc(), nullable=False),
        sa.Column("drawn_up_by", sa.Text(), nullable=False),
        sa.Column("drawn_up_by_id", sa.String(100), nullable=False),
        sa.Column("approved_at", Utc(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("executed_on", sa.Date(), nullable=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payout"),
        sa.UniqueConstraint("number", name="uq_payout_number"),
    )
    op.create_index("ix_payout_stage", "payout", ["stage"])
    op.create_table(
        "payout_transfer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("payout_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("account_number", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("bic", sa.String(11), nullable=False),
        sa.Column("end_to_end_id", sa.String(35), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_payout_transfer"),
        sa.UniqueConstraint("payout_id", "place", name="uq_payout_transfer_payout_id_place"),
        sa.UniqueConstraint("end_to_end_id", name="uq_payout_transfer_end_to_end_id"),
        sa.CheckConstraint("cents > 0", name="ck_payout_transfer_above_zero"),
    )
    op.create_index("ix_payout_transfer_producer_id", "payout_transfer", ["producer_id"])
    op.create_table(
        "payout_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("payout_id", sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payout_history"),
    )
    op.create_index("ix_payout_history_payout_id", "payout_history", ["payout_id"])
    op.create_table(
        "deposit_slip",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deposit_slip"),
        sa.UniqueConstraint("number", name="uq_deposit_slip_number"),
    )
    op.create_table(
        "deposit_slip_cheque",
        sa.Column("slip_id", sa.String(36), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payment_id", sa.String(36), nullable=False),
        sa.Column("drawer", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("cheque_number", sa.String(40), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slip_id", "place", name="pk_deposit_slip_cheque"),
        sa.UniqueConstraint("payment_id", name="uq_deposit_slip_cheque_payment_id"),
    )
