"""Copies of what others say, and the amounts due.

Revision ID: billing_0001
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "amount_due",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("cycle_id", sa.String(length=100), nullable=False),
        sa.Column("household_id", sa.String(length=100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("group_id", sa.String(length=100), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_amount_due"),
        sa.UniqueConstraint("cycle_id", "household_id", name="uq_amount_due_cycle_id_household_id"),
    )
    op.create_index("ix_amount_due_household_id", "amount_due", ["household_id"], unique=False)
    op.create_table(
        "cheque",
        sa.Column("amount_id", sa.String(length=100), nullable=False),
        sa.Column("producer_id", sa.String(length=100), nullable=False),
        sa.Column("cycle_id", sa.String(length=100), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("amount_id", "producer_id", name="pk_cheque"),
    )
    op.create_index("ix_cheque_cycle_id", "cheque", ["cycle_id"], unique=False)
    op.create_table(
        "cheque_line",
        sa.Column("amount_id", sa.String(length=100), nullable=False),
        sa.Column("producer_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("amount_id", "producer_id", "number", name="pk_cheque_line"),
    )
    op.create_table(
        "cheque_vat",
        sa.Column("amount_id", sa.String(length=100), nullable=False),
        sa.Column("producer_id", sa.String(length=100), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=100), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("amount_id", "producer_id", "rate_hundredths", name="pk_cheque_vat"),
    )
    op.create_index("ix_cheque_vat_cycle_id", "cheque_vat", ["cycle_id"], unique=False)
    op.create_table(
        "cycle",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("closes_at", Utc, nullable=True),
        sa.Column("closed_at", Utc, nullable=True),
        sa.Column("delivers_on", sa.Date(), nullable=True),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("computed_at", Utc, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cycle"),
    )
    op.create_index("ix_cycle_closed_at", "cycle", ["closed_at"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
    )
    op.create_table(
        "household_order",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(length=100), nullable=False),
        sa.Column("household_id", sa.String(length=100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("group_id", sa.String(length=100), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household_order"),
    )
    op.create_index("ix_household_order_cycle_id", "household_order", ["cycle_id"], unique=False)
    op.create_index("ix_household_order_household_id", "household_order", ["household_id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.String(length=100), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("vat_class", sa.String(length=40), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "number", name="pk_order_line"),
    )
    op.create_table(
        "purchasing_group",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_purchasing_group"),
    )
    op.create_table(
        "seller",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("regime", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seller"),
    )
