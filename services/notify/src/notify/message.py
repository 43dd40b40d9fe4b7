"""A mail to one person, from the moment there is a reason for it until it has left, or cannot.

One row for each (reason, recipient, template): whatever is heard twice is written once. States:

    waiting ──> sent
       │ └────> failed ──> waiting     somebody pressed "try again"
       └──────> superseded             something newer says it better, or it came too late to be of use

Sending is claim, send, mark, in transactions of their own: no write lock is held while a mail server thinks. Who dies
between sending and marking leaves a claim that ends by itself, and the mail is sent a second time, under the same
Message-ID, by which mail programs show it once. That is the one case in which a mail can leave twice.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Row, Utc
from notify import announcing
from notify.household import Addressee
from notify.schema import metadata

WAITING, SENT, FAILED, SUPERSEDED = "waiting", "sent", "failed", "superseded"
STATES = (WAITING, SENT, FAILED, SUPERSEDED)

SIGN_IN, PICK_LIST, ALLOCATION, CONFIRMATION, WITHDRAWAL, REMINDER, CERTIFICATE, MANDATE, MANDATE_ENDS, DEBIT = (
    "sign_in",
    "pick_list",
    "order_allocated",
    "order_confirmation",
    "order_withdrawn",
    "closing_reminder",
    "certificate_ends",
    "mandate_to_sign",
    "mandate_ends",
    "direct_debit",
)
ACCOUNT, PAYMENT, TRANSFERS = "account_rendered", "payment_reminder", "household_transfers"
MEMBERSHIP = "membership_reminder"
SPOILED, NEW_SUM = "claim", "new_sum"
SEAL = "books_sealed"
INVOICES = "invoices_issued"
SCHEDULE, HANDOVER = "schedule", "handover_changed"
NONCONFORMITY, SILENT_PROBE = "nonconformity", "probe_silent"
RECALL, RECALL_UNDONE = "lot_recalled", "lot_recall_undone"
OPENS_DOORS = frozenset({SIGN_IN, MANDATE})
"""Templates whose link does what its recipient alone may do: sign in as them, sign a contract for them."""
URGENCY = {
    SIGN_IN: 0,
    RECALL: 0,
    RECALL_UNDONE: 0,
    PICK_LIST: 1,
    ALLOCATION: 2,
    CONFIRMATION: 2,
    WITHDRAWAL: 2,
    REMINDER: 3,
    CERTIFICATE: 4,
    SPOILED: 3,
    NEW_SUM: 3,
    MANDATE: 4,
    MANDATE_ENDS: 4,
    ACCOUNT: 4,
    INVOICES: 4,
    PAYMENT: 4,
    TRANSFERS: 4,
    MEMBERSHIP: 4,
    DEBIT: 2,
    SEAL: 4,
    SCHEDULE: 1,
    HANDOVER: 1,
    NONCONFORMITY: 1,
    SILENT_PROBE: 1,
}
"""Lower goes first: somebody waits in front of a sign-in page."""

CLAIM = timedelta(minutes=5)
"""How long a mail that is being sent is left alone; longer than any conversation with a mail server."""

message = Table(
    "message",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("caused_by", String(300), nullable=False),
    Column("recipient", String(100), nullable=False),
    Column("template", String(40), nullable=False),
    Column("about", String(220), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("claimed_until", Utc),
    Column("attempts", Integer, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("error", Text, nullable=False),
    Column("ended_at", Utc),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    UniqueConstraint("caused_by", "recipient", "template"),
)
"""`about`: what it tells of, so that newer news can supersede it; `facts`: what its text is made from; `reason`: a code
of `REASONS` for why it is not sent (yet), `error` the mail server's own words; subject, text, html: as it left."""
Index("ix_message_state_due_at", message.c.state, message.c.urgency, message.c.due_at)
Index("ix_message_created_at", message.c.created_at)

