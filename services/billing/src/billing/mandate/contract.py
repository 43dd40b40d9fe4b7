"""A mandate contract and its versions, as they are kept.

What was proposed is never written to again but for its stage; signatures, links and history are only added. So the text
that somebody signed can be made again from the version that is kept, and has the hash that is kept with the signature.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, Index, Integer, RowMapping, String, Table, Text, select

from billing.mandate.clauses import Terms
from billing.mandate.life import OPEN, Life, Stage
from billing.mandate.text import Document, text_of
from billing.mandate.text import Text as Words
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

mandate = Table(
    "mandate",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("producer_id", String(100), nullable=False, index=True),
    Column("producer_name", Text, nullable=False),
    Column("life", String(12), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("term_ends_on", Date),
    Column("tacit_renewal", Integer, nullable=False),
    Column("renewal_months", Integer, nullable=False),
    Column("notice_days", Integer, nullable=False),
    Column("last_day", Date),
)
"""`version`: of its events; 0: nothing was said of it yet. `term_ends_on`, `tacit_renewal` (1 or 0), `renewal_months`,
`notice_days`: of the version signed last, the term as it was renewed. `last_day`: of one in notice, or ended."""

mandate_version = Table(
    "mandate_version",
    metadata,
    Column("mandate_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("stage", String(12), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("wording", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("proposed_at", Utc),
    Column("contract_hash", String(64), nullable=False),
    Column("invoicing_hash", String(64), nullable=False),
    Column("effective_from", Date),
    Column("invoicing_until", Date),
)
"""`terms`, `wording` and the hashes stand since `proposed_at`. `effective_from`: of a signed one, when it really took
effect. `invoicing_until`: the first day without its invoicing mandate; None: not revoked."""

signature = Table(
    "mandate_signature",
    metadata,
    Column("mandate_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", String(10), primary_key=True),
    Column("party", String(10), primary_key=True),
    Column("name", Text, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("person_id", String(100), nullable=False),
    Column("way", String(10), nullable=False),
    Column("sent_to", Text, nullable=False),
    Column("signed_at", Utc, nullable=False),
    Column("text_hash", String(64), nullable=False),
)
"""`party`: "principal" or "agent"; `way`: "link" or "signed_in"; `sent_to`: the address the link went to; `person_id`:
"" by link; `text_hash`: of the words that were before the signer's eyes."""

