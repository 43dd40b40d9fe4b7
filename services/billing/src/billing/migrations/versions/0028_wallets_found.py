"""What went into wallets and out of them is found without reading every payment.

Revision ID: billing_0028
"""

from alembic import op

revision = "billing_0028"
down_revision = "billing_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_payment_kind", "payment", ["kind"])
    op.create_index("ix_payment_share_producer_id", "payment_share", ["producer_id"])
