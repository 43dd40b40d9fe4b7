"""The notice a month before its end for certificates that were filed before there was one.

Each certificate that holds has a timer of its end. Of those that end within the month and were told already nothing is
sent twice: it is the same event again, and notify knows its version.

Revision ID: catalog_0005
"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "catalog_0005"
down_revision = "catalog_0004"

_timer = sa.table(
    "timer",
    sa.column("name", sa.String),
    sa.column("key", sa.String),
    sa.column("due_at", sa.DateTime(timezone=True)),
    sa.column("payload", sa.JSON),
    sa.column("attempts", sa.Integer),
)


def upgrade() -> None:
    connection = op.get_bind()
    noticed = sa.select(_timer.c.key).where(_timer.c.name == "certificate_ends_soon")
    ends = sa.select(_timer.c.key, _timer.c.due_at).where(_timer.c.name == "certificate_expires")
    rows = [
        {
            "name": "certificate_ends_soon",
            "key": row.key,
            "due_at": row.due_at - timedelta(days=30),
            "payload": {},
            "attempts": 0,
        }
        for row in connection.execute(ends.where(_timer.c.key.not_in(noticed)))
    ]
    if rows:
        connection.execute(sa.insert(_timer), rows)
