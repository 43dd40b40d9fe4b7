"""The file for the bank: a customer direct debit initiation, ISO 20022 pain.008.001.08, as SEPA's core scheme reads it.

It says no address: where one is said it must be structured, and none is needed within SEPA (EPC130-08).
"""

from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement

from sepaxml import SepaDD

from billing.debit.amended import Original
from billing.debit.register import Batch
from billing.iban import MOST_MESSAGE, MOST_NAME, latin
from billing.pain import named, tail

SCHEMA = "pain.008.001.08"
_SPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
_SEQUENCE = f".//{_SPACE}SeqTp"


def message_id(batch_id: str, number: int) -> str:
    """What names the file."""
    return f"PRL-{number}-{tail(batch_id)}"


def end_to_end_id(batch_id: str, number: int, place: int) -> str:
    """What names one debit, from the hub's statement to the household's."""
    return f"{message_id(batch_id, number)}-{place}"


def written(one: Batch, made_at: datetime, originals: Mapping[str, Original] | None = None) -> str:
    """The file of a batch, as text; the debits of each sequence type are a part of it. `originals`: what changed in
    a mandate, by the id of the debit. It is held against the schema, which takes some tenths of a second: not for the
    event loop. Raises ValueError."""
    name = message_id(one.id, one.number)
    hub = {"name": latin(one.hub.holder, MOST_NAME), "IBAN": one.hub.iban, "batch": True, "currency": "EUR"}
    hub["creditor_id"] = one.creditor_id
    if one.hub.bic:
        hub["BIC"] = one.hub.bic
    # Cleaned by us: the library leaves letters in that banks refuse.
    sepa = SepaDD(hub, schema=SCHEMA, clean=False)
    for each in one.debits:
        told = {
            "name": latin(each.account.holder, MOST_NAME),
            "IBAN": each.account.iban,
            "amount": each.cents,
            "type": each.sequence,
            "collection_date": one.day,
            "mandate_id": each.mandate_ref,
            "mandate_date": each.signed_on,
            "description": latin(f"{one.hub.holder} {name}", MOST_MESSAGE),
            "endtoend_id": each.end_to_end_id,
        }
        sepa.add_payment(told | ({"BIC": each.account.bic} if each.account.bic else {}))
    told_of = {each.end_to_end_id: (originals or {}).get(each.id) for each in one.debits}

    def tell_changes(root: Element) -> None:
        for transaction in root.iter(_SPACE + "DrctDbtTxInf"):
            original = told_of[transaction.findtext(f".//{_SPACE}EndToEndId") or ""]
            mandate = transaction.find(f".//{_SPACE}MndtRltdInf")
            if original is not None and mandate is not None:
                _tell_change(mandate, original)

    return named(
        sepa.export(validate=False),
        SCHEMA,
        name,
        made_at,
        lambda part: f"{name}-{_sequence_of(part)}",
        tell_changes,
    )


def _tell_change(mandate: Element, original: Original) -> None:
    """As EPC130-08 wants it: of another account it says that the mandate is the same ("SMNDA"), whatever its bank."""
    _under(mandate, "AmdmntInd").text = "true"
    details = _under(mandate, "AmdmntInfDtls")
    if original.ref:
        _under(details, "OrgnlMndtId").text = original.ref
    if original.creditor_id:
        other = _under(details, "OrgnlCdtrSchmeId", "Id", "PrvtId", "Othr")
        _under(other, "Id").text = original.creditor_id
        _under(other, "SchmeNm", "Prtry").text = "SEPA"
    if original.iban:
        _under(details, "OrgnlDbtrAcct", "Id", "Othr", "Id").text = "SMNDA"


def _under(element: Element, *tags: str) -> Element:
    for tag in tags:
        element = SubElement(element, _SPACE + tag)
    return element


def _sequence_of(part: Element) -> str:
    return part.findtext(_SEQUENCE) or ""
