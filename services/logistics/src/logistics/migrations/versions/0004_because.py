"""Why a closing was revised; whether a cycle that is not closed still takes orders.

Revision ID: logistics_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0004"
down_revision = "logistics_0003"


def upgrade() -> None:
    op.add_column("cycle", sa.Column("phase", sa.String(12), nullable=False, server_default="open"))
    op.add_column("cycle", sa.Column("because", sa.Text))
