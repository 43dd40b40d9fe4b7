"""What the hub buys: costs, what came and is not billed, the bills of suppliers.

Revision ID: billing_0023
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0023"
down_revision = "billing_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purchase_cost",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("supplier_id", sa.String(100), nullable=False),
        sa.Column("product_id", sa.String(100), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("per_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purchase_cost"),
    )
    op.create_index("ix_purchase_cost_product_id", "purchase_cost", ["product_id"])
    op.create_table(
        "purchase",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("supplier_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.String(36), nullable=False),
        sa.Column("booked_at", Utc, nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "supplier_id", name="pk_purchase"),
    )
    op.create_table(
        "supplier_bill",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("supplier_id", sa.String(100), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("standing", sa.String(36), nullable=False),
        sa.Column("credit_note", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("vat_number", sa.String(20), nullable=False),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.Column("owed_cents", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date()),
        sa.Column("kept_at", Utc, nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_supplier_bill"),
        sa.UniqueConstraint("supplier_id", "number", "standing", name="uq_supplier_bill_supplier_id_number_standing"),
    )
    op.create_index("ix_supplier_bill_supplier_id", "supplier_bill", ["supplier_id"])
