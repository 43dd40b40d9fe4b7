"""What makes crates possible: cases, pools, minima, proofs of labels, locked prices, food information.

Revision ID: catalog_0002
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "catalog_0002"
down_revision = "catalog_0001"


def upgrade() -> None:
    op.create_table(
        "pool",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("producer_id", sa.String(36), nullable=False),
        sa.Column("name_fr", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("name_key", sa.String(240), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("case_thousandths", sa.BigInteger),
        sa.Column("available_thousandths", sa.BigInteger),
        sa.Column("completes_with", sa.JSON, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.Column("changed_by_name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pool"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_pool_producer_id"),
        sa.UniqueConstraint("producer_id", "name_key", name="uq_pool_producer_id_name_key"),
    )
    # Columns only: SQLite adds those in place, while a new constraint would have it build the table anew.
    op.add_column("producer", sa.Column("minimum", sa.JSON))
    for column in (
        sa.Column("case_thousandths", sa.BigInteger),
        sa.Column("stock_unit", sa.String(10), nullable=False, server_default="order"),
        sa.Column("weight_margin_percent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("deposit_cents", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("tiers", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("minimum", sa.JSON),
        sa.Column("breakdown", sa.JSON),
        sa.Column("food", sa.JSON),
        sa.Column("intermediaries", sa.Integer),
        sa.Column("pool_id", sa.String(36)),
        sa.Column("price_locked_until", sa.Date),
        sa.Column("incomplete", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("product", column)
    # Of what is eaten and was written before, nobody could have told the legal name yet.
    edible = ("FOOD", "CONFECTIONERY", "ALCOHOL", "TAKEAWAY")
    product = sa.table("product", sa.column("incomplete", sa.Boolean), sa.column("vat_class", sa.String))
    op.execute(product.update().where(product.c.vat_class.in_(edible)).values(incomplete=True))
    op.add_column("price", sa.Column("reason", sa.String(300), nullable=False, server_default=""))
    op.create_table(
        "price_lock",
        sa.Column("product_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("set_by", sa.String(36), nullable=False),
        sa.Column("set_by_name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "version", name="pk_price_lock"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_price_lock_product_id"),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("producer_id", sa.String(36), nullable=False),
        sa.Column("product_id", sa.String(36)),
        sa.Column("label", sa.String(40), nullable=False),
        sa.Column("body", sa.String(60), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("proof_url", sa.String(400), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("state_at", Utc, nullable=False),
        sa.Column("filed_at", Utc, nullable=False),
        sa.Column("filed_by_name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_certificate"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_certificate_producer_id"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_certificate_product_id"),
    )
    op.create_index("ix_certificate_producer_id", "certificate", ["producer_id"])
