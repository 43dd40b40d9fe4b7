"""Which lines moved to another order at a closing, so that they can come back. Of what moved before, nothing is known.

Revision ID: ordering_0012
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0012"
down_revision = "ordering_0011"


def upgrade() -> None:
    op.create_table(
        "moved_line",
        sa.Column("order_id", sa.String(60), sa.ForeignKey("household_order.id"), primary_key=True),
        sa.Column("product_id", sa.String(60), primary_key=True),
        sa.Column("cycle_id", sa.String(60), nullable=False, index=True),
        sa.Column("household_id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("to_cycle_id", sa.String(60), nullable=False),
        sa.Column("quantity_thousandths", sa.BigInteger, nullable=False),
        sa.Column("taken_in", sa.Boolean, nullable=False),
    )
