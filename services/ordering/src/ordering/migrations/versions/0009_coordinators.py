"""How often it was said who coordinates.

Revision ID: ordering_0009
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0009"
down_revision = "ordering_0008"


def upgrade() -> None:
    op.create_table(
        "coordinators_said",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
