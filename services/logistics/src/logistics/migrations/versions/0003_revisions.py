"""Pick lists in revisions; producers' answers.

Revision ID: logistics_0003
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0003"
down_revision = "logistics_0002"


def upgrade() -> None:
    op.add_column("cycle", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    op.add_column("cycle", sa.Column("issued_revision", sa.Integer, nullable=False, server_default="0"))
    cycle = sa.table("cycle", sa.column("closed_at"), sa.column("issued_at"), sa.column("revision"))
    cycle.append_column(sa.column("issued_revision"))
    op.execute(sa.update(cycle).where(cycle.c.closed_at.is_not(None)).values(revision=1))
    op.execute(sa.update(cycle).where(cycle.c.issued_at.is_not(None)).values(issued_revision=1))
    with op.batch_alter_table("pick_list") as table:
        table.drop_constraint("uq_pick_list_cycle_id_producer_id", type_="unique")
        table.drop_constraint("pk_pick_list", type_="primary")
        table.add_column(sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
        table.add_column(sa.Column("version", sa.Integer, nullable=False, server_default="1"))
        table.add_column(sa.Column("replaced_by", sa.Integer))
        table.create_primary_key("pk_pick_list", ["id", "revision"])
        table.create_unique_constraint(
            "uq_pick_list_cycle_id_producer_id_revision", ["cycle_id", "producer_id", "revision"]
        )
    with op.batch_alter_table("pick_list") as table:
        table.alter_column("revision", server_default=None, existing_type=sa.Integer, existing_nullable=False)
        table.alter_column("version", server_default=None, existing_type=sa.Integer, existing_nullable=False)
    op.create_table(
        "answer",
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("answered_at", Utc, nullable=False),
        sa.Column("answered_by", sa.Text, nullable=False),
        sa.Column("by_phone", sa.Boolean, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "version", name="pk_answer"),
    )
    op.create_index("ix_answer_cycle_id", "answer", ["cycle_id"])
