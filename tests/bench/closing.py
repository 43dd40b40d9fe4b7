"""(d) Closing a cycle: ordering's manifest, logistics' pick lists, billing's amounts due, beside the same SQL alone.

The SQL alone, by the raw driver: the sums over a table of plain lines that a covering index answers, the orders with
their versions, and, in one transaction, every row that the closing wrote into tables that were empty before (documents,
their lines, outbox). It knows the result beforehand, so it is what the database's part costs at least.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from figures import Row, Table, median
from large_cycle import CLOSES, LargeCycle
from prepared import prepare
from processes import Bench, connected
from sqlalchemy import make_url, select

from chassis import logs
from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.listening import DONE, Delivery
from chassis.schema import migrate
from chassis.serve import rare_collections
from chassis.service import Service
from ordering.closing import Closing
from ordering.pages.reasons import told

SIZES = (1_000, 10_000, 100_000)
SERVICES = ("ordering", "logistics", "billing")
TITLES = {"ordering": "ordering: manifest", "logistics": "logistics: pick lists", "billing": "billing: amounts due"}
SUMS = {
    "ordering": "SELECT producer_id, count(*), sum(quantity_thousandths), sum(gross_cents) FROM line"
    " WHERE cycle_id = 'cycle-0' GROUP BY producer_id",
    "logistics": "SELECT producer_id, product_id, group_id, sum(quantity_thousandths), sum(gross_cents) FROM line"
    " WHERE cycle_id = 'cycle-0' GROUP BY producer_id, product_id, group_id",
    "billing": "SELECT household_id, producer_id, vat_class, sum(gross_cents) FROM line"
    " WHERE cycle_id = 'cycle-0' GROUP BY household_id, producer_id, vat_class",
}
INDEXES = (
    "CREATE INDEX line_goods ON line (cycle_id, producer_id, product_id, group_id, quantity_thousandths, gross_cents)",
    "CREATE INDEX line_homes ON line (cycle_id, household_id, producer_id, vat_class, gross_cents)",
)


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    logs.configure("WARNING")
    columns = {
        "database": "database", "what": "what", "orders": "orders", "seconds": "Cabas, s", "each": "µs per order",
        "growth": "against 1,000 orders, each", "sql": "SQL alone, s",
        "sums": "of it the sums, s", "ratio": "Cabas / SQL",
    }  # fmt: skip
    table = Table("d", "closing", "Closing a cycle with 15 lines per order", columns)
    sizes = (50, 200) if bench.quick else [size for size in SIZES if size <= bench.most_orders]
    for kind in databases:
        first: dict[str, float] = {}
        for size in sizes:
            week = LargeCycle(size, id="cycle-0")
            lines = await _lines(bench, kind, week)
            for service in SERVICES:
                row = await _close(bench, kind, service, week, lines)
                first.setdefault(service, row["each"])
                row["growth"] = f"{row['each'] / first[service]:.2f}"
                table.rows.append(row)
                print(f"  {kind} {service} {size:,}: {row['seconds']:.2f} s, {row['ratio']} of the SQL", flush=True)
            await bench.drop(lines)
    order = list(TITLES.values())
    table.rows.sort(key=lambda row: (row["database"] != "sqlite", order.index(row["what"]), row["orders"]))
    return [table]


async def _close(bench: Bench, kind: str, service: str, week: LargeCycle, lines: str) -> Row:
    """Close the week five times (thrice the largest), each on a copy of the same database."""
    before = await {"ordering": _ordered, "logistics": _heard, "billing": _heard}[service](bench, kind, service, week)
    times = 2 if bench.quick else 3 if week.orders > 10_000 else 5
    ours, sums, writes = [], [], []
    for _ in range(times):
        place = bench.place(f"close-{service}")
        copy = await bench.database(kind, place, service, like=before)
        await bench.settle()
        ours.append(await (_manifest if service == "ordering" else _documents)(bench, service, copy, week))
        written = await bench.database(kind, place, f"{service}_sql", like=before)
        rows = await _new_rows(before, copy)
        await bench.settle()
        sums.append(await _sums(lines, service, written))
        writes.append(await _write(written, rows))
        await bench.drop(copy, written)
        if kind == "sqlite":
            for file in place.glob("*.db*"):
                file.unlink()
    await bench.drop(before)
    sql = median(read + write for read, write in zip(sums, writes, strict=True))
    return {
        "database": kind, "what": TITLES[service], "orders": week.orders, "seconds": median(ours),
        "each": median(ours) / week.orders * 1e6, "sql": sql, "sums": median(sums),
        "ratio": f"{median(ours) / sql:.1f}",
    }  # fmt: skip


# --- what is there before the closing ---


async def _ordered(bench: Bench, kind: str, service: str, week: LargeCycle) -> str:
    """Ordering's database with the orders of the week placed in its open cycle."""
    url = await bench.database(kind, bench.place("ordered"), "ordered")
    await prepare(url, 1, 1)
    orders, lines = [], []
    for n in range(week.orders):
        basket = week.basket(n)
        order_id = f"{week.id}-{n}"
        orders.append(
            {
                "id": order_id, "version": 1, "cycle_id": week.id, "household_id": f"household-{n}", "state": "placed",
                "household_name": f"Foyer {n}", "group_id": f"group-{n % 25}", "group_name": f"Groupe {n % 25}",
                "gross_cents": sum(gross for _, _, gross in basket), "lines": len(basket),
                "changed_at": CLOSES, "entered_by": "person", "entered_by_name": "Josette", "on_behalf": False,
            }
        )  # fmt: skip
        lines += [
            {
                "order_id": order_id, "product_id": f"product-{number}", "cycle_id": week.id,
                "producer_id": f"producer-{number % week.producers}", "quantity_thousandths": quantity,
                "price_cents": 200 + number, "gross_cents": gross,
            }
            for number, quantity, gross in basket
        ]  # fmt: skip
    await _fill(url, "household_order", orders)
    await _fill(url, "order_line", lines)
    # What was announced to come here is gone, as after 14 days: only the closing's rows are to be counted.
    await _execute(url, "DELETE FROM outbox")
    return url


