"""What follows from a closed cycle: every order in exactly one pick list of each producer and one amount due, and
nothing else; and that every copy is the newest."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.claims import taken_off
from tests.faults.checker.deliveries import came
from tests.faults.checker.given import given
from tests.faults.checker.prices import deposit_cents, gross_cents
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History
from tests.faults.packing import BRINGS_FOR

COPIES = (
    ("ordering", "orders", ("logistics", "billing", "notify")),
    ("ordering", "cycles", ("logistics", "billing", "notify")),
    ("catalog", "products", ("ordering",)),
)


class Expected:
    """What orders come to, reckoned from what ordering gives them; `orders` and `shares` hold that against the
    history."""

    def __init__(self, evidence: Evidence) -> None:
        self.products = {product["id"]: product for product in evidence.products}
        gets, handed, spoiled = given(evidence).gets, came(evidence), taken_off(evidence)
        self.placed = [row for row in evidence.of("ordering", "orders") if row["state"] == "placed"]
        bags = set(evidence.bags)
        self.lists: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        """(cycle, producer) -> product -> [thousandths, cents]"""
        self.splits: dict[tuple[str, str], dict[tuple[str, str, str], int]] = defaultdict(lambda: defaultdict(int))
        """(cycle, producer) -> (product, group, household or "") -> thousandths"""
        self.amounts: dict[tuple[str, str], dict[str, list[tuple[str, str, int, int]]]] = {}
        """(cycle, household) -> who is owed -> lines (name, unit, thousandths, cents), sorted"""
        self.deposits: dict[tuple[str, str, str], int] = defaultdict(int)
        """(cycle, household, who is owed) -> cents of deposits"""
        for row in self.placed:
            mine: dict[str, list[tuple[str, str, int, int]]] = defaultdict(list)
            for product_id, its in gets[row["id"]].items():
                product, quantity = self.products[product_id], its.quantity
                if not quantity:
                    continue
                key, cents = (row["cycle_id"], product["producer_id"]), gross_cents(product, quantity)
                total = self.lists[key][product_id]
                total[0] += quantity
                total[1] += cents
                self.splits[key][product_id, row["group_id"], ""] += quantity
                if row["group_id"] in bags:
                    self.splits[key][product_id, row["group_id"], row["household_id"]] += quantity
                # Who is billed is billed for what came.
                billed = handed.get((row["cycle_id"], row["household_id"], product_id), quantity)
                payee = evidence.payee_of(product["producer_id"])
                owed = row["cycle_id"], row["household_id"], payee
                self.deposits[owed] += deposit_cents(product, billed)
                off = min(billed, spoiled.get((row["cycle_id"], row["household_id"], product_id), 0))
                cents = _less(gross_cents(product, billed), off, billed)
                line = product["name"]["fr"], product["unit"], billed, cents
                mine[payee].append(line)
            if mine:
                self.amounts[row["cycle_id"], row["household_id"]] = {p: sorted(lines) for p, lines in mine.items()}


def _less(cents: int, spoiled: int, of: int) -> int:
    """What is left to pay of a line of which some is spoiled: by the rule of three, half up."""
    return cents - (cents * spoiled * 2 + of) // (2 * of) if spoiled else cents


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    expected = Expected(evidence)
    yield from _cycles(evidence)
    yield from _manifests(evidence, expected)
    yield from _pick_lists(evidence, expected)
    yield from _amounts(evidence, expected)
    yield from _copies(evidence)


def _cycles(evidence: Evidence) -> Iterator[Violation]:
    revisions = {row["id"]: row.get("revision", 1) for row in evidence.of("ordering", "cycles")}
    for row in evidence.of("ordering", "cycles"):
        if row["state"] != "closed":
            yield Violation("closed in the end", f"cycle {row['id']} is {row['state']}")
    for row in evidence.of("logistics", "cycles"):
        if row["issued_at"] is None or row["disagreement"] is not None:
            yield Violation("pick lists come", f"cycle {row['id']}: {row['disagreement'] or 'no pick lists'}")
        elif row.get("issued_revision", 1) != revisions.get(row["id"]):
            yield Violation("pick lists come", f"cycle {row['id']}: the lists are not those of its last revision")
    for row in evidence.of("billing", "cycles"):
        if row["state"] != "computed":
            yield Violation("amounts come", f"cycle {row['id']} is {row['state']}")
        elif row.get("revision", 1) != revisions.get(row["id"]):
            yield Violation("amounts come", f"cycle {row['id']}: the amounts are not those of its last revision")


def _manifests(evidence: Evidence, expected: Expected) -> Iterator[Violation]:
    for row in evidence.of("ordering", "cycles"):
        if row["manifest"] is None:
            continue
        lists = {key: total for key, total in expected.lists.items() if key[0] == row["id"]}
        right = {
            "orders": sum(order["cycle_id"] == row["id"] for order in expected.placed),
            "quantity_thousandths": sum(t[0] for total in lists.values() for t in total.values()),
            "gross_cents": sum(t[1] for total in lists.values() for t in total.values()),
        }
        found = {name: row["manifest"][name] for name in right}
        if found != right:
            yield Violation("manifest", f"cycle {row['id']} was closed with {found}, its orders are {right}")


def _pick_lists(evidence: Evidence, expected: Expected) -> Iterator[Violation]:
    seen: set[tuple[str, str]] = set()
    for row in evidence.of("logistics", "lists"):
        key = (row["cycle_id"], row["producer_id"])
        if key in seen:
            yield Violation("one pick list", f"producer {key[1]} has two for cycle {key[0]}")
        seen.add(key)
        listed: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        splits: dict[tuple[str, str, str], int] = defaultdict(int)
        for line in row["content"]["lines"]:
            product = line["article"]["product_id"]
            listed[product][0] += line["quantity_thousandths"]
            listed[product][1] += line["gross_cents"]
            for split in line["splits"]:
                splits[product, split["group_id"], ""] += split["quantity_thousandths"]
                for household in split["households"]:
                    splits[product, split["group_id"], household["household_id"]] += household["quantity_thousandths"]
        yield from _compare("pick list", f"producer {key[1]}, cycle {key[0]}", expected.lists.get(key, {}), listed)
        yield from _compare("pick list splits", f"producer {key[1]}, {key[0]}", expected.splits.get(key, {}), splits)
        sums = [sum(total[part] for total in listed.values()) for part in (0, 1)]
        if [row["quantity_thousandths"], row["gross_cents"]] != sums:
            yield Violation("pick list", f"list {row['id']}: its head says other sums than its lines")
    for key in sorted(set(expected.lists) - seen):
        yield Violation("one pick list", f"producer {key[1]} has none for cycle {key[0]}")


def _amounts(evidence: Evidence, expected: Expected) -> Iterator[Violation]:
    seen: set[tuple[str, str]] = set()
    sums_of: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    """(cycle, group, producer) -> [cheques, cents, cents of deposits]"""
    for row in evidence.of("billing", "amounts"):
        key = (row["cycle_id"], row["household_id"])
        who = f"household {key[1]}, cycle {key[0]}"
        if key in seen:
            yield Violation("one amount due", f"{who} owes twice")
        seen.add(key)
        found = {cheque["producer_id"]: _lines(cheque) for cheque in row["cheques"]}
        yield from _compare("amount due", who, expected.amounts.get(key, {}), found)
        for cheque in row["cheques"]:
            due = sums_of[row["cycle_id"], row["group_id"], cheque["producer_id"]]
            # Nobody writes one of nothing: where nothing came, or all of it was spoiled.
            due[0] += bool(cheque["gross_cents"] or cheque.get("deposit_cents", 0))
            due[1] += cheque["gross_cents"]
            due[2] += cheque.get("deposit_cents", 0)
            deposit = expected.deposits[*key, cheque["producer_id"]]
            if cheque.get("deposit_cents", 0) != deposit:
                yield Violation("amount due", f"{who}: the deposits are {deposit}, the cheque says otherwise: {cheque}")
            fee = _fee(cheque, evidence.fee_of)
            if sum(one["gross_cents"] for one in cheque.get("fees", [])) != fee:
                yield Violation("fee", f"{who}: {fee} cents are charged for bringing it, the cheque says {cheque}")
            goods, taxed = (sum(part["gross_cents"] for part in cheque[parts]) for parts in ("lines", "vat"))
            sums = {goods + fee, taxed}
            if len(found) != len(row["cheques"]) or sums != {cheque["gross_cents"]}:
                yield Violation("amount due", f"{who}: lines and rates of a cheque do not make its sum: {cheque}")
        totals = [
            sum(line[2] for lines in found.values() for line in lines),
            sum(cheque["gross_cents"] for cheque in row["cheques"]),
            sum(cheque.get("deposit_cents", 0) for cheque in row["cheques"]),
        ]
        if [row["quantity_thousandths"], row["gross_cents"], row["deposit_cents"]] != totals:
            yield Violation("amount due", f"{who}: the amount says other sums than its cheques")
    for key in sorted(set(expected.amounts) - seen):
        if not any(cents for lines in expected.amounts[key].values() for *_, cents in lines):
            # Nothing of it came.
            continue
        yield Violation("one amount due", f"household {key[1]} owes nothing for cycle {key[0]}")
    told = {
        (row["cycle_id"], row["group_id"], row["producer_id"]): [
            row["cheques"],
            row["gross_cents"],
            row["deposit_cents"],
        ]
        for row in evidence.of("billing", "dues")
    }
    dues = {key: sums for key, sums in sums_of.items() if sums[0]}
    yield from _compare("dues", "what a group's cheques to a producer come to", dues, told)


def _fee(cheque: dict[str, Any], fee_of: str) -> int:
    """Once for all that came of its goods; nothing where nothing did."""
    came_to = sum(line["gross_cents"] for line in cheque["lines"])
    return BRINGS_FOR if cheque["producer_id"] == fee_of and came_to else 0


def _lines(cheque: dict[str, Any]) -> list[tuple[str, str, int, int]]:
    lines = cheque["lines"]
    return sorted((one["name_fr"], one["unit"], one["quantity_thousandths"], one["gross_cents"]) for one in lines)


def _compare(rule: str, where: str, right: Any, found: Any) -> Iterator[Violation]:
    for name in sorted({*right, *found}, key=str):
        if right.get(name) != found.get(name):
            yield Violation(rule, f"{where}, {name}: {found.get(name)}, given was {right.get(name)}")


def _copies(evidence: Evidence) -> Iterator[Violation]:
    for owner, what, holders in COPIES:
        right = {row["id"]: (row["version"], row.get("state")) for row in evidence.of(owner, what)}
        for holder in holders:
            found = {row["id"]: (row["version"], row.get("state")) for row in evidence.of(holder, what)}
            for aggregate in sorted(right.keys() | found.keys()):
                theirs, ours = right.get(aggregate), found.get(aggregate)
                same_state = what != "orders" or (theirs and ours and theirs[1] == ours[1])
                if theirs is None or ours is None or theirs[0] != ours[0] or not same_state:
                    yield Violation("copies", f"{holder} holds {what} {aggregate} as {ours}, {owner} as {theirs}")
