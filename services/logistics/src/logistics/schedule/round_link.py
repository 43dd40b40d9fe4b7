"""Links that open a carrier's rounds of one date without an account, signed as those of pick lists are.

A link says the date, 4 bytes of days since the year 1, and the carrier's id in UTF-8. It names no version: it opens
whatever was published last, so that a carrier who was sent it on Thursday reads on Friday what holds on Friday. It is
the same whenever it is made: what was sent once need not be sent again.
"""

from datetime import UTC, date, datetime, time, timedelta

from logistics.link import ForgedLink, Seal

OPEN = "/logistics/rounds/open/"
KEPT = timedelta(days=8)
"""From the midnight (UTC) at which the date begins: a week after it, the boxes that came back late are ticked."""

_PURPOSE = b"round link v1"
_DATE = 4


class RoundLinks:
    """Makes and opens them. `seal`: that of the service."""

    def __init__(self, seal: Seal) -> None:
        self.seal = seal

    def path(self, on: date, carrier_id: str) -> str:
        """Of the page on a phone; with ".pdf" behind it, of the sheet."""
        return OPEN + self.token(on, carrier_id)

    def token(self, on: date, carrier_id: str) -> str:
        return self.seal.token(_PURPOSE, on.toordinal().to_bytes(_DATE) + carrier_id.encode(), ends_at(on))

    def open(self, token: str, now: datetime) -> tuple[date, str]:
        """Date and carrier's id. Raises ForgedLink or ExpiredLink."""
        said = self.seal.open(_PURPOSE, token, now)
        if len(said) <= _DATE:
            raise ForgedLink
        return date.fromordinal(int.from_bytes(said[:_DATE])), said[_DATE:].decode()


def ends_at(on: date) -> datetime:
    """When a link of that date opens nothing any more."""
    return datetime.combine(on, time(), UTC) + KEPT
