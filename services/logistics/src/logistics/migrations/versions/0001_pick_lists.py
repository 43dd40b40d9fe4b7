"""Copies of producers, cycles and orders; pick lists.

Revision ID: logistics_0001
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "producer",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("contact_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_producer"),
    )
    op.create_table(
        "cycle",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("opens_at", Utc),
        sa.Column("closes_at", Utc),
        sa.Column("delivers_on", sa.Date),
        sa.Column("pickups", sa.Text, nullable=False),
        sa.Column("closed_at", Utc),
        sa.Column("manifest", sa.Text),
        sa.Column("issued_at", Utc),
        sa.Column("disagreement", sa.Text),
        sa.Column("requests", sa.Integer, nullable=False, server_default="0"),
        sa.Column("asked_at", Utc),
        sa.PrimaryKeyConstraint("id", name="pk_cycle"),
    )
    op.create_table(
        "member_order",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("household_name", sa.Text, nullable=False),
        sa.Column("group_id", sa.String(60), nullable=False),
        sa.Column("group_name", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_member_order"),
    )
    op.create_index("ix_member_order_cycle_id_state", "member_order", ["cycle_id", "state"])
    op.create_table(
        "pick_list",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("producer_name", sa.Text, nullable=False),
        sa.Column("delivers_on", sa.Date, nullable=False),
        sa.Column("issued_at", Utc, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("order_lines", sa.Integer, nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("gross_cents", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pick_list"),
        sa.UniqueConstraint("cycle_id", "producer_id", name="uq_pick_list_cycle_id_producer_id"),
    )
    op.create_index("ix_pick_list_producer_id_delivers_on", "pick_list", ["producer_id", "delivers_on"])
