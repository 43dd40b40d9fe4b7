"""The fees that billing keeps, every version: what the shop tells before anybody orders.

Revision ID: ordering_0016
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0016"
down_revision = "ordering_0014"


def upgrade() -> None:
    op.create_table(
        "fee",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_fee"),
    )
