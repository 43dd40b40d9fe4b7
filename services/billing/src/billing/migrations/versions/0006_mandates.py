"""Mandate contracts, their versions, signatures, links and history; producers and goods as the contracts need them.

Revision ID: billing_0006
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "billing_0006"
down_revision = "billing_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "principal",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("regime", sa.String(40), nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sale", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_principal"),
    )
    op.create_table(
        "mandate_goods",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mandate_goods"),
    )
    op.create_index("ix_mandate_goods_producer_id", "mandate_goods", ["producer_id"])
    op.create_table(
        "mandate",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.String(100), nullable=False),
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("life", sa.String(12), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("term_ends_on", sa.Date()),
        sa.Column("tacit_renewal", sa.Integer(), nullable=False),
        sa.Column("renewal_months", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.PrimaryKeyConstraint("id", name="pk_mandate"),
    )
    op.create_index("ix_mandate_producer_id", "mandate", ["producer_id"])
    op.create_table(
        "mandate_version",
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(12), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("wording", sa.Integer(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", Utc()),
        sa.Column("contract_hash", sa.String(64), nullable=False),
        sa.Column("invoicing_hash", sa.String(64), nullable=False),
        sa.Column("effective_from", sa.Date()),
        sa.Column("invoicing_until", sa.Date()),
        sa.PrimaryKeyConstraint("mandate_id", "number", name="pk_mandate_version"),
    )
    op.create_table(
        "mandate_signature",
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(10), nullable=False),
        sa.Column("party", sa.String(10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(100), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("signed_at", Utc(), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("mandate_id", "number", "document", "party", name="pk_mandate_signature"),
    )
    op.create_table(
        "mandate_link",
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sent_to", sa.Text(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_mandate_link"),
    )
    op.create_index("ix_mandate_link_mandate_id", "mandate_link", ["mandate_id"])
    op.create_table(
        "mandate_history",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("mandate_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mandate_history"),
    )
    op.create_index("ix_mandate_history_mandate_id", "mandate_history", ["mandate_id"])
