"""Signing: each side for itself, under words whose hash is kept with its name and the hour.

The producer signs by the link it was sent, or signed in; the hub's coordinator signs signed in. Signing means: the
words were shown, a name was typed, a box was ticked. It proves what a simple electronic signature proves (regulation EU
910/2014 art. 25): who had the link or the account, when, and to which words they agreed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing import announcing
from billing.days import today_at
from billing.mandate import ending
from billing.mandate.contract import (
    AGENT,
    BY_LINK,
    PRINCIPAL,
    SIGNED_IN,
    Mandate,
    NoMandate,
    Version,
    find,
    keep,
    link,
    locked,
    mandate_version,
    note,
    signature,
)
from billing.mandate.drafting import hash_of
from billing.mandate.life import Life, OutOfTurn, Stage, Step, Turn, stepped, turned
from billing.mandate.text import Document
from chassis.database import Reader, Writer
from contracts.mandate import MandateChanged, MandateSigned


class UnknownLink(Exception):
    """Not a link of ours: forged, or cut short."""


class ExpiredLink(Exception):
    """It was ours; its time is over, or a newer one took its place."""


class OtherText(Exception):
    """Not the words that are to be signed: the page is an old one."""


class SamePerson(Exception):
    """Nobody signs for both sides."""


@dataclass(frozen=True)
class Signer:
    """`person_id`: "" for who comes by the link; `sent_to`: then the address it was sent to."""

    name: str
    capacity: str
    person_id: str = ""
    sent_to: str = ""

    @property
    def way(self) -> str:
        return SIGNED_IN if self.person_id else BY_LINK


async def opened(reader: Reader, secret: str) -> tuple[Mandate, Version, str]:
    """What a link opens, and the address it was sent to. Raises UnknownLink, ExpiredLink.

    After its version was signed, refused or taken back the link still shows it, until its time is over.
    """
    row = await reader.first(select(link).where(link.c.secret_hash == hash_of(secret)))
    one = await find(reader, row["mandate_id"]) if row is not None else None
    if row is None or one is None:
        raise UnknownLink
    if row["expires_at"] <= reader.now:
        raise ExpiredLink
    return one, one.versions[row["number"] - 1], row["sent_to"]


async def sign(
    writer: Writer,
    mandate_id: str,
    number: int,
    party: str,
    signer: Signer,
    shown: Mapping[Document, str],
    zone: ZoneInfo,
    also: Collection[Document] = (),
) -> Mandate:
    """Sign for one side; when both have, the version is signed and its terms hold. Done twice, it is done once.

    `shown`: the hashes of the words that were on the page. `also`: what the producer signs beside the contract.
    Raises NoMandate, OutOfTurn, OtherText, SamePerson.
    """
    one, held = await _version(writer, mandate_id, number)
    if held.signed_by(party) is not None:
        return one
    stepped(held.stage, Step.COMPLETE)
    if dict(shown) != dict(held.hashes):
        raise OtherText
    other = held.signed_by(AGENT if party == PRINCIPAL else PRINCIPAL)
    if other is not None and signer.person_id and other.person_id == signer.person_id:
        raise SamePerson
    # The hub accepts every document; what the producer gives is the producer's to choose.
    documents = [d for d in held.hashes if party == AGENT or d is Document.CONTRACT or d in also]
    for document in documents:
        row = {"mandate_id": mandate_id, "number": number, "document": document.value, "party": party}
        row |= {"name": signer.name, "capacity": signer.capacity, "person_id": signer.person_id, "way": signer.way}
        row |= {"sent_to": signer.sent_to, "signed_at": writer.now, "text_hash": held.hashes[document]}
        await writer.execute(signature.insert().values(**row))
    await note(writer, mandate_id, number, f"signed_{party}", signer.name)
    if other is None:
        return await locked(writer, mandate_id)
    return await _complete(writer, one, held, zone)


async def refuse(writer: Writer, mandate_id: str, number: int, who: str, reason: str) -> None:
    """The producer does not sign, and says why. Raises NoMandate, OutOfTurn."""
    _one, held = await _version(writer, mandate_id, number)
    if held.signed_by(PRINCIPAL) is not None:
        raise OutOfTurn("refuse what one has signed")
    stage = stepped(held.stage, Step.REFUSE)
    mine = (mandate_version.c.mandate_id == mandate_id) & (mandate_version.c.number == number)
    await writer.execute(mandate_version.update().where(mine).values(stage=stage.value))
    await note(writer, mandate_id, number, "refused", who, reason)


async def _version(writer: Writer, mandate_id: str, number: int) -> tuple[Mandate, Version]:
    one = await locked(writer, mandate_id)
    if not 1 <= number <= len(one.versions):
        raise NoMandate
    return one, one.versions[number - 1]


async def _complete(writer: Writer, one: Mandate, held: Version, zone: ZoneInfo) -> Mandate:
    # A mandate is given beforehand: what is signed late holds from that day.
    since = max(held.terms.effective_from, today_at(writer, zone))
    mine = (mandate_version.c.mandate_id == one.id) & (mandate_version.c.number == held.number)
    values = {"stage": stepped(held.stage, Step.COMPLETE).value, "effective_from": since}
    await writer.execute(mandate_version.update().where(mine).values(**values))
    first = one.life is Life.PREPARING
    signed = replace(
        one,
        version=one.version + 1,
        life=turned(one.life, Turn.SIGN),
        term_ends_on=held.terms.ends_on,
        tacit_renewal=held.terms.tacit_renewal,
        renewal_months=held.terms.renewal_months,
        notice_days=held.terms.notice_days,
    )
    await keep(writer, signed)
    await ending.call_at_its_end(writer, signed, zone)
    signed = await locked(writer, one.id)
    assert signed.versions[held.number - 1].stage is Stage.SIGNED
    await writer.announce(announcing.mandate(MandateSigned if first else MandateChanged, signed))
    return signed
