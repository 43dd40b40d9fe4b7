"""Schedules of days, and who looks after which group, to write to them.

Revision ID: notify_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0005"
down_revision = "notify_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referents",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_referents"),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("first_version", sa.Integer()),
        sa.Column("first_handovers", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
    )
