"""Preparing a version of a contract: drafts are written to freely, and proposed once every clause is there."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from billing import announcing
from billing.days import today_at
from billing.mandate import clauses
from billing.mandate.catalogue import locked_principal
from billing.mandate.clauses import Fault, Party, Terms
from billing.mandate.contract import (
    Mandate,
    NoMandate,
    Version,
    keep,
    link,
    locked,
    mandate,
    mandate_version,
    note,
    open_of,
)
from billing.mandate.life import Life, OutOfTurn, Stage, Step, Turn, stepped, turned
from billing.mandate.text import NEWEST, Document, text_of
from chassis.database import Writer
from contracts.mandate import MandateProposed

OPEN_LINK = "/billing/mandates/sign/"
LINK_GOOD_FOR = timedelta(days=30)


class AlreadyThere(Exception):
    """The producer has a contract that is not over: `mandate_id`."""

    def __init__(self, mandate_id: str) -> None:
        super().__init__(mandate_id)
        self.mandate_id = mandate_id


class Faulty(Exception):
    """It cannot be proposed like this."""

    def __init__(self, found: list[Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.text}" for fault in found))
        self.faults = found


class Stale(Exception):
    """Somebody else changed the draft since it was looked at."""


class NoAddress(Exception):
    """The catalogue knows no e-mail address of the producer: no link can reach it."""


def as_catalogued(party: Party, known: RowMapping | Mapping[str, Any]) -> Party:
    """The producer with what the catalogue says of it now. `known`: a row of `catalogue.principal`."""
    return party.model_copy(update={"name": known["name"], "country": known["country"], "regime": known["regime"]})


async def begin(writer: Writer, mandate_id: str, producer_id: str, terms: Terms, by: str) -> Mandate:
    """A contract with its first draft. The id comes with the form, so that a form sent twice makes one.

    Raises NoMandate where nobody knows the producer, AlreadyThere.
    """
    known = await locked_principal(writer, producer_id)
    if known is None:
        raise NoMandate
    there = await open_of(writer, producer_id)
    if there is not None:
        if there.id == mandate_id:
            return there
        raise AlreadyThere(there.id)
    row = {
        "id": mandate_id,
        "version": 0,
        "producer_id": producer_id,
        "producer_name": known["name"],
        "life": Life.PREPARING.value,
        "made_at": writer.now,
        "tacit_renewal": 0,
        "renewal_months": 0,
        "notice_days": 0,
    }
    await writer.execute(mandate.insert().values(**row))
    await _add(writer, mandate_id, 1, terms, by)
    await note(writer, mandate_id, 1, "drafted", by)
    return await locked(writer, mandate_id)


async def save(writer: Writer, mandate_id: str, number: int, terms: Terms, by: str, seen: str) -> Version:
    """Write to a draft. `seen`: when it was changed last, as the form was given it (ISO). Raises NoMandate, OutOfTurn
    where it is a draft no more, Stale."""
    held = await _newest(writer, mandate_id, number)
    if held.stage is not Stage.DRAFT:
        raise OutOfTurn(f"write to a version that is {held.stage}")
    if held.terms == terms:
        return held
    if held.changed_at.isoformat() != seen:
        raise Stale
    values = {"terms": terms.model_dump(mode="json"), "changed_at": writer.now, "changed_by": by}
    await writer.execute(mandate_version.update().where(_mine(held)).values(**values))
    return replace(held, terms=terms, changed_at=writer.now, changed_by=by)


async def amend(writer: Writer, mandate_id: str, by: str, zone: ZoneInfo) -> Version:
    """A draft of the next version, with the terms of the newest; the draft there is, where there is one. Raises
    NoMandate, OutOfTurn where the contract is over or a version waits for signatures."""
    one = await locked(writer, mandate_id)
    last = one.newest
    if last.stage is Stage.DRAFT:
        return last
    turned(one.life, Turn.SIGN)
    if last.stage is Stage.PROPOSED:
        raise OutOfTurn("amend what waits for signatures")
    known = await locked_principal(writer, one.producer_id)
    changes: dict[str, Any] = {"effective_from": max(last.terms.effective_from, today_at(writer, zone))}
    if known is not None:
        changes["principal"] = as_catalogued(last.terms.principal, known)
    if one.term_ends_on is not None:
        changes["ends_on"] = one.term_ends_on
    await _add(writer, mandate_id, last.number + 1, last.terms.model_copy(update=changes), by)
    await note(writer, mandate_id, last.number + 1, "drafted", by)
    return (await locked(writer, mandate_id)).newest


async def propose(writer: Writer, mandate_id: str, number: int, by: str, zone: ZoneInfo) -> Mandate:
    """Fix the draft's words and send the producer a link to them. Raises NoMandate, OutOfTurn, Faulty, NoAddress."""
    one = await locked(writer, mandate_id)
    held = _numbered(one, number)
    after = max((v.effective_from for v in one.signed if v.effective_from is not None), default=None)
    stage = stepped(held.stage, Step.PROPOSE)
    found = clauses.faults(held.terms, today_at(writer, zone), after)
    if found:
        raise Faulty(found)
    texts = {document: text_of(document, held.terms, number, NEWEST) for document in Document}
    hashes = {document: text.sha256 if text else "" for document, text in texts.items()}
    values = {
        "stage": stage.value,
        "wording": NEWEST,
        "proposed_at": writer.now,
        "contract_hash": hashes[Document.CONTRACT],
        "invoicing_hash": hashes[Document.INVOICING],
    }
    await writer.execute(mandate_version.update().where(_mine(held)).values(**values))
    await note(writer, mandate_id, number, "proposed", by)
    return await _send(writer, one, number)


