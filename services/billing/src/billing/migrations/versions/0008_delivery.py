"""What was delivered and weighed; amounts that are made of it, beside what was expected.

Revision ID: billing_0008
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0008"
down_revision = "billing_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("recorded_at", Utc(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("event", sa.String(100), nullable=False),
        sa.Column("heard_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "household_id", "producer_id", "version", name="pk_delivery"),
    )
    op.create_index("ix_delivery_producer", "delivery", ["cycle_id", "producer_id"])
    with op.batch_alter_table("amount_due") as table:
        table.drop_constraint("uq_amount_due_cycle_id_household_id_revision", type_="unique")
        table.drop_constraint("pk_amount_due", type_="primary")
        table.add_column(sa.Column("delivery", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("expected_gross_cents", sa.BigInteger(), server_default="0", nullable=False))
        table.add_column(sa.Column("expected_deposit_cents", sa.BigInteger(), server_default="0", nullable=False))
        table.create_primary_key("pk_amount_due", ["id", "revision", "delivery"])
        table.create_unique_constraint(
            "uq_amount_due_cycle_id_household_id_revision_delivery",
            ["cycle_id", "household_id", "revision", "delivery"],
        )
    op.execute("UPDATE amount_due SET expected_gross_cents = gross_cents, expected_deposit_cents = deposit_cents")
    op.add_column("producer_due", sa.Column("expected_cents", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE producer_due SET expected_cents = gross_cents + deposit_cents")
