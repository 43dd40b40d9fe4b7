"""What households get, held against what they asked: said once, no more than they accepted, no less without a cause."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.checker.answers import brought_short
from tests.faults.checker.decisions import CASE, Standing, standing_of
from tests.faults.checker.given import Content, Gets, Given, given
from tests.faults.checker.orders import allocations_of
from tests.faults.checker.prices import gross_cents
from tests.faults.checker.supplies import Supply, supplies_of, supply_of
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History


def check(_history: History, evidence: Evidence) -> Iterator[Violation]:
    now = given(evidence)
    standing = standing_of(evidence)
    short = brought_short(evidence)
    products = {product["id"]: product for product in evidence.products}
    yield from _said(evidence, now, products)
    supplies = {row["id"]: supplies_of(evidence, row["id"]) for row in evidence.of("ordering", "cycles")}
    for order_id, gets in now.gets.items():
        asked, cycle_id = now.asked.get(order_id, {}), now.cycle_of[order_id]
        for product_id, its in gets.items():
            in_cases = supply_of(supplies[cycle_id], product_id).case is not None
            line = Line(order_id, product_id, its, asked, in_cases)
            yield from _one_line(line, standing[cycle_id], (cycle_id, product_id) in short)
    yield from _stock(evidence, now)
    closed = {row["id"] for row in evidence.of("ordering", "cycles") if row["state"] == "closed"}
    for cycle_id in sorted(closed):
        apart = standing[cycle_id].gone | {product_id for of, product_id in short if of == cycle_id}
        for supply in supplies[cycle_id]:
            if supply.case and not supply.sizes.keys() & apart:
                yield from _cases(now, standing[cycle_id], cycle_id, supply)
                yield from _surplus(evidence, now, cycle_id, supply)


@dataclass(frozen=True)
class Line:
    """A line of an order, and what it gets. `asked`: the whole order."""

    order_id: str
    product_id: str
    its: Gets
    asked: Content
    in_cases: bool

    @property
    def firm(self) -> int:
        return self._asked[0]

    @property
    def tolerance(self) -> int:
        return self._asked[1]

    @property
    def least(self) -> int:
        return self._asked[2]

    @property
    def _asked(self) -> tuple[int, int, int, bool]:
        return self.asked.get(self.product_id, (0, 0, 0, False))

    def __str__(self) -> str:
        return f"order {self.order_id} asked {self.firm} (+{self.tolerance}) of {self.product_id}, gets {self.its}"


def _one_line(line: Line, standing: Standing, short: bool) -> Iterator[Violation]:
    its = line.its
    if its.instead_of and its.quantity:
        firm, tolerance, _, agreed = line.asked.get(its.instead_of, (0, 0, 0, False))
        if not agreed:
            yield Violation("only what was agreed", f"{line}, and nothing else was wanted instead")
        elif its.quantity > firm + tolerance + standing.rest_of(line.order_id, its.instead_of):
            yield Violation("only what was agreed", f"{line}, more than it lacks")
        return
    taken = standing.rest_of(line.order_id, line.product_id)
    if not 0 <= its.quantity <= line.firm + line.tolerance + taken:
        yield Violation("only what was agreed", f"{line}, and takes {taken} beyond")
    if 0 < its.quantity < line.least:
        yield Violation("only what was agreed", f"{line}, and wants {line.least} at least")
    if line.product_id in standing.gone:
        if its.quantity:
            yield Violation("decision kept", f"{line}, of which nothing is ordered")
    elif its.quantity != line.firm + taken and not line.in_cases and not short:
        yield Violation("nothing without a cause", str(line))


def _said(evidence: Evidence, now: Given, products: dict[str, dict[str, Any]]) -> Iterator[Violation]:
    """Of every order that gets something else, exactly one word holds, and it says what is given, and at what price."""
    words = allocations_of(evidence)
    for order_id, versions in words.items():
        for version, bodies in versions.items():
            if any(_told(body) != _told(bodies[0]) for body in bodies):
                yield Violation("said once", f"version {version} of order {order_id} was said with two allocations")
    for row in evidence.of("ordering", "orders"):
        said = words.get(row["id"], {})
        gets = {p: its for p, its in now.gets[row["id"]].items() if its.quantity}
        asked = now.asked.get(row["id"], {})
        if row["version"] in said:
            yield from _last_word(said[row["version"]][0], gets, asked, products)
        elif gets != {product_id: Gets(line[0]) for product_id, line in asked.items()}:
            yield Violation("one allocation", f"order {row['id']} gets {gets}, and nobody was told")
        if any(version > row["version"] for version in said):
            yield Violation("one allocation", f"order {row['id']} was said at a version that it has not")


def _last_word(
    body: dict[str, Any], gets: dict[str, Gets], asked: Content, products: dict[str, dict[str, Any]]
) -> Iterator[Violation]:
    who = f"order {body['id']}"
    said = {line["article"]["product_id"]: line for line in body["lines"]}
    found = {p: Gets(line["quantity_thousandths"], line["instead_of"]) for p, line in said.items()}
    if {p: its for p, its in found.items() if its.quantity} != gets:
        yield Violation("one allocation", f"{who} was said to get {found}, it gets {gets}")
    wanted = {p: (line["asked_thousandths"], line["tolerance_thousandths"]) for p, line in said.items()}
    if {p: its for p, its in wanted.items() if its[0]} != {p: line[:2] for p, line in asked.items()}:
        yield Violation("one allocation", f"{who} was said to have asked {wanted}, it asked {asked}")
    for product_id, line in said.items():
        if line["gross_cents"] != gross_cents(products[product_id], line["quantity_thousandths"]):
            yield Violation("price", f"{who} was said to get {line}, which does not cost that")
        if line["quantity_thousandths"] != line["asked_thousandths"] and not line["reason"]:
            yield Violation("one allocation", f"{who} was not told why: {line}")


def _told(body: dict[str, Any]) -> Any:
    return sorted((line["article"]["product_id"], line["quantity_thousandths"]) for line in body["lines"])


def _stock(evidence: Evidence, now: Given) -> Iterator[Violation]:
    for offer in evidence.of("ordering", "offers"):
        there, gives = offer["available_thousandths"], now.sum_of(offer["cycle_id"], offer["product_id"])
        if there is not None and gives > there:
            yield Violation("stock", f"{gives} of {there} given: {offer}")


def _cases(now: Given, standing: Standing, cycle_id: str, supply: Supply) -> Iterator[Violation]:
    """Of what comes in cases whole ones are given: as many as are firmly asked, or one more. Where somebody wants
    nothing rather than less it may be fewer, and what a producer brings need be no whole number of them."""
    assert supply.case is not None
    asked: dict[str, int] = defaultdict(int)
    gives: dict[str, int] = defaultdict(int)
    choosy = False
    for order_id in (one for one, of in now.cycle_of.items() if of == cycle_id):
        for product_id, line in now.asked.get(order_id, {}).items():
            asked[product_id] += line[0]
            choosy |= bool(line[2]) and product_id in supply.sizes
        for product_id, its in now.gets[order_id].items():
            gives[product_id] += _of_the_case(its)
    for (_, product_id), taken in standing.rests.items():
        asked[product_id] += taken
    firm, whole = supply.of(asked), supply.of(gives)
    fewest = 0 if choosy else firm // supply.case * supply.case
    if whole % supply.case or not fewest <= whole <= -(-firm // supply.case) * supply.case:
        yield Violation(
            "whole cases", f"cycle {cycle_id} gives {whole} of {supply.id} in cases of {supply.case}, asked {firm}"
        )


def _of_the_case(its: Gets | None) -> int:
    """What a producer gives instead of something else comes on top of the cases that were ordered."""
    return 0 if its is None or its.instead_of else its.quantity


def _surplus(evidence: Evidence, now: Given, cycle_id: str, supply: Supply) -> Iterator[Violation]:
    """Of a case that was ordered though it is not full the hub's shelf has what is not given to others, and all others
    have what they asked, or more where they accept it."""
    decided = [row for row in evidence.of("ordering", "decisions") if row["cycle_id"] == cycle_id]
    choice = next((row["choice"] for row in decided if row["subject"] == CASE + supply.id), None)
    if choice is None or choice["option"] != "surplus":
        return
    who = f"the rest of {supply.id} in cycle {cycle_id}"
    household_of = {row["id"]: row["household_id"] for row in evidence.of("ordering", "orders")}
    if household_of.get(choice["order_id"]) != evidence.shelf:
        yield Violation("surplus", f"{who} went to order {choice['order_id']}, which is not the shelf's")
    shelf, asked, others, left, tolerance = (choice["order_id"], choice["product_id"]), 0, 0, 0, 0
    for order_id in (one for one, of in now.cycle_of.items() if of == cycle_id):
        wanted, gets = now.asked.get(order_id, {}), now.gets[order_id]
        for product_id in supply.sizes.keys() & {*wanted, *gets}:
            firm = wanted[product_id][0] if product_id in wanted else 0
            given_to = _of_the_case(gets.get(product_id))
            asked += supply.of({product_id: firm})
            if (order_id, product_id) == shelf:
                left = given_to - firm
                # It may have ordered itself, and accept some more.
                tolerance = wanted[product_id][1] if product_id in wanted else 0
                others += supply.of({product_id: firm})
                continue
            others += supply.of({product_id: given_to})
            if given_to < firm:
                yield Violation("surplus", f"{who} was taken, and order {order_id} does not get what it asked")
    assert supply.case is not None
    over = -(-asked // supply.case) * supply.case - others
    beyond = left - choice["quantity_thousandths"]
    if supply.of({choice["product_id"]: left}) != over or not 0 <= beyond <= tolerance:
        yield Violation("surplus", f"{who} is {over}, the shelf has {left} of {choice['product_id']}")
