"""Many rows in one statement, at the speed of the driver, for the paths where SQLAlchemy's row by row costs too much.

SQLite takes tuples (`executemany`, one hop to its thread). PostgreSQL takes them by COPY, which costs a round trip more
than an INSERT and less work; where rows may be there already, as one array for each column (`unnest`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import ColumnElement, Connection, Table, bindparam, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

Rows = Sequence[tuple[Any, ...]]


def insert_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Rows, *, replace: bool = False
) -> None:
    """Insert `rows`, whose values come in the order of `columns`, in the order given.

    With `replace` a row that is there already, by primary key, takes the new values instead.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        plain = _plain_insert(table, columns, replace)
        connection.exec_driver_sql(plain.sql, _bound(rows, plain.into))
    elif replace:
        connection.execute(replacing(table, columns), arrays(columns, rows))
    else:
        _copy(connection, table, columns, _bound(rows, _into(table, columns, connection.dialect)))


def given(**types: TypeEngine[Any]) -> TableValuedAlias:
    """PostgreSQL: rows given as one array for each name, to select from. Bind them with `arrays`."""
    bound = (bindparam(f"{name}_array", type_=ARRAY(type_)) for name, type_ in types.items())
    return func.unnest(*bound).table_valued(*(column(name) for name in types)).render_derived()


def arrays(columns: Sequence[str], rows: Rows) -> dict[str, tuple[Any, ...]]:
    """The parameters of `given`: the rows turned by a quarter. Called like no column, which an UPDATE would set."""
    return dict(zip([f"{name}_array" for name in columns], zip(*rows, strict=True), strict=True))


def among(of: ColumnElement[Any], name: str, dialect: str) -> ColumnElement[bool]:
    """`of` is one of the values given as `name`: one text of SQL on PostgreSQL however many there are."""
    if dialect == "sqlite":
        return of.in_(bindparam(name, expanding=True))
    return of == func.any(bindparam(name, type_=ARRAY(of.type)))


_Into = tuple[tuple[int, Callable[[Any], Any]], ...]
"""Position of a value -> what turns it into one that the driver knows."""


def _into(table: Table, columns: tuple[str, ...], dialect: Dialect) -> _Into:
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    return tuple((n, turned) for n, turned in enumerate(processors) if turned is not None)


def _bound(rows: Rows, into: _Into) -> Rows:
    if not into:
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for position, turned in into:
        # The instants and days of a batch are mostly one object.
        bound = {key: turned(value) for key, value in {id(each): each for each in columns[position]}.items()}
        columns[position] = [bound[id(each)] for each in columns[position]]
    return list(zip(*columns, strict=True))


_Insert = TypeVar("_Insert", sqlite.Insert, postgresql.Insert)


def _replacing(statement: _Insert, table: Table, columns: tuple[str, ...]) -> _Insert:
    keys = [key.name for key in table.primary_key]
    others = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


# SQLite


@dataclass(frozen=True)
class _Plain:
    """A statement as SQLite's driver takes it, by position."""

    sql: str
    into: _Into


@lru_cache(maxsize=64)
def _plain_insert(table: Table, columns: tuple[str, ...], replace: bool) -> _Plain:
    dialect = sqlite.dialect(paramstyle="qmark")
    statement = sqlite.insert(table).values({name: bindparam(name) for name in columns})
    if replace:
        statement = _replacing(statement, table, columns)
    compiled = statement.compile(dialect=dialect)
    assert compiled.positiontup is not None
    # The compiler writes the columns in the order of the table.
    assert sorted(compiled.positiontup) == sorted(columns), "values beside the rows' own"
    if tuple(compiled.positiontup) != columns:
        raise ValueError(f"name the columns in the order of the table: {compiled.positiontup}")
    return _Plain(str(compiled), _into(table, columns, dialect))


# PostgreSQL


def _copy(connection: Connection, table: Table, columns: tuple[str, ...], rows: Rows) -> None:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    if not raw.driver_connection.is_in_transaction():
        # SQLAlchemy begins at the first statement it sees, and it does not see this one.
        connection.exec_driver_sql("SELECT 1")

    async def copied(driver: asyncpg.Connection) -> str:
        done: str = await driver.copy_records_to_table(table.name, columns=columns, records=rows)
        return done

    try:
        raw.run_async(copied)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        gone = raw.driver_connection.is_closed()
        if gone:
            connection.invalidate(error)
        kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
        raise kind(f"COPY {table.name}", None, error, connection_invalidated=gone) from error


@lru_cache(maxsize=64)
def replacing(table: Table, columns: tuple[str, ...]) -> postgresql.Insert:
    """PostgreSQL: the statement of `insert_rows` with `replace`, for rows bound with `arrays`."""
    source = given(**{name: table.c[name].type for name in columns})
    rows = select(*(source.c[name] for name in columns))
    return _replacing(postgresql.insert(table).from_select(list(columns), rows), table, columns)
