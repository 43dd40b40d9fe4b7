"""Statements about many rows that cost no more than a few: what a closing asks and writes of hundreds of households."""

import gc
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Dialect, String, Table, TypeDecorator, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

from chassis.bulk import Rows, arrays, given
from chassis.database import Writer


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest while a portion is made: its rows live until they are written, and it would meet
    all of them time and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def among(of: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
    """`of` is one of the values. They are one parameter however many there are: as a list of them, 500 cost SQLAlchemy
    more than the database, each time."""
    return _Among(of, bindparam(None, sorted(values), type_=_Texts()))


class _Texts(TypeDecorator[list[str]]):
    """An array on PostgreSQL, JSON on SQLite, which has none."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(String()))

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return json.dumps(value) if dialect.name == "sqlite" else value


class _Among(FunctionElement[Any]):
    """Not typed as Boolean, which SQLite has not: `IN (...) = 1` would be asked of every row, by no index."""

    inherit_cache = True
    type = NullType()


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    of, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{of} IN (SELECT value FROM json_each({values}))"  # noqa: S608 of the compiler's own


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    of, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{of} = ANY ({values})"


async def add_rows(writer: Writer, table: Table, sums: tuple[str, ...], rows: Rows) -> None:
    """Insert rows, whose values come in the order of the table's columns, or add their `sums` to those of the rows that
    are there by primary key. No two of the rows have the same."""
    if rows:
        await writer.connection.run_sync(_add_rows, table, sums, rows)


def _add_rows(connection: Connection, table: Table, sums: tuple[str, ...], rows: Rows) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite_upsert(table, sums), list(rows))
    else:
        connection.execute(_postgresql_upsert(table, sums), arrays(_names(table), rows))


def _names(table: Table) -> list[str]:
    return [column.name for column in table.c]


@lru_cache(maxsize=16)
def _sqlite_upsert(table: Table, sums: tuple[str, ...]) -> str:
    statement = sqlite.insert(table).values({name: bindparam(name) for name in _names(table)})
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    upsert = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
    return str(upsert.compile(dialect=sqlite.dialect(paramstyle="qmark")))


@lru_cache(maxsize=16)
def _postgresql_upsert(table: Table, sums: tuple[str, ...]) -> postgresql.Insert:
    source = given(**{column.name: column.type for column in table.c})
    statement = postgresql.insert(table).from_select(_names(table), source.select())
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added)
