"""Invoices of sales: numbers without a gap, each difference once, and all of a sale together say what is owed for it
once the last of them are drawn."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.checker.desk import TAKEN, statuses
from tests.faults.checker.violation import Violation
from tests.faults.evidence import HUB, Evidence
from tests.faults.history import History

Sale = tuple[str, str, str]
"""(cycle, household, seller)"""


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    invoices = evidence.of("billing", "invoices")
    yield from _numbers(evidence, invoices)
    sales: dict[Sale, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(invoices, key=lambda row: row["step"]):
        sales[row["cycle_id"], row["household_id"], row["seller_id"]].append(row)
    for sale, rows in sales.items():
        if sale[2] not in _sellers(evidence):
            yield Violation("invoice", f"{rows[0]['number']} is in the name of {sale[2]}, who gave no mandate")
        yield from _steps(sale, rows)
    yield from _whole(history, evidence, sales)


def _sellers(evidence: Evidence) -> set[str]:
    """In whose name the hub invoices: whose mandate lets it, and its own for what it sells again."""
    return {evidence.agent_of} | ({HUB} if evidence.resold else set())


def _numbers(evidence: Evidence, invoices: list[dict[str, Any]]) -> Iterator[Violation]:
    places: dict[str, list[int]] = defaultdict(list)
    # The papers of producers' accounts are counted in the same way.
    for row in [*invoices, *evidence.of("billing", "papers")]:
        places[row["series"]].append(row["place"])
        if row["number"] != f"{row['series']}-{row['place']:05d}":
            yield Violation("invoice", f"{row['number']} stands on place {row['place']} of {row['series']}")
    heads = {row["id"]: row["papers"] for row in evidence.of("billing", "series")}
    for series in sorted(places.keys() | heads.keys()):
        found = sorted(places[series])
        if found != list(range(1, heads.get(series, 0) + 1)):
            yield Violation("invoice", f"{series} counts {heads.get(series)}, and has {found}")


def _steps(sale: Sale, rows: list[dict[str, Any]]) -> Iterator[Violation]:
    """The first says the whole, each other one a difference, and corrects all before it; together they stand."""
    if [row["step"] for row in rows] != list(range(1, len(rows) + 1)):
        yield Violation("invoice", f"{sale} has the steps {[row['step'] for row in rows]}")
    together = 0
    for number, row in enumerate(rows):
        figures = row["figures"]
        change = _cents(figures)
        together += change
        kind = "sales_invoice" if not number else "credit_note" if change < 0 else "corrective_invoice"
        corrects = [before["number"] for before in rows[:number]]
        if row["kind"] != kind or [each[0] for each in figures["corrects"]] != corrects:
            yield Violation("invoice", f"{row['number']}, a {row['kind']} of {change} cents, corrects {corrects}")
        if _cents(figures["stands"]) != together:
            yield Violation("invoice", f"{row['number']} says that {figures['stands']} stands, not {together} cents")


def _cents(figures: dict[str, Any]) -> int:
    """Gross, deposits with it. A rate: rate, net, VAT, gross."""
    return sum(int(rate[3]) for rate in figures["rates"]) + int(figures["deposit_cents"])


def _whole(history: History, evidence: Evidence, sales: dict[Sale, list[dict[str, Any]]]) -> Iterator[Violation]:
    """Of cycles of which the last were drawn when nothing changed any more."""
    status = statuses(history)
    drawn = {
        entry["cycle_id"] for entry in history.of("invoicing") if entry["last"] and status.get(entry["n"]) == TAKEN
    }
    owed: Counter[Sale] = Counter()
    for amount in evidence.of("billing", "amounts"):
        for cheque in amount["cheques"]:
            if amount["cycle_id"] in drawn and cheque["producer_id"] in _sellers(evidence):
                sale = amount["cycle_id"], amount["household_id"], cheque["producer_id"]
                owed[sale] = cheque["gross_cents"] + cheque.get("deposit_cents", 0)
    invoiced = {sale: _cents(rows[-1]["figures"]["stands"]) for sale, rows in sales.items() if sale[0] in drawn}
    for sale in sorted(owed.keys() | invoiced.keys()):
        if owed[sale] != invoiced.get(sale, 0):
            yield Violation("invoice", f"of {sale} {invoiced.get(sale)} cents are invoiced, {owed[sale]} are owed")
    if not drawn and sales and any(entry["last"] for entry in history.of("invoicing")):
        yield Violation("invoice", "nobody was heard to draw up the last invoices")
