"""Payouts: what was acknowledged is drawn up once, stands where it was said to stand, and is in the books of hub and
producer once it was sent; and the same money never goes out twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, Sums, booked, by_paper, stages, statuses, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

HUB = "hub"
LEADS_TO = {"approve": "approved", "execute": "executed", "call_off": "called_off"}
SENT, COMMISSION_TAKEN = "paid_out", "commission_taken"


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    sent, steps = by_paper(history.of("payout")), by_paper(history.of("payout step"))
    register = {row["id"]: row for row in evidence.of("billing", "payouts")}
    transfers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.of("billing", "transfers"):
        transfers[row["payout_id"]].append(row)
    rows = evidence.of("billing", "paid_out")
    paid_out = booked([row for row in rows if row["rule"] == SENT], "payout")
    taken = booked([row for row in rows if row["rule"] == COMMISSION_TAKEN], "payout")
    yield from there("payout", sent, register, status)
    for payout_id, row in register.items():
        mine = transfers[payout_id]
        said = {(one["producer_id"], one["cents"]) for one in sent.get(payout_id, [])}
        if {(each["producer_id"], each["cents"]) for each in mine} != said:
            yield Violation("payout", f"{payout_id} sends {mine}, and {said} was drawn up")
        yield from _as_it_stands(row, mine, steps.get(payout_id, []), status)
        wanted = _sent(mine) if row["stage"] == "executed" else Counter()
        if paid_out.get(payout_id, Counter()) != wanted:
            found = paid_out.get(payout_id)
            yield Violation("payout", f"{payout_id}, {row['stage']}: the books say {found}, not {wanted}")
        yield from _own(row, taken.get(payout_id, Counter()), {each["producer_id"] for each in mine})
    for payout_id in sorted((paid_out.keys() | taken.keys()) - register.keys()):
        yield Violation("payout", f"{payout_id} is in the books, and there is no such payout")
    numbers = sorted(row["number"] for row in register.values())
    if numbers != list(range(1, len(numbers) + 1)):
        yield Violation("payout", f"the numbers of payouts have a gap: {numbers}")
    yield from _once(history, evidence, register, transfers)


def _as_it_stands(
    row: dict[str, Any], transfers: list[dict[str, Any]], steps: list[Entry], status: dict[int, int]
) -> Iterator[Violation]:
    may_be = stages("draft", LEADS_TO, steps, status)
    if row["stage"] not in may_be:
        yield Violation("payout", f"{row['id']} is {row['stage']}, and should be {' or '.join(sorted(may_be))}")
    back = {status.get(step["n"]) for step in steps if step["do"] == "refuse"}
    for each in transfers:
        given_back = each["refused_on"] is not None
        if (TAKEN in back and not given_back) or (given_back and not {TAKEN, None} & back):
            yield Violation("payout", f"a transfer of {row['id']} was given back: {given_back}, and was said: {back}")


def _sent(transfers: list[dict[str, Any]]) -> Sums:
    """What the books should say of what the bank sent and did not give back."""
    found: Sums = Counter()
    for each in transfers:
        producer_id, cents = each["producer_id"], each["cents"]
        if each["refused_on"] is None:
            found[HUB, "third_party", producer_id] += cents
            found[HUB, "bank", producer_id] -= cents
            found[producer_id, "bank", ""] += cents
            found[producer_id, "third_party", HUB] -= cents
    return found


def _own(row: dict[str, Any], taken: Sums, producer_ids: set[str]) -> Iterator[Violation]:
    """A commission becomes the hub's own where it lay, and only with a transfer; it stays so if that comes back."""
    if taken and row["stage"] != "executed":
        yield Violation("payout", f"{row['id']} was not sent, and moves the hub's own: {taken}")
    for producer_id in producer_ids:
        cents = taken[HUB, "bank", ""]
        wanted = Counter({(HUB, "bank", ""): cents, (HUB, "bank", producer_id): -cents})
        if cents < 0 or taken != wanted:
            yield Violation("payout", f"{row['id']} moves what is not the hub's own: {taken}")


def _once(
    history: History,
    evidence: Evidence,
    register: dict[str, dict[str, Any]],
    transfers: dict[str, list[dict[str, Any]]],
) -> Iterator[Violation]:
    """No more goes out to a producer, or lies ready to, than ever came to the bank for it; each under a name of its
    own."""
    deposited = {entry["id"] for entry in history.of("move") if entry["do"] == "deposit"}
    deposited |= {
        row["id"] for row in evidence.of("billing", "payments") if row["kind"] in ("transfer", "wallet", "debit")
    }
    came: Counter[str] = Counter()
    for share in evidence.of("billing", "shares"):
        if share["payment_id"] in deposited:
            came[share["producer_id"]] += share["cents"]
    going: Counter[str] = Counter()
    for payout_id, row in register.items():
        for each in transfers[payout_id]:
            if row["stage"] != "called_off" and each["refused_on"] is None:
                going[each["producer_id"]] += each["cents"]
    for producer_id, cents in going.items():
        if cents > came[producer_id]:
            yield Violation("payout", f"{cents} go to {producer_id}, and {came[producer_id]} ever came for it")
    names = Counter(row["end_to_end_id"] for row in evidence.of("billing", "transfers"))
    if any(count > 1 for count in names.values()):
        yield Violation("payout", f"two transfers have one name: {names}")
