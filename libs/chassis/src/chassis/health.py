"""How a service is: asked by probes and by people for an answer now, by Prometheus for numbers to keep.

Each question is answered from an index or from a few rows, within `PATIENCE`, and a database or broker that does not
answer is a finding, never an error. Scrapes share one look: however many come, the database is asked every few seconds.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.client import Client
from sqlalchemy import func, select, text

from chassis import dead_letter
from chassis.database import Database, Reader
from chassis.jetstream import stream_of
from chassis.listening import Listening
from chassis.metrics import Metrics
from chassis.relay import oldest_unpublished_seconds
from chassis.settings import Settings
from chassis.tables import timer

log = structlog.get_logger()

PATIENCE = 3.0
"""Seconds the database, and the broker for each question, has to answer."""
FRESH, FACTS_FRESH = 5.0, 60.0
"""Seconds for which measures serve every scrape; those of the business, which may read thousands of rows, longer."""


@dataclass(frozen=True)
class Fact:
    """A number of the business to keep an eye on: the gauge `cabas_<name>`. `read` runs once a minute at most, and
    must stay quick however large the tables grow."""

    name: str
    help: str
    read: Callable[[Reader], Awaitable[float]]


class Health:
    def __init__(
        self,
        service: str,
        database: Database,
        settings: Settings,
        metrics: Metrics,
        *,
        listening: Listening | None,
        facts: Sequence[Fact],
        client: Callable[[], Client | None],
        obstacles: Callable[[], list[str]],
    ) -> None:
        """`client`: the broker's, while it is connected; `obstacles`: what else keeps the service from its work."""
        self.service = service
        self.database = database
        self.settings = settings
        self.metrics = metrics
        self.listening = listening
        self.facts = [(fact, metrics.gauge(fact.name, fact.help)) for fact in facts]
        self._client = client
        self._obstacles = obstacles
        self._measuring = asyncio.Lock()
        self._measured = self._facts_read = float("-inf")

    async def look(self) -> dict[str, Any]:
        """What an operator wants to know; `ready` is false when the service cannot do its work."""
        found: dict[str, Any] = {"service": self.service}
        try:
            async with asyncio.timeout(PATIENCE):
                found["outbox_oldest_seconds"] = round(await oldest_unpublished_seconds(self.database), 1)
                async with self.database.read() as reader:
                    found["dead_letters"] = await dead_letter.count_unresolved(reader)
            found["database"] = "ok"
            self.metrics.outbox_age.set(found["outbox_oldest_seconds"])
            self.metrics.dead_letters.set(found["dead_letters"])
        except Exception as error:
            log.warning("the database does not answer", error=repr(error))
            found["database"] = "does not answer"
        client = self._client()
        found["broker"] = "ok" if client else "not connected"
        found["lag"] = await self._lag(client) if client else {}
        self.metrics.database_up.set(found["database"] == "ok")
        self.metrics.broker_up.set(found["broker"] == "ok")
        late = found.get("outbox_oldest_seconds", 0) > self.settings.outbox_alarm_seconds
        found["obstacles"] = self._obstacles()
        well = found["database"] == "ok" and found["broker"] == "ok" and not found["obstacles"]
        found["ready"] = well and not late
        return found

    async def measure(self) -> None:
        """Bring the gauges up to date, unless they are."""
        now = asyncio.get_running_loop().time
        async with self._measuring:
            if now() - self._measured < FRESH:
                return
            found = await self.look()
            if found["database"] == "ok":
                await self._measure_database(facts=now() - self._facts_read >= FACTS_FRESH)
            client = self._client()
            if client:
                await self._measure_stream(client)
            self._measure_disk()
            self._measured = now()

    async def _measure_database(self, *, facts: bool) -> None:
        try:
            async with asyncio.timeout(PATIENCE), self.database.read() as reader:
                failing = select(func.count()).select_from(timer).where(timer.c.attempts > 0)
                self.metrics.timers_failing.set(await reader.scalar(failing))
                due = await reader.scalar(select(func.min(timer.c.due_at)))
                self.metrics.timer_late.set(max(0.0, (reader.now - due).total_seconds()) if due else 0.0)
                self.metrics.database_bytes.set(await reader.scalar(_size(self.database)))
                if facts:
                    for fact, gauge in self.facts:
                        gauge.set(await fact.read(reader))
                    self._facts_read = asyncio.get_running_loop().time()
        except Exception as error:
            log.warning("measures could not be taken", error=repr(error))

    async def _measure_stream(self, client: Client) -> None:
        try:
            info = await client.jetstream(timeout=PATIENCE).stream_info(stream_of(self.service))
        except Exception as error:
            log.debug("no stream to measure", error=repr(error))
            return
        others = info.cluster.replicas or [] if info.cluster else []
        self.metrics.stream_bytes.set(info.state.bytes)
        self.metrics.stream_limit.set(info.config.max_bytes or 0)
        self.metrics.stream_replicas.set(info.config.num_replicas or 1)
        # The leader, which answered, is not among those it lists.
        self.metrics.stream_current.set(1 + sum(1 for other in others if other.current and not other.offline))

    def _measure_disk(self) -> None:
        """Where the data folder is; a container without one stands on the disk where the volumes are, too."""
        folder = self.settings.data_dir
        usage = shutil.disk_usage(folder if folder.exists() else "/")
        self.metrics.disk_free.set(usage.free)
        self.metrics.disk_size.set(usage.total)

    async def _lag(self, client: Client) -> dict[str, int | None]:
        """Events not yet taken in, by source; None where the consumer does not exist yet."""
        lag: dict[str, int | None] = {}
        for source in self.listening.filters() if self.listening else ():
            assert self.listening
            try:
                info = await client.jetstream(timeout=1).consumer_info(
                    stream_of(source), self.listening.consumer(source)
                )
                lag[source] = (info.num_pending or 0) + (info.num_ack_pending or 0)
                self.metrics.lag.labels(source).set(lag[source] or 0)
            except Exception as error:
                log.debug("no lag to tell", source=source, error=repr(error))
                lag[source] = None
        return lag


def _size(database: Database) -> Any:
    """Bytes of the database; SQLite's without its write-ahead log."""
    if database.is_sqlite:
        return text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return text("SELECT pg_database_size(current_database())")
