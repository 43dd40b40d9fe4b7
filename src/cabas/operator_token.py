"""A token for commands of whoever runs the hub: they hold its key, so they need no sign-in."""

from datetime import datetime
from pathlib import Path

from chassis.identity import Grant, Person, TokenIssuer
from contracts import Role

ROLES = (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)


def token_for(keys: Path, name: str, now: datetime, minutes: int) -> str:
    """A bearer token, by the key of a data folder. OSError where it cannot be read."""
    return token_by(keys / "token.pem", name, now, minutes)


def token_by(key: Path, name: str, now: datetime, minutes: int) -> str:
    """A bearer token. OSError where the key cannot be read, ValueError where it is none."""
    return token_of(
        key, Person(id=f"command-{name}", name=name, grants=tuple(Grant(role) for role in ROLES)), now, minutes
    )


def token_of(key: Path, person: Person, now: datetime, minutes: int) -> str:
    """A bearer token of anybody. OSError where the key cannot be read, ValueError where it is none."""
    return TokenIssuer(key.read_bytes()).issue(person, now, minutes)
