"""What was told of the network, whether orders are held to it, and dispensations that were declared.

Revision ID: logistics_0013
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0013"
down_revision = "logistics_0012"


def upgrade() -> None:
    op.create_table(
        "network_told",
        sa.Column("id", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network_told"),
    )
    op.create_table(
        "binding_decision",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("binding", sa.Boolean, nullable=False),
        sa.Column("decided_at", Utc, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_binding_decision"),
    )
    op.create_table(
        "dispensation",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("within_share", sa.Boolean, nullable=False),
        sa.Column("constrained", sa.Boolean, nullable=False),
        sa.Column("declared_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date),
        sa.Column("void", sa.Boolean, nullable=False),
        sa.Column("corrects", sa.String(60)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("noted_at", Utc, nullable=False),
        sa.Column("noted_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dispensation"),
        sa.UniqueConstraint("corrects", name="uq_dispensation_corrects"),
    )
    op.create_index("ix_dispensation_producer_id", "dispensation", ["producer_id"])
