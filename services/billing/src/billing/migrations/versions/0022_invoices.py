"""Invoices of what was sold to households, never changed, and to whom they are made out.

Revision ID: billing_0022
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0022"
down_revision = "billing_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("series", sa.String(35), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(35), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("seller_id", sa.String(100), nullable=False),
        sa.Column("seller_name", sa.Text(), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("household_name", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("contest_until", sa.Date()),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", Utc, nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invoice"),
        sa.UniqueConstraint("series", "place", name="uq_invoice_series_place"),
        sa.UniqueConstraint("number", name="uq_invoice_number"),
        sa.UniqueConstraint(
            "cycle_id", "household_id", "seller_id", "step", name="uq_invoice_cycle_id_household_id_seller_id_step"
        ),
    )
    op.create_index("ix_invoice_household_id", "invoice", ["household_id"])
    op.create_index("ix_invoice_seller_id", "invoice", ["seller_id"])
    op.create_table(
        "invoice_buyer",
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("siren", sa.String(9), nullable=False),
        sa.Column("vat_number", sa.String(20), nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", name="pk_invoice_buyer"),
    )
    _refuse_changes()


def _refuse_changes() -> None:
    """As the ledger's own tables."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER invoice_no_{change.lower()} BEFORE {change} ON invoice "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is never changed: invoice'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER invoice_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()"
    )
