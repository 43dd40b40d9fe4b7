"""The file for the bank: a customer direct debit initiation, ISO 20022 pain.008.001.08, as SEPA's core scheme reads it.

It says no address: where one is said it must be structured, and none is needed within SEPA (EPC130-08).
"""

from datetime import datetime
from xml.etree.ElementTree import Element

from sepaxml import SepaDD

from billing.debit.register import Batch
from billing.iban import MOST_MESSAGE, MOST_NAME, latin
from billing.pain import named, tail

SCHEMA = "pain.008.001.08"
_SEQUENCE = f".//{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}SeqTp"


def message_id(batch_id: str, number: int) -> str:
    """What names the file."""
    return f"PRL-{number}-{tail(batch_id)}"


def end_to_end_id(batch_id: str, number: int, place: int) -> str:
    """What names one debit, from the hub's statement to the household's."""
    return f"{message_id(batch_id, number)}-{place}"


def written(one: Batch, made_at: datetime) -> str:
    """The file of a batch, as text; the debits of each sequence type are a part of it. It is held against the schema,
    which takes some tenths of a second: not for the event loop. Raises ValueError."""
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
    return named(sepa.export(validate=False), SCHEMA, name, made_at, lambda part: f"{name}-{_sequence_of(part)}")


def _sequence_of(part: Element) -> str:
    return part.findtext(_SEQUENCE) or ""
