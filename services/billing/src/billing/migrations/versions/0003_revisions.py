"""Amounts due in revisions, and with deposits.

Revision ID: billing_0003
"""

import sqlalchemy as sa
from alembic import op

revision = "billing_0003"
down_revision = "billing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cycle", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("cycle", sa.Column("begun", sa.Integer(), server_default="0", nullable=False))
    cycle = sa.table("cycle", *(sa.column(name) for name in ("revision", "begun", "state", "closed_at", "sellers")))
    op.execute(sa.update(cycle).where(cycle.c.closed_at.is_not(None)).values(revision=1))
    begun = (cycle.c.state == "computed") | cycle.c.sellers.is_not(None)
    op.execute(sa.update(cycle).where(begun).values(begun=1))
    with op.batch_alter_table("amount_due") as table:
        table.drop_constraint("uq_amount_due_cycle_id_household_id", type_="unique")
        table.drop_constraint("pk_amount_due", type_="primary")
        table.add_column(sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
        table.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        table.add_column(sa.Column("replaced_by", sa.Integer()))
        table.add_column(sa.Column("deposit_cents", sa.BigInteger(), server_default="0", nullable=False))
        table.create_primary_key("pk_amount_due", ["id", "revision"])
        table.create_unique_constraint(
            "uq_amount_due_cycle_id_household_id_revision", ["cycle_id", "household_id", "revision"]
        )
    with op.batch_alter_table("amount_due") as table:
        table.alter_column("revision", server_default=None, existing_type=sa.Integer(), existing_nullable=False)
        table.alter_column("version", server_default=None, existing_type=sa.Integer(), existing_nullable=False)
        table.alter_column("deposit_cents", server_default=None, existing_type=sa.BigInteger(), existing_nullable=False)
    op.add_column("household_order", sa.Column("deposits", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("producer_due") as table:
        table.add_column(sa.Column("deposit_cents", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("producer_due") as table:
        table.alter_column("deposit_cents", server_default=None, existing_type=sa.BigInteger(), existing_nullable=False)
