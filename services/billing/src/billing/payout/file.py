"""The file for the bank: a customer credit transfer initiation, ISO 20022 pain.001.001.09, as SEPA reads it.

Nothing in it is chance: the numbers that name it come from the payout, so that a bank that was given it twice sees so.
It says no address: where one is said it must be structured, and none is needed within SEPA (EPC132-08).
"""

from datetime import datetime
from xml.etree import ElementTree

from sepaxml import SepaTransfer

from billing.iban import MOST_ID, MOST_MESSAGE, MOST_NAME, latin
from billing.payout.register import Payout

SCHEMA = "pain.001.001.09"
_NAMESPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"


def message_id(payout_id: str, number: int) -> str:
    """What names the file."""
    return f"VIR-{number}-{_tail(payout_id)}"


def end_to_end_id(payout_id: str, number: int, place: int) -> str:
    """What names one transfer, from the hub's statement to the producer's."""
    return f"{message_id(payout_id, number)}-{place}"


def _tail(payout_id: str) -> str:
    # The last of an id's twelve letters are drawn by lot: a hub that begins to count anew names none twice.
    return payout_id.replace("-", "")[-12:]


def written(one: Payout, made_at: datetime) -> str:
    """The file of a payout, as text. On their statements producers read the hub's name and the file's. It is held
    against the schema, which takes some tenths of a second: not for the event loop. Raises ValueError."""
    hub = {"name": latin(one.hub.holder, MOST_NAME), "IBAN": one.hub.iban, "batch": True, "currency": "EUR"}
    if one.hub.bic:
        hub["BIC"] = one.hub.bic
    # Cleaned by us: the library leaves letters in that banks refuse.
    sepa = SepaTransfer(hub, schema=SCHEMA, clean=False)
    for each in one.transfers:
        told = {
            "name": latin(each.account.holder, MOST_NAME),
            "IBAN": each.account.iban,
            "amount": each.cents,
            "execution_date": one.day,
            "description": latin(f"{one.hub.holder} {message_id(one.id, one.number)}", MOST_MESSAGE),
            "endtoend_id": each.end_to_end_id,
        }
        sepa.add_payment(told | ({"BIC": each.account.bic} if each.account.bic else {}))
    return _named(sepa.export(validate=False), one, made_at)


def _named(made: bytes, one: Payout, made_at: datetime) -> str:
    """The library's file with our names and our clock in the place of its own, and each transfer a line of its own on
    the statement."""
    root = ElementTree.fromstring(made)  # noqa: S314 our own words, a moment ago
    name = message_id(one.id, one.number)
    for tag, text in {
        "MsgId": name,
        "PmtInfId": name,
        "CreDtTm": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "BtchBookg": "false",
    }.items():
        for element in root.iter(_NAMESPACE + tag):
            element.text = text
    assert len(name) <= MOST_ID
    _check(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _check(root: ElementTree.Element) -> None:
    from sepaxml.validation import ValidationError, try_valid_xml

    try:
        try_valid_xml(ElementTree.tostring(root), SCHEMA)
    except ValidationError as error:
        raise ValueError(str(error.__cause__)) from error
