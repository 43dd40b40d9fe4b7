"""What the QR code of a label holds: which box, consignment or bag it is on. It names nobody.

A letter says what kind of thing it is, the digest that follows which one: whoever reads it on a lost label learns
nothing, and it opens nothing to somebody without an account or a carrier's link.
"""

import base64
import hashlib
from datetime import date

ADDRESS = "/logistics/handovers/scan/"
BOX, CONSIGNMENT, HOUSEHOLD = "b", "c", "h"


def of_box(box_id: str) -> str:
    return BOX + _digest(box_id)


def of_consignment(on: date, consignment_id: str) -> str:
    """`on`: the date of the deliveries; another day's consignment of the same name has another code."""
    return CONSIGNMENT + _digest(f"{on.isoformat()}/{consignment_id}")


def of_household(on: date, household_id: str) -> str:
    """Of a household's bag."""
    return HOUSEHOLD + _digest(f"{on.isoformat()}/{household_id}")


def address(code: str) -> str:
    """Path of the page that a scan opens."""
    return ADDRESS + code


def _digest(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest())[:16].decode().lower()
