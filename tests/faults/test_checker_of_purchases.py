"""The checker of purchases sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import purchases
from tests.faults.evidence import Evidence
from tests.faults.history import History

SEEN = {"id": "b1", "number": "F 1", "cycle_ids": ["c"], "rates": [[550, 1150, 63]]}
NOTE = {"id": "b2", "number": "F 2", "cycle_ids": [], "rates": [[2000, -100, -20]]}
LOST = {"id": "b3", "number": "F 3", "cycle_ids": [], "rates": [[550, 500, 28]]}


def told() -> History:
    """Cheese of two cycles: of one it is billed and paid; of the other the bill is to come, after one that was taken
    back. A credit note, and a bill of which nobody knows."""
    history = History()
    answered = {1: 303, 2: 303, 3: 303, 4: 303, 6: 303, 7: 303, 8: 303, 9: 303, 10: 303, 11: 422, 12: 303, 14: 409}
    history.note("cost", n=1, cycle_id="c", costs={"tomme": [2400, 12_000, 550], "curd": [300, 1000, 2000]})
    history.note("cost", n=2, cycle_id="c", costs={"tomme": [500, 1000, 550]})
    history.note("purchase", n=3, cycle_id="c")
    history.note("purchase", n=4, cycle_id="d")
    history.note("bill", n=5, **SEEN)
    history.note("bill", n=6, **SEEN)
    history.note("bill step", n=7, id="b1", do="pay")
    history.note("bill", n=8, **NOTE)
    history.note("bill", n=9, **(NOTE | {"id": "b4", "cycle_ids": ["d"]}))
    history.note("bill step", n=10, id="b4", do="take_back")
    history.note("bill", n=11, **(LOST | {"id": "b5"}))
    history.note("purchase", n=12, cycle_id="c")
    history.note("bill", n=13, **LOST)
    history.note("bill step", n=14, id="b4", do="pay")
    history.note("bill step", n=15, id="b2", do="pay")
    for n, status in answered.items():
        history.note("outcome", n=n, status=status, detail="")
    return history


def line(product: str, thousandths: int, rate: int, cost: int) -> list[Any]:
    return [product, product.title(), "kg", thousandths, rate, cost, 9999]


def moved(cause: str, debit: str, credit: str, cents: int) -> dict[str, Any]:
    of = {name: "goat" if name in ("unbilled", "suppliers") else "" for name in (debit, credit)}
    sides = {"debit": debit, "debit_of": of[debit], "credit": credit, "credit_of": of[credit]}
    return {"cause": cause, "book": "hub", "cents": cents, **sides}


def expected(cause: str, net: int, vat: int, *, back: bool = False) -> list[dict[str, Any]]:
    rows = [moved(cause, "purchases", "unbilled", net), moved(cause, "vat_unbilled", "unbilled", vat)]
    return [opposite(row, cause) for row in rows] if back else rows


def opposite(row: dict[str, Any], cause: str) -> dict[str, Any]:
    turned = {"debit": row["credit"], "debit_of": row["credit_of"]}
    return row | turned | {"credit": row["debit"], "credit_of": row["debit_of"], "cause": cause}


def found() -> Evidence:
    # 3 kg of tomme at 24.00 for twelve; what came of it for h1 is typed in.
    first, second = [line("tomme", 3000, 550, 600), line("curd", 1000, 2000, 300)], [line("tomme", 1500, 550, 750)]
    bill = {"supplier_id": "goat", "standing": "", "paid_on": None}
    rows = {
        "deliveries": [
            {"cycle_id": "c", "household_id": "h1", "producer_id": "goat", "version": 1}
            | {"came": {"tomme": [1000, None, False]}}
        ],
        "purchases": [
            {"cycle_id": "c", "supplier_id": "goat", "version": 1, "bought": first, "bill_id": "b1"},
            {"cycle_id": "d", "supplier_id": "goat", "version": 2, "bought": second, "bill_id": ""},
        ],
        "bills": [
            bill | {"id": "b1", "number": "F 1", "rates": [[550, 1150, 63]], "owed_cents": 1213, "paid_on": "then"},
            bill | {"id": "b2", "number": "F 2", "rates": [[2000, -100, -20]], "owed_cents": -120},
            bill | {"id": "b4", "number": "F 2", "rates": [[2000, -100, -20]], "owed_cents": -120, "standing": "b4"},
        ],
        "bought": [
            *expected("purchase:c:goat:1", 600, 33),
            *expected("purchase:c:goat:1", 300, 60),
            *expected("purchase:d:goat:1", 750, 41),
            *expected("bill:b1", 600, 33, back=True),
            *expected("bill:b1", 300, 60, back=True),
            moved("bill:b1", "purchases", "suppliers", 1150),
            moved("bill:b1", "vat_deductible", "suppliers", 63),
            moved("bill:b1", "suppliers", "bank", 1213),
            moved("bill:b2", "suppliers", "purchases", 100),
            moved("bill:b2", "suppliers", "vat_deductible", 20),
            *expected("bill:b4", 750, 41, back=True),
            moved("bill:b4", "suppliers", "purchases", 100),
            moved("bill:b4", "suppliers", "vat_deductible", 20),
            moved("bill:b4", "purchases", "suppliers", 100),
            moved("bill:b4", "vat_deductible", "suppliers", 20),
            *expected("bill:b4", 750, 41),
        ],
    }
    orders = [
        {"id": "o1", "version": 1, "cycle_id": "c", "household_id": "h1", "state": "placed"},
        {"id": "o2", "version": 1, "cycle_id": "c", "household_id": "h2", "state": "placed"},
        {"id": "o3", "version": 1, "cycle_id": "d", "household_id": "h1", "state": "placed"},
        {"id": "o4", "version": 2, "cycle_id": "d", "household_id": "h2", "state": "withdrawn"},
    ]
    asked = [("o1", "tomme", 2000), ("o2", "tomme", 2000), ("o2", "curd", 1000), ("o3", "tomme", 1500)]
    asked += [("o2", "bread", 1000)]
    lines = [{"order_id": of, "product_id": what, "quantity_thousandths": count} for of, what, count in asked]
    ordering: dict[str, Any] = {"orders": orders, "lines": lines, "cycles": [], "allocated": []}
    products = [{"id": each, "producer_id": "goat"} for each in ("tomme", "curd")]
    products += [{"id": "bread", "producer_id": "baker"}]
    return Evidence({"billing": deepcopy(rows), "ordering": ordering}, products=products, resold="goat")


def judged(history: History, evidence: Evidence) -> list[str]:
    return [str(violation) for violation in purchases.check(history, evidence)]


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == []


def test_what_nobody_knows_of_may_have_been_done_or_not() -> None:
    evidence = found()
    bill = {"id": "b3", "supplier_id": "goat", "number": "F 3", "standing": "", "paid_on": None}
    evidence.of("billing", "bills").append(bill | {"rates": [[550, 500, 28]], "owed_cents": 528})
    evidence.of("billing", "bought").extend(
        [moved("bill:b3", "purchases", "suppliers", 500), moved("bill:b3", "vat_deductible", "suppliers", 28)]
    )
    assert judged(told(), evidence) == []
    evidence = found()
    evidence.of("billing", "bills")[1].update(paid_on="then")
    evidence.of("billing", "bought").append(moved("bill:b2", "bank", "suppliers", 120))
    assert judged(told(), evidence) == []


def test_who_sends_a_form_again_is_not_told_that_it_is_wrong() -> None:
    history = told()
    history.note("bill", n=16, **SEEN)
    history.note("outcome", n=16, status=422, detail="")
    assert judged(history, found())


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[place] | changes)


SPOILT: list[tuple[str, Spoil]] = [
    ("a purchase that was lost", gone("purchases", 1)),
    ("a purchase that nobody booked", twice("purchases", 1, cycle_id="e")),
    ("of another supplier", row("purchases", 1, supplier_id="baker")),
    ("more than came", row("purchases", 1, bought=[line("tomme", 2000, 550, 1000)])),
    ("at a cost that nobody said", row("purchases", 1, bought=[line("tomme", 1500, 550, 751)])),
    ("at another rate", row("purchases", 1, bought=[line("tomme", 1500, 2000, 750)])),
    ("billed by nobody", row("purchases", 1, bill_id="b9")),
    ("billed by another one", row("purchases", 1, bill_id="b2")),
    ("awaited, and billed", row("purchases", 0, bill_id="")),
    ("a bill that was lost", gone("bills", 1)),
    ("a bill that nobody typed in", twice("bills", 1, id="b9", number="F 9")),
    ("a bill that was refused", twice("bills", 1, id="b5", number="F 9")),
    ("two of one number", row("bills", 2, standing="")),
    ("another number", row("bills", 0, number="F 7")),
    ("another sum", row("bills", 0, rates=[[550, 1160, 63]])),
    ("another debt", row("bills", 0, owed_cents=1214)),
    ("paid, and not kept", row("bills", 0, paid_on=None)),
    ("taken back by nobody", row("bills", 0, standing="b1")),
    ("what came is not booked", gone("bought", 0)),
    ("what came is booked twice", twice("bought", 4)),
    ("awaited still", gone("bought", 6)),
    ("a bill that is not booked", gone("bought", 10)),
    ("a bill that is booked twice", twice("bought", 10)),
    ("paid twice in the book", twice("bought", 12)),
    ("paid out of what is another's", row("bought", 12, credit_of="baker")),
    ("for another bill", row("bought", 10, cause="bill:b2")),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
def test_a_spoilt_purchase_or_bill_is_seen(spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert judged(told(), evidence)
