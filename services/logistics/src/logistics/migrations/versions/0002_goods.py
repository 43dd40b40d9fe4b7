"""Goods written once; orders keep their keys.

Revision ID: logistics_0002
"""

import json

import sqlalchemy as sa
from alembic import op

from chassis.repeated import KEY_LENGTH, key_of

revision = "logistics_0002"
down_revision = "logistics_0001"

PORTION = 500


def upgrade() -> None:
    goods = op.create_table(
        "goods",
        sa.Column("key", sa.String(KEY_LENGTH), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_goods"),
    )
    _shorten(op.get_bind(), goods)


def _shorten(connection: sa.Connection, goods: sa.Table) -> None:
    """A line was {"article": …, "producer_name": …, "quantity_thousandths": …, "gross_cents": …}."""
    orders = sa.table("member_order", sa.column("id"), sa.column("lines"))
    written: set[str] = set()
    after = ""
    while True:
        some = sa.select(orders).where(orders.c.id > after).order_by(orders.c.id).limit(PORTION)
        rows = connection.execute(some).all()
        if not rows:
            return
        after = rows[-1].id
        new: dict[str, str] = {}
        for row in rows:
            lines = []
            for line in json.loads(row.lines):
                whole = {name: line[name] for name in ("article", "producer_name")}
                content = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
                key = key_of(content)
                if key not in written:
                    new[key] = content
                lines.append((key, line["quantity_thousandths"], line["gross_cents"]))
            short = json.dumps(lines, separators=(",", ":"))
            connection.execute(sa.update(orders).where(orders.c.id == row.id).values(lines=short))
        if new:
            connection.execute(goods.insert(), [{"key": key, "content": content} for key, content in new.items()])
            written |= new.keys()
