"""A household that stands for the hub, and takes what is left over of a case.

Revision ID: ordering_0010
"""

import sqlalchemy as sa
from alembic import op

revision = "ordering_0010"
down_revision = "ordering_0009"


def upgrade() -> None:
    op.add_column("household", sa.Column("takes_surplus", sa.Boolean, nullable=False, server_default=sa.false()))
