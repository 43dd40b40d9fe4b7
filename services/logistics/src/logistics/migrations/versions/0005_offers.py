"""What was on offer in a cycle: what a producer can bring instead of what is missing.

Revision ID: logistics_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0005"
down_revision = "logistics_0004"


def upgrade() -> None:
    op.create_table(
        "cycle_offers",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("offers", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cycle_offers"),
    )