async def send_again(writer: Writer, mandate_id: str, number: int, by: str) -> Mandate:
    """Another link to what waits for signatures; those before it open nothing any more. Raises NoMandate, OutOfTurn,
    NoAddress."""
    one = await locked(writer, mandate_id)
    if _numbered(one, number).stage is not Stage.PROPOSED:
        raise OutOfTurn("send what does not wait for signatures")
    await note(writer, mandate_id, number, "sent_again", by)
    return await _send(writer, one, number)


async def withdraw(writer: Writer, mandate_id: str, number: int, by: str) -> None:
    """Take back what was proposed: its links open it no more. Raises NoMandate, OutOfTurn."""
    held = _numbered(await locked(writer, mandate_id), number)
    values = {"stage": stepped(held.stage, Step.WITHDRAW).value}
    await writer.execute(mandate_version.update().where(_mine(held)).values(**values))
    await note(writer, mandate_id, number, "withdrawn", by)


async def drop(writer: Writer, mandate_id: str, by: str) -> None:
    """Give up a contract that was never signed by both. Raises NoMandate, OutOfTurn: also while one waits for
    signatures, which is taken back first."""
    one = await locked(writer, mandate_id)
    if one.newest.stage is Stage.PROPOSED:
        raise OutOfTurn("drop what waits for signatures")
    await keep(writer, replace(one, life=turned(one.life, Turn.DROP)))
    await note(writer, mandate_id, one.newest.number, "dropped", by)


async def _send(writer: Writer, one: Mandate, number: int) -> Mandate:
    known = await locked_principal(writer, one.producer_id)
    if known is None or not known["email"]:
        raise NoAddress
    await writer.execute(
        link.update().where(link.c.mandate_id == one.id, link.c.expires_at > writer.now).values(expires_at=writer.now)
    )
    secret, expires_at = writer.ids.secret(), writer.now + LINK_GOOD_FOR
    row = {"mandate_id": one.id, "number": number, "sent_to": known["email"], "made_at": writer.now}
    await writer.execute(link.insert().values(secret_hash=hash_of(secret), expires_at=expires_at, **row))
    said = replace(one, version=one.version + 1)
    await keep(writer, said)
    proposal = announcing.mandate(
        MandateProposed,
        said,
        proposed=number,
        proposed_at=writer.now,
        path=OPEN_LINK + secret,
        expires_at=expires_at,
    )
    await writer.announce(proposal)
    return said


def hash_of(secret: str) -> str:
    """What is kept of a link: who reads the table cannot open it."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def _add(writer: Writer, mandate_id: str, number: int, terms: Terms, by: str) -> None:
    row = {
        "mandate_id": mandate_id,
        "number": number,
        "stage": Stage.DRAFT.value,
        "terms": terms.model_dump(mode="json"),
        "wording": NEWEST,
        "changed_at": writer.now,
        "changed_by": by,
        "contract_hash": "",
        "invoicing_hash": "",
    }
    await writer.execute(mandate_version.insert().values(**row))


async def _newest(writer: Writer, mandate_id: str, number: int) -> Version:
    return _numbered(await locked(writer, mandate_id), number)


def _numbered(one: Mandate, number: int) -> Version:
    """Only of the newest version anything is still to be done. Raises NoMandate."""
    if one.newest.number != number:
        raise NoMandate
    return one.newest


def _mine(held: Version) -> Any:
    mine: Any = mandate_version.c.mandate_id == held.mandate_id
    return mine & (mandate_version.c.number == held.number)
