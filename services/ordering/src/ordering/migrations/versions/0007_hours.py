"""Hours of single producers inside a cycle; a cycle that is open again for one of them.

Revision ID: ordering_0007
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0007"
down_revision = "ordering_0006"


def upgrade() -> None:
    op.add_column("cycle", sa.Column("hours", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("cycle", sa.Column("extended_for", sa.String(60), nullable=False, server_default=""))
