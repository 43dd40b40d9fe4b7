"""`cabas billing verify`: it finds what was changed in the books of a hub, and says where."""

import asyncio
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import billing.migrations
from billing.archive.contents import Days
from billing.archive.packing import pack
from billing.ledger.chart import Account
from billing.ledger.entry import Cause, Entry, Side, move
from billing.ledger.posting import post
from billing.pages.paper_words import French
from billing.paper.closing import close
from billing.paper.issuer import Issuer
from billing.seal.register import Seals
from cabas.cli import main
from chassis.clock import RandomIds
from chassis.database import Database
from chassis.identity import Person
from chassis.schema import migrate
from chassis.testing import FrozenClock


@pytest.fixture
async def hub(tmp_path: Path) -> Path:
    """The folder of a hub whose books have two entries, and an account that was closed."""
    return await written(tmp_path, 1250)


async def written(folder: Path, cents: int) -> Path:
    url = f"sqlite+aiosqlite:///{folder / 'billing.db'}"
    database = Database(url, service="billing", clock=FrozenClock(datetime(2026, 12, 5, tzinfo=UTC)), ids=RandomIds())
    await migrate(database.engine, Path(billing.migrations.__path__[0]))
    owed = tuple(move(Side(Account.HOUSEHOLD, "h"), Side(Account.SALES), cents))
    async with database.write() as writer:
        for n in (1, 2):
            await post(writer, [Entry("p-goats", f"k{n}", date(2026, 11, 22 + n), "VE", Cause("e", "sale", 1), owed)])
        paris, hub = ZoneInfo("Europe/Paris"), Issuer("Hub", "", "", "", "", "NORMAL", "FR", "H01", False, 30)
        await close(writer, hub, paris, "p-goats", date(2026, 11, 30), Person("anne", "Anne"), French(paris))
    await database.close()
    return folder


def ran(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["billing", "verify", *arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture(autouse=True)
def _no_other_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CABAS_DATABASE_URL", raising=False)
    return


def test_books_that_nobody_touched_are_sound(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("--data", str(hub)) == 0
    said = capsys.readouterr().out
    assert "ok    p-goats: 2 entries, 1 closings" in said
    assert "FAIL" not in said


def test_a_cent_changed_behind_the_hubs_back_is_found(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(hub / "billing.db")) as connection:
        connection.execute("DROP TRIGGER movement_no_update")
        connection.execute("UPDATE movement SET cents = 1251 WHERE number = 1")
        connection.commit()
    assert ran("--data", str(hub)) == 1
    said = capsys.readouterr().out
    assert "FAIL  p-goats" in said
    assert "entry 1 was changed, or the one before it" in said
    assert ran("--data", str(hub), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert [book["book"] for book in found["books"] if book["faults"]] == ["p-goats"]


def test_a_figure_changed_in_a_paper_is_found(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("--data", str(hub)) == 0
    assert "ok    H01-P001-R-2026: 1 papers" in capsys.readouterr().out
    with closing(sqlite3.connect(hub / "billing.db")) as connection:
        connection.execute("DROP TRIGGER paper_no_update")
        connection.execute("UPDATE paper SET printed = replace(printed, '25,00', '25,01')")
        connection.commit()
    assert ran("--data", str(hub), "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [each["faults"] for each in found["papers"]] == [
        ["paper H01-P001-R-2026-00001 was changed, or the one before it"]
    ]
    assert not any(book["faults"] for book in found["books"])


async def test_books_that_were_written_anew_from_the_first_entry_on_are_found_by_a_seal(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite+aiosqlite:///{hub / 'billing.db'}"
    database = Database(url, service="billing", clock=FrozenClock(datetime(2026, 12, 6, tzinfo=UTC)), ids=RandomIds())
    async with database.write() as writer:
        signed = await Seals(ZoneInfo("Europe/Paris"), "Hub", tmp_path / "no.pem").make(writer)
    await database.close()
    assert signed is not None
    seal = tmp_path / "seal.txt"
    seal.write_text(f"Dear accountant,\n{signed.text}")
    (tmp_path / "forged").mkdir()
    forged = await written(tmp_path / "forged", 1150)

    def verify(folder: Path, *more: str) -> tuple[int, str]:
        return ran("--data", str(folder), *more), capsys.readouterr().out

    known = await asyncio.to_thread(verify, hub, "--seal", str(seal))
    assert known[0] == 0
    assert "ok    seal of 2026-12-05" in known[1]
    assert (await asyncio.to_thread(verify, forged))[0] == 0, "without the seal nothing is found"
    found = await asyncio.to_thread(verify, forged, "--seal", str(seal))
    assert found[0] == 1
    assert "one of the entries 1 to 2 was changed" in found[1]
    seal.write_text(signed.text[:60])
    assert (await asyncio.to_thread(verify, hub, "--seal", str(seal)))[0] == 1


@pytest.fixture
async def archive(hub: Path) -> Path:
    """A signed archive of that hub."""
    url = f"sqlite+aiosqlite:///{hub / 'billing.db'}"
    database = Database(url, service="billing", clock=FrozenClock(datetime(2026, 12, 6, tzinfo=UTC)), ids=RandomIds())
    async with database.read() as reader:
        days = Days(date(2026, 11, 1), date(2026, 12, 5))
        made = (await pack(reader, days)).sign(Ed25519PrivateKey.generate(), days, "Hub", reader.now)
    await database.close()
    path = hub / "archive.zip"
    path.write_bytes(made)
    return path


def test_an_archive_is_looked_at_without_a_hub(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ran("--archive", str(archive)) == 0
    assert "ok    Hub 2026-11-01 to 2026-12-05: 3 files" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(archive.read_bytes())))
    assert ran("--archive", "-") == 0
    assert "ok    Hub 2026-11-01 to 2026-12-05: 3 files" in capsys.readouterr().out
    whole = bytearray(archive.read_bytes())
    whole[len(whole) // 2] ^= 1
    archive.write_bytes(bytes(whole))
    assert ran("--archive", str(archive), "--json") == 1
    said = capsys.readouterr()
    assert "changed" in said.err or not json.loads(said.out)["ok"]
    assert ran("--archive", str(archive.parent / "none.zip")) == 1


def test_a_folder_without_a_hub_is_told_and_nothing_is_made_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("--data", str(tmp_path)) == 1
    assert "there is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_an_earlier_release_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sqlite3.connect(tmp_path / "billing.db").execute("VACUUM").close()
    assert ran("--data", str(tmp_path)) == 1
    assert "earlier release" in capsys.readouterr().err
