"""How one product is sold, where that is not how all goods of its producer are.

Revision ID: catalog_0007
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0007"
down_revision = "catalog_0006"


def upgrade() -> None:
    op.add_column("product", sa.Column("sale", sa.String(10)))
