"""Drafts of a day's plan, before one of them is published.

Revision ID: logistics_0008
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0008"
down_revision = "logistics_0007"


def upgrade() -> None:
    op.create_table(
        "schedule_draft",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("after_id", sa.String(60)),
        sa.Column("outside", sa.Integer, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("previous", sa.Text),
        sa.Column("wishes", sa.Text, nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("accepted", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("left_behind", sa.Integer),
        sa.Column("cents", sa.Integer),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("stop_asked", sa.Boolean, nullable=False),
        sa.Column("heard_at", Utc, nullable=False),
        sa.Column("seen_version", sa.Integer, nullable=False),
        sa.Column("published_version", sa.Integer),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule_draft"),
        sa.UniqueConstraint("on", "number", name="uq_schedule_draft_on_number"),
    )
    op.create_index("ix_schedule_draft_after_id", "schedule_draft", ["after_id"])