attachment = Table(
    "attachment",
    metadata,
    Column("message_id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

REASONS = (
    "no_address",
    "bad_address",
    "refused",
    "busy",
    "unreachable",
    "misconfigured",
    "no_document",
    "expired",
    "newer",
    "broken",
)


@dataclass(frozen=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A mail as it leaves."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def message_row(
    writer: Writer,
    template: str,
    to: Addressee,
    *,
    caused_by: str,
    about: str,
    facts: dict[str, Any],
    expires_at: datetime | None = None,
) -> Row:
    """A mail that waits to be sent."""
    return {
        "id": writer.ids.new(),
        "version": 0,
        "caused_by": caused_by,
        "recipient": to.id,
        "template": template,
        "about": about,
        "name": to.name,
        "email": to.email,
        "language": to.language,
        "facts": facts,
        "urgency": URGENCY[template],
        "state": WAITING,
        "created_at": writer.now,
        "due_at": writer.now,
        "expires_at": expires_at,
        "attempts": 0,
        "reason": "",
        "error": "",
        "subject": "",
        "text": "",
        "html": "",
    }


async def write_messages(writer: Writer, rows: list[Row]) -> None:
    """Have mails sent (rows of `message_row`), unless they already are or were. Somebody without an address gets a
    failed one, for all to see."""
    if rows:
        await writer.execute(writer.insert(message).on_conflict_do_nothing(), rows)
    nowhere = [row["id"] for row in rows if not row["email"]]
    if nowhere:
        for held in await writer.all(select(message).where(message.c.id.in_(nowhere))):
            await fail(writer, held, "no_address", "")


async def supersede(
    writer: Writer, about: Collection[str], *templates: str, but: str = "", failed: bool = False
) -> None:
    """Nobody needs to read these any more: what still waits is not sent, `but` for what has that very reason. `failed`:
    nor can anybody have those tried again that were given up."""
    if not about:
        return
    chosen = message.update().where(
        message.c.about.in_(sorted(about)),
        message.c.template.in_(templates),
        message.c.state.in_((WAITING, FAILED) if failed else (WAITING,)),
        message.c.caused_by != but,
    )
    await writer.execute(chosen.values(state=SUPERSEDED, reason="newer", ended_at=writer.now))


async def facts_about(reader: Reader, about: str, template: str) -> list[dict[str, Any]]:
    """What such mails were made from, of all that were ever written."""
    chosen = select(message.c.facts).where(message.c.about == about, message.c.template == template)
    return [row["facts"] for row in await reader.all(chosen)]


async def on_their_way(reader: Reader, about: Collection[str], *templates: str) -> bool:
    """Whether such a mail is being sent right now: whether it left is known only then."""
    going = (message.c.claimed_until > reader.now) & (message.c.state != SENT)
    chosen = select(message.c.id).where(message.c.about.in_(sorted(about)), message.c.template.in_(templates), going)
    return await reader.first(chosen.limit(1)) is not None


async def newest_told(reader: Reader, about: str, template: str) -> int:
    """The newest version of what mails of this template tell of, of those that were made, left or not; 0 without one.
    Their reasons end with it: see `reason_of`."""
    chosen = select(message.c.caused_by).where(message.c.about == about, message.c.template == template)
    rows = await reader.all(chosen.distinct())
    return max((int(row["caused_by"].rpartition(":")[2]) for row in rows), default=0)


async def reached(reader: Reader, about: str, template: str) -> set[str]:
    """Who was sent such a mail, or is being sent one right now."""
    return {recipient for _, recipient in await facts_reached(reader, [about], template)}


async def facts_reached(reader: Reader, about: Collection[str], template: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What the last such mail was made from that was sent, or is being sent right now, by (about, recipient)."""
    left = or_(message.c.state == SENT, message.c.claimed_until > reader.now)
    chosen = select(message.c.about, message.c.recipient, message.c.facts).where(
        message.c.about.in_(sorted(about)), message.c.template == template, left
    )
    rows = await reader.all(chosen.order_by(message.c.created_at, message.c.id))
    return {(row["about"], row["recipient"]): row["facts"] for row in rows}


# --- sending ---


def _due(now: datetime) -> Any:
    free = or_(message.c.claimed_until.is_(None), message.c.claimed_until <= now)
    return (message.c.state == WAITING) & (message.c.due_at <= now) & free


async def anything_due(reader: Reader) -> bool:
    return await reader.first(select(message.c.id).where(_due(reader.now)).limit(1)) is not None


async def claim(writer: Writer) -> RowMapping | None:
    """The most urgent mail that is due, for the caller alone to send; None when there is none."""
    useless = message.update().where(_due(writer.now), message.c.expires_at <= writer.now)
    await writer.execute(useless.values(state=SUPERSEDED, reason="expired", ended_at=writer.now))
    first = select(message).where(_due(writer.now)).order_by(message.c.urgency, message.c.due_at, message.c.id)
    row = await writer.first(first.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    changes = {"claimed_until": writer.now + CLAIM, "attempts": row["attempts"] + 1}
    return await writer.first(message.update().where(message.c.id == row["id"]).values(**changes).returning(message))


async def mark_sent(writer: Writer, held: RowMapping, letter: Letter, *, secret: bool) -> None:
    """Write down that it left and what it said. `secret`: what opens doors is not kept."""
    changes = {
        "state": SENT,
        "version": held["version"] + 1,
        "claimed_until": None,
        "reason": "",
        "error": "",
        "ended_at": writer.now,
        "subject": letter.subject,
        "text": "" if secret else letter.text,
        "html": "" if secret else letter.html,
    }
    if secret:
        changes["facts"] = {}
    await writer.execute(message.update().where(message.c.id == held["id"]).values(**changes))
    if letter.attachments:
        rows = [{"message_id": held["id"], "number": n} | vars(each) for n, each in enumerate(letter.attachments)]
        await writer.execute(attachment.delete().where(attachment.c.message_id == held["id"]))
        await writer.execute(attachment.insert(), rows)
    await writer.announce(announcing.message_sent(held, writer.now))


async def postpone(writer: Writer, held: RowMapping, reason: str, error: str, due_at: datetime) -> None:
    changes = {"claimed_until": None, "reason": reason, "error": error, "due_at": due_at}
    mine = message.update().where(message.c.id == held["id"], message.c.state == WAITING)
    await writer.execute(mine.values(**changes))


async def fail(writer: Writer, held: RowMapping, reason: str, error: str) -> None:
    """Give it up, until somebody has it tried again."""
    changes = {
        "state": FAILED,
        "version": held["version"] + 1,
        "claimed_until": None,
        "reason": reason,
        "error": error,
        "ended_at": writer.now,
    }
    mine = message.update().where(message.c.id == held["id"], message.c.state == WAITING)
    if (await writer.execute(mine.values(**changes))).rowcount:
        await writer.announce(announcing.message_failed(held, reason, writer.now))


async def try_again(writer: Writer, message_id: str, email: str = "") -> bool:
    """Send a failed mail after all, to `email` where the address has changed since. False: it is not a failed one."""
    row = await writer.first(select(message).where(message.c.id == message_id).with_for_update())
    if row is None or row["state"] != FAILED or not (email or row["email"]):
        return False
    changes = {
        "state": WAITING,
        "due_at": writer.now,
        # The time it may be tried for begins anew.
        "created_at": writer.now,
        "attempts": 0,
        "reason": "",
        "error": "",
        "ended_at": None,
        "email": email or row["email"],
    }
    await writer.execute(message.update().where(message.c.id == message_id).values(**changes))
    return True


# --- looking ---


async def messages(reader: Reader, states: tuple[str, ...], first: int, count: int) -> list[RowMapping]:
    """Newest first."""
    chosen = select(message).where(message.c.state.in_(states))
    chosen = chosen.order_by(message.c.created_at.desc(), message.c.id.desc())
    return await reader.all(chosen.offset(first).limit(count))


async def count_by_state(reader: Reader) -> dict[str, int]:
    counted = select(message.c.state, func.count().label("count")).group_by(message.c.state)
    found = {row["state"]: row["count"] for row in await reader.all(counted)}
    return {state: found.get(state, 0) for state in STATES}


async def find_message(reader: Reader, message_id: str) -> RowMapping | None:
    return await reader.first(select(message).where(message.c.id == message_id))


async def attachments_of(reader: Reader, message_id: str) -> list[RowMapping]:
    """Number, name, media type and size in bytes; the content only by `find_attachment`."""
    listed = select(
        attachment.c.number,
        attachment.c.name,
        attachment.c.media_type,
        func.length(attachment.c.content).label("size"),
    )
    return await reader.all(listed.where(attachment.c.message_id == message_id).order_by(attachment.c.number))


async def find_attachment(reader: Reader, message_id: str, number: int) -> RowMapping | None:
    mine = (attachment.c.message_id == message_id) & (attachment.c.number == number)
    return await reader.first(select(attachment).where(mine))
