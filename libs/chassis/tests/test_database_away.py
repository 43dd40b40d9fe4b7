"""A database that starts again is told from one that says no."""

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi as Driver
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.listening import database_is_away


@pytest.mark.parametrize(
    "error", [asyncpg.CannotConnectNowError("starting up"), asyncpg.TooManyConnectionsError("too many")]
)
def test_what_postgresql_says_while_it_starts_or_is_full_is_nobodys_fault(error):
    said = Driver.Error(str(error), error)
    assert database_is_away(error)
    assert database_is_away(DBAPIError("SELECT 1", {}, said))


def test_what_it_refuses_is_not_taken_for_an_absence():
    said = Driver.IntegrityError("twice", asyncpg.UniqueViolationError("twice"))
    assert not database_is_away(IntegrityError("INSERT", {}, said))
    assert not database_is_away(ValueError("no such unit"))
