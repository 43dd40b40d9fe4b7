"""Ways that were measured or corrected; what rounds cost, by whose rule it is shared, and what was delivered.

Revision ID: logistics_0012
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0012"
down_revision = "logistics_0011"


def upgrade() -> None:
    op.create_table(
        "measured_way",
        sa.Column("from_spot", sa.String(24), nullable=False),
        sa.Column("to_spot", sa.String(24), nullable=False),
        sa.Column("metres", sa.Integer),
        sa.Column("seconds", sa.Integer),
        sa.Column("engine", sa.String(12), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("measured_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("from_spot", "to_spot", name="pk_measured_way"),
    )
    op.create_table(
        "corrected_way",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("from_site", sa.String(60), nullable=False),
        sa.Column("to_site", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("from_spot", sa.String(24), nullable=False),
        sa.Column("to_spot", sa.String(24), nullable=False),
        sa.Column("metres", sa.Integer),
        sa.Column("seconds", sa.Integer),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("corrected_at", Utc, nullable=False),
        sa.Column("corrected_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrected_way"),
        sa.UniqueConstraint("from_site", "to_site", "number", name="uq_corrected_way_from_site_to_site_number"),
    )
    op.create_table(
        "road_survey",
        sa.Column("engine", sa.String(12), nullable=False),
        sa.Column("asked_at", Utc, nullable=False),
        sa.Column("measured", sa.Integer, nullable=False),
        sa.Column("failing_since", Utc),
        sa.Column("failure", sa.String(20), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("engine", name="pk_road_survey"),
    )
    op.create_table(
        "cost_rule",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("form_id", sa.String(60), nullable=False),
        sa.Column("bearer", sa.String(20), nullable=False),
        sa.Column("shared_by", sa.String(20), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_cost_rule"),
        sa.UniqueConstraint("form_id", name="uq_cost_rule_form_id"),
    )
    op.create_table(
        "delivered",
        sa.Column("id", sa.String(320), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("cycle_id", sa.String(60), nullable=False),
        sa.Column("household_id", sa.String(60), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivered"),
    )
    op.create_index("ix_delivered_cycle_id", "delivered", ["cycle_id"])
    op.create_table(
        "shared_costs",
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("shared_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("on", "version", name="pk_shared_costs"),
    )
