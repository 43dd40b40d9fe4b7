"""Decisions after a closing: what was acknowledged last holds, unless an extension put an end to all of them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checker.supplies import supplies_of
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import Entry, History

Chosen = tuple[str, str, str] | None
"""Option, the order that takes the rest or the cycle that is joined, and product; None where nothing is decided."""
CASE, OF_PRODUCT, OF_PRODUCER = "case:", "minimum:pool:", "minimum:producer:"
"""What subjects begin with; the id of the product or the producer follows."""
OPENED = 303
NOTHING = ("cancel", "next_cycle", "join")
"""Options by which nothing of it is ordered here."""
FILLS = ("top_up", "surplus")
"""Options by which somebody takes what is missing."""


@dataclass
class Standing:
    """What the decisions of a cycle come to. `gone`: products of which nothing is ordered; `rests`: (order, product)
    -> thousandths that it takes beyond what it asked."""

    gone: set[str] = field(default_factory=set)
    rests: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def rest_of(self, order_id: str, product_id: str) -> int:
        return self.rests.get((order_id, product_id), 0)


def standing_of(evidence: Evidence) -> dict[str, Standing]:
    """By cycle, from the decisions as they are kept, which `check` holds against the history."""
    found: dict[str, Standing] = defaultdict(Standing)
    for row in evidence.of("ordering", "decisions"):
        choice = row["choice"]
        if choice is None:
            continue
        its = found[row["cycle_id"]]
        if choice["option"] in NOTHING:
            its.gone |= products_of(row["cycle_id"], row["subject"], evidence)
        elif choice["option"] in FILLS:
            its.rests[choice["order_id"], choice["product_id"]] += choice["quantity_thousandths"]
    return found


def products_of(cycle_id: str, subject: str, evidence: Evidence) -> set[str]:
    if subject.startswith(OF_PRODUCER):
        offers = evidence.of("ordering", "offers")
        theirs = (cycle_id, subject.removeprefix(OF_PRODUCER))
        return {offer["product_id"] for offer in offers if (offer["cycle_id"], offer.get("producer_id")) == theirs}
    goods = subject.removeprefix(CASE).removeprefix(OF_PRODUCT)
    return {p for supply in supplies_of(evidence, cycle_id) if supply.id == goods for p in supply.sizes}


def outcomes_of(history: History) -> dict[int, Entry]:
    """Number of what was sent -> the outcome."""
    return {entry["n"]: entry for entry in history.of("outcome")}


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    held: dict[tuple[str, str], Chosen] = {
        (row["cycle_id"], row["subject"]): _chosen(row["choice"]) for row in evidence.of("ordering", "decisions")
    }
    outcomes = outcomes_of(history)
    sent: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in history.of("choice"):
        sent[entry["cycle_id"], entry["subject"]].append(entry)
    extensions: dict[str, list[Entry]] = defaultdict(list)
    for entry in history.of("extension"):
        extensions[entry["cycle_id"]].append(entry)
    ended = _ended(history, evidence)
    for key in sorted({*sent, *held}):
        possible = _possible(sent[key], extensions[key[0]], outcomes)
        # An order that ended first is joined by nobody: then it goes by the default.
        possible += [None for one in possible if one and one[0] == "join" and (one[1], key[0]) in ended]
        if held.get(key) not in possible:
            who = f"{key[1]} in cycle {key[0]}"
            yield Violation("decision kept", f"{who} is decided as {held.get(key)}; what was said allows {possible}")


def _ended(history: History, evidence: Evidence) -> set[tuple[str, str]]:
    """(cycle, another) where the one took no orders any more, or perhaps not, when the other was closed. Hours come
    before the closings that follow them, and clocks may be wrong: of hours nothing is known."""
    found = {
        (entry["id"], other["id"]) for entry in history.of("cycle") for other in history.of("cycle") if entry["by_hour"]
    }
    over: list[str] = []
    closed: set[str] = set()
    for event in evidence.of("ordering", "outbox"):
        cycle_id = event["body"].get("id", "")
        if ".cycle.changed." in event["subject"] and event["body"].get("phase") != "open":
            over.append(cycle_id)
        elif ".cycle.closed." in event["subject"] and cycle_id not in closed:
            found |= {(other, cycle_id) for other in over}
            closed.add(cycle_id)
            over.append(cycle_id)
    return found


def _possible(sent: list[Entry], extensions: list[Entry], outcomes: dict[int, Entry]) -> list[Chosen]:
    """What may be decided after all that was sent, given what is known of its outcome."""
    last: Chosen = None
    decided_at = -1.0
    for entry in sent:
        if entry["n"] in outcomes and outcomes[entry["n"]]["status"] == 200:
            last, decided_at = _chosen(entry), outcomes[entry["n"]]["t"]
    possible = [last]
    for entry in extensions:
        known = outcomes.get(entry["n"])
        if known is None:
            possible.append(None)
        elif known["status"] == OPENED and entry["t"] > decided_at:
            possible = [None]
    return possible + [_chosen(entry) for entry in sent if entry["n"] not in outcomes]


def _chosen(choice: dict[str, Any] | None) -> Chosen:
    if choice is None or choice["option"] is None:
        return None
    # Whose shelf it is the hub knows by itself.
    who = {"top_up": choice["order_id"], "join": choice.get("join_id") or choice.get("cycle_id", "")}
    return (choice["option"], who.get(choice["option"], ""), choice["product_id"])
