"""Who carries it when a product measures more or less than was ordered.

Revision ID: catalog_0008
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0008"
down_revision = "catalog_0007"


def upgrade() -> None:
    op.add_column("product", sa.Column("bearer", sa.String(10)))
