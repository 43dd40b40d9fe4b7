"""The hub around services with nothing in them: who may start it, how it dies, what it leaves behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.nats


class StandInHub:
    """The hub as a process of its own."""

    def __init__(self, folder: Path, port: int = 0, **environment: str) -> None:
        paths = [str(HERE), *sys.path]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stand_in", str(folder), str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        )

    def ready(self) -> str:
        assert self.process.stdout is not None
        url = self.process.stdout.readline().strip()
        assert url, self.said()
        return url

    def said(self) -> str:
        """Waits for the end."""
        return self.process.communicate(timeout=30)[1]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


Start = Callable[..., StandInHub]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    hubs: list[StandInHub] = []

    def begin(port: int = 0, **environment: str) -> StandInHub:
        hubs.append(StandInHub(tmp_path / "data", port, **environment))
        return hubs[-1]

    yield begin
    for hub in hubs:
        if hub.process.poll() is None:
            hub.process.kill()
        hub.process.communicate()


def broker_pid(folder: Path) -> int:
    return int((folder / "nats" / "pid").read_text())


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: Callable[[], bool], what: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def test_requests_go_to_the_owner_of_the_path_and_home_to_ordering(start: Start) -> None:
    url = start().ready()
    with httpx.Client(base_url=url) as browser:
        assert browser.get("/").json() == {"service": "ordering", "path": "/ordering/home"}
        assert browser.get("/billing/page").json() == {"service": "billing", "path": "/billing/page"}
        assert browser.get("/ui/static/x.css").json()["service"] == "ordering"
        unknown = browser.get("/nowhere")
        assert (unknown.status_code, unknown.json()["service"]) == (404, "ordering")
        assert browser.get("/health/live").json() == {"status": "ok"}
        ready = browser.get("/health/ready")
        assert (ready.status_code, set(ready.json()["services"])) == (
            200,
            {"catalog", "ordering", "logistics", "billing", "notify"},
        )


def test_a_second_hub_on_the_same_folder_is_refused_by_name(start: Start, tmp_path: Path) -> None:
    first = start()
    first.ready()
    said = start().said()
    assert f"(process {first.process.pid})" in said
    assert str(tmp_path / "data") in said


def test_a_folder_that_cannot_be_written_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    refused = start()
    said = refused.said()
    assert refused.process.returncode == 1
    assert f"Cannot write to the folder {tmp_path / 'data'}" in said
    assert "Traceback" not in said


def test_a_port_that_does_not_exist_is_said_in_one_line(start: Start) -> None:
    refused = start(99_999)
    said = refused.said()
    assert refused.process.returncode == 1
    assert "There is no port 99999" in said
    assert "Traceback" not in said


def test_a_taken_port_is_said_clearly_and_nothing_is_left_running(start: Start, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        hub = start(taken.getsockname()[1])
        assert f"Cannot listen on 127.0.0.1 port {taken.getsockname()[1]}" in hub.said()
    assert not (tmp_path / "data" / "nats" / "pid").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_within_seconds_while_browsers_hold_streams_open(start: Start, tmp_path: Path, number: int) -> None:
    hub = start()
    url = hub.ready()
    with httpx.Client(base_url=url) as browser, browser.stream("GET", "/ordering/stream") as stream:
        assert next(stream.iter_lines()) == "data: tick"
        began = time.monotonic()
        assert hub.stop(number) == 0
        assert time.monotonic() - began < 5
    assert not runs(broker_pid(tmp_path / "data"))
    events = [json.loads(line)["event"] for line in (tmp_path / "data/logs/hub.log").read_text().splitlines()]
    assert events.index("the broker stopped") > max(i for i, e in enumerate(events) if e == "service stopped")


def test_secrets_are_made_once_and_only_their_owner_reads_them(start: Start, tmp_path: Path) -> None:
    hub = start()
    hub.ready()
    keys = tmp_path / "data" / "keys"
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    before = {file.name: file.read_bytes() for file in keys.iterdir()}
    assert set(before) == {"token.pem", "token.pub.pem", "nats_password"}
    for name in ("token.pem", "nats_password"):
        assert stat.S_IMODE((keys / name).stat().st_mode) == 0o600
    hub.stop()
    again = start()
    again.ready()
    assert {file.name: file.read_bytes() for file in keys.iterdir()} == before


def test_a_killed_hub_leaves_no_broker_and_starts_again_at_once(start: Start, tmp_path: Path) -> None:
    hub = start()
    hub.ready()
    old = broker_pid(tmp_path / "data")
    ports = (tmp_path / "data/nats/ports.json").read_text()
    hub.stop(signal.SIGKILL)
    again = start()
    again.ready()
    assert not runs(old)
    assert broker_pid(tmp_path / "data") != old
    assert (tmp_path / "data/nats/ports.json").read_text() == ports


def test_a_broker_that_dies_is_started_again_at_its_ports(start: Start, tmp_path: Path) -> None:
    url = start().ready()
    old = broker_pid(tmp_path / "data")
    os.kill(old, signal.SIGKILL)
    until(lambda: broker_pid(tmp_path / "data") != old, "a new broker")
    until(lambda: httpx.get(f"{url}/health/ready").status_code == 200, "services connected again")


def test_a_service_that_gives_up_takes_the_hub_down_and_is_named(start: Start) -> None:
    hub = start()
    url = hub.ready()
    httpx.get(f"{url}/logistics/die")
    said = hub.said()
    assert hub.process.returncode == 1
    assert "The hub stopped: logistics: provisioning refused: stream is not as wanted" in said


def test_a_service_that_does_not_start_is_named(start: Start, tmp_path: Path) -> None:
    hub = start(STAND_IN_BROKEN="billing")
    said = hub.said()
    assert "billing did not start: RuntimeError: this one does not start" in said
    assert not runs(broker_pid(tmp_path / "data"))


def test_a_hub_that_shall_crash_at_a_misspelt_point_does_not_start(start: Start) -> None:
    said = start(CABAS_CRASH_AT="billing/nowhere").said()
    assert "there is no crash point 'nowhere', only before_commit" in said
    assert said.rstrip().endswith("during_shutdown.")
