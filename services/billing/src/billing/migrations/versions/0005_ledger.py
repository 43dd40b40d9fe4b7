"""The ledger: books, entries, movements, closings, balances. Nothing in them is ever changed or deleted.

The amounts that are there already are booked by a timer for each cycle, the oldest first; another ends the days.

Revision ID: billing_0005
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0005"
down_revision = "billing_0004"
branch_labels = None
depends_on = None

KEPT = ("entry", "movement", "closing")


def upgrade() -> None:
    op.add_column("cycle", sa.Column("closing_event", sa.String(100), server_default="", nullable=False))
    op.add_column("cycle", sa.Column("closing_at", Utc))
    op.create_table(
        "book",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date()),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("closings", sa.BigInteger(), nullable=False),
        sa.Column("closed_until", sa.Date()),
        sa.Column("closing_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_book"),
    )
    op.create_table(
        "entry",
        sa.Column("book", sa.String(100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(330), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("posted_at", Utc, nullable=False),
        sa.Column("journal", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(100), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document_hash", sa.String(64), nullable=False),
        sa.Column("counters", sa.BigInteger()),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", name="pk_entry"),
        sa.UniqueConstraint("book", "key", name="uq_entry_book_key"),
        sa.UniqueConstraint("book", "counters", name="uq_entry_book_counters"),
    )
    op.create_index("ix_entry_cycle_household", "entry", ["cycle_id", "household_id"])
    op.create_index("ix_entry_household", "entry", ["household_id"])
    op.create_index("ix_entry_day", "entry", ["day"])
    op.create_table(
        "movement",
        sa.Column("book", sa.String(100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("debit", sa.String(20), nullable=False),
        sa.Column("debit_of", sa.String(100), nullable=False),
        sa.Column("credit", sa.String(20), nullable=False),
        sa.Column("credit_of", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", "place", name="pk_movement"),
        sa.ForeignKeyConstraint(["book", "number"], ["entry.book", "entry.number"], name="fk_movement_entry"),
        sa.CheckConstraint("cents > 0", name="ck_movement_above_zero"),
        sa.CheckConstraint("debit <> credit OR debit_of <> credit_of", name="ck_movement_two_sides"),
    )
    op.create_table(
        "balance",
        sa.Column("book", sa.String(100), nullable=False),
        sa.Column("account", sa.String(20), nullable=False),
        sa.Column("party", sa.String(100), nullable=False),
        sa.Column("debit_cents", sa.BigInteger(), nullable=False),
        sa.Column("credit_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("book", "account", "party", name="pk_balance"),
    )
    op.create_index("ix_balance_party", "balance", ["party"])
    op.create_table(
        "closing",
        sa.Column("book", sa.String(100), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.Column("year_to_date", sa.Text(), nullable=False),
        sa.Column("perpetual", sa.Text(), nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("closed_at", Utc, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("book", "number", name="pk_closing"),
    )
    _refuse_changes()
    _begin()


def _refuse_changes() -> None:
    """Triggers and not privileges: SQLite has none, and on PostgreSQL the owner of a table could give them back to
    itself without anybody seeing it in the schema."""
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'the ledger is never changed: {table}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION ledger_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is never changed: %', TG_TABLE_NAME; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_kept()"
        )


def _begin() -> None:
    book = sa.table("book", *(sa.column(name) for name in ("id", "entries", "hash", "closings", "closing_hash")))
    zero = "0" * 64
    op.execute(sa.insert(book).values(id="hub", entries=0, hash=zero, closings=0, closing_hash=zero))
    timer = sa.table(
        "timer",
        *(sa.column(name) for name in ("name", "key", "attempts")),
        sa.column("due_at", Utc),
        sa.column("payload", sa.JSON()),
    )
    due = {"attempts": 0, "payload": {}}
    # Long ago: at once.
    at_once = datetime(2000, 1, 1, tzinfo=UTC)
    op.execute(sa.insert(timer).values(name="close_books", key="all", due_at=at_once, **due))
    cycle = sa.table("cycle", sa.column("id"), sa.column("closed_at", Utc), sa.column("computed_at", Utc))
    for row in op.get_bind().execute(sa.select(cycle).where(cycle.c.closed_at.is_not(None))).mappings().all():
        op.execute(sa.insert(timer).values(name="book_amounts", key=row["id"], due_at=row["closed_at"], **due))
