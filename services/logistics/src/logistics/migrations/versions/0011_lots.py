"""Lots, who got of them, and recalls; households with how to reach them.

Revision ID: logistics_0011
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0011"
down_revision = "logistics_0010"


def upgrade() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("people", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
    )
    op.create_table(
        "lot_statement",
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("told", sa.String(10), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "version", name="pk_lot_statement"),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("replaced_by", sa.Integer),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("delivers_on", sa.Date, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("number_key", sa.Text, nullable=False),
        sa.Column("mark", sa.String(12), nullable=False),
        sa.Column("marked", sa.Date),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("laid_on", sa.Date),
        sa.Column("thousandths", sa.BigInteger, nullable=False),
        sa.Column("in_order", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
    )
    op.create_index("ix_lot_list_id", "lot", ["list_id"])
    op.create_index("ix_lot_cycle_id_product_id", "lot", ["cycle_id", "product_id"])
    op.create_index("ix_lot_number_key", "lot", ["number_key"])
    op.create_index("ix_lot_producer_id_product_id", "lot", ["producer_id", "product_id", "delivers_on"])
    op.create_table(
        "traced_goods",
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("producer_name", sa.Text, nullable=False),
        sa.Column("delivers_on", sa.Date, nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("kept_until", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "product_id", name="pk_traced_goods"),
    )
    op.create_index("ix_traced_goods_producer_id_delivers_on", "traced_goods", ["producer_id", "delivers_on"])
    op.create_index("ix_traced_goods_kept_until", "traced_goods", ["kept_until"])
    op.create_table(
        "traced_share",
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("household_name", sa.Text, nullable=False),
        sa.Column("group_id", sa.String(60), nullable=False),
        sa.Column("order_id", sa.String(60), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "product_id", "household_id", name="pk_traced_share"),
    )
    op.create_index("ix_traced_share_household_id", "traced_share", ["household_id"])
    op.create_table(
        "lot_share",
        sa.Column("lot_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("at_most_thousandths", sa.BigInteger, nullable=False),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("lot_id", "household_id", name="pk_lot_share"),
    )
    op.create_index("ix_lot_share_cycle_id_product_id", "lot_share", ["cycle_id", "product_id"])
    op.create_table(
        "recall",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("producer_name", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("first", sa.Date),
        sa.Column("last", sa.Date),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("goods", sa.Text, nullable=False),
        sa.Column("came", sa.Text, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("recalled_at", Utc, nullable=False),
        sa.Column("recalled_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recall"),
    )
    op.create_index("ix_recall_recalled_at", "recall", ["recalled_at"])
    op.create_table(
        "recall_share",
        sa.Column("recall_id", sa.String(60), nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("product_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("household_name", sa.Text, nullable=False),
        sa.Column("group_id", sa.String(60), nullable=False),
        sa.Column("group_name", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("delivers_on", sa.Date, nullable=False),
        sa.Column("collected_from", Utc),
        sa.Column("held_back", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pack_label", sa.Text, nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("thousandths", sa.BigInteger, nullable=False),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.Column("found_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("recall_id", "cycle_id", "product_id", "household_id", name="pk_recall_share"),
    )
    op.create_index("ix_recall_share_household_id", "recall_share", ["household_id"])
    op.create_index("ix_recall_share_delivers_on", "recall_share", ["delivers_on"])
    op.create_table(
        "recall_undone",
        sa.Column("recall_id", sa.String(60), nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("undone_at", Utc, nullable=False),
        sa.Column("undone_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recall_id", name="pk_recall_undone"),
    )
    op.create_table(
        "recall_reached",
        sa.Column("recall_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("reached", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("noted_at", Utc, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recall_id", "household_id", "number", name="pk_recall_reached"),
    )
    # Cycles whose lists are out already are followed once this release runs.
    op.execute(
        "INSERT INTO timer (name, key, due_at, payload, attempts) "
        "SELECT 'trace', id, issued_at, '{}', 0 FROM cycle WHERE issued_at IS NOT NULL AND issued_revision > 0"
    )
