"""What bringing the goods cost, as logistics shares it.

Revision ID: billing_0026
"""

import sqlalchemy as sa
from alembic import op

revision = "billing_0026"
down_revision = "billing_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transport",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transport"),
    )
    op.create_index("ix_transport_delivers_on", "transport", ["delivers_on"])
    op.create_table(
        "transport_share",
        sa.Column("transport_id", sa.String(100), nullable=False),
        sa.Column("bearer_id", sa.String(100), nullable=False),
        sa.Column("bearer", sa.String(20), nullable=False),
        sa.Column("delivers_on", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("metres", sa.BigInteger(), nullable=False),
        sa.Column("co2_grams", sa.BigInteger(), nullable=False),
        sa.Column("rounds", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("transport_id", "bearer_id", name="pk_transport_share"),
    )
    op.create_index("ix_transport_share_bearer_id", "transport_share", ["bearer_id", "delivers_on"])
