"""Many rows in one statement, at the speed of the driver, for the paths where SQLAlchemy's row by row costs too much.

SQLite takes tuples (`executemany`, one hop to its thread); PostgreSQL takes one array for each column (`unnest`, one
round trip).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, bindparam, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY

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
        connection.exec_driver_sql(plain.sql, plain.bound(rows))
    else:
        statement = _unnested_insert(table, columns, replace)
        connection.execute(statement, dict(zip(columns, zip(*rows, strict=True), strict=True)))


def among(of: ColumnElement[str], name: str, dialect: str) -> ColumnElement[bool]:
    """`of` is one of the strings given as `name`: one text of SQL on PostgreSQL however many there are."""
    if dialect == "sqlite":
        return of.in_(bindparam(name, expanding=True))
    return of == func.any(bindparam(name, type_=ARRAY(of.type)))


@dataclass(frozen=True)
class _Plain:
    """A statement as SQLite's driver takes it, and what turns values into those it knows, by position."""

    sql: str
    into: tuple[tuple[int, Callable[[Any], Any]], ...]

    def bound(self, rows: Rows) -> list[tuple[Any, ...]]:
        if not self.into:
            return list(rows)
        made = [list(row) for row in rows]
        for row in made:
            for position, turned in self.into:
                row[position] = turned(row[position])
        return [tuple(row) for row in made]


@lru_cache(maxsize=64)
def _plain_insert(table: Table, columns: tuple[str, ...], replace: bool) -> _Plain:
    dialect = sqlite.dialect(paramstyle="qmark")
    statement = sqlite.insert(table).values({name: bindparam(name) for name in columns})
    if replace:
        keys, others = _keys_and_others(table, columns)
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in others}
        )
    compiled = statement.compile(dialect=dialect)
    assert compiled.positiontup is not None
    # The compiler writes the columns in the order of the table.
    assert sorted(compiled.positiontup) == sorted(columns), "values beside the rows' own"
    if tuple(compiled.positiontup) != columns:
        raise ValueError(f"name the columns in the order of the table: {compiled.positiontup}")
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    return _Plain(str(compiled), tuple((n, turned) for n, turned in enumerate(processors) if turned is not None))


@lru_cache(maxsize=64)
def _unnested_insert(table: Table, columns: tuple[str, ...], replace: bool) -> Insert:
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
    given = func.unnest(*arrays).table_valued(*(column(name) for name in columns), with_ordinality="n").render_derived()
    # Ordered, so that ids are given in the order of the rows.
    source = select(*(given.c[name] for name in columns)).order_by(given.c.n)
    statement = postgresql.insert(table).from_select(list(columns), source)
    if replace:
        keys, others = _keys_and_others(table, columns)
        return statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in others}
        )
    return statement


def _keys_and_others(table: Table, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    keys = [key.name for key in table.primary_key]
    return keys, [name for name in columns if name not in keys]
