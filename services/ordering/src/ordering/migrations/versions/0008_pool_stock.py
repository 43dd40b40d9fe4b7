"""How much there is of a pool in a cycle, shared by all sizes and groups. Cycles that are open already go on without.

Revision ID: ordering_0008
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0008"
down_revision = "ordering_0007"


def upgrade() -> None:
    op.create_table(
        "cycle_pool",
        sa.Column("cycle_id", sa.String(60), sa.ForeignKey("cycle.id"), primary_key=True),
        sa.Column("pool_id", sa.String(60), primary_key=True),
        sa.Column("available_thousandths", sa.BigInteger, nullable=False),
        sa.Column("reserved_thousandths", sa.BigInteger, nullable=False),
        sa.CheckConstraint("reserved_thousandths <= available_thousandths", name="pool_not_oversold"),
    )
