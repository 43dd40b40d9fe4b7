"""The ledger: in each producer's book stands what its households' cheques say, once, and no number is missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from cabas.demo.contracts import RATE_PERCENT
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import History

VAT_PERCENT = 20
"""On a commission (CGI art. 278)."""

NOBODY = (
    *("commissions", "payments", "shares", "paid", "payouts", "transfers", "paid_out", "deliveries", "heads"),
    *("claims", "claim_steps", "debit_batches", "debits", "entries", "movements", "invoices", "series", "expenses"),
    *("expense_steps", "expensed", "fees", "purchases", "bills", "bought", "cautions", "given_out"),
    *("advances", "advance_parts", "advanced", "rounds", "round_cycles", "between", "between_steps", "papers"),
)
"""What there is nothing of where households were only billed; of entries, where nobody looks at their chain."""

Claims = dict[tuple[str, str, str], int]
"""(producer, cycle, household) -> cents that the household owes by the sales."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    owed = claims_of(evidence.of("billing", "amounts"))
    # What was booked and taken back stands with nothing.
    booked = {key: cents for key, cents in _booked(evidence.of("billing", "sales")).items() if cents}
    for key in sorted(owed.keys() | booked.keys()):
        if owed.get(key) != booked.get(key):
            book, cycle_id, household_id = key
            yield Violation(
                "books",
                f"in the book of {book} household {household_id} owes {booked.get(key)} for cycle {cycle_id},"
                f" its cheque says {owed.get(key)}",
            )
    yield from _commissions(history, evidence)
    for row in evidence.of("billing", "books"):
        if not row["entries"] == row["newest"] == row["there"]:
            yield Violation("books", f"the numbers of a book have a gap: {row}")


def _commissions(history: History, evidence: Evidence) -> Iterator[Violation]:
    """Of each cycle what the contract says of the producer's goods, half up, and its VAT. By a clock that was set back
    a cycle may have been closed before the contract was signed, minutes ago: then nothing."""
    sold: dict[str, int] = defaultdict(int)
    for amount in evidence.of("billing", "amounts"):
        for cheque in amount["cheques"]:
            if cheque["producer_id"] == evidence.agent_of:
                sold[amount["cycle_id"]] += cheque["gross_cents"]
    wanted = {}
    for cycle_id, cents in sold.items():
        net = (cents * RATE_PERCENT + 50) // 100
        wanted[cycle_id, evidence.agent_of] = net + (net * VAT_PERCENT + 50) // 100
    rows = evidence.of("billing", "commissions")
    found = {(row["cycle_id"], row["producer_id"]): row["cents"] for row in rows if row["cents"]}
    set_back = any(entry["seconds"] < 0 for entry in history.of("clock"))
    if found != {key: cents for key, cents in wanted.items() if cents and not (set_back and key not in found)}:
        yield Violation("commission", f"the hub's book says {found}, the contract {wanted}")


def claims_of(amounts: Iterable[dict[str, Any]]) -> Claims:
    """What the amounts that hold say."""
    found: Claims = defaultdict(int)
    for amount in amounts:
        for cheque in amount["cheques"]:
            owes = cheque["gross_cents"] + cheque.get("deposit_cents", 0)
            found[cheque["producer_id"], amount["cycle_id"], amount["household_id"]] += owes
    return {key: cents for key, cents in found.items() if cents}


def _booked(rows: Rows) -> Claims:
    return {(row["book"], row["cycle_id"], row["household_id"]): row["claim_cents"] for row in rows}


def booked_as(amounts: Iterable[dict[str, Any]]) -> dict[str, Rows]:
    """The rows of books in which all that is right, where nobody paid yet and nothing was under mandate."""
    claims = claims_of(amounts)
    sales = [
        {"book": book, "cycle_id": cycle_id, "household_id": household_id, "claim_cents": cents}
        for (book, cycle_id, household_id), cents in claims.items()
    ]
    numbers = {book: sum(key[0] == book for key in claims) for book in sorted({key[0] for key in claims})}
    books = [{"id": book, "entries": count, "newest": count, "there": count} for book, count in numbers.items()]
    nobody: dict[str, Rows] = {name: [] for name in NOBODY}
    return {"sales": sales, "books": books, "balances": balances_as(amounts), **nobody}


def balances_as(amounts: Iterable[dict[str, Any]]) -> Rows:
    """How households stand that owe these amounts and paid nothing, as ordering holds it."""
    left: dict[str, int] = defaultdict(int)
    for (_book, _cycle_id, household_id), cents in claims_of(amounts).items():
        left[household_id] += cents
    return [
        {"household_id": household_id, "version": 1, "left_cents": cents, "credit_cents": 0}
        for household_id, cents in sorted(left.items())
    ]
