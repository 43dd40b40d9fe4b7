"""Temperatures that were measured, nonconformities, recorders and probes.

Revision ID: logistics_0010
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "logistics_0010"
down_revision = "logistics_0009"


def upgrade() -> None:
    op.create_table(
        "temperature_reading",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("place_id", sa.String(120), nullable=False),
        sa.Column("part", sa.String(130), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("temperature", sa.Integer, nullable=False),
        sa.Column("source", sa.String(6), nullable=False),
        sa.Column("series", sa.String(70), nullable=False),
        sa.Column("instrument", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("clean", sa.String(3), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("corrects", sa.String(60)),
        sa.Column("kept_at", Utc, nullable=False),
        sa.Column("on", sa.Date),
        sa.Column("lowest", sa.Integer),
        sa.Column("highest", sa.Integer),
        sa.Column("broke", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_temperature_reading"),
        sa.UniqueConstraint("series", "at", name="uq_temperature_reading_series_at"),
        sa.UniqueConstraint("corrects", name="uq_temperature_reading_corrects"),
    )
    op.create_index("ix_temperature_reading_place", "temperature_reading", ["kind", "place_id", "part", "at"])
    op.create_index("ix_temperature_reading_at", "temperature_reading", ["at"])
    op.create_table(
        "nonconformity",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("place_id", sa.String(120), nullable=False),
        sa.Column("part", sa.String(130), nullable=False),
        sa.Column("undecided", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_nonconformity"),
        sa.UniqueConstraint("on", "kind", "place_id", "part", name="uq_nonconformity_on_kind_place_id_part"),
    )
    op.create_table(
        "nonconformity_step",
        sa.Column("nonconformity_id", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("kept_at", Utc, nullable=False),
        sa.Column("kept_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("nonconformity_id", "number", name="pk_nonconformity_step"),
    )
    for name in ("temperature_recorder", "temperature_probe"):
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
        "recorder_file",
        sa.Column("recorder_id", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("readings", sa.Integer, nullable=False),
        sa.Column("first_at", Utc, nullable=False),
        sa.Column("last_at", Utc, nullable=False),
        sa.Column("kept_at", Utc, nullable=False),
        sa.Column("kept_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("recorder_id", "digest", name="pk_recorder_file"),
    )
    op.create_table(
        "probe_key",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("probe_id", sa.String(60), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", Utc, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("revoked_at", Utc),
        sa.Column("revoked_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_probe_key"),
    )
    op.create_index("ix_probe_key_probe_id", "probe_key", ["probe_id"])
    op.create_table(
        "probe_silence",
        sa.Column("probe_id", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last_at", Utc),
        sa.Column("told_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("probe_id", "number", name="pk_probe_silence"),
    )
