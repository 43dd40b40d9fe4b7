"""`cabas doctor`: it finds what it is there to find, and says what to do."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from cabas.data_folder import DataFolder
from cabas.doctor import broker, folder
from cabas.doctor.finding import State
from chassis.clock import SystemClock
from chassis.nats_server import NatsServer

NOW = SystemClock().now()


class SlowToSync(NatsServer):
    """A broker as JetStream comes by default: it syncs every two minutes."""

    def configuration(self) -> str:
        return super().configuration().replace("sync_interval: always", 'sync_interval: "2m"')


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "data")
    data.path.mkdir()
    data.provide_secrets()
    return data


@pytest.mark.nats
@pytest.mark.parametrize(("kind", "state"), [(NatsServer, State.OK), (SlowToSync, State.FAIL)])
async def test_a_broker_that_does_not_sync_every_message_is_found_out(
    data: DataFolder, kind: type[NatsServer], state: State
) -> None:
    with data.broker() as ours:
        server = kind(ours.folder, port=ours.port, monitor_port=ours.monitor_port)
        await server.start()
        try:
            told = await broker.ask(data)
            assert told is not None
            assert broker.sync(data, told).state is state
            assert broker.clock(told, SystemClock().now()).state is State.OK
        finally:
            await server.stop()
    assert await broker.ask(data) is None
    assert broker.sync(data, None).state is state, "by its configuration, once it is stopped"


@pytest.mark.nats
async def test_a_stranger_at_the_port_of_the_broker_is_not_believed(data: DataFolder, tmp_path: Path) -> None:
    with data.broker() as ours:
        stranger = NatsServer(tmp_path / "elsewhere", port=ours.port, monitor_port=ours.monitor_port)
        await stranger.start()
        try:
            assert await broker.ask(data) is None
        finally:
            await stranger.stop()


def test_a_secret_that_others_can_read_is_found_and_the_cure_is_named(data: DataFolder) -> None:
    assert {finding.state for finding in folder.keys(data)} == {State.OK}
    secret = data.keys / "token.pem"
    secret.chmod(0o644)
    found = [finding for finding in folder.keys(data) if finding.state is State.FAIL]
    assert [finding.advice for finding in found] == [f"chmod 600 {secret}"]


def test_a_clock_that_runs_apart_is_found() -> None:
    assert folder.compared("clock", NOW + timedelta(seconds=2), NOW).state is State.OK
    found = folder.compared("clock", NOW - timedelta(hours=1), NOW)
    assert (found.state, found.sentence) == (State.FAIL, "is -3600 s off this machine's")


def test_a_backup_that_is_older_than_a_day_and_a_half_is_found(data: DataFolder) -> None:
    assert (folder.backup(data, NOW).state, folder.backup(data, NOW).sentence) == (State.WARN, "none was made yet")
    data.last_backup_file.write_text((NOW - timedelta(hours=36)).isoformat())
    assert folder.backup(data, NOW).state is State.OK
    found = folder.backup(data, NOW + timedelta(minutes=1))
    assert (found.state, found.advice[-17:]) == (State.WARN, "cabas backup FILE")
    data.last_backup_file.write_text("half a dat")
    assert folder.backup(data, NOW).state is State.WARN


def test_the_holder_of_the_folder_is_named(data: DataFolder) -> None:
    assert folder.lock(data).sentence == "no hub runs on this folder"
    with data.held() as hold:
        assert folder.lock(data).state is State.WARN
        hold.tell("http://127.0.0.1:8000")
        assert "at http://127.0.0.1:8000" in folder.lock(data).sentence


def test_a_folder_that_is_not_there_is_a_failure_with_advice(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "cabas", "doctor", "--json", "--data", str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stderr
    found = json.loads(told.stdout)
    assert not found["ok"]
    assert found["findings"][-1]["advice"] == "start a hub there: cabas up, or name another"
