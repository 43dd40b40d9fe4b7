"""Lines that joined another order of the same day: each is in the one order or in the other, once.

What a household asked of the goods goes to its order there in one step, in the very transaction that closed the cycle
here, and comes back in the one that revised it: it is known by the correlation id that both words of it carry.
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
    """A version of an order that no household sent: `source` is the cycle whose lines came, or went back."""

    source: str
    order_id: str
    version: int
    content: Content


def made_by_joins(evidence: Evidence) -> dict[Home, list[Made]]:
    """By the order that was joined, oldest first."""
    found: dict[Home, dict[tuple[str, int], Made]] = defaultdict(dict)
    sources = {
        event["headers"][CORRELATION]: event["body"]["id"]
        for event in evidence.of("ordering", "outbox")
        if (".cycle.closed." in event["subject"] or ".cycle.revised." in event["subject"])
        and event["headers"].get(CORRELATION)
    }
    for event in evidence.of("ordering", "outbox"):
        source, body = sources.get(event["headers"].get(CORRELATION, "")), event["body"]
        asked = ".order.placed." in event["subject"] or ".order.withdrawn." in event["subject"]
        # What is said again with its cycle is of that cycle.
        if source is not None and asked and body["cycle_id"] != source:
            made = Made(source, body["id"], body["version"], content(body.get("lines", [])))
            found[body["cycle_id"], body["household_id"]][made.order_id, made.version] = made
    return {home: sorted(its.values(), key=lambda one: one.version) for home, its in found.items()}


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    said = _said(evidence)
    moves = _moves(evidence)
    came: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    """(cycle, the one that is joined, household) -> what its order there has more for it, product -> thousandths."""
    for (joined, household), its in made_by_joins(evidence).items():
        for one in its:
            of = came[one.source, joined, household]
            before, after = _quantities(said.get((one.order_id, one.version - 1), {})), _quantities(one.content)
            if before == after:
                yield Violation("joined once", f"order {one.order_id} there has version {one.version} for nothing")
            for product_id in before.keys() | after.keys():
                of[product_id] = of.get(product_id, 0) + after.get(product_id, 0) - before.get(product_id, 0)
    for source, joined, household in came.keys() | moves.keys():
        lines = moves.get((source, joined, household), _Lines({}, []))
        more = {product_id: change for product_id, change in came[source, joined, household].items() if change}
        who = f"what household {household} asked in {source}, to go to {joined}: {lines.quantities}"
        if not more and lines.quantities:
            if not lines.quantities.keys() & _scarce(evidence, joined):
                yield Violation("joined once", f"{who}: it is neither here nor there, and there was enough of it")
        elif more != lines.quantities:
            yield Violation("joined once", f"{who}: what came, and was not taken back, is {more}")
        if any(refused == bool(more) for refused in lines.refused):
            yield Violation("joined once", f"{who}: {more} came, which is not what was told")


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
