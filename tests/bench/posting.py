"""(i) The ledger: entries posted per second, beside plain inserts of the same rows by the raw driver.

Posting numbers the entries of each book, chains them by hashes, adds to the balances and holds the heads of the books;
the inserts know all of that beforehand and write the rows of entries and movements, in transactions of the same size.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import settling
from closing import _rows
from figures import Row, Table, median, spread
from processes import Bench, connected
from sqlalchemy import make_url

from billing import migrations
from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import COLLECTED, SALE, collected, collected_for_it, sale
from chassis import logs
from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.schema import migrate

DAY = date(2026, 11, 22)
PRODUCERS, HOUSEHOLDS = 70, 1_000
TIMES = 5
Portion = list[Entry]


def sales(count: int) -> Iterable[Entry]:
    """Of a closing: what households owe producers, goods at two rates and a deposit."""
    for number in range(count):
        producer, household = f"producer-{number % PRODUCERS}", f"household-{number % HOUSEHOLDS}"
        cheque = {
            "producer_id": producer, "producer_name": producer, "gross_cents": 3_490, "deposit_cents": 120,
            "vat": [
                {"rate_hundredths": 550, "net_cents": 2_175, "vat_cents": 120},
                {"rate_hundredths": 2000, "net_cents": 996, "vat_cents": 199},
            ],
        }  # fmt: skip
        cause = Cause("closing", SALE.name, SALE.version)
        yield Entry(
            producer, f"sale:{number}", DAY, SALE.journal, cause, sale(household, cheque), household_id=household
        )


def payments(count: int) -> Iterable[Entry]:
    """What the hub collects for a producer: an entry in its book, and one in the producer's."""
    for number in range(count):
        producer, household = f"producer-{number % PRODUCERS}", f"household-{number % HOUSEHOLDS}"
        cause = Cause(f"payment:{number}", COLLECTED.name, COLLECTED.version, "person")
        for book, moves in (
            (HUB, collected(Account.BANK, {producer: 1_700})),
            (producer, collected_for_it(household, 1_700)),
        ):
            yield Entry(book, f"payment:{number}", DAY, COLLECTED.journal, cause, moves, household_id=household)


def portions(entries: Iterable[Entry], each: int) -> list[Portion]:
    source = iter(entries)
    return list(iter(lambda: list(islice(source, each)), []))


async def measure(bench: Bench, databases: tuple[str, ...]) -> list[Table]:
    logs.configure("WARNING")
    columns = {
        "database": "database", "what": "what", "entries": "entries", "rate": "posted per s", "spread": "spread",
        "plain": "plain inserts per s", "ratio": "Cabas / inserts",
    }  # fmt: skip
    table = Table("i", "posting", "Entries posted to the ledger", columns)
    size = 10 if bench.quick else 1
    cases = (
        ("sales of a closing, 500 in one transaction", portions(sales(10_000 // size), 500)),
        ("payments to the hub, each alone", portions(payments(500 // size), 2)),
    )
    for kind in databases:
        for what, work in cases:
            ours, plain = [], []
            for _ in range(2 if bench.quick else TIMES):
                empty = await bench.database(kind, bench.place("ledger"), "ledger")
                await _migrated(empty)
                inserted = await bench.database(kind, bench.place("ledger_sql"), "ledger_sql", like=empty)
                await bench.settle()
                ours.append(await _posted(empty, work))
                written = await _written(empty, work)
                await bench.settle()
                plain.append(await _inserted(inserted, written))
                await bench.drop(empty, inserted)
            count = sum(len(each) for each in work)
            rates = [count / seconds for seconds in ours]
            row: Row = {
                "database": kind, "what": what, "entries": count, "rate": median(rates), "spread": spread(rates),
                "plain": count / median(plain), "ratio": f"{median(plain) / median(ours):.2f}",
            }  # fmt: skip
            table.rows.append(row)
            print(f"  {kind} {what}: {row['rate']:.0f}/s, {row['ratio']} of plain inserts", flush=True)
    return [table, await settling.measure(bench, databases)]


async def _migrated(url: str) -> None:
    database = Database(url, service="billing", clock=SystemClock(), ids=RandomIds(), pool=1)
    await migrate(database.engine, Path(migrations.__path__[0]))
    await database.close()


async def _posted(url: str, work: Sequence[Portion]) -> float:
    database = Database(url, service="billing", clock=SystemClock(), ids=RandomIds(), pool=4)
    began = time.perf_counter()
    for each in work:
        async with database.write() as writer:
            await post(writer, each)
    took = time.perf_counter() - began
    await database.close()
    return took


Rows = list[tuple[Any, ...]]


async def _written(url: str, work: Sequence[Portion]) -> tuple[list[str], list[str], list[tuple[Rows, Rows]]]:
    """Columns of entries and of movements, and the rows that were posted, by transaction."""
    names, entries = await _rows(url, "SELECT * FROM entry")
    columns, movements = await _rows(url, "SELECT * FROM movement")
    book, key, number = names.index("book"), names.index("key"), names.index("number")
    by_key = {(row[book], row[key]): row for row in entries}
    moved: dict[tuple[str, int], Rows] = {}
    for row in movements:
        moved.setdefault((row[columns.index("book")], row[columns.index("number")]), []).append(row)
    found = []
    for portion in work:
        mine = [by_key[each.book, each.key] for each in portion]
        found.append((mine, [one for row in mine for one in moved[row[book], row[number]]]))
    return names, columns, found


async def _inserted(url: str, content: tuple[list[str], list[str], list[tuple[Rows, Rows]]]) -> float:
    names, columns, work = content
    if url.startswith("sqlite"):
        connection = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        statements = [
            f"INSERT INTO {table} ({', '.join(of)}) VALUES ({', '.join('?' for _ in of)})"
            for table, of in (("entry", names), ("movement", columns))
        ]
        began = time.perf_counter()
        for parts in work:
            connection.execute("BEGIN IMMEDIATE")
            for statement, rows in zip(statements, parts, strict=True):
                connection.executemany(statement, rows)
            connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
        return took
    other = await connected(url)
    began = time.perf_counter()
    for entries, movements in work:
        async with other.transaction():
            await other.copy_records_to_table("entry", records=entries, columns=names)
            await other.copy_records_to_table("movement", records=movements, columns=columns)
    took = time.perf_counter() - began
    await other.close()
    return took
