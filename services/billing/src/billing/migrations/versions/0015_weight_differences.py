"""What producers' own bills say of their goods, where buyers share them or the hub or the fund pays the rest.

Revision ID: billing_0015
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0015"
down_revision = "billing_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "producer_bill",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("product_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger()),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("event", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "product_id", "version", name="pk_producer_bill"),
    )
