"""The signed archive of the books and papers of some days: whole, checked without the hub, and one byte is found. On
both databases."""

import json
import re
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paper_week import BOOKS, HUB_PAPERS, close, issued, selling
from payment_desk import plain
from sqlalchemy import func, select

from billing.app import BillingSettings, create_app
from billing.archive.checking import NoArchive, check
from billing.archive.packing import SEAL
from billing.ledger.book import entry
from billing.ledger.closing import KEY, TIMER, Nights, closing
from chassis.identity import Grant
from chassis.timers import Timer
from contracts import Role

URL = "/billing/ledger/archive"
FILE = URL + "/file.zip"
ALL = FILE + "?since=2026-12-01&until=2027-02-11"


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "archive.pem"
    path.write_bytes(pem(Ed25519PrivateKey.generate()))
    return path


@pytest.fixture
async def hub(started, clock, client_for, key_file):
    app = await started(create_app, BillingSettings, **HUB_PAPERS, archive_key_file=key_file)
    await selling(app, clock, client_for)
    await close(client_for(app, BOOKS))
    clock.advance(86400)
    async with app.state.service.database.write() as writer:
        await Nights(ZoneInfo("Europe/Paris")).close_books(writer, Timer(TIMER, KEY, writer.now, {}))
    return app


@pytest.fixture
async def archive(hub, client_for, tmp_path):
    """Of all days: the papers of today too, since a day has passed."""
    answer = await client_for(hub, BOOKS).get(FILE + "?since=2026-12-01&until=2027-02-12")
    assert answer.status_code == 200
    path = tmp_path / "archive.zip"
    path.write_bytes(answer.content)
    return path


async def test_it_holds_all_entries_closings_and_papers_and_is_sound(hub, archive):
    proof = check(archive.read_bytes())
    assert (proof.faults, proof.hub, proof.since, proof.until) == ([], "Cabas", "2026-12-01", "2027-02-12")
    with ZipFile(archive) as opened:
        lines = {name: opened.read(name).splitlines() for name in opened.namelist() if name.endswith(".jsonl")}
        printed = [name for name in opened.namelist() if name.endswith(".pdf")]
        assert all(opened.read(name).startswith(b"%PDF") for name in printed)
    async with hub.state.service.database.read() as reader:
        entries = await reader.scalar(select(func.count()).select_from(entry))
        closings = await reader.scalar(select(func.count()).select_from(closing))
    assert sum(len(rows) for name, rows in lines.items() if name.endswith("/entries.jsonl")) == entries
    assert sum(len(rows) for name, rows in lines.items() if name.endswith("/closings.jsonl")) == closings > 0
    numbers = [row["number"] for row in await issued(hub)]
    assert sorted(printed) == sorted(f"papers/{number}.pdf" for number in numbers)
    papers = [json.loads(row)["number"] for name, rows in lines.items() if name.startswith("papers/") for row in rows]
    assert sorted(papers) == sorted(numbers)


async def test_a_part_of_the_days_follows_what_came_before_it(hub, client_for, tmp_path):
    answer = await client_for(hub, BOOKS).get(FILE + "?since=2026-12-10&until=2026-12-20")
    path = tmp_path / "part.zip"
    path.write_bytes(answer.content)
    assert check(path.read_bytes()).faults == []
    with ZipFile(path) as opened:
        chains = json.loads(opened.read("manifest.json"))["chains"]
        rows = [json.loads(line) for line in opened.read("books/p-roc/entries.jsonl").splitlines()]
    assert {row["day"] for row in rows} == {"2026-12-13"}
    assert chains["books/p-roc/entries.jsonl"]["before"] != "0" * 64
    assert not [name for name in chains if name.startswith("papers/")]


async def test_any_byte_that_is_changed_is_found(archive):
    """Each 97th byte of the file, and all of its end, one after the other."""
    whole = archive.read_bytes()
    places = [*range(0, len(whole), 97), *range(len(whole) - SEAL - 40, len(whole))]
    for place in places:
        one = bytearray(whole)
        one[place] ^= 1
        with suppress(NoArchive):
            assert check(bytes(one)).faults, place


@pytest.mark.parametrize("length", [0, 10, 1000, -1, -200])
async def test_a_file_that_is_cut_is_no_archive_or_faulty(archive, length):
    with pytest.raises(NoArchive):
        check(archive.read_bytes()[:length])


