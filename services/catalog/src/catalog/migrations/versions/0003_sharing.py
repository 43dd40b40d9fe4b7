"""How goods are shared out: a rule for shortage and one for what fills a case, of products and of pools.

Revision ID: catalog_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0003"
down_revision = "catalog_0002"


def upgrade() -> None:
    for table in ("product", "pool"):
        op.add_column(table, sa.Column("shortage_rule", sa.String(20), nullable=False, server_default="max_min"))
        op.add_column(table, sa.Column("extra_rule", sa.String(20), nullable=False, server_default="cost_balanced"))
