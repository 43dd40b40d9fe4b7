"""The checker of expense claims sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import expenses
from tests.faults.evidence import Evidence
from tests.faults.history import History

DRIVE = {"id": "e1", "what": "drive", "km": 43, "cents": 0}
RECEIPT = {"id": "e2", "what": "other", "km": 0, "cents": 1230}
REFUSED = {"id": "e3", "what": "travel", "km": 0, "cents": 800}
LOST = {"id": "e4", "what": "travel", "km": 0, "cents": 900}


def told() -> History:
    """A drive whose first sending got no answer, accepted and paid in cash; a receipt that was paid and taken back,
    both of which somebody else tried, too; one that was refused; one of which nobody knows."""
    history = History()
    answered = {2: 303, 3: 303, 4: 303, 5: 303, 6: 303, 7: 303, 8: 409, 9: 303, 10: 303, 11: 303, 13: 422}
    history.note("expense", n=1, **DRIVE)
    history.note("expense", n=2, **DRIVE)
    history.note("expense step", n=3, id="e1", do="accept", means="")
    history.note("expense step", n=4, id="e1", do="pay", means="cash")
    history.note("expense", n=5, **RECEIPT)
    history.note("expense step", n=6, id="e2", do="accept", means="")
    # Sent later than what it was undone by was heard.
    history.note("expense step", n=7, id="e2", do="take_back", means="")
    history.note("expense step", n=8, id="e2", do="refuse", means="")
    history.note("expense step", n=9, id="e2", do="pay", means="transfer")
    history.note("expense", n=10, **REFUSED)
    history.note("expense step", n=11, id="e3", do="refuse", means="")
    history.note("expense", n=12, **LOST)
    history.note("expense", n=13, **(LOST | {"id": "e5"}))
    for n, status in answered.items():
        history.note("outcome", n=n, status=status, detail="")
    return history


def moved(claim: str, debit: str, credit: str, cents: int) -> dict[str, Any]:
    sides = {"debit": debit, "debit_of": "", "credit": credit, "credit_of": ""}
    return {"cause": f"expense:{claim}", "book": "hub", "cents": cents, **sides}


def found() -> Evidence:
    steps = {
        "e1": ("handed_in", "accept", "pay"),
        "e2": ("handed_in", "accept", "pay", "take_back"),
        "e3": ("handed_in", "refuse"),
    }
    rows = {
        "expenses": [
            # 43 km at 52.9 cents, half up.
            {"id": "e1", "what": "drive", "km": 43, "cents": 2275, "stage": "paid", "paid_by": "cash"},
            {"id": "e2", "what": "other", "km": 0, "cents": 1230, "stage": "taken_back", "paid_by": "transfer"},
            {"id": "e3", "what": "travel", "km": 0, "cents": 800, "stage": "refused", "paid_by": ""},
        ],
        "expense_steps": [{"claim_id": each, "what": what} for each, whats in steps.items() for what in whats],
        "expensed": [
            moved("e1", "travel", "volunteers", 2275),
            moved("e1", "volunteers", "cash", 2275),
            moved("e2", "missions", "volunteers", 1230),
            moved("e2", "volunteers", "bank", 1230),
            moved("e2", "volunteers", "missions", 1230),
            moved("e2", "bank", "volunteers", 1230),
        ],
    }
    return Evidence({"billing": deepcopy(rows)})


def judged(history: History, evidence: Evidence) -> list[str]:
    return [str(violation) for violation in expenses.check(history, evidence)]


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == []


def test_a_claim_of_which_nobody_knows_may_be_there() -> None:
    evidence = found()
    row = {"id": "e4", "what": "travel", "km": 0, "cents": 900, "stage": "handed_in", "paid_by": ""}
    evidence.of("billing", "expenses").append(row)
    evidence.of("billing", "expense_steps").append({"claim_id": "e4", "what": "handed_in"})
    assert judged(told(), evidence) == []


def test_a_step_of_which_nobody_knows_may_have_been_made_or_not() -> None:
    history, evidence = told(), found()
    history.note("expense step", n=14, id="e1", do="take_back", means="")
    assert judged(history, evidence) == []
    evidence.of("billing", "expenses")[0]["stage"] = "taken_back"
    evidence.of("billing", "expense_steps").append({"claim_id": "e1", "what": "take_back"})
    back = [moved("e1", "volunteers", "travel", 2275), moved("e1", "cash", "volunteers", 2275)]
    evidence.of("billing", "expensed").extend(back)
    assert judged(history, evidence) == []


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[place] | changes)


SPOILT: list[tuple[str, Spoil]] = [
    ("an acknowledged claim that is not there", gone("expenses", 2)),
    ("a claim that nobody handed in", twice("expenses", 2, id="e9")),
    ("a claim that was not taken", twice("expenses", 2, id="e5")),
    ("another sum", row("expenses", 2, cents=801)),
    ("kilometres at another rate", row("expenses", 0, cents=2274)),
    ("another kind of cost", row("expenses", 1, what="travel")),
    ("accepted, and not taken back", row("expenses", 1, stage="paid")),
    ("refused, and accepted", row("expenses", 2, stage="accepted")),
    ("paid by other means", row("expenses", 0, paid_by="transfer")),
    ("a step that nobody made", twice("expense_steps", 8, what="accept")),
    ("a step made twice", twice("expense_steps", 2)),
    ("a step that was lost", gone("expense_steps", 2)),
    ("a claim without its beginning", gone("expense_steps", 0)),
    ("a cost that is not booked", gone("expensed", 0)),
    ("paid out of another account", row("expensed", 1, credit="bank")),
    ("paid twice in the book", twice("expensed", 1)),
    ("not taken back in the book", gone("expensed", 5)),
    ("a refused one in the book", twice("expensed", 0, cause="expense:e3")),
    ("what nobody claimed in the book", twice("expensed", 0, cause="expense:e8")),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
def test_a_spoilt_claim_or_book_is_seen(spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert judged(told(), evidence)
