"""Payments: what was acknowledged is noted once, stands where it was said to stand, and is in the books of all it
concerns or in none; nothing else is."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import Sums, booked, by_paper, stages, statuses, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

HUB, WALLETS = "hub", "wallets"
LEADS_TO = {
    "deposit": "deposited",
    "hand_over": "handed_over",
    "bounce": "bounced",
    "take_back": "taken_back",
}
VOID = ("bounced", "taken_back")
MONEY = {"cheque": "cheques", "cash": "cash", "transfer": "bank", "debit": "bank"}
CAUTIONS = "cautions"
APART = {WALLETS: "wallet", CAUTIONS: "deposits"}
"""What is paid to the hub for no goods -> the account of what it owes the household for it."""
DEBIT = "debit"
"""Nobody notes it: a batch that the bank took does; see `debits`."""
PURSE = "bank"
"""Where the money of wallets lies: they are filled by transfers alone."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, moves = by_paper(history.of("payment")), by_paper(history.of("move"))
    register = {row["id"]: row for row in evidence.of("billing", "payments")}
    shares: dict[str, dict[str, int]] = defaultdict(dict)
    for row in evidence.of("billing", "shares"):
        shares[row["payment_id"]][row["producer_id"]] = row["cents"]
    paid = booked(evidence.of("billing", "paid"), "payment")
    by_hand = {payment_id: row for payment_id, row in register.items() if row["kind"] != DEBIT}
    yield from there("payment", sent, by_hand, status)
    for payment_id in sent.keys() & register.keys():
        row = register[payment_id]
        yield from _as_said(sent[payment_id][0], row, shares[payment_id], {HUB, evidence.agent_of})
        may_be = stages("received", LEADS_TO, moves.get(payment_id, []), status)
        if row["stage"] not in may_be:
            yield Violation("payment", f"{row['id']} is {row['stage']}, and should be {' or '.join(sorted(may_be))}")
    for payment_id in sorted(paid.keys() | register.keys()):
        one = register.get(payment_id)
        wanted = _wanted(one, shares[payment_id]) if one else Counter()
        found = paid.get(payment_id, Counter())
        if wanted != found:
            yield Violation("payment", f"{payment_id}, {one and one['stage']}: the books say {found}, not {wanted}")


def _as_said(said: Entry, row: dict[str, Any], shares: dict[str, int], of_hub: set[str]) -> Iterator[Violation]:
    """`of_hub`: whose goods are paid to the hub. Where a household owes to several, the sum is shared out."""
    payee = HUB if said["payee"] in APART else said["payee"]
    wanted = (said["household_id"], said["payment_kind"], payee, said["cents"])
    found = (row["household_id"], row["kind"], row["payee"], row["cents"])
    among = of_hub if said["payee"] == HUB else {said["payee"]}
    if wanted != found or sum(shares.values()) != said["cents"] or not shares.keys() <= among:
        yield Violation("payment", f"{row['id']} is {found} for {shares}, and {wanted} was noted")


def _wanted(row: dict[str, Any], shares: dict[str, int]) -> Sums:
    """What the books should say of a payment that stands where it stands."""
    to_hub, kind, household = row["payee"] == HUB, row["kind"], row["household_id"]
    waits = kind == "cheque" and not to_hub and row["stage"] == "received"
    found: Sums = Counter()
    if row["stage"] in VOID or waits:
        return found
    if kind == "wallet":
        for producer_id, cents in shares.items():
            found[HUB, "wallet", household] += cents
            found[HUB, PURSE, WALLETS] -= cents
            _collected(found, PURSE, producer_id, household, cents)
        return found
    money = "bank" if row["stage"] == "deposited" else MONEY[kind]
    for producer_id, cents in shares.items():
        if producer_id in APART:
            found[HUB, money, producer_id] += cents
            found[HUB, APART[producer_id], household] -= cents
        elif to_hub:
            _collected(found, money, producer_id, household, cents)
        else:
            found[producer_id, "household", household] -= cents
            found[producer_id, money, ""] += cents
    return found


def _collected(found: Sums, money: str, producer_id: str, household: str, cents: int) -> None:
    """The hub has it: as its own for what it sold itself, else apart and owed to the producer."""
    found[producer_id, "household", household] -= cents
    if producer_id == HUB:
        found[HUB, money, ""] += cents
        return
    found[producer_id, "third_party", HUB] += cents
    found[HUB, money, producer_id] += cents
    found[HUB, "third_party", producer_id] -= cents
