"""The papers the hub issues, never changed: their series, and how producers are called in their numbers.

Revision ID: billing_0013
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0013"
down_revision = "billing_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_series",
        sa.Column("id", sa.String(35), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper_series"),
    )
    op.create_table(
        "paper_principal",
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("producer_id", name="pk_paper_principal"),
        sa.UniqueConstraint("number", name="uq_paper_principal_number"),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("series", sa.String(35), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(35), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("rendering_id", sa.String(36), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", Utc, nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_paper"),
        sa.UniqueConstraint("series", "place", name="uq_paper_series_place"),
        sa.UniqueConstraint("number", name="uq_paper_number"),
        sa.UniqueConstraint("producer_id", "kind", "until", name="uq_paper_producer_id_kind_until"),
    )
    op.create_index("ix_paper_rendering_id", "paper", ["rendering_id"])
    _refuse_changes()


def _refuse_changes() -> None:
    """As the ledger's own tables."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER paper_no_{change.lower()} BEFORE {change} ON paper "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is never changed: paper'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER paper_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON paper "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()"
    )
