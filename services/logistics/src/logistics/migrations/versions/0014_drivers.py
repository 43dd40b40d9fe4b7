"""Who drives for the hub, as ordering says it.

Revision ID: logistics_0014
"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0014"
down_revision = "logistics_0013"


def upgrade() -> None:
    op.create_table(
        "drivers",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("people", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drivers"),
    )
