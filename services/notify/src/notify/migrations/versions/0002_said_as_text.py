"""What was said of an order is kept as the text it came as.

Revision ID: notify_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("household_order") as table:
        table.alter_column(
            "said", type_=sa.Text(), existing_type=sa.JSON(), existing_nullable=False, postgresql_using="said::text"
        )
