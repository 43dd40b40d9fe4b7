"""The file for the bank: a customer credit transfer initiation, ISO 20022 pain.001.001.09, as SEPA reads it.

It says no address: where one is said it must be structured, and none is needed within SEPA (EPC132-08).
"""

from datetime import datetime

from sepaxml import SepaTransfer

from billing.iban import MOST_MESSAGE, MOST_NAME, latin
from billing.pain import named, tail
from billing.payout.register import Payout, Transfer, What

SCHEMA = "pain.001.001.09"


def message_id(payout_id: str, number: int) -> str:
    """What names the file."""
    return f"VIR-{number}-{tail(payout_id)}"


def end_to_end_id(payout_id: str, number: int, place: int) -> str:
    """What names one transfer, from the hub's statement to the producer's."""
    return f"{message_id(payout_id, number)}-{place}"


def _said(one: Payout, each: Transfer) -> str:
    """On the statement of who is paid; a supplier looks for the number of its bill first."""
    said = f"{one.hub.holder} {message_id(one.id, one.number)}"
    return f"{each.name} {said}" if each.what is What.SUPPLIER else said


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
            "description": latin(_said(one, each), MOST_MESSAGE),
            "endtoend_id": each.end_to_end_id,
        }
        sepa.add_payment(told | ({"BIC": each.account.bic} if each.account.bic else {}))
    name = message_id(one.id, one.number)
    return named(sepa.export(validate=False), SCHEMA, name, made_at, lambda _part: name)
