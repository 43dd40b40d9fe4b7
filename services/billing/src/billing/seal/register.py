"""Seals as they are made, every night in which there is something new in the books, and to whom they are sent."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Column, Date, Integer, RowMapping, String, Table, Text, func, select

from billing.archive.packing import NoKey, signing_key
from billing.days import today_at
from billing.ledger.book import locked_heads, movement
from billing.ledger.closing import Nights
from billing.paper.register import series
from billing.schema import metadata
from billing.seal.text import OfBook, OfSeries, Seal, Signed, read, sign
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc
from chassis.timers import Timer
from contracts.billing import BooksSealed, SealReader

log = structlog.get_logger()

seal = Table(
    "seal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("root", String(64), nullable=False),
    Column("text", Text, nullable=False),
)
"""The newest has the highest number. `text`: as it was sent, see `text.Signed`."""

seal_reader = Table(
    "seal_reader",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("added_at", Utc, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("removed_at", Utc),
    Column("removed_by", Text, nullable=False, server_default=""),
)
"""To whom seals are sent. `removed_at`: None for those that are."""
READS = seal_reader.c.removed_at.is_(None)


class SameReader(Exception):
    """Seals are sent to this address already."""


class NoReader(Exception):
    """Nobody of this id was ever named."""


@dataclass(frozen=True)
class Seals:
    """`key_file`: of the key that archives are signed with; without one seals are not signed."""

    zone: ZoneInfo
    hub_name: str
    key_file: Path

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: close the days that are over, and seal the books."""
        await Nights(self.zone).close_books(writer, timer)
        await self.make(writer)

    async def make(self, writer: Writer) -> Signed | None:
        """Seal the books as they stand, keep the seal and have it sent; None where nothing is new."""
        now = await self._stands(writer)
        last = await newest(writer)
        if not now.books or (last is not None and now.same_books(seal_of(last))):
            return None
        signed = sign(now, await self._key())
        number = last["number"] + 1 if last else 1
        row = {"number": number, "day": now.day, "made_at": writer.now, "root": signed.root, "text": signed.text}
        await writer.execute(seal.insert().values(**row))
        readers = [
            SealReader(id=each["id"], name=each["name"], email=each["email"], language=each["language"])
            for each in await readers_of(writer)
        ]
        said = BooksSealed(
            id=f"seal-{number}",
            version=1,
            day=now.day,
            sealed_at=writer.now,
            root=signed.root,
            text=signed.text,
            signed=bool(signed.fingerprint),
            readers=tuple(readers),
            path=f"/billing/ledger/seals/{number}",
        )
        await writer.announce(said)
        return signed

    async def _key(self) -> Ed25519PrivateKey | None:
        try:
            return signing_key(await asyncio.to_thread(self.key_file.read_bytes))
        except (OSError, NoKey) as error:
            log.warning("the seal of the books is not signed", error=str(error))
            return None

    async def _stands(self, writer: Writer) -> Seal:
        # Held, so that what is counted belongs together.
        heads = await locked_heads(writer, ())
        m = movement.c
        summed = select(m.book, func.sum(m.cents).label("cents")).group_by(m.book)
        # PostgreSQL sums BIGINT as NUMERIC.
        moved = {row["book"]: int(row["cents"]) for row in await writer.all(summed)}
        books = tuple(
            OfBook(each.id, each.entries, each.hash, each.closings, each.closing_hash, moved.get(each.id, 0))
            for each in sorted(heads.values(), key=lambda one: one.id)
            if each.entries
        )
        s = series.c
        rows = await writer.all(select(s.id, s.papers, s.hash).where(s.papers > 0).order_by(s.id).with_for_update())
        issued = tuple(OfSeries(row["id"], row["papers"], row["hash"]) for row in rows)
        over = today_at(writer, self.zone) - timedelta(days=1)
        return Seal(self.hub_name, over, writer.now, books, issued)


# To whom they are sent


async def add_reader(writer: Writer, reader_id: str, name: str, email: str, language: str, by: Person) -> None:
    """The id comes with the form, so that a form sent twice names one. Raises SameReader."""
    c = seal_reader.c
    there = await writer.first(select(c.id).where(func.lower(c.email) == email.lower(), READS))
    if there is not None:
        if there["id"] == reader_id:
            return
        raise SameReader
    row = {"id": reader_id, "name": name, "email": email, "language": language}
    fresh = writer.insert(seal_reader).values(**row, added_at=writer.now, added_by=by.name)
    await writer.execute(fresh.on_conflict_do_nothing())


async def remove_reader(writer: Writer, reader_id: str, by: Person) -> None:
    """Once removed it stays so, however often it is said. Raises NoReader."""
    mine = seal_reader.c.id == reader_id
    if await writer.first(select(seal_reader.c.id).where(mine)) is None:
        raise NoReader
    changes = {"removed_at": writer.now, "removed_by": by.name}
    await writer.execute(seal_reader.update().where(mine, READS).values(**changes))


# Queries


async def readers_of(reader: Reader) -> list[RowMapping]:
    return await reader.all(select(seal_reader).where(READS).order_by(seal_reader.c.name, seal_reader.c.id))


async def newest(reader: Reader) -> RowMapping | None:
    return await reader.first(select(seal).order_by(seal.c.number.desc()).limit(1))


async def find(reader: Reader, number: int) -> RowMapping | None:
    return await reader.first(select(seal).where(seal.c.number == number))


async def seals_of(reader: Reader, first: int, count: int) -> list[RowMapping]:
    """The newest first."""
    every = select(seal.c.number, seal.c.day, seal.c.made_at, seal.c.root).order_by(seal.c.number.desc())
    return await reader.all(every.offset(first).limit(count))


def signed_of(row: RowMapping) -> Signed:
    return read(row["text"])[0]


def seal_of(row: RowMapping) -> Seal:
    kept = signed_of(row).seal
    assert kept is not None
    return kept
