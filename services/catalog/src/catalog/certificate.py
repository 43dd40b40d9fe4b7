"""Certificates: the proof of a label, with its number and the last day it holds.

A certificate is of a producer, for all its goods that carry the label or for one product. A label that has
certificates on file stands as long as one of them is valid; when the last one expires, the claim leaves what members
see, by an event, and the coordinator is told. Of a label that a certifying body controls nothing is shown before a
certificate is on file; one that has no such body (`nomenclature.needs_proof`) stands on the producer's word until
somebody files a proof. The coordinator is told of both. The day a certificate expires is a timer of ours: nobody has
to look.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, RowMapping, String, Table, select

from catalog import nomenclature, proof_file
from catalog.author import Author
from catalog.proof_file import ProofFile
from catalog.refusal import Faulty, NotThere, Stale
from catalog.schema import metadata
from catalog.sentence import Fault, _
from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer
from contracts.catalog import Claim

VALID, EXPIRED, TAKEN_BACK = "valid", "expired", "taken_back"
EXPIRES = "certificate_expires"
"""The timer of the first moment a certificate does not hold any more."""
ENDS_SOON = "certificate_ends_soon"
"""The timer of the moment when producer and coordinators are written to, because it ends."""
NOTICE = timedelta(days=30)
SOON = timedelta(days=45)
"""How long before its end a certificate is told to the coordinator: the next one takes weeks to come."""
NO_LABEL = "NONE"

certificate = Table(
    "certificate",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("producer_id", String(36), ForeignKey("producer.id"), nullable=False),
    # None: for everything of the producer that carries the label.
    Column("product_id", String(36), ForeignKey("product.id")),
    Column("label", String(40), nullable=False),
    Column("body", String(60), nullable=False),
    Column("number", String(60), nullable=False),
    # The last day on which it holds, in the hub's time zone.
    Column("valid_until", Date, nullable=False),
    Column("proof_url", String(400), nullable=False),
    # The certificate itself is in `proof_file`; whether everybody who sees the label may read it.
    Column("has_file", Boolean, nullable=False),
    Column("file_public", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("state_at", Utc, nullable=False),
    Column("filed_at", Utc, nullable=False),
    Column("filed_by_name", String(120), nullable=False),
)
Index("ix_certificate_producer_id", certificate.c.producer_id)


@dataclass(frozen=True)
class Proof:
    """What a certificate says. `body`: who certified, for organic goods a code like FR-BIO-01. `file_public`: a file of
    it may be read by everybody who sees the label."""

    label: str
    number: str
    valid_until: date
    body: str = ""
    proof_url: str = ""
    product_id: str | None = None
    file_public: bool = False


def check(proof: Proof, today: date) -> list[Fault]:
    """What is wrong with a proof that is filed today, field by field."""
    faults = []
    if proof.label not in nomenclature.labels() or proof.label == NO_LABEL:
        faults.append(Fault("label", _("Choose a label.")))
    if not proof.number:
        faults.append(Fault("number", _("A certificate has a number.")))
    for name, text, most in (
        ("number", proof.number, 60),
        ("body", proof.body, 60),
        ("proof_url", proof.proof_url, 400),
    ):
        if len(text) > most:
            faults.append(Fault(name, _("Too long: at most %(most)s characters.", most=most)))
    if proof.valid_until < today:
        faults.append(Fault("valid_until", _("This day is over: file the certificate that holds now.")))
    elif proof.valid_until > today + timedelta(days=20 * 366):
        faults.append(Fault("valid_until", _("No certificate holds that long: look at the year.")))
    if proof.proof_url and not proof.proof_url.startswith("https://"):
        faults.append(Fault("proof_url", _("An address where members can read it starts with https://.")))
    return faults


@dataclass(frozen=True)
class Standing:
    """Which labels stand. `_filed`: (producer, product or None, label) -> its certificates that are not taken back."""

    _filed: dict[tuple[str, str | None, str], list[RowMapping]] = field(default_factory=dict)

    def _of(self, producer_id: str, product_id: str | None, label: str) -> list[RowMapping]:
        keys = {(producer_id, None, label), (producer_id, product_id, label)}
        return [row for key in keys for row in self._filed.get(key, ())]

    def holds(self, producer_id: str, product_id: str | None, label: str) -> bool:
        filed = self._of(producer_id, product_id, label)
        return any(row["state"] == VALID for row in filed) if filed else not nomenclature.needs_proof(label)

    def labels(self, producer_id: str, product_id: str | None, labels: Iterable[str]) -> tuple[str, ...]:
        """Those that may be shown."""
        return tuple(label for label in labels if self.holds(producer_id, product_id, label))

    def claims(self, producer_id: str, product_id: str | None, labels: Iterable[str]) -> tuple[Claim, ...]:
        """Proofs of those that stand by one, the one that holds longest for each."""
        found = []
        for label in labels:
            valid = [row for row in self._of(producer_id, product_id, label) if row["state"] == VALID]
            if valid:
                best = max(valid, key=lambda row: (row["valid_until"], row["id"]))
                said = {name: best[name] for name in ("label", "body", "number", "valid_until")}
                found.append(Claim(**said, proof_url=address_of(best)))
        return tuple(found)


def address_of(row: Mapping[str, Any] | RowMapping) -> str:
    """Where members read the certificate: our copy, which does not move; else where its body shows it; "" for
    nowhere."""
    if row["has_file"] and row["file_public"]:
        return f"/catalog/certificates/{row['id']}/proof"
    return str(row["proof_url"])


# --- operations ---


async def file(
    writer: Writer,
    certificate_id: str,
    producer_id: str,
    proof: Proof,
    author: Author,
    zone: ZoneInfo,
    copy: ProofFile | None = None,
) -> str:
    """File a proof; what carries its label is said again. Sent twice, it is one. Raises NotThere, Faulty."""
    from catalog import producer, product

    owner = await producer.locked(writer, producer_id)
    if await writer.scalar(select(certificate.c.id).where(certificate.c.id == certificate_id)):
        return certificate_id
    faults = check(proof, writer.now.astimezone(zone).date())
    if proof.product_id is not None:
        of = await product.find(writer, proof.product_id)
        if of is None or of.producer_id != producer_id:
            faults.append(Fault("product_id", _("Choose one of the list.")))
    if faults:
        raise Faulty(faults)
    await writer.execute(
        certificate.insert().values(
            id=certificate_id,
            producer_id=producer_id,
            product_id=proof.product_id,
            label=proof.label,
            body=proof.body,
            number=proof.number,
            valid_until=proof.valid_until,
            proof_url=proof.proof_url,
            has_file=copy is not None,
            file_public=proof.file_public,
            state=VALID,
            state_at=writer.now,
            filed_at=writer.now,
            filed_by_name=author.name,
        )
    )
    if copy is not None:
        await proof_file.keep(writer, certificate_id, copy)
    end = end_of(proof.valid_until, zone)
    await writer.call_at(EXPIRES, certificate_id, end)
    await writer.call_at(ENDS_SOON, certificate_id, end - NOTICE)
    await product.say_label(writer, owner, proof.label, proof.product_id)
    return certificate_id


async def attach(writer: Writer, certificate_id: str, copy: ProofFile | None, *, public: bool) -> None:
    """Keep the file of a certificate that is on file already (None: the one it has), and say who may read it. Raises
    NotThere."""
    from catalog import producer, product

    row = await find(writer, certificate_id)
    if row is None:
        raise NotThere
    owner = await producer.locked(writer, row["producer_id"])
    if copy is not None:
        await proof_file.keep(writer, certificate_id, copy)
    values = {"has_file": row["has_file"] or copy is not None, "file_public": public}
    await writer.execute(certificate.update().where(certificate.c.id == certificate_id).values(**values))
    if row["state"] == VALID and address_of(row) != address_of({**row, **values}):
        await product.say_label(writer, owner, row["label"], row["product_id"])


async def take_back(writer: Writer, certificate_id: str) -> None:
    """Take back a proof that was filed by mistake; done twice, it is done once.

    Raises NotThere; Stale when it has expired: without it, its label would come back on the producer's word.
    """
    row = await find(writer, certificate_id)
    if row is None:
        raise NotThere
    if row["state"] == EXPIRED:
        raise Stale
    await _ends(writer, row, TAKEN_BACK)
    await writer.cancel_call(EXPIRES, certificate_id)
    await writer.cancel_call(ENDS_SOON, certificate_id)


async def expire(writer: Writer, timer: Timer) -> None:
    """The last day is over: the label stands only if another certificate holds."""
    row = await find(writer, timer.key)
    if row is None or row["state"] != VALID:
        return
    from catalog import announcing

    await _ends(writer, row, EXPIRED)
    if await _concerns_somebody(writer, row):
        await announcing.certificate_expired(writer, await _named(writer, row))


async def ends_soon(writer: Writer, timer: Timer) -> None:
    """A month before the last day: producer and coordinators are told, unless the next certificate is there."""
    from catalog import announcing

    row = await find(writer, timer.key)
    if row is not None and row["state"] == VALID and await _concerns_somebody(writer, row):
        await announcing.certificate_ends_soon(writer, await _named(writer, row))


async def _concerns_somebody(reader: Reader, row: RowMapping) -> bool:
    """Not where the producer has stopped, or another certificate proves the same, and longer."""
    from catalog import producer

    owner = await producer.find(reader, row["producer_id"])
    if owner is None or not owner.sheet.active:
        return False
    c = certificate.c
    same = (c.producer_id == row["producer_id"]) & (c.label == row["label"]) & (c.id != row["id"])
    covers = c.product_id.is_(None) | (c.product_id == row["product_id"])
    longer = (c.state == VALID) & (c.valid_until > row["valid_until"])
    return await reader.scalar(select(c.id).where(same, covers, longer).limit(1)) is None


async def _named(reader: Reader, row: RowMapping) -> RowMapping:
    """A certificate with `producer_name` and `product_name`."""
    return next(one for one in await listed(reader, [row["producer_id"]]) if one["id"] == row["id"])


async def _ends(writer: Writer, row: RowMapping, state: str) -> None:
    from catalog import producer, product

    owner = await producer.locked(writer, row["producer_id"])
    ended = certificate.update().where(certificate.c.id == row["id"], certificate.c.state == VALID)
    if (await writer.execute(ended.values(state=state, state_at=writer.now))).rowcount:
        await product.say_label(writer, owner, row["label"], row["product_id"])


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after the day, where the hub is."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


# --- queries ---


async def find(reader: Reader, certificate_id: str) -> RowMapping | None:
    return await reader.first(select(certificate).where(certificate.c.id == certificate_id))


async def standing(reader: Reader, producer_ids: Collection[str] | None = None) -> Standing:
    """Of these producers; None: of all."""
    statement = select(certificate).where(certificate.c.state != TAKEN_BACK)
    if producer_ids is not None:
        statement = statement.where(certificate.c.producer_id.in_(producer_ids))
    filed: dict[tuple[str, str | None, str], list[RowMapping]] = {}
    for row in await reader.all(statement):
        filed.setdefault((row["producer_id"], row["product_id"], row["label"]), []).append(row)
    return Standing(filed)


async def listed(reader: Reader, producer_ids: Collection[str] | None) -> list[RowMapping]:
    """Certificates with `producer_name` and `product_name`, what ends first first."""
    from catalog.producer import producer
    from catalog.product import product

    statement = (
        select(certificate, producer.c.name.label("producer_name"), product.c.name_fr.label("product_name"))
        .join(producer, producer.c.id == certificate.c.producer_id)
        .outerjoin(product, product.c.id == certificate.c.product_id)
        .order_by(certificate.c.valid_until, certificate.c.id)
    )
    if producer_ids is not None:
        statement = statement.where(certificate.c.producer_id.in_(producer_ids))
    return await reader.all(statement)


@dataclass(frozen=True)
class Concern:
    """A label that needs a coordinator. `kind`: "lapsed" (taken off what members see), "soon" (ends on `day`),
    "missing" (not shown before a proof is on file), "unproven" (shown on the producer's word), or "worded" (a text
    says "organic" of goods that no certificate proves)."""

    kind: str
    producer_id: str
    producer_name: str
    label: str
    product_name: str = ""
    day: date | None = None


async def concerns(reader: Reader, producer_ids: Collection[str] | None, today: date) -> list[Concern]:
    """What needs looking at: lapsed first, then what ends soon, then what has no proof or speaks of one."""
    found: list[Concern] = []
    proofs = [row for row in await listed(reader, producer_ids) if row["state"] != TAKEN_BACK]
    at: dict[tuple[str, str | None, str], list[RowMapping]] = {}
    for row in proofs:
        at.setdefault((row["producer_id"], row["product_id"], row["label"]), []).append(row)
    for (producer_id, _product_id, label), rows in at.items():
        last = max(rows, key=lambda row: (row["state"] == VALID, row["valid_until"]))
        if last["state"] == VALID and last["valid_until"] > today + SOON:
            continue
        kind = "soon" if last["state"] == VALID else "lapsed"
        name = last["product_name"] or ""
        found.append(Concern(kind, producer_id, last["producer_name"], label, name, last["valid_until"]))
    found.sort(key=lambda one: (one.kind != "lapsed", one.day or today, one.producer_name))
    proven = {(row["producer_id"], row["label"]) for row in proofs}
    return [*found, *await _unproven(reader, producer_ids, proven, Standing(at))]


ORGANIC_WORDS = re.compile(r"(?<!\w)(?:bio|biologiques?|organic|[ée]cologiques?)(?!\w)", re.IGNORECASE)
"""What only goods with a certificate may be called, alone or in a text (regulation EU 2018/848, article 30)."""


async def _unproven(
    reader: Reader, producer_ids: Collection[str] | None, proven: set[tuple[str, str]], standing: Standing
) -> list[Concern]:
    """Labels on offer that have no certificate at all, once for each producer; and goods that a text calls organic
    though none proves it, each."""
    from catalog.producer import producer
    from catalog.product import OFFERED, product

    p = product.c
    goods = (
        select(p.producer_id, p.id, p.labels, p.name_fr, p.name_en, p.pack_label, p.note, producer.c.name)
        .join(producer, producer.c.id == p.producer_id)
        .where(p.state == OFFERED)
        .order_by(producer.c.name_key, p.reference_key)
    )
    if producer_ids is not None:
        goods = goods.where(p.producer_id.in_(producer_ids))
    claimed: dict[tuple[str, str], str] = {}
    worded: list[Concern] = []
    for row in await reader.all(goods):
        for label in row["labels"]:
            claimed.setdefault((row["producer_id"], label), row["name"])
        shown = standing.labels(row["producer_id"], row["id"], row["labels"])
        texts = " ".join(row[name] for name in ("name_fr", "name_en", "pack_label", "note"))
        if ORGANIC_WORDS.search(texts) and not any(nomenclature.is_organic(label) for label in shown):
            worded.append(Concern("worded", row["producer_id"], row["name"], "EU_ORGANIC", row["name_fr"]))
    without = [
        Concern("missing" if nomenclature.needs_proof(label) else "unproven", producer_id, name, label)
        for (producer_id, label), name in claimed.items()
        if label != NO_LABEL and (producer_id, label) not in proven
    ]
    return [*sorted(without, key=lambda one: one.kind != "missing"), *worded]
