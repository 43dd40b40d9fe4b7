"""What the catalog says of products and producers beside the article: pools, minima, proofs, food, where they are.

Revision ID: ordering_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0003"
down_revision = "ordering_0002"


def upgrade() -> None:
    with op.batch_alter_table("product") as product:
        product.add_column(sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("cycle_offer") as cycle_offer:
        cycle_offer.add_column(sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("producer") as producer:
        producer.add_column(sa.Column("latitude", sa.Float))
        producer.add_column(sa.Column("longitude", sa.Float))
        producer.add_column(sa.Column("minimum", sa.JSON))
