"""The checker of payments and commissions sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import books, payments
from tests.faults.evidence import Evidence
from tests.faults.history import History

FORM = {"id": "p1", "household_id": "h1", "payment_kind": "cheque", "payee": "hub", "cents": 1700}
CASH = {"id": "p2", "household_id": "h1", "payment_kind": "transfer", "payee": "grower", "cents": 500}
LOST = {"id": "p3", "household_id": "h2", "payment_kind": "cheque", "payee": "grower", "cents": 300}


def told() -> History:
    """A cheque to the hub whose first sending got no answer, brought to the bank; a transfer that was taken back; a
    cheque to a grower of which nobody knows whether it was noted."""
    history = History()
    history.note("payment", n=1, **FORM)
    history.note("payment", n=2, **FORM)
    history.note("outcome", n=2, status=303, detail="")
    history.note("move", n=3, id="p1", do="deposit")
    history.note("outcome", n=3, status=303, detail="")
    history.note("payment", n=4, **CASH)
    history.note("outcome", n=4, status=303, detail="")
    history.note("move", n=5, id="p2", do="take_back")
    history.note("payment", n=6, **LOST)
    history.note("payment", n=7, **(LOST | {"id": "p4"}))
    history.note("outcome", n=7, status=422, detail="")
    return history


def moved(payment: str, book: str, debit: tuple[str, str], credit: tuple[str, str], cents: int) -> dict[str, Any]:
    sides = {"debit": debit[0], "debit_of": debit[1], "credit": credit[0], "credit_of": credit[1]}
    return {"cause": f"payment:{payment}", "book": book, "cents": cents, **sides}


def found() -> Evidence:
    amounts = [
        {"cycle_id": "c", "household_id": each, "cheques": [{"producer_id": "baker", "gross_cents": 255}]}
        for each in ("h1", "h2")
    ]
    sales = [
        {"book": "baker", "cycle_id": "c", "household_id": each["household_id"], "claim_cents": 255} for each in amounts
    ]
    transfer = moved("p2", "grower", ("bank", ""), ("household", "h1"), 500)
    back = transfer | {"debit": "household", "debit_of": "h1", "credit": "bank", "credit_of": ""}
    rows = {
        "amounts": amounts,
        "sales": sales,
        "books": [],
        # 10 % of 5.10, and 20 % of that.
        "commissions": [{"cycle_id": "c", "producer_id": "baker", "cents": 61}],
        "payments": [
            {"id": "p1", "household_id": "h1", "kind": "cheque", "payee": "hub", "cents": 1700, "stage": "deposited"},
            {"id": "p2", "household_id": "h1", "kind": "transfer", "payee": "grower", "cents": 500}
            | {"stage": "taken_back"},
        ],
        "shares": [
            {"payment_id": "p1", "producer_id": "baker", "cents": 1700},
            {"payment_id": "p2", "producer_id": "grower", "cents": 500},
        ],
        "paid": [
            moved("p1", "hub", ("cheques", "baker"), ("third_party", "baker"), 1700),
            moved("p1", "baker", ("third_party", "hub"), ("household", "h1"), 1700),
            moved("p1", "hub", ("bank", "baker"), ("cheques", "baker"), 1700),
            transfer,
            back,
        ],
    }
    return Evidence({"billing": deepcopy(rows)}, agent_of="baker")


def judged(history: History, evidence: Evidence) -> set[str]:
    return {violation.rule for check in (books.check, payments.check) for violation in check(history, evidence)}


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == set()


def test_a_payment_of_which_nobody_knows_may_be_there() -> None:
    evidence = found()
    row = {"id": "p3", "household_id": "h2", "kind": "cheque", "payee": "grower", "cents": 300, "stage": "received"}
    evidence.of("billing", "payments").append(row)
    evidence.of("billing", "shares").append({"payment_id": "p3", "producer_id": "grower", "cents": 300})
    assert judged(told(), evidence) == set()


def test_a_move_of_which_nobody_knows_may_not_have_been_made() -> None:
    evidence = found()
    evidence.of("billing", "payments")[1]["stage"] = "received"
    evidence.of("billing", "paid").pop()
    assert judged(told(), evidence) == set()


Spoil = Callable[[Evidence], object]


def row(question: str, number: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[number].update(changes)


def gone(question: str, number: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(number)


def twice(question: str, number: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(
        evidence.of("billing", question)[number] | changes  # type: ignore[operator]
    )


SPOILT: list[tuple[str, str, Spoil]] = [
    ("an acknowledged payment that is not there", "payment", gone("payments", 0)),
    ("a payment that nobody noted", "payment", twice("payments", 0, id="p9")),
    ("a payment that was refused", "payment", twice("payments", 0, id="p4")),
    ("another sum than was noted", "payment", row("payments", 0, cents=1701)),
    ("another household's", "payment", row("payments", 0, household_id="h2")),
    ("a cheque that did not go to the bank", "payment", row("payments", 0, stage="received")),
    ("a transfer that became a cheque", "payment", row("payments", 1, stage="handed_over")),
    ("a share too few", "payment", gone("shares", 0)),
    ("a payment booked twice", "payment", twice("paid", 0)),
    ("a payment in one book only", "payment", gone("paid", 1)),
    ("a payment not taken back in the books", "payment", gone("paid", 4)),
    ("money kept for another producer", "payment", row("paid", 2, debit_of="grower")),
    ("a booking of no payment", "payment", twice("paid", 0, cause="payment:p8")),
    ("a commission that is not booked", "commission", gone("commissions", 0)),
    ("a commission of another sum", "commission", row("commissions", 0, cents=60)),
    ("a commission on what is not under mandate", "commission", twice("commissions", 0, producer_id="grower")),
]


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_register_or_book_is_seen(rule: str, spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert rule in judged(told(), evidence)
