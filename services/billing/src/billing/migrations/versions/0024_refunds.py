"""Payouts send money to households and volunteers too: their accounts, and what each transfer is of; a debit that was
noted as taken by mistake is another payment when it is.

Revision ID: billing_0024
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0024"
down_revision = "billing_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payee_account",
        sa.Column("payee", sa.String(110), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("form_id", sa.String(36), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.String(34), nullable=False),
        sa.Column("bic", sa.String(11), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_by_id", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("payee", "number", name="pk_payee_account"),
    )
    op.add_column("payout_transfer", sa.Column("what", sa.String(10), server_default="producer", nullable=False))
    op.add_column("payout_transfer", sa.Column("of", sa.String(100), server_default="", nullable=False))
    op.add_column("payout_transfer", sa.Column("payee", sa.String(110), server_default="", nullable=False))
    op.add_column("payout_transfer", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("debit", sa.Column("payment_id", sa.String(36), server_default="", nullable=False))
