"""The checker of cautions sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import balances, cautions, payments
from tests.faults.evidence import Evidence
from tests.faults.history import History

CAME = {"id": "p1", "household_id": "h1", "payment_kind": "cheque", "payee": "cautions", "cents": 3000}
CASH = {"id": "p2", "household_id": "h2", "payment_kind": "cash", "payee": "cautions", "cents": 500}
BACK = {"id": "c1", "household_id": "h1", "how": "cash", "cents": 1000}
KEPT = {"id": "c2", "household_id": "h1", "how": "kept", "cents": 700}
UNDONE = {"id": "c3", "household_id": "h2", "how": "transfer", "cents": 500}
LOST = {"id": "c4", "household_id": "h2", "how": "kept", "cents": 200}


def told() -> History:
    """A cheque of which some is refunded in cash and some kept; cash whose refund was noted by mistake; one of which
    nobody knows, and one that was more than there is."""
    history = History()
    answered = {1: 303, 2: 303, 3: 303, 5: 303, 6: 303, 7: 303, 8: 303, 10: 422}
    history.note("payment", n=1, **CAME)
    history.note("move", n=2, id="p1", do="deposit")
    history.note("payment", n=3, **CASH)
    history.note("caution", n=4, **BACK)
    history.note("caution", n=5, **BACK)
    history.note("caution", n=6, **KEPT)
    history.note("caution", n=7, **UNDONE)
    history.note("caution undone", n=8, id="c3")
    history.note("caution", n=9, **LOST)
    history.note("caution", n=10, **(LOST | {"id": "c5"}))
    for n, status in answered.items():
        history.note("outcome", n=n, status=status, detail="")
    return history


Side = tuple[str, str]
OWED: Side = ("deposits", "h1")
BANK, CASH_BOX, APART, APART_CASH = ("bank", ""), ("cash", ""), ("bank", "cautions"), ("cash", "cautions")


def moved(cause: str, debit: Side, credit: Side, cents: int) -> dict[str, Any]:
    sides = {"debit": debit[0], "debit_of": debit[1], "credit": credit[0], "credit_of": credit[1]}
    return {"cause": cause, "book": "hub", "cents": cents, **sides}


def found() -> Evidence:
    out = {"household_id": "h1", "what": "refunded", "undone_at": None}
    payment = {"kind": "cheque", "payee": "hub", "stage": "deposited"}
    rows = {
        "payments": [
            payment | {"id": "p1", "household_id": "h1", "cents": 3000},
            payment | {"id": "p2", "household_id": "h2", "cents": 500, "kind": "cash", "stage": "received"},
        ],
        "shares": [
            {"payment_id": "p1", "producer_id": "cautions", "cents": 3000},
            {"payment_id": "p2", "producer_id": "cautions", "cents": 500},
        ],
        "paid": [
            moved("payment:p1", ("cheques", "cautions"), OWED, 3000),
            moved("payment:p1", APART, ("cheques", "cautions"), 3000),
            moved("payment:p2", APART_CASH, ("deposits", "h2"), 500),
        ],
        "cautions": [
            out | {"id": "c1", "kind": "cash", "cents": 1000},
            out | {"id": "c2", "kind": "", "cents": 700, "what": "kept"},
            out | {"id": "c3", "kind": "transfer", "cents": 500, "household_id": "h2", "undone_at": "then"},
        ],
        "given_out": [
            # What lies in cash first, then what is at the bank, which becomes the hub's own for its cash.
            moved("caution:c1", OWED, APART_CASH, 500),
            moved("caution:c1", OWED, CASH_BOX, 500),
            moved("caution:c1", BANK, APART, 500),
            moved("caution:c2", OWED, ("cautions_kept", ""), 700),
            moved("caution:c2", BANK, APART, 700),
            moved("caution:c3", ("deposits", "h2"), APART, 500),
            moved("caution:c3", APART, ("deposits", "h2"), 500),
        ],
        "balances": [{"household_id": "h1", "version": 4}, {"household_id": "h2", "version": 3}],
        "amounts": [],
    }
    held = [("h1", 4, 1300), ("h2", 3, 500)]
    ordering = [
        {"household_id": who, "version": version, "left_cents": 0, "credit_cents": 0, "caution_cents": cents}
        for who, version, cents in held
    ]
    rows |= {name: [] for name in ("advances", "advance_parts", "rounds", "round_cycles", "between")}
    return Evidence({"billing": deepcopy(rows), "ordering": {"balances": ordering}})


def judged(history: History, evidence: Evidence) -> list[str]:
    checks = (cautions.check, payments.check, balances.check)
    return [str(violation) for check in checks for violation in check(history, evidence)]


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == []


def test_what_nobody_knows_of_may_have_been_done_or_not() -> None:
    history, evidence = told(), found()
    history.note("caution undone", n=11, id="c2")
    assert judged(history, evidence) == []
    lost = {"id": "c4", "household_id": "h2", "what": "kept", "kind": "", "cents": 200, "undone_at": None}
    evidence.of("billing", "cautions").append(lost)
    evidence.of("billing", "given_out").extend(
        [moved("caution:c4", ("deposits", "h2"), ("cautions_kept", ""), 200), moved("caution:c4", BANK, APART, 200)]
    )
    evidence.of("ordering", "balances")[1].update(caution_cents=300)
    assert judged(history, evidence) == []


def test_who_sends_a_form_again_is_not_told_that_it_is_wrong() -> None:
    history = told()
    history.note("caution", n=11, **KEPT)
    history.note("outcome", n=11, status=422, detail="")
    assert judged(history, found())


def test_what_two_gave_out_at_once_beyond_what_is_held_is_seen() -> None:
    history, evidence = told(), found()
    history.note("caution", n=11, **(KEPT | {"id": "c6", "cents": 1301}))
    history.note("outcome", n=11, status=303, detail="")
    row = evidence.of("billing", "cautions")[1] | {"id": "c6", "cents": 1301}
    evidence.of("billing", "cautions").append(row)
    evidence.of("billing", "given_out").extend(
        [moved("caution:c6", OWED, ("cautions_kept", ""), 1301), moved("caution:c6", BANK, APART, 1301)]
    )
    evidence.of("ordering", "balances")[0].update(caution_cents=0)
    assert judged(history, evidence) == ["caution: h1 got 1 cents more than were held for it"]


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[place] | changes)


SPOILT: list[tuple[str, Spoil]] = [
    ("an acknowledged one that is lost", gone("cautions", 0)),
    ("one that nobody gave", twice("cautions", 2, id="c9")),
    ("one that was refused", twice("cautions", 2, id="c5")),
    ("another sum", row("cautions", 0, cents=999)),
    ("another household's", row("cautions", 0, household_id="h2")),
    ("refunded, and said to be kept", row("cautions", 1, what="refunded", kind="cash")),
    ("not taken back", row("cautions", 2, undone_at=None)),
    ("taken back by nobody", row("cautions", 0, undone_at="then")),
    ("not in the book", gone("given_out", 5)),
    ("twice in the book", twice("given_out", 3)),
    ("apart still", gone("given_out", 4)),
    ("out of what is a producer's", row("given_out", 2, credit_of="baker")),
    ("in the book alone", twice("given_out", 3, cause="caution:c9")),
    ("a caution that was not noted", gone("payments", 1)),
    ("a caution for somebody else", row("shares", 1, producer_id="wallets")),
    ("a caution that is not booked", gone("paid", 2)),
    ("a cheque that is at the bank and not apart", row("paid", 1, debit_of="")),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
def test_a_spoilt_caution_or_book_is_seen(spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert judged(told(), evidence)


def test_a_caution_that_ordering_was_not_told_of_is_seen() -> None:
    evidence = found()
    evidence.of("ordering", "balances")[0].update(caution_cents=2000)
    assert judged(told(), evidence)
