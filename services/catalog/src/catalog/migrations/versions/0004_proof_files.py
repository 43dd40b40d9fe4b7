"""Certificates as files, and who may read them; how goods reach the household; what was said again at a first start.

Revision ID: catalog_0004
"""

import sqlalchemy as sa
from alembic import op

revision = "catalog_0004"
down_revision = "catalog_0003"


def upgrade() -> None:
    op.add_column("certificate", sa.Column("has_file", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("certificate", sa.Column("file_public", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "proof_file",
        sa.Column("certificate_id", sa.String(36), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_proof_file"),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificate.id"], name="fk_proof_file_certificate_id"),
    )
    for name in ("hub_buys", "resells"):
        op.add_column("producer", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "restated",
        sa.Column("id", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restated"),
    )
