"""A load of requests over HTTP/1.1, in a process of its own: `python load.py < job.json > result.json`.

Closed: every connection sends its next request when the answer to the last one is there. Open (`rate` a second): every
request has a time at which it is due, and its latency counts from then, whether or not a connection was free; so a
server that stalls is charged for all who waited.

Job: host, port, connections, rate or null, method, requests: [[path, token, body or null], ...].
Result: seconds, cpu, errors, and for each request in order [due, answered, status, body] (times of time.time()).
"""

import asyncio
import json
import resource
import sys
import time
from collections import deque
from typing import Any


class Connection(asyncio.Protocol):
    """One keep-alive connection; tells `load` whenever an answer is whole."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.number = -1
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, number: int) -> None:
        assert self._transport
        self.number = number
        self._transport.write(self.load.requests[number])

    def data_received(self, data: bytes) -> None:
        held = self._held + data if self._held else data
        head = held.find(b"\r\n\r\n")
        if head < 0:
            self._held = held
            return
        at = held.lower().find(b"content-length:", 0, head)
        length = int(held[at + 15 : held.find(b"\r\n", at)]) if at >= 0 else 0
        if len(held) < head + 4 + length:
            self._held = held
            return
        self._held = b""
        self.load.answered(self, int(held[9:12]), held[head + 4 :])

    def connection_lost(self, error: Exception | None) -> None:
        if not self.load.done.is_set():
            self.load.failed = f"a connection was lost: {error!r}"
            self.load.done.set()

    def close(self) -> None:
        if self._transport:
            self._transport.close()


class Load:
    def __init__(self, job: dict[str, Any]) -> None:
        host = f"{job['host']}:{job['port']}"
        self.requests = [_encoded(job["method"], host, *request) for request in job["requests"]]
        self.job = job
        self.due = [0.0] * len(self.requests)
        self.at = [0.0] * len(self.requests)
        self.status = [0] * len(self.requests)
        self.bodies = [b""] * len(self.requests)
        self.done = asyncio.Event()
        self.failed = ""
        self._left = len(self.requests)
        self._next = 0
        self._idle: list[Connection] = []
        self._waiting: deque[int] = deque()

    async def run(self) -> float:
        """Seconds from the first request to the last answer."""
        loop = asyncio.get_running_loop()
        connections = []
        for _ in range(self.job["connections"]):
            _transport, connection = await loop.create_connection(
                lambda: Connection(self), self.job["host"], self.job["port"]
            )
            connections.append(connection)
        began = time.time()
        if self.job["rate"]:
            self._idle = connections[:]
            await self._keep_pace(began)
        else:
            for connection in connections:
                self._send_next(connection)
        await self.done.wait()
        took = time.time() - began
        for connection in connections:
            connection.close()
        return took

    async def _keep_pace(self, began: float) -> None:
        each = 1 / self.job["rate"]
        for number in range(len(self.requests)):
            due = began + number * each
            self.due[number] = due
            while (early := due - time.time()) > 0:
                await asyncio.sleep(early)
            if self.failed:
                return
            if self._idle:
                self._idle.pop().send(number)
            else:
                self._waiting.append(number)

    def _send_next(self, connection: Connection) -> None:
        if self._next < len(self.requests):
            number, self._next = self._next, self._next + 1
            self.due[number] = time.time()
            connection.send(number)

    def answered(self, connection: Connection, status: int, body: bytes) -> None:
        number = connection.number
        self.at[number], self.status[number], self.bodies[number] = time.time(), status, body
        self._left -= 1
        if not self._left:
            self.done.set()
        elif not self.job["rate"]:
            self._send_next(connection)
        elif self._waiting:
            connection.send(self._waiting.popleft())
        else:
            self._idle.append(connection)


def _encoded(method: str, host: str, path: str, token: str, body: str | None) -> bytes:
    content = (body or "").encode()
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "accept: application/json"]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def main() -> None:
    load = Load(json.load(sys.stdin))
    before = _cpu()
    seconds = asyncio.run(load.run())
    if load.failed:
        sys.exit(load.failed)
    kept = load.job.get("keep_bodies", False)
    records = [
        [due, at, status, body.decode(errors="replace") if kept or status != 200 else ""]
        for due, at, status, body in zip(load.due, load.at, load.status, load.bodies, strict=True)
    ]
    json.dump({"seconds": seconds, "cpu": _cpu() - before, "records": records}, sys.stdout)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
