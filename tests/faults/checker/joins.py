"""Lines that joined another order of the same day: each is in the one order or in the other, once.

What a household asked of the goods goes to its order there in one step, in the very transaction that closed the cycle
here: it is known by the correlation id that both words of it carry.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.checker.decisions import products_of
from tests.faults.checker.given import Content, content, contents_of
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

CORRELATION = "cabas-correlation"
REFUSED = "n’a pas pu être pris"
"""What somebody reads whose line could not be taken there."""

Home = tuple[str, str]
"""Cycle and household."""


@dataclass(frozen=True)
class Made:
    """A version of an order that no household sent: `source` is the cycle whose lines came."""

    source: str
    order_id: str
    version: int
    content: Content


def made_by_joins(evidence: Evidence) -> dict[Home, list[Made]]:
    """By the order that was joined."""
    found: dict[Home, dict[tuple[str, int], Made]] = defaultdict(dict)
    closed_by: dict[str, str] = {}
    for event in evidence.of("ordering", "outbox"):
        if ".cycle.closed." in event["subject"]:
            # The first word of it: what is said again has another cause.
            closed_by.setdefault(event["body"]["id"], event["headers"].get(CORRELATION, ""))
    sources = {correlation: cycle_id for cycle_id, correlation in closed_by.items() if correlation}
    for event in evidence.of("ordering", "outbox"):
        source, body = sources.get(event["headers"].get(CORRELATION, "")), event["body"]
        if source is not None and ".order.placed." in event["subject"] and body["cycle_id"] != source:
            made = Made(source, body["id"], body["version"], content(body["lines"]))
            found[body["cycle_id"], body["household_id"]][made.order_id, made.version] = made
    return {home: list(its.values()) for home, its in found.items()}


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    made = made_by_joins(evidence)
    said = _said(evidence)
    moves = _moves(evidence)
    for home, its in made.items():
        for one in its:
            if (one.source, *home) not in moves:
                yield Violation("joined once", f"cycle {one.source} moved lines to {home}, and nobody decided that")
    for (source, *home), lines in moves.items():
        its = [one for one in made.get((home[0], home[1]), []) if one.source == source]
        who = f"what household {home[1]} asked in {source}, to go to {home[0]}: {lines.quantities}"
        if len(its) > 1:
            yield Violation("joined once", f"{who}: it came {len(its)} times")
        elif its:
            before = _quantities(said.get((its[0].order_id, its[0].version - 1), {}))
            right = before | {p: before.get(p, 0) + quantity for p, quantity in lines.quantities.items()}
            if _quantities(its[0].content) != right:
                yield Violation("joined once", f"{who}: {before} became {its[0].content}")
        elif not lines.quantities.keys() & _scarce(evidence, home[0]):
            yield Violation("joined once", f"{who}: it is neither here nor there, and there was enough of it")
        if any(refused != (not its) for refused in lines.refused):
            yield Violation("joined once", f"{who}: it came {len(its)} times, which is not what was told")


@dataclass
class _Lines:
    """Of a household: what is to move, product -> thousandths, and whether it was told that it could not."""

    quantities: dict[str, int]
    refused: list[bool]


def _moves(evidence: Evidence) -> dict[tuple[str, str, str], _Lines]:
    """(cycle, the one that is joined, household) -> what moves."""
    closed = {row["id"] for row in evidence.of("ordering", "cycles") if row["state"] == "closed"}
    target: dict[tuple[str, str], str] = {}
    """(cycle, product) -> cycle; where two decisions say so the later subject counts."""
    for row in sorted(evidence.of("ordering", "decisions"), key=lambda row: str(row["subject"])):
        choice = row["choice"]
        if choice is not None and choice["option"] == "join" and row["cycle_id"] in closed:
            for product_id in products_of(row["cycle_id"], row["subject"], evidence):
                target[row["cycle_id"], product_id] = choice["cycle_id"]
    asked, reasons = contents_of(evidence), _reasons(evidence)
    found: dict[tuple[str, str, str], _Lines] = {}
    for order in evidence.of("ordering", "orders"):
        for product_id, line in asked.get(order["id"], {}).items():
            to = target.get((order["cycle_id"], product_id))
            if to is not None and line[0]:
                lines = found.setdefault((order["cycle_id"], to, order["household_id"]), _Lines({}, []))
                lines.quantities[product_id] = line[0]
                lines.refused.append(REFUSED in reasons.get((order["id"], product_id), ""))
    return found


def _reasons(evidence: Evidence) -> dict[tuple[str, str], str]:
    """(order, product) -> why it gets something else, by the last word."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for event in evidence.of("ordering", "outbox"):
        if ".order.allocated." in event["subject"]:
            body = event["body"]
            for line in body["lines"]:
                key, why = (body["id"], line["article"]["product_id"]), (line["reason"] or {}).get("fr", "")
                found[key] = max(found.get(key, (0, "")), (body["version"], why))
    return {key: why for key, (_, why) in found.items()}


def _said(evidence: Evidence) -> dict[tuple[str, int], Content]:
    """(order, version) -> what it asked then."""
    return {
        (event["body"]["id"], event["body"]["version"]): content(event["body"].get("lines", []))
        for event in evidence.of("ordering", "outbox")
        if ".order." in event["subject"] and ".order.allocated." not in event["subject"]
    }


def _quantities(asked: Content) -> dict[str, int]:
    return {product_id: line[0] for product_id, line in asked.items()}


def _scarce(evidence: Evidence, cycle_id: str) -> set[str]:
    """Products of which there is only so much in the cycle: perhaps not enough was left."""
    bounded = {
        offer["product_id"]
        for offer in evidence.of("ordering", "offers")
        if offer["cycle_id"] == cycle_id and offer["available_thousandths"] is not None
    }
    return bounded.union(*(pool["sizes"] for pool in evidence.pools if pool["available"] is not None))
