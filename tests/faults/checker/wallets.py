"""Wallets: what was paid in and not used lies apart, for its household; nothing is used that was not paid in."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

MONEY = ("bank", "cash", "cheques")
WALLETS = "wallets"


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    owed: Counter[str] = Counter()
    apart = 0
    for row in evidence.of("billing", "paid"):
        for side, sign in (("debit", 1), ("credit", -1)):
            if row[side] == "wallet":
                owed[row[f"{side}_of"]] -= sign * row["cents"]
            elif row[side] in MONEY and row[f"{side}_of"] == WALLETS:
                apart += sign * row["cents"]
    for household_id, cents in sorted(owed.items()):
        if cents < 0:
            yield Violation("wallet", f"{household_id} used {-cents} cents more than were in its wallet")
    if apart != owed.total():
        yield Violation("wallet", f"{owed.total()} cents are in wallets, and {apart} lie apart")
