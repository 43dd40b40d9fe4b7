"""Time, ids and randomness, injected so that tests decide them."""

import secrets
from datetime import UTC, datetime
from typing import Protocol

import uuid_utils


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class Ids(Protocol):
    def new(self) -> str:
        """A UUIDv7: unique, and in the order of time."""
        ...

    def secret(self) -> str:
        """A URL-safe secret of 256 bits."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    def new(self) -> str:
        return str(uuid_utils.uuid7())

    def secret(self) -> str:
        return secrets.token_urlsafe(32)
