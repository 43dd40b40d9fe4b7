"""Producers, products, their prices, and the price lists they come from.

Revision ID: catalog_0001
"""

import sqlalchemy as sa
from alembic import op

from chassis.tables import Utc

revision = "catalog_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "producer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_key", sa.String(240), nullable=False),
        sa.Column("place_name", sa.String(120), nullable=False),
        sa.Column("postcode", sa.String(12), nullable=False),
        sa.Column("insee", sa.String(5), nullable=False),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("seller_regime", sa.String(40), nullable=False),
        sa.Column("contact_name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.Column("changed_by", sa.String(36), nullable=False),
        sa.Column("changed_by_name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_producer"),
        sa.UniqueConstraint("name_key", name="uq_producer_name_key"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("producer_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("reference_key", sa.String(80), nullable=False),
        sa.Column("name_fr", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("words", sa.String(600), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("pack_label", sa.String(60), nullable=False),
        sa.Column("content_thousandths", sa.BigInteger),
        sa.Column("content_unit", sa.String(10)),
        sa.Column("price_cents", sa.BigInteger, nullable=False),
        sa.Column("price_basis", sa.String(10), nullable=False),
        sa.Column("vat_class", sa.String(40), nullable=False),
        sa.Column("temperature_class", sa.String(40), nullable=False),
        sa.Column("season_from", sa.Integer),
        sa.Column("season_to", sa.Integer),
        sa.Column("weighed", sa.Boolean, nullable=False),
        sa.Column("allergens", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("available_thousandths", sa.BigInteger),
        sa.Column("note", sa.String(600), nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_product_producer_id"),
        sa.UniqueConstraint("producer_id", "reference_key", name="uq_product_producer_id_reference_key"),
    )
    op.create_index("ix_product_state_words", "product", ["state", "words"])
    op.create_table(
        "price",
        sa.Column("product_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("price_cents", sa.BigInteger, nullable=False),
        sa.Column("price_basis", sa.String(10), nullable=False),
        sa.Column("set_at", Utc, nullable=False),
        sa.Column("set_by", sa.String(36), nullable=False),
        sa.Column("set_by_name", sa.String(120), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "version", name="pk_price"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name="fk_price_product_id"),
    )
    op.create_table(
        "price_list",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("producer_id", sa.String(36), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("usual_vat_class", sa.String(40), nullable=False),
        sa.Column("usual_temperature_class", sa.String(40), nullable=False),
        sa.Column("withdraw_missing", sa.Boolean, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("unused", sa.JSON, nullable=False),
        sa.Column("sent_at", Utc, nullable=False),
        sa.Column("sent_by", sa.String(36), nullable=False),
        sa.Column("sent_by_name", sa.String(120), nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("decided_at", Utc),
        sa.Column("decided_by_name", sa.String(120), nullable=False),
        sa.Column("outcome", sa.JSON, nullable=False),
        sa.Column("surprises", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_list"),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name="fk_price_list_producer_id"),
    )
    op.create_index("ix_price_list_producer_id_sent_at", "price_list", ["producer_id", "sent_at"])
    op.create_table(
        "price_list_line",
        sa.Column("price_list_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("reference", sa.String(600), nullable=False),
        sa.Column("name", sa.String(600), nullable=False),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("misread", sa.JSON, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("faults", sa.JSON, nullable=False),
        sa.Column("product_id", sa.String(36)),
        sa.Column("outcome", sa.String(10)),
        sa.Column("surprise", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("price_list_id", "position", name="pk_price_list_line"),
        sa.ForeignKeyConstraint(["price_list_id"], ["price_list.id"], name="fk_price_list_line_price_list_id"),
    )
