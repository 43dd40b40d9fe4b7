"""Probes that send their readings themselves, with a key; and those that fall silent while goods stand there."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from zoneinfo import ZoneInfo

import structlog
from pydantic import Field
from sqlalchemy import Column, Index, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer
from contracts import Part
from contracts.logistics import ProbeFellSilent
from logistics.cold.place import Place, place_of
from logistics.cold.reading import Source, temperature_reading
from logistics.cold.recording import Days, name_of
from logistics.network.kept import Kept, NotKept, Register, kept_table
from logistics.tables import metadata

log = structlog.get_logger()

LISTEN = "probe_silence"
"""The timer that looks whether a probe still speaks; one for each probe."""
PROBES = "/logistics/temperatures/probes"
ALLOWED = 2
"""Times its interval that a probe may be silent: one reading may be lost on the way."""

TOLD_AGAIN = timedelta(hours=20)


class ProbeSheet(Part):
    """`place`: code of where it measures. `every`: minutes between two readings."""

    name: str
    place: str
    every: Annotated[int, Field(ge=1, le=1440)] = 15

    @property
    def bound_to(self) -> str | None:
        return self.name.casefold()

    @property
    def measures(self) -> Place:
        found = place_of(self.place)
        assert found is not None
        return found

    @property
    def patience(self) -> timedelta:
        return timedelta(minutes=self.every * ALLOWED)


temperature_probe = kept_table("temperature_probe")
PROBE_REGISTER: Register[ProbeSheet] = Register(temperature_probe, ProbeSheet)

probe_key = Table(
    "probe_key",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("probe_id", String(60), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("revoked_at", Utc),
    Column("revoked_by", Text),
)
"""`digest`: SHA-256 of the secret, which is shown once and kept nowhere. It has 256 random bits: no slow hash is
needed."""
Index("ix_probe_key_probe_id", probe_key.c.probe_id)
probe_silence = Table(
    "probe_silence",
    metadata,
    Column("probe_id", String(60), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("last_at", Utc),
    Column("told_at", Utc, nullable=False),
)
"""Rows are only added: when people were told that a probe is silent, and since when it was (NULL: it never spoke)."""


@dataclass(frozen=True)
class Key:
    id: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None
    revoked_by: str | None


def series(probe_id: str) -> str:
    return f"{Source.PROBE}:{probe_id}"


async def add_probe(writer: Writer, new_id: str, sheet: ProbeSheet, by: str) -> None:
    """Raises Taken."""
    if await PROBE_REGISTER.add(writer, new_id, sheet, by):
        await writer.call_at(LISTEN, new_id, writer.now + sheet.patience)


async def bring_back(writer: Writer, probe_id: str, version: int, by: str) -> None:
    """It is listened to again. Raises NotKept, Stale, Taken."""
    await PROBE_REGISTER.bring_back(writer, probe_id, version, by)
    one = await PROBE_REGISTER.find(writer, probe_id)
    await writer.call_at(LISTEN, probe_id, writer.now + one.sheet.patience)


async def make_key(writer: Writer, probe_id: str, new_id: str, by: str) -> str:
    """A new secret, which nobody can read again; empty where this key was made already (the form was sent twice).
    Raises NotKept."""
    await PROBE_REGISTER.locked(writer, probe_id)
    secret = writer.ids.secret()
    row = {"id": new_id, "probe_id": probe_id, "digest": digest(secret), "made_at": writer.now, "made_by": by}
    done = await writer.execute(writer.insert(probe_key).values(row).on_conflict_do_nothing())
    return secret if done.rowcount else ""


async def revoke_key(writer: Writer, probe_id: str, key_id: str, by: str) -> None:
    mine = (probe_key.c.id == key_id) & (probe_key.c.probe_id == probe_id) & probe_key.c.revoked_at.is_(None)
    await writer.execute(probe_key.update().where(mine).values(revoked_at=writer.now, revoked_by=by))


async def keys_of(reader: Reader, probe_id: str) -> list[Key]:
    """The newest first."""
    rows = await reader.all(
        select(probe_key).where(probe_key.c.probe_id == probe_id).order_by(probe_key.c.made_at.desc(), probe_key.c.id)
    )
    return [Key(row["id"], row["made_at"], row["made_by"], row["revoked_at"], row["revoked_by"]) for row in rows]


async def opened_by(reader: Reader, probe_id: str, secret: str) -> Kept[ProbeSheet] | None:
    """The probe whose key this is; None for a key that is wrong or revoked, and for a probe that is retired or unknown:
    who guesses learns nothing from the difference."""
    rows = await reader.all(
        select(probe_key.c.digest).where(probe_key.c.probe_id == probe_id, probe_key.c.revoked_at.is_(None))
    )
    given = digest(secret)
    # Each is compared, whichever fits: neither a hit nor its place shows in the time it takes.
    fits = [hmac.compare_digest(row["digest"], given) for row in rows]
    if not any(fits):
        return None
    try:
        one = await PROBE_REGISTER.find(reader, probe_id)
    except NotKept:
        return None
    return None if one.retired_at else one


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


async def last_heard(reader: Reader, probe_ids: Collection[str]) -> dict[str, datetime]:
    """When each spoke last."""
    t = temperature_reading.c
    wanted = {series(one): one for one in probe_ids}
    newest = select(t.series, func.max(t.at).label("at")).where(t.series.in_(sorted(wanted))).group_by(t.series)
    return {wanted[row["series"]]: row["at"] for row in await reader.all(newest)}


async def silences(reader: Reader, probe_id: str) -> list[RowMapping]:
    """The newest first."""
    mine = select(probe_silence).where(probe_silence.c.probe_id == probe_id)
    return await reader.all(mine.order_by(probe_silence.c.number.desc()))


async def count_silent(reader: Reader) -> int:
    """Probes in use that people were told are silent, within the last TOLD_AGAIN, and that did not speak since."""
    told_lately = probe_silence.c.told_at > reader.now - TOLD_AGAIN
    newest_last = select(probe_silence.c.probe_id, probe_silence.c.told_at).order_by(probe_silence.c.number)
    rows = await reader.all(newest_last.where(told_lately))
    in_use = {one.id for one in await PROBE_REGISTER.all(reader)}
    told = {row["probe_id"]: row["told_at"] for row in rows if row["probe_id"] in in_use}
    spoke = await last_heard(reader, told)
    return sum(1 for one, at in told.items() if one not in spoke or spoke[one] < at)


@dataclass(frozen=True)
class Listener:
    """Listens for silence. `zone` of the hub: a day of deliveries is one of its days."""

    zone: ZoneInfo

    async def listen(self, writer: Writer, due: Timer) -> None:
        """Timer: tell where a probe is silent and goods are there; look again when it should have spoken."""
        try:
            one = await PROBE_REGISTER.locked(writer, due.key)
        except NotKept:
            return
        if one.retired_at:
            return
        sheet, last = one.sheet, (await last_heard(writer, [one.id])).get(one.id)
        if last is not None and writer.now - last < sheet.patience:
            await writer.call_at(LISTEN, one.id, last + sheet.patience)
            return
        await writer.call_at(LISTEN, one.id, writer.now + sheet.patience)
        told = await silences(writer, one.id)
        # Once a day for each silence, not each time it is looked at.
        if told and told[0]["last_at"] == last and writer.now - told[0]["told_at"] < TOLD_AGAIN:
            return
        followed, limit = await Days(writer, self.zone).limit(sheet.measures, writer.now)
        if followed is None or not limit.asked:
            return
        number = told[0]["number"] + 1 if told else 1
        row = {"probe_id": one.id, "number": number, "last_at": last, "told_at": writer.now}
        await writer.execute(probe_silence.insert().values(row))
        log.warning("a probe is silent while goods are there", probe_id=one.id, last_at=last)
        await writer.announce(
            ProbeFellSilent(
                id=one.id,
                version=number,
                name=sheet.name,
                place=name_of(followed, sheet.measures),
                every_minutes=sheet.every,
                last_at=last,
                told_at=writer.now,
                path=f"{PROBES}/{one.id}",
            )
        )
