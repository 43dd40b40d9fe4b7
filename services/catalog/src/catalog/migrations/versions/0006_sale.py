"""How a producer's goods are sold, in the place of whether the hub buys them.

Revision ID: catalog_0006
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0006"
down_revision = "catalog_0005"


def upgrade() -> None:
    op.add_column("producer", sa.Column("sale", sa.String(10), nullable=False, server_default="direct"))
    producer = sa.table("producer", sa.column("sale", sa.String), sa.column("hub_buys", sa.Boolean))
    op.execute(sa.update(producer).where(producer.c.hub_buys).values(sale="resale"))
    # Not in a batch, which makes the table anew on SQLite: its products point at it.
    op.drop_column("producer", "hub_buys")
