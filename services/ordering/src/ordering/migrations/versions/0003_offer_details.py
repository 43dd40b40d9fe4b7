"""What the catalog says of products and producers beside the article: pools, minima, proofs, food, where they are.

Revision ID: ordering_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0003"
down_revision = "ordering_0002"


def upgrade() -> None:
    for table in ("product", "cycle_offer"):
        op.add_column(table, sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("producer", sa.Column("latitude", sa.Float))
    op.add_column("producer", sa.Column("longitude", sa.Float))
    op.add_column("producer", sa.Column("minimum", sa.JSON))
