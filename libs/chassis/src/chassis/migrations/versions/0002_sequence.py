"""Where the stream has each published event: what a broker lost can be told from what it kept.

Rows published before have no place; the relay publishes them once more, and the inboxes drop them.

Revision ID: chassis_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("sequence", sa.BigInteger))
    stored = sa.text("sequence IS NOT NULL")
    op.create_index("ix_outbox_sequence", "outbox", ["sequence"], sqlite_where=stored, postgresql_where=stored)
