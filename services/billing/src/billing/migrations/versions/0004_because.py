"""Why a closing was revised; whether a cycle that is not closed still takes orders.

Revision ID: billing_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "billing_0004"
down_revision = "billing_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cycle", sa.Column("phase", sa.String(12), server_default="open", nullable=False))
    op.add_column("cycle", sa.Column("because", sa.JSON()))
