"""Places and means of the network; the register of boxes; where a producer is.

Revision ID: logistics_0006
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0006"
down_revision = "logistics_0005"


def upgrade() -> None:
    for name in ("site", "vehicle", "carrier", "box"):
        op.create_table(
            name,
            sa.Column("id", sa.String(60), nullable=False),
            sa.Column("version", sa.Integer, nullable=False),
            sa.Column("bound_to", sa.String(160)),
            sa.Column("content", sa.Text, nullable=False),
            sa.Column("retired_at", Utc),
            sa.Column("changed_at", Utc, nullable=False),
            sa.Column("changed_by", sa.Text, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
            sa.UniqueConstraint("bound_to", name=f"uq_{name}_bound_to"),
        )
    op.create_table(
        "box_move",
        sa.Column("box_id", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("move", sa.String(8), nullable=False),
        sa.Column("site_id", sa.String(60)),
        sa.Column("lent_to", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("moved_at", Utc, nullable=False),
        sa.Column("moved_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("box_id", "number", name="pk_box_move"),
    )
    op.add_column("producer", sa.Column("place", sa.Text))
