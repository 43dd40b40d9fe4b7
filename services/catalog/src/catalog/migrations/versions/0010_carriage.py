"""What carrying a product takes.

Revision ID: catalog_0010
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0010"
down_revision = "catalog_0008"


def upgrade() -> None:
    op.add_column("product", sa.Column("carriage", sa.JSON(none_as_null=True)))
