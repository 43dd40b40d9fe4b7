"""`cabas demo --weeks`: weeks one after another, on a clock that is moved, whose sums agree each time."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from cabas.demo.api import Api
from cabas.demo.crates import Crates
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.demo.year import MovedClock, Year, hub_here
from cabas.journal import LastWords
from cabas.operator_token import token_for
from cabas.parts import Part, five_services

SMALL = Size(groups=2, producers=21, products=170, orders=4, lines_each=3)
BEFORE_CHRISTMAS = datetime(2026, 12, 12, 9, tzinfo=UTC)
"""A Saturday; the 25th, and the 1st after it, are Fridays."""


class ClockFrom:
    """A clock that goes on from an instant."""

    def __init__(self, start: datetime) -> None:
        self._start, self._since = start, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._since)


@dataclass(frozen=True)
class OnPostgres(Part):
    url: str = ""

    def app(self, shared: Mapping[str, Any]) -> FastAPI:
        return super().app({**shared, "database_url": self.url})


@pytest.fixture
async def on_postgres(postgres_server: str) -> AsyncIterator[list[Part]]:
    """The five services, each with a fresh database of a real PostgreSQL."""
    server = make_url(postgres_server)
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    parts: list[Part] = []
    async with engine.connect() as connection:
        for part in five_services():
            name = f"year_{part.name}"
            await connection.execute(text(f'CREATE DATABASE "{name}"'))
            url = server.set(database=name).render_as_string(hide_password=False)
            parts.append(OnPostgres(part.name, part.create_app, url=url))
        yield parts
        for part in parts:
            await connection.execute(text(f'DROP DATABASE "year_{part.name}" WITH (FORCE)'))
    await engine.dispose()


@pytest.fixture
def no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub in this process must not open its journal: loggers keep for good what they were first configured with, and
    other tests read what theirs say."""
    monkeypatch.setattr("cabas.hub.open_journal", lambda _file, _level: LastWords())


@pytest.mark.nats
def test_weeks_follow_each_other_and_agree() -> None:
    words = ["demo", "--weeks", "2", "--size", "guide", "--orders", "4", "--json"]
    told = subprocess.run([sys.executable, "-m", "cabas", *words], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["ok"]
    assert [week["orders"] for week in found["weeks"]] == [4, 4]
    assert len({week["delivers_on"] for week in found["weeks"]}) == 2
    assert all(len(set(week["gross_cents"].values())) == 1 for week in found["weeks"])
    assert "the coordinator writes the rhythm" in told.stderr


@pytest.mark.nats
@pytest.mark.postgres
async def test_holidays_move_the_deliveries_of_a_year_on_postgresql(
    on_postgres: list[Part], tmp_path: Path, no_journal: None
) -> None:
    clock = MovedClock(ClockFrom(BEFORE_CHRISTMAS))
    async with hub_here(tmp_path / "data", clock, on_postgres) as hub:

        def wake() -> None:
            for service in hub.services.values():
                service.timers.wake()

        api = Api(hub.url, lambda: token_for(tmp_path / "data" / "keys", "year", clock.now(), 60), connections=4)
        year = Year(Crates(Week(api, SMALL, 1, clock.now())), clock, wake)
        try:
            await year.live(2, lambda _sentence: None)
        finally:
            await api.close()
    assert [lived.delivers_on for lived in year.lived] == ["2026-12-24", "2026-12-31"], "not on Christmas or New Year"
    assert [lived.figures.faults for lived in year.lived] == [[], []]


def test_a_clock_is_never_put_back() -> None:
    clock = MovedClock(ClockFrom(BEFORE_CHRISTMAS))
    clock.move_to(BEFORE_CHRISTMAS + timedelta(days=7))
    week_later = clock.now()
    clock.move_to(BEFORE_CHRISTMAS)
    assert clock.now() >= week_later
