"""Published schedules: immutable versions of a day's plan.

Revision ID: logistics_0007
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0007"
down_revision = "logistics_0006"


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("accepted", sa.Text, nullable=False),
        sa.Column("published_at", Utc, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("on", "version", name="pk_schedule"),
    )
