"""Ways in which what somebody asks for collides with what is there already. Pages turn them into sentences."""

from sqlalchemy import RowMapping


class NameTaken(Exception):
    """Another one of the same kind has this name."""


class EmailTaken(Exception):
    """`holder`: the person who has this address. `typed`: the address."""

    def __init__(self, typed: str, holder: RowMapping) -> None:
        super().__init__(f"{typed} belongs to {holder['id']}")
        self.typed = typed
        self.holder = holder


class ChangedMeanwhile(Exception):
    """Somebody else changed it after the form was opened. `now`: how it stands."""

    def __init__(self, now: RowMapping) -> None:
        super().__init__(f"{now['id']} is at version {now['version']}")
        self.now = now


class AlreadySent(Exception):
    """A form that makes something was sent before, with other contents. `made`: what it made then.

    Sent twice with the same contents it makes one thing and raises nothing.
    """

    def __init__(self, made: RowMapping) -> None:
        super().__init__(f"{made['id']} was made before")
        self.made = made


class Missing(Exception):
    """There is no such thing."""


def name_key(name: str) -> str:
    """Names that differ in case or spaces only are the same name to people."""
    return " ".join(name.split()).casefold()
