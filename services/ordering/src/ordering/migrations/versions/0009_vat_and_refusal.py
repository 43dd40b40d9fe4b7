"""Whether a producer's prices hold VAT; why a closing could not be shared out.

Revision ID: ordering_0009
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0009"
down_revision = "ordering_0008"


def upgrade() -> None:
    op.add_column("producer", sa.Column("seller_regime", sa.String(40), nullable=False, server_default="NORMAL"))
    op.add_column("cycle", sa.Column("unshared", sa.Text, nullable=False, server_default=""))
