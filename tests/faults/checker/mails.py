"""Mails: for every reason and person one, and for every order and pick list that stands one."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History


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
    for row in evidence.of("ordering", "orders"):
        if row["state"] == "placed" and ("order_confirmation", row["id"], row["version"]) not in alive:
            yield Violation("mails come", f"version {row['version']} of order {row['id']} was not confirmed")
        for occasion in alive:
            if occasion[:2] == ("order_confirmation", row["id"]) and occasion[2] > row["version"]:
                yield Violation("mails true", f"{occasion} was confirmed, the order is at version {row['version']}")


def occasion_of(row: dict[str, Any]) -> tuple[str, str, Any]:
    """(template, what it tells of, its version): what a person would call one occasion."""
    facts = row["facts"]
    version = facts.get("order", facts).get("version", facts.get("closes_at", ""))
    return (row["template"], row["about"], version)
