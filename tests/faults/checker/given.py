"""What every line of every order gets: what was asked, but where the closing or a producer's answer changed it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.faults.evidence import Evidence

Content = dict[str, tuple[int, int, int, bool]]
"""Product -> thousandths asked, accepted beyond, wanted at least, and whether something else may come instead."""


def content(lines: list[dict[str, Any]]) -> Content:
    """Lines as rows of the order book and as events have them."""
    return {
        line["article"]["product_id"] if "article" in line else line["product_id"]: (
            line["quantity_thousandths"],
            line.get("tolerance_thousandths", 0),
            line.get("least_thousandths", 0),
            bool(line.get("substitute", False)),
        )
        for line in lines
    }


def contents_of(evidence: Evidence) -> dict[str, Content]:
    """Order id -> what it asks, as ordering holds it."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in evidence.of("ordering", "lines"):
        lines[line["order_id"]].append(line)
    return {order_id: content(its) for order_id, its in lines.items()}


@dataclass(frozen=True)
class Gets:
    """Thousandths that a line gets. `instead_of`: the product it stands in for; "" for none."""

    quantity: int
    instead_of: str = ""


@dataclass
class Given:
    """What orders get. `asked`, `gets`: order id -> product id -> ...; `cycle_of`: order id -> cycle id."""

    asked: dict[str, Content]
    cycle_of: dict[str, str]
    gets: dict[str, dict[str, Gets]] = field(default_factory=dict)

    def sum_of(self, cycle_id: str, product_id: str, *, instead: bool = False) -> int:
        """Thousandths of the product that a cycle gives in all; `instead`: of it what stands in for something else."""
        return sum(
            its[product_id].quantity
            for order_id, its in self.gets.items()
            if product_id in its and self.cycle_of[order_id] == cycle_id and (its[product_id].instead_of or not instead)
        )


def given(evidence: Evidence, revisions: dict[str, int] | None = None) -> Given:
    """As of these revisions of cycles; of those not named as of the newest."""
    newest = {row["id"]: row.get("revision", 1) for row in evidence.of("ordering", "cycles")} | (revisions or {})
    asked = contents_of(evidence)
    cycle_of = {row["id"]: row["cycle_id"] for row in evidence.of("ordering", "orders")}
    gets = {
        order_id: {product_id: Gets(line[0]) for product_id, line in asked.get(order_id, {}).items()}
        for order_id in cycle_of
    }
    for row in evidence.of("ordering", "allocated"):
        if row["revision"] == newest.get(row["cycle_id"]):
            gets[row["order_id"]][row["product_id"]] = Gets(row["given_thousandths"], row["instead_of"])
    return Given(asked, cycle_of, gets)