def packed_anew(archive, change):
    """The same archive as somebody without the key would make it anew, `change` applied to its files."""
    with ZipFile(archive) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    change(files)
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
        made.comment = b"0" * SEAL
    archive.write_bytes(out.getvalue())
    return check(archive.read_bytes())


async def test_what_was_packed_anew_says_which_file_is_not_what_it_was(archive):
    def forge(files):
        name = "books/p-roc/entries.jsonl"
        files[name] = files[name].replace(b'"tomme', b'"Tomme').replace(b"3223", b"3224")
        del files["papers/H01-C-2027-00001.pdf"]
        files["more.txt"] = b"x"

    assert packed_anew(archive, forge).faults == [
        "a byte of the file is not what was signed",
        "more.txt is not in the manifest",
        "books/p-roc/entries.jsonl was changed",
        "papers/H01-C-2027-00001.pdf is gone",
    ]


async def test_invoices_of_sales_are_in_it_linked_in_their_series(hub, clock, client_for, tmp_path):
    books = client_for(hub, BOOKS)
    said = {"name": "Marie", "address": "3 place du Marché, 11300 Limoux", "siren": "", "vat_number": ""}
    for cycle in ("week-50", "week-51"):
        clock.advance(86400)
        answer = await books.submit(f"/billing/households/h-Marie/invoices?cycle={cycle}", said)
        assert answer.status_code == 303
    clock.advance(86400)
    path = tmp_path / "invoices.zip"
    # Of the second's day alone: its chain follows the first.
    path.write_bytes((await books.get(FILE + "?since=2027-02-15&until=2027-02-15")).content)
    assert check(path.read_bytes()).faults == []
    with ZipFile(path) as opened:
        [row] = [json.loads(line) for line in opened.read("papers/H01-P001-2027.jsonl").splitlines()]
        chain = json.loads(opened.read("manifest.json"))["chains"]["papers/H01-P001-2027.jsonl"]
        assert opened.read("papers/H01-P001-2027-00002.pdf").startswith(b"%PDF")
    assert (row["number"], row["place"], chain["kind"]) == ("H01-P001-2027-00002", 2, "invoice")
    assert chain["before"] != "0" * 64

    def forge(files):
        files["papers/H01-P001-2027.jsonl"] = files["papers/H01-P001-2027.jsonl"].replace(b"Marie", b"Maria")

    assert "papers/H01-P001-2027.jsonl was changed" in packed_anew(path, forge).faults


async def test_a_manifest_that_fits_a_forged_file_is_not_signed(archive):
    def forge(files):
        files["manifest.json"] = files["manifest.json"].replace(b'"Cabas"', b'"Other"')

    assert "the manifest is not what was signed" in packed_anew(archive, forge).faults


async def test_another_key_makes_another_fingerprint(archive, hub, client_for, key_file, tmp_path):
    before = check(archive.read_bytes()).fingerprint
    key_file.write_bytes(pem(Ed25519PrivateKey.generate()))
    answer = await client_for(hub, BOOKS).get(ALL)
    other = tmp_path / "other.zip"
    other.write_bytes(answer.content)
    assert check(other.read_bytes()).fingerprint != before


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ("", "nécessaire"),
        ("?since=2027-01-01&until=2026-01-01", "avant le premier"),
        ("?since=2026-12-01&until=2027-02-13", "jour terminé"),
    ],
)
async def test_days_that_cannot_be_are_told_and_kept(hub, client_for, days, sentence):
    answer = await client_for(hub, BOOKS).get(FILE + days)
    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    for typed in re.findall(r"until=([\d-]+)", days):
        assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\nno\n", "rsa"])
async def test_without_a_key_nothing_is_signed_and_the_page_says_what_to_do(hub, client_for, key_file, content):
    if content is None:
        key_file.unlink()
    else:
        key_file.write_bytes(pem(generate_private_key(65537, 2048)) if content == "rsa" else content)
    answer = await client_for(hub, BOOKS).get(ALL)
    assert answer.status_code == 422
    assert "demandez à l’exploitant" in plain(answer.text)


async def test_only_who_reads_the_books_takes_it(hub, client_for):
    for role in Role:
        browser = client_for(hub, Grant(role, household_id="h-Marie", producer_id="p-roc", group_id="g-Limoux"))
        wanted = 200 if role in (Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR) else 403
        assert (await browser.get(URL)).status_code == (await browser.get(ALL)).status_code == wanted, role
