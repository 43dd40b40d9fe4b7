"""Products, cycles and orders.

Revision ID: ordering_0002
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0002"
down_revision = "ordering_0001"


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("offered", sa.Boolean, nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("producer_name", sa.String(200), nullable=False),
        sa.Column("article", sa.JSON, nullable=False),
        sa.Column("season", sa.JSON),
        sa.Column("allergens", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("available_thousandths", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_product_producer_id", "product", ["producer_id"])
    op.create_table(
        "cycle",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("opens_at", Utc, nullable=False),
        sa.Column("closes_at", Utc, nullable=False),
        sa.Column("delivers_on", sa.Date, nullable=False),
        sa.Column("choice", sa.JSON, nullable=False),
        sa.Column("opened_at", Utc),
        sa.Column("closed_at", Utc),
        sa.Column("manifest", sa.JSON),
    )
    op.create_index("ix_cycle_state", "cycle", ["state"])
    op.create_table(
        "cycle_pickup",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("group_id", sa.String(60), primary_key=True),
        sa.Column("group_name", sa.String(200), nullable=False),
        sa.Column("place", sa.JSON, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("starts_at", Utc, nullable=False),
        sa.Column("ends_at", Utc, nullable=False),
        sa.Column("bags", sa.Boolean, nullable=False),
    )
    op.create_table(
        "cycle_offer",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("producer_name", sa.String(200), nullable=False),
        sa.Column("article", sa.JSON, nullable=False),
        sa.Column("season", sa.JSON),
        sa.Column("allergens", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("available_thousandths", sa.BigInteger),
        sa.Column("reserved_thousandths", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "available_thousandths IS NULL OR reserved_thousandths <= available_thousandths",
            name="ck_cycle_offer_not_oversold",
        ),
    )
    op.create_table(
        "household_order",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), nullable=False),
        sa.Column("household_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("household_name", sa.String(100), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("group_name", sa.String(100), nullable=False),
        sa.Column("gross_cents", sa.BigInteger, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.Column("entered_by", sa.String(36), nullable=False),
        sa.Column("entered_by_name", sa.String(200), nullable=False),
        sa.Column("on_behalf", sa.Boolean, nullable=False),
        sa.UniqueConstraint("cycle_id", "household_id", name="uq_household_order_cycle_id_household_id"),
    )
    op.create_index("ix_household_order_household_id", "household_order", ["household_id"])
    op.create_index("ix_household_order_totals", "household_order", ["cycle_id", "group_id", "state", "gross_cents"])
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.String(60), sa.ForeignKey("household_order.id"), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("price_cents", sa.BigInteger, nullable=False),
        sa.Column("gross_cents", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "ix_order_line_cycle",
        "order_line",
        ["cycle_id", "producer_id", "product_id", "quantity_thousandths", "gross_cents", "order_id"],
    )
    op.create_table(
        "late_order",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("household_id", sa.String(36), primary_key=True),
        sa.Column("household_name", sa.String(100), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("group_name", sa.String(100), nullable=False),
        sa.Column("tried_at", Utc, nullable=False),
        sa.Column("tried_by", sa.String(200), nullable=False),
        sa.Column("quantities", sa.JSON, nullable=False),
        sa.Column("gross_cents", sa.BigInteger, nullable=False),
    )
