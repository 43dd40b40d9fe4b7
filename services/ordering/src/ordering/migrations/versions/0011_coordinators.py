"""How often it was said who coordinates.

Revision ID: ordering_0011
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0011"
down_revision = "ordering_0010"


def upgrade() -> None:
    op.create_table(
        "coordinators_said",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
