"""Numbers of the goods of a cycle, for paper and telephone.

Revision ID: ordering_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0005"
down_revision = "ordering_0003"

_NUMBER_WHAT_IS_THERE = """
UPDATE cycle_offer SET code = ranked.place FROM (
    SELECT cycle_id, product_id,
           row_number() OVER (PARTITION BY cycle_id ORDER BY producer_name, producer_id, product_id) AS place
    FROM cycle_offer
) AS ranked
WHERE ranked.cycle_id = cycle_offer.cycle_id AND ranked.product_id = cycle_offer.product_id
"""


def upgrade() -> None:
    op.add_column("cycle_offer", sa.Column("code", sa.Integer, nullable=False, server_default="0"))
    op.execute(_NUMBER_WHAT_IS_THERE)