link = Table(
    "mandate_link",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("mandate_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sent_to", Text, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
Index("ix_mandate_link_mandate_id", link.c.mandate_id)

history = Table(
    "mandate_history",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("mandate_id", String(36), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", String(24), nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
)
"""Rows are only added. `what`: a code the page has words for; `note`: the reason somebody typed, or a day."""

PRINCIPAL, AGENT = "principal", "agent"
BY_LINK, SIGNED_IN = "link", "signed_in"


@dataclass(frozen=True)
class Signature:
    document: Document
    party: str
    name: str
    capacity: str
    person_id: str
    way: str
    sent_to: str
    signed_at: datetime
    text_hash: str


@dataclass(frozen=True)
class Version:
    """One version of the terms. `hashes`: by document, of what was proposed; empty for a draft."""

    mandate_id: str
    number: int
    stage: Stage
    terms: Terms
    wording: int
    changed_at: datetime
    changed_by: str
    proposed_at: datetime | None
    hashes: Mapping[Document, str]
    effective_from: date | None
    invoicing_until: date | None
    signatures: tuple[Signature, ...] = ()

    def text(self, document: Document) -> Words | None:
        """The words, made again from what is kept."""
        return text_of(document, self.terms, self.number, self.wording)

    def signed_by(self, party: str, document: Document = Document.CONTRACT) -> Signature | None:
        return next((one for one in self.signatures if (one.party, one.document) == (party, document)), None)

    @property
    def invoicing(self) -> bool:
        """Whether the producer gave the invoicing mandate with it."""
        return self.signed_by(PRINCIPAL, Document.INVOICING) is not None


@dataclass(frozen=True)
class Mandate:
    """`versions`: all there ever were, oldest first."""

    id: str
    version: int
    producer_id: str
    producer_name: str
    life: Life
    made_at: datetime
    term_ends_on: date | None
    tacit_renewal: bool
    renewal_months: int
    notice_days: int
    last_day: date | None
    versions: tuple[Version, ...] = ()

    @property
    def covered_until(self) -> date | None:
        """The last day it covers; None where none is known."""
        if self.last_day is not None:
            return self.last_day
        return None if self.tacit_renewal else self.term_ends_on

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def signed(self) -> tuple[Version, ...]:
        return tuple(one for one in self.versions if one.stage is Stage.SIGNED)

    def in_force(self, day: date) -> Version | None:
        """The version whose terms hold that day; None where no mandate covers it."""
        if self.covered_until is not None and day > self.covered_until:
            return None
        begun = [one for one in self.signed if one.effective_from is not None and one.effective_from <= day]
        return begun[-1] if begun else None

    def may_invoice(self, day: date) -> bool:
        """Whether the hub may issue invoices dated that day in the producer's name."""
        held = self.in_force(day)
        return held is not None and held.invoicing and (held.invoicing_until is None or day < held.invoicing_until)


class NoMandate(Exception):
    """There is no such contract, or version of it."""


# Rows


async def keep(writer: Writer, one: Mandate) -> None:
    """Write a locked contract as it is now; its versions are not touched."""
    values = {column.name: getattr(one, column.name) for column in mandate.c if column.name != "id"}
    values |= {"life": one.life.value, "tacit_renewal": int(one.tacit_renewal)}
    await writer.execute(mandate.update().where(mandate.c.id == one.id).values(**values))


async def note(writer: Writer, mandate_id: str, number: int, what: str, who: str, said: str = "") -> None:
    """Add a line to the contract's history."""
    row = {"id": writer.ids.new(), "mandate_id": mandate_id, "number": number, "at": writer.now}
    await writer.execute(history.insert().values(**row, what=what, who=who, note=said))


async def locked(writer: Writer, mandate_id: str) -> Mandate:
    """The contract, its row held until the transaction ends. Raises NoMandate."""
    row = await writer.first(select(mandate).where(mandate.c.id == mandate_id).with_for_update())
    if row is None:
        raise NoMandate
    return (await _whole(writer, [row]))[0]


# Queries


async def find(reader: Reader, mandate_id: str) -> Mandate | None:
    row = await reader.first(select(mandate).where(mandate.c.id == mandate_id))
    return (await _whole(reader, [row]))[0] if row else None


async def open_of(reader: Reader, producer_id: str) -> Mandate | None:
    """The one contract of a producer that is not over."""
    mine = select(mandate).where(mandate.c.producer_id == producer_id, mandate.c.life.in_(OPEN))
    row = await reader.first(mine)
    return (await _whole(reader, [row]))[0] if row else None


async def listed(reader: Reader, producer_ids: Collection[str] | None = None) -> list[Mandate]:
    """By name of the producer, the newest first; None: of all of them."""
    statement = select(mandate).order_by(mandate.c.producer_name, mandate.c.made_at.desc(), mandate.c.id)
    if producer_ids is not None:
        statement = statement.where(mandate.c.producer_id.in_(sorted(producer_ids)))
    return await _whole(reader, await reader.all(statement))


async def history_of(reader: Reader, mandate_id: str) -> list[RowMapping]:
    """The newest first."""
    mine = select(history).where(history.c.mandate_id == mandate_id)
    return await reader.all(mine.order_by(history.c.at.desc(), history.c.id.desc()))


async def _whole(reader: Reader, rows: list[RowMapping]) -> list[Mandate]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    theirs: dict[str, list[Version]] = {mandate_id: [] for mandate_id in ids}
    signed: dict[tuple[str, int], list[Signature]] = {}
    by_time = select(signature).where(signature.c.mandate_id.in_(ids))
    for row in await reader.all(by_time.order_by(signature.c.signed_at, signature.c.party)):
        signed.setdefault((row["mandate_id"], row["number"]), []).append(_signature(row))
    chosen = select(mandate_version).where(mandate_version.c.mandate_id.in_(ids))
    for row in await reader.all(chosen.order_by(mandate_version.c.number)):
        version = _version(row)
        its = signed.get((version.mandate_id, version.number), [])
        theirs[version.mandate_id].append(replace(version, signatures=tuple(its)))
    return [_mandate(row, tuple(theirs[row["id"]])) for row in rows]


def _mandate(row: RowMapping, versions: tuple[Version, ...]) -> Mandate:
    said: dict[str, Any] = {**row, "life": Life(row["life"]), "tacit_renewal": bool(row["tacit_renewal"])}
    return Mandate(**said, versions=versions)


def _version(row: RowMapping) -> Version:
    hashes = {Document.CONTRACT: row["contract_hash"], Document.INVOICING: row["invoicing_hash"]}
    same = ("mandate_id", "number", "wording", "changed_at", "changed_by", "proposed_at")
    return Version(
        **{name: row[name] for name in same},
        stage=Stage(row["stage"]),
        terms=Terms.model_validate(row["terms"]),
        hashes={document: text_hash for document, text_hash in hashes.items() if text_hash},
        effective_from=row["effective_from"],
        invoicing_until=row["invoicing_until"],
    )


def _signature(row: RowMapping) -> Signature:
    said = {name: row[name] for name in Signature.__dataclass_fields__ if name != "document"}
    return Signature(**said, document=Document(row["document"]))
