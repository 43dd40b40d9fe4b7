"""The hours of single producers inside a cycle: from when, and until when, what they offer can be ordered.

A baker wants to know on Wednesday, a fisherman opens when he knows what he caught. Hours narrow those of the cycle:
whatever they say, nothing is ordered before it opens or after it closes. They are for ordering alone: lists and amounts
follow the closing of the cycle (ADR 0014).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ordering.wanted import Wrong


@dataclass(frozen=True)
class Hours:
    """None: as the cycle."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None

    def later(self, by: timedelta) -> "Hours":
        return Hours(self.opens_at and self.opens_at + by, self.closes_at and self.closes_at + by)

    def not_open_yet(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    def are_over(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at


ALWAYS = Hours()

OfProducers = Mapping[str, Hours]
"""Producer -> its hours, where it has some of its own."""


def shut(hours: OfProducers, extended_for: str, producer_id: str, now: datetime) -> Wrong | None:
    """Why nothing of a producer can be ordered or changed now, though the cycle takes orders; None where it can.
    `extended_for`: the one producer a cycle was opened again for; "" for none."""
    if extended_for and producer_id != extended_for:
        return Wrong.NOT_EXTENDED
    its = hours.get(producer_id, ALWAYS)
    if its.not_open_yet(now):
        return Wrong.PRODUCER_NOT_OPEN
    # Opened again for it alone, its own end is past and does not count.
    return Wrong.PRODUCER_CLOSED if its.are_over(now) and not extended_for else None


def stored(hours: OfProducers) -> dict[str, list[str | None]]:
    """As JSON."""
    return {
        producer: [moment.isoformat() if moment else None for moment in (its.opens_at, its.closes_at)]
        for producer, its in sorted(hours.items())
        if its != ALWAYS
    }


def read(stored: Mapping[str, Any]) -> dict[str, Hours]:
    return {
        producer: Hours(*(datetime.fromisoformat(moment) if moment else None for moment in its))
        for producer, its in stored.items()
    }
