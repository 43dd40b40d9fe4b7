"""Has a hub come to rest? Asked until it has, so cheaply that asking is no load."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cabas.parts import NAMES
from tests.faults.hub import Hub

COUNTS: dict[str, dict[str, str]] = {
    "catalog": {"products": "SELECT COUNT(*) + SUM(version) FROM product"},
    "ordering": {
        "products": "SELECT COUNT(*) + SUM(version) FROM product",
        "open": "SELECT COUNT(*) FROM cycle WHERE state <> 'closed'",
        "cycles": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM cycle",
        "orders": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM household_order",
        "placed": "SELECT COUNT(*) FROM household_order WHERE state = 'placed'",
        "answers": "SELECT COALESCE(SUM(version), 0) FROM producer_answer",
        "balances": "SELECT COALESCE(SUM(version), 0) FROM household_balance",
    },
    "logistics": {
        "cycles": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM cycle",
        "orders": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM member_order",
        "waiting": "SELECT COUNT(*) FROM cycle WHERE revision = 0 OR issued_revision < revision",
        "schedules": "SELECT COALESCE(MAX(version), 0) FROM schedule",
        "answers": (
            "SELECT COALESCE(SUM(newest), 0) FROM (SELECT MAX(version) AS newest FROM answer GROUP BY list_id) AS given"
        ),
    },
    "billing": {
        "cycles": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM cycle",
        "orders": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM household_order",
        "waiting": "SELECT COUNT(*) FROM cycle WHERE state <> 'computed'",
        "balances": "SELECT COALESCE(SUM(version), 0) FROM household_balance",
        "timers": "SELECT COUNT(*) FROM timer WHERE name = 'draw_invoices'",
    },
    "notify": {
        "cycles": "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM cycle",
        "orders": (
            "SELECT COUNT(*) + COALESCE(SUM(version), 0) FROM ("
            "SELECT CASE WHEN a.version > o.version THEN a.version ELSE o.version END AS version"
            " FROM household_order o LEFT JOIN allocation a ON a.id = o.id"
            # Of what the hub's shelf takes nobody heard but by what it gets.
            " UNION ALL SELECT a.version FROM allocation a"
            " WHERE NOT EXISTS (SELECT 1 FROM household_order o WHERE o.id = a.id)) AS known"
        ),
        "schedules": "SELECT COALESCE(MAX(version), 0) FROM schedule",
        "timers": "SELECT COUNT(*) FROM timer WHERE name IN ('confirmation', 'allocation', 'pick_list', 'schedule')",
    },
}
OUTBOX = "SELECT COUNT(*) FROM outbox WHERE published_at IS NULL"
ZERO = (
    ("ordering", "open"),
    ("logistics", "waiting"),
    ("billing", "waiting"),
    ("billing", "timers"),
    ("notify", "timers"),
)
SAME = (
    ("products", "catalog", "ordering"),
    *(("cycles", "ordering", name) for name in ("logistics", "billing", "notify")),
    *(("orders", "ordering", name) for name in ("logistics", "billing", "notify")),
    ("answers", "logistics", "ordering"),
    ("schedules", "logistics", "notify"),
    ("balances", "billing", "ordering"),
)


class Rest:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __aenter__(self) -> "Rest":
        self._engines: dict[str, AsyncEngine] = {n: create_async_engine(self.hub.database_url(n)) for n in NAMES}
        self._http = httpx.AsyncClient(trust_env=False, timeout=5)
        return self

    async def __aexit__(self, *_: object) -> None:
        for engine in self._engines.values():
            await engine.dispose()
        await self._http.aclose()

    async def missing(self) -> list[str]:
        """What has not come yet, each a few words; empty when nothing is on its way any more."""
        try:
            counts = {name: await self._counts(name) for name in NAMES}
        except Exception as error:
            return [f"a database does not answer: {error!r}"[:200]]
        found = [f"{counts[name][what]} {what} in {name}" for name, what in ZERO if counts[name][what]]
        found += [f"{counts[n]['outbox']} events in the outbox of {n}" for n in NAMES if counts[n]["outbox"]]
        found += [
            f"{what} of {holder} are not those of {owner}"
            for what, owner, holder in SAME
            if counts[owner][what] != counts[holder][what]
        ]
        return found or await self._on_their_way()

    async def wait(self, seconds: float) -> list[str]:
        """Wait until nothing is missing any more; what is, when the time is up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            missing = await self.missing()
            spent = loop.time() - began
            if not missing or spent > seconds:
                return missing
            await asyncio.sleep(0.1 if spent < 5 else 0.5)

    async def _counts(self, name: str) -> dict[str, int]:
        async with self._engines[name].connect() as connection:
            questions = COUNTS[name] | {"outbox": OUTBOX}
            return {what: int((await connection.execute(text(sql))).scalar() or 0) for what, sql in questions.items()}

    async def _on_their_way(self) -> list[str]:
        """What the services themselves say of their lag: it counts what was delivered and not acknowledged, too."""
        found = []
        for name in NAMES:
            try:
                said: dict[str, Any] = (await self._http.get(f"{self.hub.url_of(name)}/{name}/health/ready")).json()
            except (httpx.TransportError, ValueError) as error:
                found.append(f"{name} does not answer: {error!r}")
                continue
            if not said["ready"]:
                found.append(f"{name} is not ready: {said}")
            found += [f"{name} lags behind {source}: {lag}" for source, lag in said["lag"].items() if lag != 0]
        return found
