"""Orders keep keys of goods written once; an amount due is one row with its cheques; sums by producer are kept.

Revision ID: billing_0002
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from chassis.repeated import KEY_LENGTH, key_of

revision = "billing_0002"
down_revision = "billing_0001"
branch_labels = None
depends_on = None

PORTION = 500


def upgrade() -> None:
    op.create_table(
        "goods",
        sa.Column("key", sa.String(length=KEY_LENGTH), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_goods"),
    )
    keys = [sa.Column(name, sa.String(length=100), nullable=False) for name in ("cycle_id", "group_id", "producer_id")]
    op.create_table(
        "producer_due",
        *keys,
        sa.Column("producer_name", sa.Text(), nullable=False),
        sa.Column("mention", sa.Text(), nullable=False),
        sa.Column("cheques", sa.Integer(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "group_id", "producer_id", name="pk_producer_due"),
    )
    keys = [sa.Column(name, sa.String(length=100), nullable=False) for name in ("cycle_id", "group_id", "producer_id")]
    op.create_table(
        "producer_vat",
        *keys,
        sa.Column("rate_hundredths", sa.Integer(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cycle_id", "group_id", "producer_id", "rate_hundredths", name="pk_producer_vat"),
    )
    op.add_column("cycle", sa.Column("sellers", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("household_order", sa.Column("lines", sa.Text(), server_default="[]", nullable=False))
    op.add_column("amount_due", sa.Column("by_producer", sa.Text(), server_default="{}", nullable=False))
    op.add_column("amount_due", sa.Column("cheques", sa.Text(), server_default="[]", nullable=False))
    op.drop_index("ix_household_order_cycle_id", table_name="household_order")
    op.create_index("ix_household_order_portion", "household_order", ["cycle_id", "state", "group_id", "household_id"])
    connection = op.get_bind()
    _shorten_orders(connection)
    _fold_cheques(connection)
    _sum_up(connection)
    for table in ("order_line", "cheque_line", "cheque_vat", "cheque"):
        op.drop_table(table)


def _table(name: str, *columns: str) -> Any:
    return sa.table(name, *(sa.column(column) for column in columns))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _portions(connection: sa.Connection, of: Any) -> Any:
    """Lists of ids of a table, in their order."""
    after = ""
    while ids := list(connection.scalars(sa.select(of.c.id).where(of.c.id > after).order_by(of.c.id).limit(PORTION))):
        yield ids
        after = ids[-1]


_GOODS = ("producer_id", "product_id", "name_fr", "name_en", "unit", "vat_class")


def _shorten_orders(connection: sa.Connection) -> None:
    orders = _table("household_order", "id", "lines")
    lines = _table("order_line", "order_id", "number", *_GOODS, "quantity_thousandths", "gross_cents")
    goods = _table("goods", "key", "content")
    written: set[str] = set()
    for ids in _portions(connection, orders):
        short: dict[str, list[Any]] = {}
        theirs = sa.select(lines).where(lines.c.order_id.in_(ids)).order_by(lines.c.order_id, lines.c.number)
        for row in connection.execute(theirs).mappings():
            content = _json({name: row[name] for name in _GOODS})
            key = key_of(content)
            if key not in written:
                connection.execute(sa.insert(goods).values(key=key, content=content))
                written.add(key)
            short.setdefault(row["order_id"], []).append((key, row["quantity_thousandths"], row["gross_cents"]))
        for order_id, made in short.items():
            connection.execute(sa.update(orders).where(orders.c.id == order_id).values(lines=_json(made)))


_RATE = ("rate_hundredths", "gross_cents", "vat_cents", "net_cents")
_LINE = ("name_fr", "name_en", "unit", "quantity_thousandths", "rate_hundredths", "gross_cents", "net_cents")


def _fold_cheques(connection: sa.Connection) -> None:
    amounts = _table("amount_due", "id", "by_producer", "cheques")
    heads = _table("cheque", "amount_id", "producer_id", "producer_name", "mention", "gross_cents")
    rates = _table("cheque_vat", "amount_id", "producer_id", *_RATE)
    lines = _table("cheque_line", "amount_id", "producer_id", "number", *_LINE)
    for ids in _portions(connection, amounts):
        folded: dict[str, dict[str, Any]] = {amount_id: {} for amount_id in ids}
        for row in connection.execute(sa.select(heads).where(heads.c.amount_id.in_(ids))).mappings():
            one = {name: row[name] for name in ("producer_id", "producer_name", "mention", "gross_cents")}
            folded[row["amount_id"]][row["producer_id"]] = one | {"vat": [], "lines": []}
        by_rate = sa.select(rates).where(rates.c.amount_id.in_(ids)).order_by(rates.c.rate_hundredths)
        for row in connection.execute(by_rate).mappings():
            folded[row["amount_id"]][row["producer_id"]]["vat"].append({name: row[name] for name in _RATE})
        by_number = sa.select(lines).where(lines.c.amount_id.in_(ids)).order_by(lines.c.number)
        for row in connection.execute(by_number).mappings():
            folded[row["amount_id"]][row["producer_id"]]["lines"].append({name: row[name] for name in _LINE})
        for amount_id, cheques in folded.items():
            ordered = sorted(cheques.values(), key=lambda one: (one["producer_name"].casefold(), one["producer_id"]))
            sums = {one["producer_id"]: one["gross_cents"] for one in ordered}
            values = {"by_producer": _json(sums), "cheques": _json(ordered)}
            connection.execute(sa.update(amounts).where(amounts.c.id == amount_id).values(**values))


def _sum_up(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO producer_due (cycle_id, group_id, producer_id, producer_name, mention, cheques, gross_cents)"
            " SELECT a.cycle_id, a.group_id, c.producer_id, MAX(c.producer_name), MAX(c.mention), COUNT(*),"
            " SUM(c.gross_cents) FROM cheque c JOIN amount_due a ON a.id = c.amount_id"
            " GROUP BY a.cycle_id, a.group_id, c.producer_id"
        )
    )
    connection.execute(
        sa.text(
            "INSERT INTO producer_vat (cycle_id, group_id, producer_id, rate_hundredths, gross_cents, vat_cents,"
            " net_cents) SELECT a.cycle_id, a.group_id, v.producer_id, v.rate_hundredths, SUM(v.gross_cents),"
            " SUM(v.vat_cents), SUM(v.net_cents) FROM cheque_vat v JOIN amount_due a ON a.id = v.amount_id"
            " GROUP BY a.cycle_id, a.group_id, v.producer_id, v.rate_hundredths"
        )
    )
