"""Why a mail is written: the key by which it is written once."""

from contracts import Event


def reason_of(event: Event) -> str:
    """Aggregate and version, not the id of the event: an event that is published again is no new reason."""
    return f"{event.aggregate}.{event.event}:{event.id}:{event.version}"
