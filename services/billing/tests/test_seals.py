"""Seals of the books: what leaves the hub every night, and what it finds that the books alone cannot. On both
databases."""

import re
from datetime import timedelta

import pytest
from billing_week import CLOSES, OLIVES, Week, closed, line, opened, placed
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mandate_papers import hidden
from payment_desk import plain
from sqlalchemy import select
from test_archive import pem
from test_ledger import without_protection

from billing.app import BillingSettings, create_app
from billing.ledger.book import balance, book, entry, link_of_entry, movement, movement_of
from billing.ledger.closing import CLOSING, closing, link_of_closing, written
from billing.ledger.entry import GENESIS
from billing.ledger.proof import _closings, _Folded, proofs
from billing.seal import register
from billing.seal.checking import seal_proofs
from billing.seal.text import NoSeal, OfBook, OfSeries, Seal, read, sign
from chassis.identity import Grant
from chassis.testing import announced, call_due, deliver
from contracts import Role
from contracts.billing import BooksSealed

COORDINATOR, BOOKS = Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER)
MEMBER = Grant(Role.MEMBER, household_id="h-Marie", group_id="g-Limoux")
URL = "/billing/ledger/seals"
SPAIN = "p-BioEspuña"


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
async def hub(started, clock, key, tmp_path):
    path = tmp_path / "archive.pem"
    path.write_bytes(pem(key))
    app = await started(create_app, BillingSettings, archive_key_file=path)
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    return app


async def night(app, clock, days=1):
    """Two in the morning: the timer that closes the books is called."""
    clock.advance(timedelta(days=days))
    await call_due(app)


async def sealed(app):
    return [each for each in await announced(app) if isinstance(each, BooksSealed)]


async def another_week(app, cycle="week-49"):
    order = placed("Marie", [line(OLIVES, 2)], cycle=cycle)
    await deliver(app, opened(cycle), order, closed([order], cycle))


async def forge(app, name, number, cents):
    """As a forger would who holds the database and our code: one entry says another sum, and everything that follows
    from it is made anew, to the last link."""
    async with app.state.service.database.write() as writer:
        await without_protection(writer)
        m, e, c, b = movement.c, entry.c, closing.c, balance.c
        mine = (m.book == name) & (m.number == number) & (m.place == 1)
        await writer.execute(movement.update().where(mine).values(cents=m.cents + cents))
        folded, last = _Folded(), GENESIS
        for row in await writer.all(select(entry).where(e.book == name).order_by(e.number)):
            own = select(movement).where(m.book == name, m.number == row["number"]).order_by(m.place)
            moves = [movement_of(each) for each in await writer.all(own)]
            last = link_of_entry(last, row, moves)
            of = (e.book == name) & (e.number == row["number"])
            await writer.execute(entry.update().where(of).values(hash=last))
            folded.take({**row, "hash": last}, moves)
        rows = await writer.all(select(closing).where(c.book == name).order_by(c.number))
        link = GENESIS
        for row, due in zip(rows, _closings(folded, folded.days[-1].day), strict=False):
            now = dict(row) | {"last_hash": folded.hashes[due.last]}
            for column in ("totals", "year_to_date", "perpetual"):
                now[column] = written(getattr(due, column))
            now["hash"] = link = link_of_closing(link, now)
            of = (c.book == name) & (c.number == row["number"])
            await writer.execute(closing.update().where(of).values(**{each: now[each] for each in CLOSING}))
        await writer.execute(book.update().where(book.c.id == name).values(hash=last, closing_hash=link))
        for side, (debit, credit) in folded.balances.items():
            of = (b.book == name) & (b.account == side.account.value) & (b.party == side.of)
            await writer.execute(balance.update().where(of).values(debit_cents=debit, credit_cents=credit))


async def found(app, text_):
    async with app.state.service.database.read() as reader:
        chain = [fault for proof in await proofs(reader) for fault in proof.faults]
        return chain, [fault for proof in await seal_proofs(reader, read(text_)) for fault in proof.faults]


async def test_a_chain_that_was_made_anew_is_sound_and_a_seal_from_outside_finds_it(hub, clock):
    await night(hub, clock)
    first = (await sealed(hub))[-1].text
    await another_week(hub)
    await night(hub, clock)
    second = (await sealed(hub))[-1].text
    assert await found(hub, first + second) == ([], []), "nothing was changed yet"
    last = {each.book: each.entries for each in read(first)[0].seal.books}[SPAIN]
    async with hub.state.service.database.read() as reader:
        entries = await reader.scalar(select(book.c.entries).where(book.c.id == SPAIN))
    assert entries > last
    await forge(hub, SPAIN, entries, 1000)
    assert await found(hub, first) == ([], []), "what was sealed first is as it was, and the chain alone shows nothing"
    chain, faults = await found(hub, first + second)
    assert chain == []
    assert any(f"one of the entries {last + 1} to {entries} was changed" in fault for fault in faults)
    assert any("cents were booked when it was sealed" in fault for fault in faults)
    await forge(hub, SPAIN, 1, 500)
    chain, faults = await found(hub, first + second)
    assert chain == []
    assert any(f"one of the entries 1 to {last} was changed" in fault for fault in faults)


