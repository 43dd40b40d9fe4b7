"""Why a bank gives a direct debit back, by the codes of ISO 20022 that the rulebook of SEPA allows. Nothing here does
I/O."""

import re
from datetime import date, timedelta

from billing.mandate.ending import later

CODES = ("AM04", "AC04", "AC01", "AC06", "AG01", "BE05", "MD01", "MD06", "MD07", "MS02", "MS03", "SL01", "RR04")
"""As a form offers them, the most frequent first."""
SUSPENDING = frozenset({"AC01", "AC04", "AC06", "AG01", "MD01", "MD07"})
"""After these another debit would come back too: the account is wrong, closed or blocked, takes no debits, there is no
valid mandate, or the debtor has died."""
UNAUTHORISED = "MD01"
REFUND_DAYS = timedelta(weeks=8)
"""So long a household gets its money back without a word (directive EU 2015/2366 art. 76-77, SEPA rulebook)."""
UNAUTHORISED_MONTHS = 13
"""So long for a debit that it never agreed to (art. 71)."""
_CODE = re.compile(r"\b[A-Z]{2}[0-9]{2}\b")


def code_in(text: str) -> str:
    """The first of our codes in a bank's words; "" where none is."""
    return next((each for each in _CODE.findall(text) if each in CODES), "")


def is_late(code: str, taken_on: date, day: date) -> bool:
    """Whether the bank may not give it back any more for this reason, on that day."""
    if code == UNAUTHORISED:
        return day > later(taken_on, UNAUTHORISED_MONTHS)
    return day > taken_on + REFUND_DAYS
