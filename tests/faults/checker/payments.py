"""Payments: what was acknowledged is noted once, stands where it was said to stand, and is in the books of all it
concerns or in none; nothing else is."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import Entry, History

HUB = "hub"
LEADS_TO = {
    "deposit": "deposited",
    "hand_over": "handed_over",
    "bounce": "bounced",
    "take_back": "taken_back",
}
VOID = ("bounced", "taken_back")
MONEY = {"cheque": "cheques", "cash": "cash", "transfer": "bank"}

Sums = Counter[tuple[str, str, str]]
"""(book, account, party) -> debit less credit."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = {entry["n"]: entry["status"] for entry in history.of("outcome")}
    sent = _by_payment(history.of("payment"))
    moves = _by_payment(history.of("move"))
    register = {row["id"]: row for row in evidence.of("billing", "payments")}
    shares: dict[str, dict[str, int]] = defaultdict(dict)
    for row in evidence.of("billing", "shares"):
        shares[row["payment_id"]][row["producer_id"]] = row["cents"]
    booked = _booked(evidence.of("billing", "paid"))
    for payment_id, tries in sent.items():
        answers = [status.get(one["n"]) for one in tries]
        row = register.get(payment_id)
        if 303 in answers and row is None:
            yield Violation("payment", f"{payment_id} was acknowledged and is not in the register")
        elif row and not {303, None} & {*answers}:
            yield Violation("payment", f"{payment_id} was refused and is in the register")
        if row:
            yield from _as_said(tries[0], row, shares[payment_id], evidence.agent_of)
            yield from _where_it_stands(row, moves.get(payment_id, []), status)
    for payment_id in sorted(register.keys() - sent.keys()):
        yield Violation("payment", f"{payment_id} is in the register, and nobody noted it")
    for payment_id in sorted(booked.keys() | register.keys()):
        row = register.get(payment_id)
        wanted = _wanted(row, shares[payment_id]) if row else Counter()
        found = booked.get(payment_id, Counter())
        if wanted != found:
            yield Violation("payment", f"{payment_id}, {row and row['stage']}: the books say {found}, not {wanted}")


def _by_payment(entries: list[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry["id"], []).append(entry)
    return found


def _as_said(said: Entry, row: dict[str, Any], shares: dict[str, int], agent_of: str) -> Iterator[Violation]:
    payee = agent_of if said["payee"] == HUB else said["payee"]
    wanted = (said["household_id"], said["payment_kind"], said["payee"], said["cents"], {payee: said["cents"]})
    found = (row["household_id"], row["kind"], row["payee"], row["cents"], shares)
    if wanted != found:
        yield Violation("payment", f"{row['id']} is {found}, and {wanted} was noted")


def _where_it_stands(row: dict[str, Any], moves: list[Entry], status: dict[int, int]) -> Iterator[Violation]:
    """A move that was acknowledged has been made; one of which nobody knows may have been."""
    may_be = {"received"}
    for move in moves:
        known = status.get(move["n"])
        after = LEADS_TO[move["do"]]
        if known == 303:
            may_be = {after}
        elif known is None:
            may_be |= {after}
    if row["stage"] not in may_be:
        yield Violation("payment", f"{row['id']} is {row['stage']}, and should be {' or '.join(sorted(may_be))}")


def _wanted(row: dict[str, Any], shares: dict[str, int]) -> Sums:
    """What the books should say of a payment that stands where it stands."""
    to_hub, kind, household = row["payee"] == HUB, row["kind"], row["household_id"]
    waits = kind == "cheque" and not to_hub and row["stage"] == "received"
    found: Sums = Counter()
    if row["stage"] in VOID or waits:
        return found
    money = "bank" if row["stage"] == "deposited" else MONEY[kind]
    for producer_id, cents in shares.items():
        found[producer_id, "household", household] -= cents
        if to_hub:
            found[producer_id, "third_party", HUB] += cents
            found[HUB, money, producer_id] += cents
            found[HUB, "third_party", producer_id] -= cents
        else:
            found[producer_id, money, ""] += cents
    return found


def _booked(rows: Rows) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for row in rows:
        sums = found.setdefault(row["cause"].removeprefix("payment:"), Counter())
        sums[row["book"], row["debit"], row["debit_of"]] += row["cents"]
        sums[row["book"], row["credit"], row["credit_of"]] -= row["cents"]
    return {payment: Counter({side: cents for side, cents in sums.items() if cents}) for payment, sums in found.items()}
