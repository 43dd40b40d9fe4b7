"""Named points at which a process can be made to die, so that faults are tested where they hurt most.

Armed by the environment only: `CABAS_CRASH_AT="ordering/after_publish:3"` kills the process (SIGKILL: no handler runs,
no buffer is written) the third time that the service ordering reaches the point, counted from its start. Without a
number: the first time. Several are separated by commas. At `ack_lost` the process lives on: the answer is thrown away
and the time-out raised that its sender would have seen.
"""

import os
import signal
from collections import Counter

from contracts.event import EVENTS

POINTS = {
    "before_commit": "a transaction is written whole, its announced events too, and not yet committed",
    "after_commit": "it is committed, and whoever waits for it does not know yet",
    "after_publish": "the broker has acknowledged events that the outbox does not yet mark as published",
    "ack_lost": "the broker has stored events and its acknowledgement never comes",
    "inbox_written": "events are in the inbox, their effect is still to come",
    "before_ack": "events are taken in and committed, the broker does not know yet",
    "during_migration": "a revision of the schema is applied and not yet committed",
    "during_shutdown": "background work is over, the broker and the database are still open",
}

armed = False
_counts: Counter[tuple[str, str]] = Counter()
_deadly: dict[tuple[str, str], set[int]] = {}


class Misspelt(ValueError):
    """CABAS_CRASH_AT is not understood. The message is a sentence for whoever wrote it."""


def arm(service: str) -> None:
    """Make the points of this service deadly that CABAS_CRASH_AT names. Raises Misspelt, also for another's."""
    global armed  # noqa: PLW0603 one look at a boolean is all that a point costs when none is armed
    wanted = [_parsed(one.strip()) for one in os.environ.get("CABAS_CRASH_AT", "").split(",") if one.strip()]
    for point in POINTS:
        _counts.pop((service, point), None)
        _deadly.pop((service, point), None)
    for key, number in wanted:
        if key[0] == service:
            _deadly.setdefault(key, set()).add(number)
    armed = bool(_deadly)


def _parsed(one: str) -> tuple[tuple[str, str], int]:
    place, _, number = one.partition(":")
    service, _, point = place.partition("/")
    services = sorted({event.service for event in EVENTS.values()})
    if service not in services:
        raise Misspelt(f"CABAS_CRASH_AT={one}: there is no service {service!r}, only {', '.join(services)}.")
    if point not in POINTS:
        raise Misspelt(f"CABAS_CRASH_AT={one}: there is no crash point {point!r}, only {', '.join(POINTS)}.")
    if number and not (number.isdecimal() and int(number)):
        raise Misspelt(f"CABAS_CRASH_AT={one}: {number!r} is not a number from 1: which time shall it die?")
    return (service, point), int(number or 1)


def point(service: str, name: str) -> None:
    """Here the service may be made to die. Raises TimeoutError at `ack_lost`, does not return elsewhere, when armed."""
    if armed:
        _reach(service, name)


def _reach(service: str, name: str) -> None:
    assert name in POINTS
    _counts[service, name] += 1
    if _counts[service, name] not in _deadly.get((service, name), ()):
        return
    os.write(2, f"crash point {service}/{name}:{_counts[service, name]}\n".encode())
    if name == "ack_lost":
        raise TimeoutError("the acknowledgement was lost (crash point)")
    os.kill(os.getpid(), signal.SIGKILL)
