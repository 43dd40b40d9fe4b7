"""`cabas doctor`: is this hub well, and what to do where it is not."""

from cabas.doctor.command import add, run

__all__ = ["add", "run"]
