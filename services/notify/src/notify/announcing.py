"""What notify says to the others."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from contracts.notify import MessageFailed, MessageSent


def message_sent(held: RowMapping, now: datetime) -> MessageSent:
    return MessageSent(**_said(held), sent_at=now)


def message_failed(held: RowMapping, reason: str, now: datetime) -> MessageFailed:
    return MessageFailed(**_said(held), failed_at=now, reason=reason)


def _said(held: RowMapping) -> dict[str, Any]:
    return {
        "id": held["id"],
        # `held` is the row as it was before this change.
        "version": held["version"] + 1,
        "template": held["template"],
        "recipient": held["recipient"],
        "caused_by": held["caused_by"],
        "attempts": held["attempts"],
    }
