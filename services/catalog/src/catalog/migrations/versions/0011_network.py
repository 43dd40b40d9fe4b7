"""What logistics says its network can do.

Revision ID: catalog_0011
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0011"
down_revision = "catalog_0010"


def upgrade() -> None:
    op.create_table(
        "network",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("described", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network"),
    )
