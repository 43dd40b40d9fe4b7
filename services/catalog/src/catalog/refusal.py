"""Why a change was not made. Nothing was written when one of these is raised."""

from catalog.sentence import Fault


class NotThere(Exception):
    """There is no such producer, product or price list."""


class Stale(Exception):
    """Somebody changed it since the asker looked: show what it is now, keep what was typed."""


class Faulty(Exception):
    """What was given breaks a rule; `faults` name the fields."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.sentence}" for fault in faults))
        self.faults = faults
