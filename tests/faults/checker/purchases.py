"""Purchases: what was booked is what came, at a cost that was said; each bill is there as it was typed, once under its
number, bills what no other does, and stands where it was said to stand; and the hub's book owes its supplier just
that."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.deliveries import came
from tests.faults.checker.desk import TAKEN, Sums, booked, by_paper, sent_again, statuses, taken_or_not, there
from tests.faults.checker.given import given
from tests.faults.checker.violation import Violation
from tests.faults.evidence import HUB, Evidence, Rows
from tests.faults.history import Entry, History

RATE = 10_000
"""Of VAT they are in hundredths of a percent."""

Rate = tuple[int, int, int]
"""Hundredths of a percent, cents without VAT, cents of VAT."""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    purchases = {row["cycle_id"]: row for row in evidence.of("billing", "purchases")}
    bills = {row["id"]: row for row in evidence.of("billing", "bills")}
    yield from _came(history, evidence, purchases, status)
    sent, steps = by_paper(history.of("bill")), by_paper(history.of("bill step"))
    yield from there("bill", sent, bills, status)
    for bill_id in sorted(sent.keys() & bills.keys()):
        yield from _as_said(sent[bill_id], bills[bill_id], status)
        yield from _stands(bills[bill_id], steps.get(bill_id, []), status)
    yield from _billed_once(bills, purchases, sent)
    yield from _books(evidence, bills, purchases)


# What came


def _came(
    history: History, evidence: Evidence, purchases: dict[str, Any], status: dict[int, int]
) -> Iterator[Violation]:
    tries: dict[str, set[int | None]] = defaultdict(set)
    for entry in history.of("purchase"):
        tries[entry["cycle_id"]].add(status.get(entry["n"]))
    costs = _costs(history, status)
    handed = _handed(evidence)
    for cycle_id in sorted(tries.keys() | purchases.keys()):
        row = purchases.get(cycle_id)
        if row is None:
            if TAKEN in tries[cycle_id]:
                yield Violation("purchase", f"what came of {cycle_id} was acknowledged as booked, and is not there")
            continue
        if not {TAKEN, None} & tries[cycle_id] or row["supplier_id"] != evidence.resold:
            yield Violation("purchase", f"{row} is booked, and nobody did that")
        lines = {line[0]: line for line in row["bought"]}
        found = {product_id: line[3] for product_id, line in lines.items() if line[3]}
        if found != handed[cycle_id] or len(lines) != len(row["bought"]):
            yield Violation("purchase", f"of {cycle_id} {found} is booked, {handed[cycle_id]} came")
        for product_id, line in lines.items():
            cost = line[4], line[5]
            may_be = {(rate, half_up(net * line[3], per)) for net, per, rate in costs[product_id]}
            if cost not in may_be:
                yield Violation("purchase", f"{line} of {cycle_id} costs {cost}, and {may_be} was said")


def _costs(history: History, status: dict[int, int]) -> dict[str, set[tuple[int, int, int]]]:
    """By product what was said and not refused: cents, for so many thousandths, rate."""
    found: dict[str, set[tuple[int, int, int]]] = defaultdict(set)
    for entry in history.of("cost"):
        for product_id, (net, per, rate) in entry["costs"].items() if status.get(entry["n"]) in (TAKEN, None) else ():
            found[product_id].add((net, per, rate))
    return found


def _handed(evidence: Evidence) -> dict[str, dict[str, int]]:
    """By cycle the thousandths that households were handed of each product of the supplier."""
    mine = {product["id"] for product in evidence.products if product["producer_id"] == evidence.resold}
    gets, recorded = given(evidence).gets, came(evidence)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.of("ordering", "orders"):
        for product_id, its in gets[row["id"]].items() if row["state"] == "placed" else ():
            if product_id in mine and its.quantity:
                line = row["cycle_id"], row["household_id"], product_id
                found[row["cycle_id"]][product_id] += recorded.get(line, its.quantity)
    return defaultdict(dict, {each: {p: count for p, count in sums.items() if count} for each, sums in found.items()})


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


# Bills


def _as_said(tries: list[Entry], row: dict[str, Any], status: dict[int, int]) -> Iterator[Violation]:
    said = tries[0]
    wanted = said["number"], said["rates"], sum(net + vat for _, net, vat in said["rates"])
    if (row["number"], row["rates"], row["owed_cents"]) != wanted:
        yield Violation("bill", f"{row} is not what was typed in: {wanted}")
    yield from sent_again("bill", row["id"], tries, status)


def _stands(row: dict[str, Any], steps: list[Entry], status: dict[int, int]) -> Iterator[Violation]:
    for do, done in (("take_back", row["standing"] == row["id"]), ("pay", row["paid_on"] is not None)):
        if done not in taken_or_not([step for step in steps if step["do"] == do], status):
            yield Violation("bill", f"{row} should have seen {do}, or should not: {steps}")


def _billed_once(bills: dict[str, Any], purchases: dict[str, Any], sent: dict[str, list[Entry]]) -> Iterator[Violation]:
    numbers = Counter((row["supplier_id"], row["number"]) for row in bills.values() if not row["standing"])
    for number, count in numbers.items():
        if count > 1:
            yield Violation("bill", f"{count} bills with the number {number} stand")
    billed: dict[str, set[str]] = defaultdict(set)
    for row in purchases.values():
        if row["bill_id"]:
            billed[row["bill_id"]].add(row["cycle_id"])
    for bill_id in sorted(billed.keys() | bills.keys()):
        one = bills.get(bill_id)
        stands = one is not None and not one["standing"]
        wanted = set(sent[bill_id][0]["cycle_ids"]) if stands and bill_id in sent else set()
        if billed[bill_id] != wanted:
            yield Violation("bill", f"{bill_id} bills {wanted}, and {billed[bill_id]} waits for no other")


# The book


def _books(evidence: Evidence, bills: dict[str, Any], purchases: dict[str, Any]) -> Iterator[Violation]:
    """What is not billed is awaited, what is billed is owed until it is paid; nothing else is booked of either."""
    rows: Rows = evidence.of("billing", "bought")
    found: Sums = Counter()
    by_cause = booked(rows, "bill")
    for sums in by_cause.values():
        found.update(sums)
    wanted: Sums = Counter()
    for row in purchases.values():
        if not row["bill_id"]:
            for rate in by_rate(row["bought"]):
                _owe(wanted, "unbilled", "vat_unbilled", row["supplier_id"], rate)
    for bill_id, row in bills.items():
        owed = 0
        if not row["standing"]:
            for rate in row["rates"]:
                _owe(wanted, "suppliers", "vat_deductible", row["supplier_id"], rate)
            owed = 0 if row["paid_on"] else row["owed_cents"]
            wanted[HUB, "suppliers", row["supplier_id"]] += row["owed_cents"] - owed
            wanted[HUB, "bank", ""] -= row["owed_cents"] - owed
        if (booked_owed := -by_cause.get(bill_id, Counter())[HUB, "suppliers", row["supplier_id"]]) != owed:
            yield Violation("bill", f"by the book {booked_owed} is owed for {bill_id}, and {owed} should be")
    found, wanted = (Counter({side: cents for side, cents in sums.items() if cents}) for sums in (found, wanted))
    if found != wanted:
        yield Violation("purchase", f"the hub's book says {found} of what it bought, not {wanted}")


def _owe(sums: Sums, account: str, tax: str, supplier_id: str, rate: Rate) -> None:
    _, net, vat = rate
    sums[HUB, "purchases", ""] += net
    sums[HUB, tax, ""] += vat
    sums[HUB, account, supplier_id] -= net + vat


def by_rate(bought: list[Any]) -> list[Rate]:
    """The VAT once for each rate, half up."""
    nets: Counter[int] = Counter()
    for line in bought:
        nets[line[4]] += line[5] or 0
    return [(rate, net, half_up(net * rate, RATE)) for rate, net in sorted(nets.items()) if net]
