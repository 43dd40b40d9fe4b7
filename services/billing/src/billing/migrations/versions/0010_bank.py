"""Accounts at the bank, their statements and lines, and what each line is about.

Revision ID: billing_0010
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0010"
down_revision = "billing_0009"
branch_labels = None
depends_on = None


def _id(name: str = "id", length: int = 36) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "bank_account",
        _id(),
        _id("iban", 34),
        *_text("name", "mapping"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_account"),
        sa.UniqueConstraint("iban", name="uq_bank_account_iban"),
    )
    op.create_table(
        "bank_file",
        _id(),
        _id("account_id"),
        *_text("name"),
        _id("format", 10),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        *_text("sent_by"),
        sa.Column("kept_at", Utc()),
        *_text("kept_by"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_file"),
    )
    op.create_index("ix_bank_file_account_id", "bank_file", ["account_id"])
    op.create_table(
        "bank_statement",
        _id(),
        _id("account_id"),
        _id("file_id"),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("opening_cents", sa.BigInteger()),
        sa.Column("closing_cents", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_bank_statement"),
    )
    op.create_index("ix_bank_statement_account_id", "bank_statement", ["account_id"])
    _lines()


def _lines() -> None:
    op.create_table(
        "bank_line",
        _id(),
        _id("account_id"),
        _id("key", 80),
        _id("format", 10),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        *_text("bank_reference", "end_to_end", "reference", "text", "party_name"),
        _id("party_iban", 34),
        sa.Column("returned", sa.Boolean(), nullable=False),
        _id("stage", 10),
        _id("how", 12),
        sa.PrimaryKeyConstraint("id", name="pk_bank_line"),
        sa.UniqueConstraint("account_id", "key", name="uq_bank_line_account_id_key"),
    )
    op.create_index("ix_bank_line_account_day", "bank_line", ["account_id", "day"])
    op.create_index("ix_bank_line_account_stage", "bank_line", ["account_id", "stage"])
    op.create_index("ix_bank_line_party_iban", "bank_line", ["party_iban"])
    op.create_table(
        "bank_part",
        _id(),
        _id("line_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        _id("kind", 10),
        _id("payment_id"),
        _id("household_id", 100),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.PrimaryKeyConstraint("id", name="pk_bank_part"),
    )
    op.create_index("ix_bank_part_line_id", "bank_part", ["line_id"])
    op.create_index("ix_bank_part_payment_id", "bank_part", ["payment_id"])
    op.create_table(
        "bank_history",
        _id(),
        _id("line_id"),
        sa.Column("at", Utc(), nullable=False),
        _id("what", 12),
        *_text("who", "reason"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_history"),
    )
    op.create_index("ix_bank_history_line_id", "bank_history", ["line_id"])
