"""Mandate contracts, as billing tells of them.

Revision ID: ordering_0013
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0013"
down_revision = "ordering_0012"


def upgrade() -> None:
    op.create_table(
        "mandate",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("covered_until", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
    )
    op.create_index("ix_mandate_producer_id", "mandate", ["producer_id"])
