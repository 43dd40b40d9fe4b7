"""A cheque that comes to nothing, because all on it was spoiled, is not counted among those of its producer.

Revision ID: billing_0029
"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "billing_0029"
down_revision = "billing_0028"
branch_labels = None
depends_on = None

amount_due = sa.table("amount_due", *map(sa.column, ("cycle_id", "group_id", "by_producer", "replaced_by")))
producer_due = sa.table("producer_due", *map(sa.column, ("cycle_id", "group_id", "producer_id", "cheques")))


def upgrade() -> None:
    a, due, connection = amount_due.c, producer_due.c, op.get_bind()
    of_nothing = a.by_producer.like("%:0,%") | a.by_producer.like("%:0}%")
    held = sa.select(a.cycle_id, a.group_id, a.by_producer).where(a.replaced_by.is_(None), of_nothing)
    counted: Counter[tuple[str, str, str]] = Counter()
    for cycle_id, group_id, by_producer in connection.execute(held):
        counted.update((cycle_id, group_id, each) for each, cents in json.loads(by_producer).items() if cents == 0)
    for (cycle_id, group_id, producer_id), cheques in counted.items():
        mine = (due.cycle_id == cycle_id, due.group_id == group_id, due.producer_id == producer_id)
        connection.execute(producer_due.update().where(*mine).values(cheques=due.cheques - cheques))
