"""What notify says: mails that left and mails that could not. Recipients are named by id, never by address."""

from typing import ClassVar

from contracts.event import Event, Moment


class Message(Event):
    """A mail. `recipient` is a person's or a producer's id, `caused_by` the id of the event it tells of."""

    service: ClassVar[str] = "notify"
    aggregate: ClassVar[str] = "message"

    template: str
    recipient: str
    caused_by: str
    attempts: int


class MessageSent(Message):
    """The mail server took the mail."""

    event: ClassVar[str] = "sent"

    sent_at: Moment


class MessageFailed(Message):
    """Given up: the address is refused, or no attempt succeeded within the limit."""

    event: ClassVar[str] = "failed"

    failed_at: Moment
    reason: str
