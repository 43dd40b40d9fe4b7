"""Numbers of the goods of a cycle, for paper and telephone; rhythms, and calendars that people subscribe to.

Revision ID: ordering_0005
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0005"
down_revision = "ordering_0004"

_NUMBER_WHAT_IS_THERE = """
UPDATE cycle_offer SET code = ranked.place FROM (
    SELECT cycle_id, product_id,
           row_number() OVER (PARTITION BY cycle_id ORDER BY producer_name, producer_id, product_id) AS place
    FROM cycle_offer
) AS ranked
WHERE ranked.cycle_id = cycle_offer.cycle_id AND ranked.product_id = cycle_offer.product_id
"""


def upgrade() -> None:
    op.add_column("cycle_offer", sa.Column("code", sa.Integer, nullable=False, server_default="0"))
    op.execute(_NUMBER_WHAT_IS_THERE)
    op.create_table(
        "rhythm",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("stuck_on", sa.Date),
    )
    op.create_table(
        "rhythm_turn",
        sa.Column("rhythm_id", sa.String(36), primary_key=True),
        sa.Column("on_day", sa.Date, primary_key=True),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("rhythm_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "cycle_dropped",
        sa.Column("cycle_id", sa.String(60), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("dropped_at", Utc, nullable=False),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("of_id", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("made_by", sa.String(36), nullable=False, index=True),
        sa.Column("made_at", Utc, nullable=False),
        sa.UniqueConstraint("secret_hash", name="uq_calendar_feed_secret_hash"),
    )