async def _heard(bench: Bench, kind: str, service: str, week: LargeCycle) -> str:
    """A service's database once it has heard of every order, and not of the closing."""
    url = await bench.database(kind, bench.place(f"heard-{service}"), f"heard_{service}")
    app, running = await _started(bench, service, url)
    await _hear(app, "catalog", [week.message(seller) for seller in week.sellers])
    portion = []
    for message in week.all_received():
        portion.append(message)
        if len(portion) == 500:
            await _hear(app, "ordering", portion)
            portion = []
    if portion:
        await _hear(app, "ordering", portion)
    await running.stop()
    return url


async def _hear(app: FastAPI, source: str, messages: list[Any]) -> None:
    service: Service = app.state.service
    assert service.intake
    verdicts = await service.intake.take(f"{service.name}-from-{source}", [Delivery(message) for message in messages])
    assert verdicts == [DONE] * len(messages), verdicts


async def _started(bench: Bench, service: str, url: str) -> tuple[FastAPI, Service]:
    module = import_module(f"{service}.app")
    from typing import get_type_hints

    kind = get_type_hints(module.create_app)["settings"]
    keys = bench.folder / "keys" / "token.pub.pem"
    settings = kind(data_dir=bench.place("data"), database_url=url, token_public_key_file=keys, log_level="WARNING")
    app = module.create_app(settings)
    await app.state.service.start(broker=False)
    rare_collections()  # as every process of the product does
    return app, app.state.service


async def _lines(bench: Bench, kind: str, week: LargeCycle) -> str:
    """A database with the plain lines of the week, and covering indexes."""
    url = await bench.database(kind, bench.place("lines"), "lines")
    await _execute(
        url,
        "CREATE TABLE line (cycle_id text, producer_id text, product_id text, group_id text, household_id text,"
        " vat_class text, quantity_thousandths bigint, gross_cents bigint)",
    )
    rows = [
        {
            "cycle_id": week.id, "producer_id": f"producer-{number % week.producers}",
            "product_id": f"product-{number}", "group_id": f"group-{n // week.households_per_group}",
            "household_id": f"household-{n}",
            "vat_class": week.articles[number].vat_class, "quantity_thousandths": quantity, "gross_cents": gross,
        }
        for n in range(week.orders)
        for number, quantity, gross in week.basket(n)
    ]  # fmt: skip
    await _fill(url, "line", rows)
    for index in INDEXES:
        await _execute(url, index)
    await _execute(url, "ANALYZE" if kind == "sqlite" else "VACUUM ANALYZE line")
    return url


# --- ours ---


