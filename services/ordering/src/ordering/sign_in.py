"""Signing in by a link that comes by mail: used once, within fifteen minutes.

Nobody learns whether an address is known: the answer, and the work done before it, are the same. What is done for
known addresses only is done by a timer after the answer. How often somebody may ask is counted in the database,
by keyed hashes: the table tells neither addresses nor who asked.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import JSON, Column, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.service import Service
from chassis.tables import Utc
from chassis.timers import Timer
from contracts import Role
from ordering import announcing, person, role, session
from ordering.conflict import Missing
from ordering.tables import metadata

GOOD_FOR = timedelta(minutes=15)
FIRST_LINK_GOOD_FOR = timedelta(hours=24)
KEPT_AFTER = timedelta(days=1)
"""So long a dead link can still be told from one that never was."""

WINDOW = timedelta(minutes=15)
MOST_PER_ADDRESS = 5
MOST_PER_CLIENT = 20

FIRST_NAME = "Coordination"
"""What the first coordinator is called until they say their name."""

PATH = "/ordering/sign-in/"

link = Table(
    "sign_in_link",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("person_id", String(36), ForeignKey("person.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("next_path", String(500), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)
"""`kind`: "mail", "operator" (made by a command) or "first" (for the first coordinator)."""

asked = Table(
    "sign_in_asked",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("moments", JSON, nullable=False),
    Column("changed_at", Utc, nullable=False, index=True),
)
"""When one address, or one client, asked within the window: seconds since 1970. `key`: a keyed hash of either."""

SEND = "sign_in_link"
FORGET = "sign_in_forget"


class TooOften(Exception):
    """Asked too often; `until`: when it may be asked again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


def counting_key(private_key: bytes) -> bytes:
    """The key of the hashes that count, from the secret only this service has."""
    return hashlib.sha256(b"sign-in counts" + private_key).digest()


# --- asking ---


async def ask(writer: Writer, email: str, client: str, next_path: str, key: bytes) -> None:
    """Somebody at the network address `client` asks for a link for `email`. Raises TooOften.

    Known or not, the same rows are read and written.
    """
    limits = {
        _hash(key, "address", person.email_key(email) or ""): MOST_PER_ADDRESS,
        _hash(key, "client", _network(client)): MOST_PER_CLIENT,
    }
    await _count(writer, limits)
    somebody = await person.with_email(writer, email)
    payload = {"person_id": somebody["id"] if somebody else "", "next_path": next_path}
    await writer.call_at(SEND, writer.ids.new(), writer.now, payload)
    await writer.call_at(FORGET, "all", writer.now + WINDOW + timedelta(minutes=1))


