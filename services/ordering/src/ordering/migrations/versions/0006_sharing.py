"""What the rules of sharing look at: who asked first, and which households have a solidarity basket.

Revision ID: ordering_0006
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0006"
down_revision = "ordering_0005"


def upgrade() -> None:
    op.add_column("order_line", sa.Column("arrival", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("household", sa.Column("solidarity", sa.Boolean, nullable=False, server_default=sa.false()))