async def _manifest(bench: Bench, service: str, url: str, week: LargeCycle) -> float:
    database = Database(url, service="ordering", clock=SystemClock(), ids=RandomIds(), pool=4)
    await migrate(database.engine, Path(import_module("ordering.migrations").__path__[0]))
    began = time.perf_counter()
    async with database.write() as writer:
        closed = await Closing(told, timedelta(hours=24)).close(writer, week.id)
    took = time.perf_counter() - began
    assert closed.manifest is not None
    assert closed.manifest.orders == week.orders
    await database.close()
    return took


async def _documents(bench: Bench, service: str, url: str, week: LargeCycle) -> float:
    """Seconds until the last document is there; billing makes them in several transactions."""
    app, running = await _started(bench, service, url)
    table = import_module(f"{service}.cycle").cycle
    message = week.message(week.closed())
    done: Callable[[Row], bool] = {
        "logistics": lambda row: row["issued_at"] is not None,
        "billing": lambda row: row["state"] == "computed",
    }[service]
    began = time.perf_counter()
    await _hear(app, "ordering", [message])
    while True:
        async with running.database.read() as reader:
            row = await reader.first(select(table).where(table.c.id == week.id))
        if row is not None and done(dict(row)):
            break
        waited = time.perf_counter() - began
        if waited > 600:
            raise RuntimeError(f"{service} did not close: {row}")
        await asyncio.sleep(pause(waited))
    took = time.perf_counter() - began
    await running.stop()
    return took


def pause(waited: float) -> float:
    """Seconds until it is looked again whether all is done: a look takes a millisecond of the process that is measured,
    so that every five it would take a sixth of it; a hundredth of what was waited is as exact as is needed."""
    return max(0.005, waited / 100)


# --- the same SQL alone ---


async def _sums(lines: str, service: str, orders: str) -> float:
    """Seconds for the sums, and for reading which orders there are."""
    table = "member_order" if service == "logistics" else "household_order"
    versions = f"SELECT id, version FROM {table} WHERE cycle_id = 'cycle-0' AND state = 'placed'"
    took = 0.0
    for url, statement in ((lines, SUMS[service]), (orders, versions)):
        if url.startswith("sqlite"):
            connection = sqlite3.connect(str(make_url(url).database))
            connection.execute("SELECT 1").fetchall()
            began = time.perf_counter()
            found = connection.execute(statement).fetchall()
            took += time.perf_counter() - began
            connection.close()
        else:
            other = await connected(url)
            prepared = await other.prepare(statement)
            began = time.perf_counter()
            found = await prepared.fetch()
            took += time.perf_counter() - began
            await other.close()
        assert found
    return took


async def _new_rows(before: str, after: str) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Table -> columns and rows, of the tables that the closing filled."""
    found = {}
    for table in await _tables(after):
        if not (await _execute(before, f'SELECT count(*) FROM "{table}"'))[0][0]:
            columns, rows = await _rows(after, f'SELECT * FROM "{table}"')
            if rows:
                found[table] = (columns, rows)
    return found


async def _write(url: str, content: dict[str, tuple[list[str], list[tuple[Any, ...]]]]) -> float:
    """Seconds to write rows in one durable transaction."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for table, (columns, rows) in content.items():
            names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)
        connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
        return took
    other = await connected(url)
    await other.execute("SET session_replication_role = replica")  # rows come in no particular order
    began = time.perf_counter()
    async with other.transaction():
        for table, (columns, rows) in content.items():
            await other.copy_records_to_table(table, records=rows, columns=columns)
    took = time.perf_counter() - began
    await other.close()
    return took


async def _fill(url: str, table: str, rows: list[Row]) -> None:
    columns = list(rows[0])
    text = url.startswith("sqlite")
    values = [
        tuple(v.strftime("%Y-%m-%d %H:%M:%S.%f") if text and hasattr(v, "strftime") else v for v in row.values())
        for row in rows
    ]
    await _write(url, {table: (columns, values)})


async def _tables(url: str) -> list[str]:
    if url.startswith("sqlite"):
        statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        statement = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return [row[0] for row in await _execute(url, statement)]


async def _rows(url: str, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database))
        cursor = connection.execute(statement)
        found = [column[0] for column in cursor.description], cursor.fetchall()
        connection.close()
        return found
    other = await connected(url)
    records = await other.fetch(statement)
    await other.close()
    return (list(records[0].keys()) if records else []), [tuple(record) for record in records]


async def _execute(url: str, statement: str) -> list[Any]:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        found = connection.execute(statement).fetchall()
        connection.close()
        return found
    other = await connected(url)
    found = await other.fetch(statement)
    await other.close()
    return list(found)
