"""A backup is of one moment, found whole, and becomes the same hub again; what is not whole is refused."""

import asyncio
import json
import sqlite3
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from cabas import archive, cli, database_copies, deployment_backup
from cabas.archive import Damaged, Manifest
from cabas.data_folder import DataFolder
from cabas.demo.api import Api
from cabas.demo.figures import read_back
from cabas.demo.size import Size
from cabas.demo.week import Week
from cabas.doctor import broker
from cabas.doctor import folder as doctor_of_folder
from cabas.doctor.finding import State
from chassis.clock import SystemClock
from tests.topology import OneProcess

SMALL = Size(groups=2, producers=3, products=20, orders=6, lines_each=3)


def cabas(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(ended.value.code or 0)


# --- databases ---


def test_copies_of_several_databases_are_of_one_instant(tmp_path):
    """A writer counts up in the first, then in the second: no copy may have the second ahead, or the first by two."""
    files = [tmp_path / "first.db", tmp_path / "second.db"]
    for file in files:
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE counter (n INTEGER)")
            database.execute("INSERT INTO counter VALUES (0)")
            database.commit()
    enough = threading.Event()

    def count() -> None:
        connections = [sqlite3.connect(file, timeout=30, isolation_level=None) for file in files]
        while not enough.is_set():
            for connection in connections:
                connection.execute("UPDATE counter SET n = n + 1")
        for connection in connections:
            connection.close()

    writer = threading.Thread(target=count)
    writer.start()
    try:
        seen = set()
        for turn in range(20):
            targets = [tmp_path / f"{turn}-{file.name}" for file in files]
            database_copies.copy_all(dict(zip(files, targets, strict=True)))
            first, second = (
                sqlite3.connect(target).execute("SELECT n FROM counter").fetchone()[0] for target in targets
            )
            assert first - second in (0, 1), f"the copies are of two moments: {first}, {second}"
            seen.add(first)
    finally:
        enough.set()
        writer.join()
    assert len(seen) > 1, "nothing was written meanwhile: the test shows nothing"


# --- the file ---


@pytest.fixture
def packed(tmp_path) -> Path:
    source = tmp_path / "source"
    (source / "streams").mkdir(parents=True)
    (source / "streams" / "ORDERING.snapshot").write_bytes(b"events " * 40_000)
    (source / "key").write_bytes(b"secret")
    file = tmp_path / "hub.cabas"
    archive.pack(source, file, Manifest("folder", "2026-11-22T06:00:00+00:00", "0.1.0", {"ORDERING": 3}))
    return file


def test_a_file_holds_what_was_put_in_and_only_its_owner_reads_it(packed, tmp_path):
    manifest = archive.unpack(packed, tmp_path / "out")
    assert (tmp_path / "out" / "key").read_bytes() == b"secret"
    assert manifest.streams == {"ORDERING": 3}
    assert packed.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out" / "key").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.partial"))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_refused_and_leaves_nothing(packed, tmp_path, part):
    whole = packed.read_bytes()
    packed.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(Damaged):
        archive.unpack(packed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_byte_that_changed_is_noticed(packed, tmp_path):
    whole = bytearray(packed.read_bytes())
    whole[len(whole) // 2] ^= 1
    packed.write_bytes(whole)
    with pytest.raises(Damaged):
        archive.unpack(packed, tmp_path / "out")


@pytest.mark.parametrize("name", ["../outside", "/outside", "more"])
def test_a_file_with_more_than_its_list_says_is_refused(tmp_path, name):
    (tmp_path / "more").write_text("x")
    (tmp_path / "manifest.json").write_bytes(Manifest("folder", "", "", {}).text())
    with tarfile.open(tmp_path / "evil", "w:gz") as tar:
        tar.add(tmp_path / "manifest.json", "manifest.json")
        tar.add(tmp_path / "more", name)
    with pytest.raises(Damaged):
        archive.unpack(tmp_path / "evil", tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_a_backup_of_a_deployment_removes_what_a_killed_one_left(tmp_path, monkeypatch):
    async def nothing(_work):
        return []

    monkeypatch.setattr(deployment_backup, "_with_broker", nothing)
    (tmp_path / "a.partial" / "postgres").mkdir(parents=True)
    (tmp_path / "b.removed" / "postgres").mkdir(parents=True)
    (tmp_path / ".c.cabas.partial").write_bytes(b"half a file")
    deployment_backup.save_streams(tmp_path / "d.partial")
    assert [left.name for left in tmp_path.iterdir()] == ["d.partial"]


# --- a hub ---


@pytest.mark.nats
async def test_a_hub_that_takes_orders_is_backed_up_and_restored_with_the_same_sums(tmp_path, capsys):
    hub = OneProcess(tmp_path / "hub")
    file, elsewhere = tmp_path / "b.cabas", OneProcess(tmp_path / "restored")
    await hub.start()
    try:
        api = Api(hub.url, hub.token, 4)
        week = Week(api, SMALL, 1, SystemClock().now())
        await week.live(lambda _sentence: None)
        sums = await read_back(week)
        assert sums.ok, sums.faults
        # Whatever is written meanwhile is either in all of the backup or in none of it.
        more = asyncio.create_task(Week(api, SMALL, 2, SystemClock().now()).live(lambda _sentence: None))
        status = await asyncio.to_thread(cabas, "backup", str(file), "--data", str(hub.folder.path))
        assert status == 0, capsys.readouterr().err
        await more
        await api.close()
    finally:
        await hub.stop()
    assert doctor_of_folder.backup(hub.folder, SystemClock().now()).state is State.OK
    assert await asyncio.to_thread(cabas, "restore", str(file), "--data", str(elsewhere.folder.path)) == 0

    await elsewhere.start()
    try:
        week.api = Api(elsewhere.url, elsewhere.token, 4)
        assert (await read_back(week)).totals == sums.totals
        await every_event_is_in_its_stream(elsewhere.folder)
        await week.api.close()
        # One who ordered with the old hub's token is still known: the keys are the same.
        assert (hub.folder.keys / "token.pem").read_bytes() == (elsewhere.folder.keys / "token.pem").read_bytes()
    finally:
        await elsewhere.stop()


async def every_event_is_in_its_stream(folder: DataFolder) -> None:
    """As many messages as events were ever announced: none missing, none twice."""

    def announced() -> dict[str, int]:
        found = {}
        for file in folder.path.glob("*.db"):
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                found[file.stem.upper()] = database.execute("SELECT count(*) FROM outbox").fetchone()[0]
        return found

    async with asyncio.timeout(30):
        while True:
            told = await broker.ask(folder)
            assert told is not None
            stored = {
                stream["name"]: stream["state"]["messages"]
                for account in told["account_details"]
                for stream in account["stream_detail"]
            }
            if stored == announced():
                return
            await asyncio.sleep(0.2)


@pytest.mark.nats
async def test_restore_refuses_a_folder_with_a_hub_unless_told_and_then_puts_it_aside(tmp_path, capsys):
    hub = OneProcess(tmp_path / "hub")
    await hub.start()
    await hub.stop()
    data, file = str(hub.folder.path), tmp_path / "b.cabas"
    assert await asyncio.to_thread(cabas, "backup", str(file), "--data", data) == 0
    assert await asyncio.to_thread(cabas, "backup", str(file), "--data", data) == 1, "a file that is there stays"
    assert await asyncio.to_thread(cabas, "restore", str(file), "--data", data) == 1
    assert "--replace" in capsys.readouterr().err
    assert await asyncio.to_thread(cabas, "restore", str(file), "--data", data, "--replace") == 0
    aside = list(tmp_path.glob("hub.replaced-*"))
    assert len(aside) == 1
    assert (aside[0] / "ordering.db").exists()

    file.write_bytes(file.read_bytes()[:-1000])
    assert await asyncio.to_thread(cabas, "restore", str(file), "--data", data, "--replace") == 1
    assert len(list(tmp_path.glob("hub.replaced-*"))) == 1, "a damaged file touched the hub"
    assert not list(tmp_path.glob(".*restoring"))


def test_a_backup_of_containers_is_not_restored_into_a_folder(tmp_path, capsys):
    source = tmp_path / "source"
    source.mkdir()
    (source / "postgres.tar").write_bytes(b"")
    archive.pack(source, tmp_path / "b.cabas", Manifest("deployment", "", "", {}))
    assert cabas("restore", str(tmp_path / "b.cabas"), "--data", str(tmp_path / "hub")) == 1
    assert "deploy/restore" in capsys.readouterr().err
    assert not (tmp_path / "hub").exists()


def test_what_cannot_be_backed_up_is_said(tmp_path, capsys):
    assert cabas("backup", str(tmp_path / "b"), "--data", str(tmp_path / "nothing")) == 1
    assert cabas("backup", str(tmp_path / "no" / "where"), "--data", str(tmp_path)) == 1
    assert cabas("restore", str(tmp_path / "none"), "--data", str(tmp_path / "hub")) == 1
    assert capsys.readouterr().err.count("cabas: ") == 3


def test_the_manifest_of_another_form_is_refused():
    text = json.dumps({**json.loads(Manifest("folder", "", "", {}).text()), "format": 99}).encode()
    with pytest.raises(Damaged, match="another release"):
        Manifest.read(text)
