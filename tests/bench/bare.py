"""What the machine could do: `python bare.py core|raw|empty|null PORT [DATABASE URL]`.

core   FastAPI and SQLAlchemy Core: reads the body of an order, writes its rows and its outbox row in a transaction
raw    the same with the raw driver and group commit: what waits is written by one transaction
empty  FastAPI that reads the body and answers
null   no framework at all: shows what the load itself can do

They check nothing, know nobody and reserve nothing; the rows are those that ordering writes, into its own tables, with
its durability. They are as good as we could make them: a ceiling that is low proves nothing.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from prepared import articles, producer_name
from processes import connected
from pydantic import BaseModel
from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from uuid_utils import uuid7

from chassis.serve import rare_collections
from chassis.tables import outbox
from contracts.ordering import OrderPlaced
from ordering.order import household_order
from ordering.order_line import order_line


class Line(BaseModel):
    product_id: str
    quantity_thousandths: int


class Body(BaseModel):
    household_id: str
    lines: list[Line]
    expected_version: int | None = None


ARTICLES = {article.product_id: article for article in articles()}
TEXTS = {
    product: f'{{"article":{article.model_dump_json()},"producer_name":"{producer_name(article)}"'
    for product, article in ARTICLES.items()
}
HEADERS = {
    "ce-specversion": "1.0", "ce-type": OrderPlaced.type_name(), "ce-source": "ordering",
    "content-type": "application/json", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}  # fmt: skip

Rows = tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]


def rows_of(cycle: str, body: Body, now: datetime) -> Rows:
    """The order, its lines and its event, as ordering writes them."""
    order_id, event_id, home = str(uuid7()), str(uuid7()), body.household_id
    gross_of = [(ARTICLES[one.product_id].price_cents * one.quantity_thousandths + 500) // 1000 for one in body.lines]
    gross, when = sum(gross_of), now.isoformat()
    order = {
        "id": order_id, "version": 1, "cycle_id": cycle, "household_id": home, "state": "placed",
        "household_name": home, "group_id": "group-1", "group_name": "Group-1", "gross_cents": gross,
        "lines": len(body.lines), "changed_at": now, "entered_by": "person-1", "entered_by_name": "Josette",
        "on_behalf": False,
    }  # fmt: skip
    lines = [
        {
            "order_id": order_id, "product_id": one.product_id, "cycle_id": cycle,
            "producer_id": ARTICLES[one.product_id].producer_id, "quantity_thousandths": one.quantity_thousandths,
            "price_cents": ARTICLES[one.product_id].price_cents, "gross_cents": cents,
        }
        for one, cents in zip(body.lines, gross_of, strict=True)
    ]  # fmt: skip
    said = ",".join(
        f'{TEXTS[one.product_id]},"quantity_thousandths":{one.quantity_thousandths},"gross_cents":{cents}}}'
        for one, cents in zip(body.lines, gross_of, strict=True)
    )
    text = (
        f'{{"id":"{order_id}","version":1,"cycle_id":"{cycle}","cycle_name":"Semaine","household_id":"{home}",'
        f'"household_name":"{home}","group_id":"group-1","group_name":"Group-1","placed_at":"{when}",'
        f'"placed_by":"person-1","closes_at":"{when}","lines":[{said}],"gross_cents":{gross}}}'
    )
    announced = {
        "event_id": event_id, "subject": f"{OrderPlaced.type_name()}.{order_id}",
        "headers": HEADERS | {"Nats-Msg-Id": event_id, "ce-id": event_id, "ce-time": when, "ce-subject": order_id},
        "body": text.encode(), "created_at": now,
    }  # fmt: skip
    return order, lines, announced


TABLES = (household_order, order_line, outbox)


# --- SQLAlchemy Core, a transaction for every order ---


class Core:
    def __init__(self, url: str) -> None:
        self.engine = _sqlite(url) if url.startswith("sqlite") else create_async_engine(url, pool_size=40)

    async def start(self) -> None:
        pass

    async def write(self, rows: Rows) -> None:
        async with self.engine.connect() as connection, connection.begin():
            for table, values in zip(TABLES, rows, strict=True):
                await connection.execute(table.insert(), values)


def _sqlite(url: str) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=1, max_overflow=0, connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")


# --- the raw driver, a transaction for all that wait ---


class Together:
    """Hands all orders that wait to `commit`; while it runs, the next ones gather. `writers`: such loops at once."""

    def __init__(self, commits: list[Callable[[list[Rows]], Awaitable[None]]]) -> None:
        self._waiting: list[tuple[Rows, asyncio.Future[None]]] = []
        self._work = asyncio.Event()
        self._loops = [asyncio.create_task(self._run(commit)) for commit in commits]

    async def write(self, rows: Rows) -> None:
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, stored))
        self._work.set()
        await stored

    async def _run(self, commit: Callable[[list[Rows]], Awaitable[None]]) -> None:
        while True:
            await self._work.wait()
            batch, self._waiting = self._waiting, []
            self._work.clear()
            if batch:
                await commit([rows for rows, _ in batch])
                for _, stored in batch:
                    stored.set_result(None)


class RawSqlite:
    def __init__(self, url: str) -> None:
        self.file = str(make_url(url).database)
        self.statements = [_insert(table, "?") for table in TABLES]

    async def start(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.connection = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            self.connection.execute(pragma)
        loop = asyncio.get_running_loop()
        together = Together([lambda batch: loop.run_in_executor(self.thread, self._commit, batch)])
        self.write = together.write

    def _commit(self, batch: list[Rows]) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for number, statement in enumerate(self.statements):
            self.connection.executemany(statement, _flat(batch, number, text=True))
        self.connection.execute("COMMIT")


class RawPostgres:
    def __init__(self, url: str) -> None:
        self.url = url

    async def start(self) -> None:
        self.together = Together([await self._writer() for _ in range(2)])
        self.write = self.together.write

    async def _writer(self) -> Callable[[list[Rows]], Awaitable[None]]:
        connection = await connected(self.url)
        statement = await connection.prepare(_one_statement())

        async def commit(batch: list[Rows]) -> None:
            columns: list[list[Any]] = []
            for number in range(len(TABLES)):
                columns += [list(column) for column in zip(*_flat(batch, number), strict=True)]
            await statement.fetch(*columns)

        return commit


def _flat(batch: list[Rows], number: int, *, text: bool = False) -> list[tuple[Any, ...]]:
    """The rows of one table. `text`: instants as SQLite keeps them."""
    if number == 1:
        return [tuple(line.values()) for rows in batch for line in rows[1]]
    values = []
    for rows in batch:
        row = dict(rows[number])  # type: ignore[arg-type]
        if number == 2:
            row["headers"] = json.dumps(row["headers"])
        for name in ("changed_at", "created_at"):
            if text and name in row:
                row[name] = row[name].strftime("%Y-%m-%d %H:%M:%S.%f")
        values.append(tuple(row.values()))
    return values


_SAMPLE = rows_of(
    "c", Body(household_id="h", lines=[Line(product_id="p0001", quantity_thousandths=1)]), datetime.now(UTC)
)
_NAMES = [list(_SAMPLE[0]), list(_SAMPLE[1][0]), list(_SAMPLE[2])]


def _insert(table: Any, mark: str) -> str:
    names = _NAMES[TABLES.index(table)]
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(mark for _ in names)})"


def _one_statement() -> str:
    """INSERT into all three tables from arrays, in one round trip."""
    kinds = {"version": "int", "lines": "int", "gross_cents": "bigint", "quantity_thousandths": "bigint",
             "price_cents": "bigint", "changed_at": "timestamptz", "created_at": "timestamptz", "on_behalf": "bool",
             "headers": "json", "body": "bytea"}  # fmt: skip
    parts, number = [], 0
    for table, names in zip(TABLES, _NAMES, strict=True):
        arrays = []
        for name in names:
            number += 1
            arrays.append(f"${number}::{kinds.get(name, 'text')}[]")
        parts.append(f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({', '.join(arrays)})")
    return f"WITH o AS ({parts[0]}), l AS ({parts[1]}) {parts[2]}"


# --- served ---


def app_for(writer: Any) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> Any:
        if writer is not None:
            await writer.start()
        yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/ordering/api/cycles/{cycle}/orders")
    async def place(request: Request, cycle: str) -> JSONResponse:
        body = Body.model_validate_json(await request.body())
        if writer is None:
            return JSONResponse({"id": "", "version": 1, "state": "placed", "gross_cents": 0})
        rows = rows_of(cycle, body, datetime.now(UTC))
        await writer.write(rows)
        order = rows[0]
        return JSONResponse({"id": order["id"], "version": 1, "state": "placed", "gross_cents": order["gross_cents"]})

    @app.get("/ordering/health/ready")
    async def ready() -> JSONResponse:
        return JSONResponse({})

    return app


class Null(asyncio.Protocol):
    ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"

    def __init__(self) -> None:
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.held += data
        head = self.held.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.held.find(b"content-length: ", 0, head)
        length = int(self.held[at + 16 : self.held.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self.held) >= head + 4 + length:
            self.held = b""
            self.transport.write(self.ANSWER)  # type: ignore[attr-defined]


def main(kind: str, port: int, url: str = "") -> None:
    if kind == "null":

        async def serve() -> None:
            server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port)
            await server.serve_forever()

        asyncio.run(serve())
        return
    raw: Any = RawSqlite if url.startswith("sqlite") else RawPostgres
    writer = {"core": Core, "raw": raw}[kind](url) if kind != "empty" else None
    app = app_for(writer)
    rare_collections()
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
