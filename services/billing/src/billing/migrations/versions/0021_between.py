"""What households of a group without any account paid producers for each other, the transfers between them,
by how much cash was rounded, and who was reminded of a membership fee.

Revision ID: billing_0021
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0021"
down_revision = "billing_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("rounding_cents", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "between_way",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(100), nullable=False),
        sa.Column("settles", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("set_at", Utc(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_between_way"),
    )
    op.create_index("ix_between_way_group_id", "between_way", ["group_id"])
    op.create_table(
        "advance",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(100), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("rounding_cents", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("noted_at", Utc(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("undone_because", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_advance"),
        sa.CheckConstraint("cents > 0", name="ck_advance_above_zero"),
    )
    op.create_index("ix_advance_cycle_id", "advance", ["cycle_id"])
    op.create_index("ix_advance_household_id", "advance", ["household_id"])
    op.create_table(
        "advance_part",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("advance_id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("undone_at", Utc()),
        sa.PrimaryKeyConstraint("id", name="pk_advance_part"),
        sa.CheckConstraint("cents > 0", name="ck_advance_part_above_zero"),
    )
    op.create_index("ix_advance_part_advance_id", "advance_part", ["advance_id"])
    op.create_index("ix_advance_part_household_id", "advance_part", ["household_id"])
    op.create_table(
        "between_round",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("group_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("called_off_at", Utc()),
        sa.PrimaryKeyConstraint("id", name="pk_between_round"),
    )
    op.create_index("ix_between_round_group_id", "between_round", ["group_id"])
    op.create_table(
        "between_round_cycle",
        sa.Column("round_id", sa.String(36), nullable=False),
        sa.Column("cycle_id", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "cycle_id", name="pk_between_round_cycle"),
    )
    op.create_table(
        "between_transfer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("round_id", sa.String(36), nullable=False),
        sa.Column("payer_id", sa.String(100), nullable=False),
        sa.Column("receiver_id", sa.String(100), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_between_transfer"),
        sa.CheckConstraint("cents > 0", name="ck_between_transfer_above_zero"),
    )
    for name in ("round_id", "payer_id", "receiver_id"):
        op.create_index(f"ix_between_transfer_{name}", "between_transfer", [name])
    op.create_table(
        "between_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("transfer_id", sa.String(36), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_between_history"),
    )
    op.create_index("ix_between_history_transfer_id", "between_history", ["transfer_id"])
    op.create_table(
        "membership_reminder",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("household_id", sa.String(100), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_membership_reminder"),
        sa.CheckConstraint("cents > 0", name="ck_membership_reminder_above_zero"),
        sa.UniqueConstraint("run_id", "household_id", name="uq_membership_reminder_run_id_household_id"),
        sa.UniqueConstraint("household_id", "year", "sent_on", name="uq_membership_reminder_household_id_year_sent_on"),
    )
