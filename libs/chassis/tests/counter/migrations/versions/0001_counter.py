"""The counter.

Revision ID: counter_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "counter_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("heard", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_counter"),
    )
