"""A real process, a real nats-server, and death at every named point: nothing is lost, nothing is doubled."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import nats
import pytest
from counter.app import counter
from sqlalchemy import func, select

from chassis import crash
from chassis.clock import RandomIds, SystemClock
from chassis.database import Database
from chassis.identity import Grant, Person, TokenIssuer
from chassis.nats_server import free_port
from chassis.tables import inbox, outbox
from contracts import Role

BURST = 6
"""Requests after which a point must have been reached."""


class Process:
    """`python -m counter`, killed and started again on the same database and broker."""

    def __init__(self, folder: Path, url: str, server, keys: tuple[bytes, bytes]) -> None:
        (folder / "token.pub.pem").write_bytes(keys[1])
        self.log = folder / "service.log"
        self.port = free_port()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent),
            "CABAS_DATA_DIR": str(folder),
            "CABAS_DATABASE_URL": url,
            "CABAS_TOKEN_PUBLIC_KEY_FILE": str(folder / "token.pub.pem"),
            "CABAS_NATS_URL": server.url,
            "CABAS_NATS_USER": server.user,
            "CABAS_NATS_PASSWORD": server.password,
            "CABAS_PORT": str(self.port),
        }
        person = Person("p", "Josette", "fr", (Grant(Role.MEMBER, household_id="h"),), "s", "csrf")
        token = TokenIssuer(keys[0]).issue(person, SystemClock().now())
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers={"authorization": f"Bearer {token}"}, trust_env=False
        )
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, crash_at: str = "") -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "counter"],
                env=self.environment | {"CABAS_CRASH_AT": crash_at},
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> bool:
        """Whether it answers, and false when it has died."""
        while self.running.poll() is None:
            try:
                if (await self.client.get("/ordering/health/ready")).status_code == 200:
                    return True
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
        return False

    async def ended(self) -> int:
        return await asyncio.to_thread(self.running.wait, 30)

    async def close(self) -> None:
        await self.client.aclose()
        if self.running and self.running.poll() is None:
            self.running.kill()
            self.running.wait()


@pytest.fixture
async def process(tmp_path, database_url, nats_server, keys):
    process = Process(tmp_path, database_url, nats_server, keys)
    yield process
    await process.close()


@pytest.mark.nats
async def test_wherever_it_dies_it_goes_on_with_nothing_lost_or_doubled(process, database_url, nats_server):
    acknowledged = unknown = 0
    for point in sorted(crash.POINTS, key=lambda point: point != "during_migration"):
        process.start(f"ordering/{point}")
        await process.ready()  # or dead already, of what the one before left behind
        for _ in range(BURST):
            try:
                answer = await process.client.post("/ordering/count")
                acknowledged += answer.status_code == 200
            except httpx.ConnectError:
                break
            except httpx.TransportError:
                unknown += 1
        if point in ("during_shutdown", "ack_lost"):
            assert process.running.poll() is None, f"died before {point}"
            process.running.send_signal(signal.SIGTERM)
        assert await process.ended() == -(signal.SIGTERM if point == "ack_lost" else signal.SIGKILL), point
        assert f"crash point ordering/{point}:1" in process.log.read_text()
    process.start()
    assert await process.ready()
    answer = await process.client.post("/ordering/count")
    acknowledged += answer.status_code == 200
    database = Database(database_url, service="ordering", clock=SystemClock(), ids=RandomIds())
    try:
        async with asyncio.timeout(40):
            while (await tally(database))["heard"] != answer.json()["version"]:
                await asyncio.sleep(0.1)
        found = await tally(database)
    finally:
        await database.close()
    assert acknowledged <= found["version"] <= acknowledged + unknown
    # Each change was announced once, stored once, taken in once, and took effect once.
    assert set(found.values()) == {found["version"]}
    client = await nats.connect(nats_server.url, user=nats_server.user, password=nats_server.password)
    assert (await client.jetstream().stream_info("ORDERING")).state.messages == found["version"]
    await client.close()


async def tally(database: Database) -> dict[str, int]:
    async with database.read() as reader:
        return {
            "version": await reader.scalar(select(counter.c.version).where(counter.c.id == "a")),
            "announced": await reader.scalar(select(func.count()).select_from(outbox)),
            "taken in": await reader.scalar(select(func.count()).select_from(inbox)),
            "heard": await reader.scalar(select(counter.c.heard).where(counter.c.id == "heard-a")),
        }


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("ordering/after_publsh", "there is no crash point 'after_publsh'"),
        ("orderng/after_publish", "there is no service 'orderng'"),
        ("after_publish", "there is no service 'after_publish'"),
        ("ordering/after_publish:0", "'0' is not a number from 1"),
        ("ordering/ack_lost, ordering/ack_lost:x", "'x' is not a number from 1"),
    ],
)
def test_what_is_misspelt_is_refused(monkeypatch, written, sentence):
    monkeypatch.setenv("CABAS_CRASH_AT", written)
    with pytest.raises(crash.Misspelt, match=sentence):
        crash.arm("ordering")


def test_a_service_that_shall_crash_at_a_misspelt_point_does_not_start(tmp_path, keys):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "token.pub.pem").write_bytes(keys[1])
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        "CABAS_DATA_DIR": str(tmp_path),
        "CABAS_CRASH_AT": "billing/nowhere",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "counter"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("CABAS_CRASH_AT=billing/nowhere: there is no crash point 'nowhere', only before_c")
    assert len(ended.stderr.splitlines()) == 1


def test_points_are_counted_for_each_service_and_fire_once_each_time_named(monkeypatch):
    monkeypatch.setenv("CABAS_CRASH_AT", "ordering/ack_lost:2,ordering/ack_lost:4,billing/ack_lost")
    crash.arm("ordering")
    try:
        fired = []
        for number in range(1, 6):
            crash.point("billing", "ack_lost")  # another process's affair
            try:
                crash.point("ordering", "ack_lost")
            except TimeoutError:
                fired.append(number)
        assert fired == [2, 4]
    finally:
        monkeypatch.delenv("CABAS_CRASH_AT")
        crash.arm("ordering")
    assert not crash.armed
