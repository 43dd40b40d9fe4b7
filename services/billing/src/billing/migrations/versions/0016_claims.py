"""Claims on goods that were spoiled, who is asked to share the loss, and what became of them.

Revision ID: billing_0016
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0016"
down_revision = "billing_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("cycle_name", sa.Text(), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("group_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("product_id", sa.String(100), nullable=False),
        sa.Column("name_fr", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("spoiled_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("by_hub", sa.Boolean(), nullable=False),
        sa.Column("claimed_at", Utc(), nullable=False),
        sa.Column("answer_until", Utc()),
        sa.Column("share_until", Utc()),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.CheckConstraint("spoiled_thousandths > 0", name="ck_claim_above_zero"),
    )
    op.create_index("ix_claim_household_id", "claim", ["household_id"])
    op.create_index("ix_claim_producer_id", "claim", ["producer_id"])
    op.create_index("ix_claim_cycle_state", "claim", ["cycle_id", "state"])
    op.create_table(
        "claim_consent",
        sa.Column("claim_id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("shares", sa.Boolean()),
        sa.Column("answered_at", Utc()),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", "household_id", name="pk_claim_consent"),
    )
    op.create_index("ix_claim_consent_household_id", "claim_consent", ["household_id"])
    op.create_table(
        "claim_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("claim_id", sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claim_history"),
    )
    op.create_index("ix_claim_history_claim_id", "claim_history", ["claim_id"])
