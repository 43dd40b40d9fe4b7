"""Mails: for every reason and person one, for every order and pick list that stands one, and for whoever gets something
else than was asked one that says what it gets now."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.faults.checker.given import contents_of, given
from tests.faults.checker.orders import given_versions_of
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

ALLOCATION, WITHDRAWAL = "order_allocated", "order_withdrawn"
TRANSFERS = "household_transfers"
"""They say anew what is to be paid, by a reason that ends with the version."""

Told = dict[str, dict[str, list[tuple[int, dict[str, int]]]]]
"""Order -> person -> versions and what they read of each, product -> thousandths."""


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    messages = [(occasion_of(row), row) for row in evidence.of("notify", "messages")]
    counted = Counter((occasion, row["recipient"]) for occasion, row in messages)
    for (occasion, recipient), count in counted.items():
        if count > 1:
            yield Violation("one mail", f"{recipient} has {count} mails for {occasion}")
    alive = {occasion for occasion, row in messages if row["state"] != "superseded"}
    for row in evidence.of("logistics", "lists"):
        if ("pick_list", row["id"], row["version"]) not in alive:
            yield Violation("mails come", f"no mail with pick list {row['id']}")
    given_versions, asked = given_versions_of(evidence), contents_of(evidence)
    for row in evidence.of("ordering", "orders"):
        ordered = row["version"] - len(given_versions.get(row["id"], ()))
        # What was not ordered is not confirmed: what the hub's shelf takes.
        if asked.get(row["id"]) and ("order_confirmation", row["id"], ordered) not in alive:
            yield Violation("mails come", f"version {ordered} of order {row['id']} was not confirmed")
        for occasion in alive:
            if occasion[:2] == ("order_confirmation", row["id"]) and occasion[2] > ordered:
                yield Violation("mails true", f"{occasion} was confirmed, the order is at version {ordered}")
    yield from _allocations(evidence)


def occasion_of(row: dict[str, Any]) -> tuple[str, str, Any]:
    """(template, what it tells of, its version): what a person would call one occasion."""
    facts = row["facts"]
    if row["template"] == TRANSFERS:
        return (row["template"], row["about"], row["caused_by"])
    otherwise = facts.get("closes_at", facts.get("called_off", ""))
    version = facts.get("order", facts).get("version", otherwise)
    return (row["template"], row["about"], version)


def _allocations(evidence: Evidence) -> Iterator[Violation]:
    """Who gets something else was told of the last state, and of every state once."""
    people: dict[str, set[str]] = defaultdict(set)
    for row in evidence.of("notify", "messages"):
        if row["template"] == "order_confirmation":
            people[row["about"]].add(row["recipient"])
    told = _told(evidence)
    gets = given(evidence).gets
    asked = given(evidence).asked
    for order in evidence.of("ordering", "orders"):
        now = _some({product_id: its.quantity for product_id, its in gets[order["id"]].items()})
        differs = now != {product_id: line[0] for product_id, line in asked.get(order["id"], {}).items()}
        for person in sorted(people[order["id"]] | told[order["id"]].keys()):
            mails = sorted(told[order["id"]][person], key=lambda mail: mail[0])
            who = f"{person} of order {order['id']}"
            if mails and mails[-1][1] != now:
                yield Violation("mails true", f"{who} was last told of {mails[-1]}, the order gets {now}")
            if not mails and differs:
                yield Violation("mails come", f"{who} was not told that it gets {now}")
            if any(before[1] == after[1] for before, after in pairwise(mails)):
                yield Violation("one mail", f"{who} was told the same twice: {mails}")


def _told(evidence: Evidence) -> Told:
    told: Told = defaultdict(lambda: defaultdict(list))
    alive = [row for row in evidence.of("notify", "messages") if row["state"] != "superseded"]
    for row in (row for row in alive if row["template"] == ALLOCATION):
        order = row["facts"]["order"]
        said = {line["article"]["product_id"]: line["quantity_thousandths"] for line in order["lines"]}
        told[row["about"]][row["recipient"]].append((order["version"], _some(said)))
    for row in (row for row in alive if row["template"] == WITHDRAWAL):
        mine = told[row["about"]][row["recipient"]]
        version = row["facts"]["order"]["version"]
        if any(before < version for before, _ in mine):
            # The hub's shelf, that gets nothing any more.
            mine.append((version, {}))
    return told


def _some(quantities: dict[str, int]) -> dict[str, int]:
    return {product_id: quantity for product_id, quantity in quantities.items() if quantity}
