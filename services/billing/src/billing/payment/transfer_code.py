"""What a household pays the hub by transfer: the sum, the account, the reference, and a code that its telephone reads.

The code is the European Payments Council's (EPC069-12, version 002): it fills in a transfer, which the household then
confirms in its bank's app. Who has no telephone types the same from the text beside it.
"""

from dataclasses import dataclass
from decimal import Decimal

from segno.helpers import make_epc_qr

from billing.iban import MOST_NAME, BankAccount, latin


@dataclass(frozen=True)
class Asked:
    """`reference`: in groups of four, ISO 11649. `code`: an SVG drawing, without style or script."""

    account: BankAccount
    cents: int
    reference: str
    code: str


def asked(account: BankAccount, cents: int, reference: str) -> Asked:
    return Asked(account, cents, reference, code(account, cents, reference))


def code(account: BankAccount, cents: int, reference: str) -> str:
    """The drawing; on white, for telephones read dark on light alone."""
    drawn = make_epc_qr(
        name=latin(account.holder, MOST_NAME),
        iban=account.iban,
        amount=Decimal(cents) / 100,
        reference=reference.replace(" ", ""),
        bic=account.bic or None,
        encoding="utf-8",
    )
    return drawn.svg_inline(scale=4, light="#fff", dark="#000", svgclass=None, lineclass=None)