async def test_a_seal_without_new_entries_is_not_made_again(hub, clock):
    await night(hub, clock)
    await night(hub, clock)
    assert len(await sealed(hub)) == 1
    await another_week(hub)
    await night(hub, clock)
    assert [each.id for each in await sealed(hub)] == ["seal-1", "seal-2"]


async def test_removed_entries_are_told(hub, clock):
    await night(hub, clock)
    said = (await sealed(hub))[-1].text
    async with hub.state.service.database.write() as writer:
        await without_protection(writer)
        await writer.execute(movement.delete().where(movement.c.book == SPAIN))
        await writer.execute(entry.delete().where(entry.c.book == SPAIN))
    _chain, faults = await found(hub, said)
    assert any(fault.startswith(f"{SPAIN}:") and "0 are there" in fault for fault in faults)


async def test_it_is_read_from_a_mail_that_broke_and_quoted_it_and_from_the_code_on_paper(hub, clock):
    await night(hub, clock)
    said = (await sealed(hub))[-1].text
    quoted = "Bonjour,\n> " + "\n> ".join(re.findall(r".{1,60}(?:\s|$)|\S+", said)) + "\nA bientôt"
    assert read(quoted) == read(said)
    (whole,) = read(said)
    assert await found(hub, whole.short) == ([], [])
    await forge(hub, SPAIN, 1, 500)
    chain, faults = await found(hub, whole.short)
    assert (chain, bool(faults)) == ([], True)
    async with hub.state.service.database.write() as writer:
        await writer.execute(register.seal.update().values(root="0" * 64))
    assert (await found(hub, whole.short))[1] == ["the hub keeps no seal of this root: it was removed, or changed"]


def test_a_seal_that_was_changed_or_signed_by_another_is_told(key):
    seal = Seal("L’Épi & co", CLOSES.date(), CLOSES, (OfBook("hub", 3, "a" * 64, 1, "b" * 64, 700),), ())
    said = sign(seal, key).text
    assert read(said)[0].faults == []
    assert read(said)[0].seal == seal
    assert "root is another" in read(said.replace(" 700", " 701"))[0].faults[0]
    forged = sign(Seal(seal.hub, seal.day, seal.made_at, (), (OfSeries("H01", 1, "c" * 64),)), None)
    own = read(said)[0]
    stolen = forged.text.replace("key -", f"key {own.key}").replace("signature -", f"signature {own.signature}")
    assert read(stolen)[0].faults == ["the signature of the seal is not that of its key"]


@pytest.mark.parametrize("spoilt", ["", "Bonjour", "CABAS-SEAL-1 hub x day", "CABAS-SEAL-1 hub x END-OF-SEAL"])
def test_what_is_no_seal_is_told(spoilt):
    with pytest.raises(NoSeal):
        read(spoilt)


async def test_without_a_key_the_books_are_sealed_all_the_same(app, clock):
    clock.set(CLOSES)
    await deliver(app, *Week().events)
    await night(app, clock)
    (said,) = await sealed(app)
    assert (said.signed, read(said.text)[0].fingerprint) == (False, "")


async def test_coordinators_name_who_gets_the_seals_and_the_bookkeeper_reads_them(hub, clock, client_for):
    coordinator, books = client_for(hub, COORDINATOR), client_for(hub, BOOKS)
    page = await coordinator.get(URL)
    assert "ne prouvent encore rien" in plain(page.text)
    typed = hidden(page.text, "id") | {"name": "Cabinet Sarda", "email": "sarda", "language": "fr"}
    refused = await coordinator.submit(URL + "/readers", typed)
    assert (refused.status_code, "Cabinet Sarda" in refused.text) == (422, True)
    typed["email"] = "dossiers@sarda.example.org"
    for _time in range(2):
        assert (await coordinator.submit(URL + "/readers", typed)).status_code == 303
    again = typed | hidden((await coordinator.get(URL)).text, "id") | {"email": "Dossiers@sarda.example.org"}
    assert "déjà envoyés" in plain((await coordinator.submit(URL + "/readers", again)).text)
    assert (await books.submit(URL + "/readers", again)).status_code == 403
    assert (await client_for(hub, MEMBER).get(URL)).status_code == 403
    await night(hub, clock)
    (said,) = await sealed(hub)
    assert [each.email for each in said.readers] == ["dossiers@sarda.example.org"]
    shown = (await books.get(said.path)).text
    assert "<svg" in shown
    assert said.root in shown
    assert (await books.get(URL + "/99")).status_code == 404
    listed = (await coordinator.get(URL)).text
    remove = re.search(rf'action="({URL}/readers/[^"]+/remove)"', listed).group(1)
    for _time in range(2):
        assert (await coordinator.submit(remove)).status_code == 303
    await another_week(hub)
    await night(hub, clock)
    assert (await sealed(hub))[-1].readers == ()
