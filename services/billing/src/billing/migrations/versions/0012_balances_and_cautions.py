"""What was told of each household's balance, and what went out of cautions.

Where there are amounts already, a timer tells the balances of all households that ever owed something.

Revision ID: billing_0012
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0012"
down_revision = "billing_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "household_balance",
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", name="pk_household_balance"),
    )
    op.create_table(
        "caution_out",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("undone_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_caution_out"),
        sa.CheckConstraint("cents > 0", name="ck_caution_out_above_zero"),
    )
    op.create_index("ix_caution_out_household_id", "caution_out", ["household_id"])
    amounts = sa.table("amount_due", sa.column("id"))
    if op.get_bind().execute(sa.select(amounts).limit(1)).first() is None:
        return
    timer = sa.table(
        "timer",
        *(sa.column(name) for name in ("name", "key", "attempts")),
        sa.column("due_at", Utc),
        sa.column("payload", sa.JSON()),
    )
    # Long ago: at once.
    at_once = datetime(2000, 1, 1, tzinfo=UTC)
    op.execute(sa.insert(timer).values(name="say_balances", key="all", due_at=at_once, attempts=0, payload={}))
