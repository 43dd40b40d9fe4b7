"""What logistics says its network can do.

Revision ID: ordering_0017
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0017"
down_revision = "ordering_0016"


def upgrade() -> None:
    op.create_table(
        "network",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("described", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network"),
    )
