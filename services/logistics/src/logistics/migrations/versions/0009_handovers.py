"""The log of hand-overs: rows are only added.

Revision ID: logistics_0009
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0009"
down_revision = "logistics_0008"


def upgrade() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("thing", sa.String(200), nullable=False),
        sa.Column("gave_kind", sa.String(12), nullable=False),
        sa.Column("gave_id", sa.String(60), nullable=False),
        sa.Column("gave_name", sa.Text, nullable=False),
        sa.Column("took_kind", sa.String(12), nullable=False),
        sa.Column("took_id", sa.String(60), nullable=False),
        sa.Column("took_name", sa.Text, nullable=False),
        sa.Column("site_id", sa.String(60), nullable=False),
        sa.Column("site_name", sa.Text, nullable=False),
        sa.Column("box_ids", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("temperature", sa.Integer),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("by_link", sa.Boolean, nullable=False),
        sa.Column("form_id", sa.String(60), nullable=False),
        sa.Column("corrects", sa.String(60)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_handover"),
        sa.UniqueConstraint("on", "step", "number", name="uq_handover_on_step_number"),
        sa.UniqueConstraint("corrects", name="uq_handover_corrects"),
    )
    op.create_index("ix_handover_form_id", "handover", ["form_id"])
    op.create_table(
        "delivery_said",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_delivery_said"),
    )
    op.create_index("ix_delivery_said_on", "delivery_said", ["on"])
