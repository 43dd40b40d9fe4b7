"""People: groups, households, persons with their roles, sign-in and sessions, and the copy of producers.

Revision ID: ordering_0001
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "ordering_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "group",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(100), nullable=False),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("postcode", sa.String(10), nullable=False),
        sa.Column("insee", sa.String(5), nullable=False),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("pickup_from", sa.String(5), nullable=False),
        sa.Column("pickup_until", sa.String(5), nullable=False),
        sa.Column("bags", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_group"),
        sa.UniqueConstraint("name_key", name="uq_group_name_key"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_group_weekday"),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(100), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_household"),
        sa.UniqueConstraint("group_id", "name_key", name="uq_household_group_id_name_key"),
        sa.ForeignKeyConstraint(["group_id"], ["group.id"], name="fk_household_group_id"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(254)),
        sa.Column("phone", sa.String(30), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("household_id", sa.String(36)),
        sa.Column("added_at", Utc, nullable=False),
        sa.Column("signed_in_at", Utc),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("email_key", name="uq_person_email_key"),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name="fk_person_household_id"),
    )
    op.create_index("ix_person_household_id", "person", ["household_id"])
    op.create_table(
        "person_role",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("producer_id", sa.String(60), nullable=False),
        sa.Column("given_at", Utc, nullable=False),
        sa.Column("given_by", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person_role"),
        sa.UniqueConstraint(
            "person_id", "role", "group_id", "producer_id", name="uq_person_role_person_id_role_group_id_producer_id"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_person_role_person_id"),
    )
    op.create_index("ix_person_role_producer_id", "person_role", ["producer_id"])
    op.create_table(
        "producer",
        sa.Column("id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("contact_name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_producer"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("agent", sa.String(60), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("seen_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("secret_hash", name="uq_session_secret_hash"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_session_person_id"),
    )
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("next_path", sa.String(500), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("used_at", Utc),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_link"),
        sa.UniqueConstraint("secret_hash", name="uq_sign_in_link_secret_hash"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_sign_in_link_person_id"),
    )
    op.create_table(
        "sign_in_asked",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("moments", sa.JSON, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_asked"),
    )
    op.create_index("ix_sign_in_asked_changed_at", "sign_in_asked", ["changed_at"])
