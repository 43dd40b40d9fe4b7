"""How processes behaved: none ended unasked, a second hub was refused, requests were understood, all came to rest."""

from collections.abc import Iterator

from tests.faults.checker.payments import APART
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

RIGHTFUL = (200, 409, 422)
"""Placed; too late, or changed meanwhile; not enough left."""

HEARD = (200, 303, 409)
"""Of a decision or a producer's answer: taken, taken by a form, or overtaken by something else."""


SHORT = 422
"""Another payout, or batch of debits, has taken the money that this one was drawn up of, or its payment came back;
there is not so much in a wallet, or not so much is owed; what was paid into a wallet is used, or as a caution given
back; so much of a caution is not held; so much of a line was not handed out, or is claimed already; what came is
billed, or its cost is not known; a bill has the number of another, or bills what another does; another one has paid
the producer for these households; an account is closed already, or nothing was booked by that day."""
MAY_BE_SHORT = ("payout", "debit", "claim", "purchase", "bill", "caution", "advance", "account")

OF_A_DAY = ("payout step", "debit step", "payment", "expense", "advance", "bill step", "account")
"""Forms that name one."""


def check(history: History, _evidence: Evidence) -> Iterator[Violation]:
    yield from _processes(history)
    for entry in history.of("answer"):
        if entry["status"] not in RIGHTFUL:
            yield Violation("requests understood", f"request {entry['n']}: {entry['status']} {entry['detail']}")
    may_be_short = {entry["n"] for entry in history.of(*MAY_BE_SHORT)}
    may_be_short |= {entry["n"] for entry in history.of("payment") if entry["payment_kind"] == "wallet"}
    filled = {entry["id"] for entry in history.of("payment") if entry["payee"] in APART}
    may_be_short |= {entry["n"] for entry in history.of("move") if entry["id"] in filled}
    if history.of("clock"):
        # A day that is still to come by another clock.
        may_be_short |= {entry["n"] for entry in history.of(*OF_A_DAY)}
    for entry in history.of("outcome"):
        if entry["status"] not in HEARD and not (entry["status"] == SHORT and entry["n"] in may_be_short):
            yield Violation(
                "requests understood", f"what was sent as {entry['n']}: {entry['status']} {entry['detail']}"
            )
    for entry in history.of("converged"):
        if entry["missing"]:
            yield Violation("comes to rest", f"after {entry['seconds']} s: {'; '.join(entry['missing'])}")


def _processes(history: History) -> Iterator[Violation]:
    for entry in history.of("ended"):
        if not entry["armed"] and not entry["excused"]:
            yield Violation("nobody leaves", f"{entry['process']} left with {entry['status']} at {entry['t']}")
    for entry in history.of("second hub"):
        if entry["status"] != 1 or "already runs" not in entry["said"]:
            yield Violation("one hub", f"a second hub ended with {entry['status']}: {entry['said']}")
