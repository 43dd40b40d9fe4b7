"""Invoices for several cycles of a month: which cycles, and which households want them, or want to be told by mail.

Revision ID: billing_0027
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0027"
down_revision = "billing_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoiced_cycle",
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("seller_id", sa.String(100), nullable=False),
        sa.Column("invoice_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "household_id", "seller_id", name="pk_invoiced_cycle"),
    )
    op.create_table(
        "invoice_wish",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("monthly", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invoice_wish"),
        sa.UniqueConstraint("household_id", "number", name="uq_invoice_wish_household_id_number"),
    )
    _refuse_changes()


def _refuse_changes() -> None:
    """As of invoices."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER invoiced_cycle_no_{change.lower()} BEFORE {change} ON invoiced_cycle "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is never changed: invoiced_cycle'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER invoiced_cycle_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON invoiced_cycle "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()"
    )
