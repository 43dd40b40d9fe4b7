"""A session: a browser that somebody signed in with, for thirty days after it was last used.

The browser holds a secret, the table its hash: who reads the table cannot use the sessions. From a session comes
the short token that every service verifies by itself (chassis.identity); ending a session stops the next token.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc
from ordering import person, role
from ordering.tables import metadata

KEPT = timedelta(days=30)

session = Table(
    "session",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("csrf", String(64), nullable=False),
    Column("person_id", String(36), ForeignKey("person.id"), nullable=False, index=True),
    Column("agent", String(60), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
"""`csrf` is what the session's forms carry; `agent` tells the browser, for people to know their sessions by."""


@dataclass(frozen=True)
class Opened:
    """`secret` goes into the browser's cookie and is kept nowhere else."""

    id: str
    secret: str


def hash_of(secret: str) -> str:
    """A secret of 256 bits needs no slow hash: nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def start(writer: Writer, person_id: str, agent: str) -> Opened:
    """`agent`: the User-Agent header."""
    opened = Opened(writer.ids.new(), writer.ids.secret())
    await writer.execute(
        session.insert().values(
            id=opened.id,
            secret_hash=hash_of(opened.secret),
            csrf=writer.ids.secret(),
            person_id=person_id,
            agent=agent_name(agent),
            created_at=writer.now,
            seen_at=writer.now,
            expires_at=writer.now + KEPT,
        )
    )
    return opened


async def renew(writer: Writer, secret: str) -> Person | None:
    """The person a session speaks for, as of now, and thirty more days for it.

    None when it ended, or when the person left or holds no role any more.
    """
    mine = (session.c.secret_hash == hash_of(secret)) & (session.c.expires_at > writer.now)
    seen = session.update().where(mine).values(seen_at=writer.now, expires_at=writer.now + KEPT)
    if (await writer.execute(seen)).rowcount == 0:
        return None
    row = await writer.first(select(session).where(session.c.secret_hash == hash_of(secret)))
    somebody = await person.find(writer, row["person_id"]) if row else None
    if row is None or somebody is None:
        return None
    grants = await role.grants_of(writer, somebody)
    if not grants:
        return None
    return Person(somebody["id"], somebody["name"], somebody["language"], grants, row["id"], row["csrf"])


async def end(writer: Writer, person_id: str, session_id: str) -> None:
    """End one session of a person; nothing when it is over already, or another's."""
    await writer.execute(session.delete().where(session.c.id == session_id, session.c.person_id == person_id))


async def end_by_secret(writer: Writer, secret: str) -> None:
    await writer.execute(session.delete().where(session.c.secret_hash == hash_of(secret)))


async def end_all(writer: Writer, person_id: str, *, but: str = "") -> int:
    """End all sessions of a person, but for the one with the id `but`; how many there were."""
    theirs = (session.c.person_id == person_id) & (session.c.id != but)
    return (await writer.execute(session.delete().where(theirs))).rowcount


async def forget_expired(writer: Writer) -> None:
    await writer.execute(session.delete().where(session.c.expires_at <= writer.now))


async def of_person(reader: Reader, person_id: str) -> list[RowMapping]:
    """The sessions that can still be used, the one used last first."""
    mine = (session.c.person_id == person_id) & (session.c.expires_at > reader.now)
    return await reader.all(select(session).where(mine).order_by(session.c.seen_at.desc(), session.c.id))


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_MACHINES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def agent_name(header: str) -> str:
    """`Firefox, Android` from a User-Agent header: enough to know one's telephone by. "" when it says nothing."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"{mark}\w*/", header)), "")
    machine = next((name for mark, name in _MACHINES if mark in header), "")
    return ", ".join(filter(None, (browser, machine)))
