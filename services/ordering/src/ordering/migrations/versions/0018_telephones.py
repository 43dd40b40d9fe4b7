"""Households are told again, with the telephones that a recall needs.

Revision ID: ordering_0018
"""

from alembic import op

revision = "ordering_0018"
down_revision = "ordering_0017"


def upgrade() -> None:
    # One timer each: the events are announced by the service itself, once this release runs.
    op.execute(
        "INSERT INTO timer (name, key, due_at, payload, attempts) "
        "SELECT 'say_household', id, changed_at, '{}', 0 FROM household"
    )