def _network(client: str) -> str:
    """The address itself; of IPv6 the /64, since one household or server has all of it to ask from."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else client


def _hash(key: bytes, kind: str, text: str) -> str:
    return hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


async def _count(writer: Writer, limits: dict[str, int]) -> None:
    """Count one more for each key, unless one of them is at its limit: then count nothing and raise TooOften."""
    since, now = (writer.now - WINDOW).timestamp(), writer.now.timestamp()
    kept: dict[str, list[float]] = {}
    # In one order, or two requests with the same keys could wait for each other.
    for key in sorted(limits):
        first = writer.insert(asked).values(key=key, moments=[], changed_at=writer.now)
        await writer.execute(first.on_conflict_do_nothing())
        row = await writer.first(select(asked).where(asked.c.key == key).with_for_update())
        assert row is not None
        kept[key] = [moment for moment in row["moments"] if moment > since]
    late = [moments[-limits[key]] for key, moments in kept.items() if len(moments) >= limits[key]]
    if late:
        raise TooOften(datetime.fromtimestamp(max(late), writer.now.tzinfo) + WINDOW)
    for key, moments in kept.items():
        values = {"moments": [*moments, now], "changed_at": writer.now}
        await writer.execute(asked.update().where(asked.c.key == key).values(values))


async def send(writer: Writer, timer: Timer) -> None:
    """Timer: make the link that was asked for, if its owner is known, active and may do anything here."""
    somebody = await person.find(writer, timer.payload["person_id"]) if timer.payload["person_id"] else None
    if somebody is None or not await role.grants_of(writer, somebody):
        return
    path, link_id = await _make(writer, somebody["id"], "mail", GOOD_FOR, timer.payload["next_path"])
    await writer.announce(announcing.sign_in_requested(link_id, somebody, path, writer.now + GOOD_FOR))


async def forget(writer: Writer, _timer: Timer) -> None:
    """Timer: drop what is counted no more, links long dead and sessions that ran out."""
    # Rows in use are left to the next time: waiting for them could end in a deadlock.
    old = select(asked.c.key).where(asked.c.changed_at <= writer.now - WINDOW).with_for_update(skip_locked=True)
    keys = [row["key"] for row in await writer.all(old)]
    await writer.execute(asked.delete().where(asked.c.key.in_(keys)))
    await writer.execute(link.delete().where(link.c.expires_at <= writer.now - KEPT_AFTER))
    await session.forget_expired(writer)


async def _make(
    writer: Writer, person_id: str, kind: str, good_for: timedelta, next_path: str = "/"
) -> tuple[str, str]:
    """Path and id of a new link."""
    secret, link_id = writer.ids.secret(), writer.ids.new()
    await writer.execute(
        link.insert().values(
            id=link_id,
            secret_hash=session.hash_of(secret),
            person_id=person_id,
            kind=kind,
            next_path=next_path,
            created_at=writer.now,
            expires_at=writer.now + good_for,
        )
    )
    return PATH + secret, link_id


# --- using ---


@dataclass(frozen=True)
class SignedIn:
    """`unnamed`: the first coordinator, who has yet to say their name."""

    session: session.Opened
    next_path: str
    unnamed: bool


async def usable(reader: Reader, secret: str) -> RowMapping | None:
    """Whose link this is (a row of `person`); None when it is used, too old, or was never one."""
    mine = (link.c.secret_hash == session.hash_of(secret)) & link.c.used_at.is_(None) & (link.c.expires_at > reader.now)
    row = await reader.first(select(link.c.person_id).where(mine))
    return await person.find(reader, row["person_id"]) if row else None


async def use(writer: Writer, secret: str, agent: str) -> SignedIn | None:
    """Sign somebody in; None when the link is used, too old or was never one. Of two at once, one wins."""
    mine = link.c.secret_hash == session.hash_of(secret)
    # The condition and the mark are one statement: the row's lock decides between two who come at once.
    fresh = mine & link.c.used_at.is_(None) & (link.c.expires_at > writer.now)
    if (await writer.execute(link.update().where(fresh).values(used_at=writer.now))).rowcount == 0:
        return None
    row = await writer.first(select(link).where(mine))
    assert row is not None
    somebody = await person.find(writer, row["person_id"])
    if somebody is None or not await role.grants_of(writer, somebody):
        return None
    p = person.person
    await writer.execute(p.update().where(p.c.id == somebody["id"]).values(signed_in_at=writer.now))
    opened = await session.start(writer, somebody["id"], agent)
    return SignedIn(opened, row["next_path"], unnamed=somebody["name"] == FIRST_NAME or not somebody["email"])


# --- for the command line ---


async def first_link(service: Service) -> str | None:
    """Path of a fresh link for the first coordinator, made if need be; None once a coordinator has signed in.

    Good for a day; earlier ones die. The person has the roles that a hub needs to begin with.
    """
    async with service.database.write() as writer:
        known = await role.coordinators(writer)
        if any(somebody["signed_in_at"] for somebody in known):
            return None
        if known:
            person_id = known[0]["id"]
        else:
            person_id = (await person.add(writer, writer.ids.new(), person.Details(FIRST_NAME)))["id"]
        for needed in (Role.COORDINATOR, Role.OPERATOR, Role.BOOKKEEPER):
            await role.give(writer, person_id, needed, given_by=person_id)
        await writer.execute(link.delete().where(link.c.kind == "first", link.c.used_at.is_(None)))
        path, _link_id = await _make(writer, person_id, "first", FIRST_LINK_GOOD_FOR)
        return path


async def link_for(service: Service, email: str, minutes: int) -> str:
    """Path of a link for somebody who is locked out; an active person's. Raises Missing."""
    async with service.database.write() as writer:
        somebody = await person.with_email(writer, email)
        if somebody is None or not await role.grants_of(writer, somebody):
            raise Missing
        path, _link_id = await _make(writer, somebody["id"], "operator", timedelta(minutes=minutes))
        return path
