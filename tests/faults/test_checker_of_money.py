"""The checker of payments and commissions sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import books, deliveries, payments, payouts, wallets
from tests.faults.evidence import Evidence
from tests.faults.history import History

FORM = {"id": "p1", "household_id": "h1", "payment_kind": "cheque", "payee": "hub", "cents": 1700}
CASH = {"id": "p2", "household_id": "h1", "payment_kind": "transfer", "payee": "grower", "cents": 500}
LOST = {"id": "p3", "household_id": "h2", "payment_kind": "cheque", "payee": "grower", "cents": 300}


PAYOUT = {"id": "o1", "producer_id": "baker", "cents": 900}
"""What the bank gave back was drawn up anew, and the commission was taken the first time."""
AGAIN = {"id": "o2", "producer_id": "baker", "cents": 1000}
FILLED = {"id": "w1", "household_id": "h2", "payment_kind": "transfer", "payee": "wallets", "cents": 800}
USED = {"id": "w2", "household_id": "h2", "payment_kind": "wallet", "payee": "hub", "cents": 200}


def told() -> History:
    """A cheque to the hub whose first sending got no answer, brought to the bank; a transfer that was taken back; a
    cheque to a grower of which nobody knows whether it was noted. A payout that the bank gave back, and another one of
    which nobody knows whether it was approved."""
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
    history.note("payout", n=8, **PAYOUT)
    history.note("outcome", n=8, status=303, detail="")
    for n, do in ((9, "approve"), (10, "execute"), (11, "execute"), (12, "refuse")):
        history.note("payout step", n=n, id="o1", do=do)
        if n != 10:
            history.note("outcome", n=n, status=303, detail="")
    history.note("payout", n=13, **AGAIN)
    history.note("outcome", n=13, status=303, detail="")
    history.note("payout step", n=14, id="o2", do="approve")
    for n, thousandths, missing in ((16, 500, []), (17, 700, ["bread"]), (18, 0, [])):
        came = [["h1", "bread", thousandths], ["h2", "bread", None]]
        history.note("delivery", n=n, cycle_id="c", producer_id="baker", missing=missing, came=came)
        if n != 18:
            history.note("outcome", n=n, status=303, detail="")
    for n, form in ((19, FILLED), (20, USED), (21, USED)):
        history.note("payment", n=n, **form)
        if n != 20:
            history.note("outcome", n=n, status=303, detail="")
    history.note("payout", n=15, **(AGAIN | {"id": "o3"}))
    history.note("outcome", n=15, status=422, detail="")
    return history


def moved(payment: str, book: str, debit: tuple[str, str], credit: tuple[str, str], cents: int) -> dict[str, Any]:
    sides = {"debit": debit[0], "debit_of": debit[1], "credit": credit[0], "credit_of": credit[1]}
    return {"cause": f"payment:{payment}", "book": book, "cents": cents, **sides}


def sent(
    book: str, debit: tuple[str, str], credit: tuple[str, str], cents: int = 900, rule: str = "paid_out"
) -> dict[str, Any]:
    return moved("", book, debit, credit, cents) | {"cause": "payout:o1", "rule": rule}


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
            {"id": "w1", "household_id": "h2", "kind": "transfer", "payee": "hub", "cents": 800, "stage": "received"},
            {"id": "w2", "household_id": "h2", "kind": "wallet", "payee": "hub", "cents": 200, "stage": "received"},
        ],
        "shares": [
            {"payment_id": "p1", "producer_id": "baker", "cents": 1700},
            {"payment_id": "p2", "producer_id": "grower", "cents": 500},
            {"payment_id": "w1", "producer_id": "wallets", "cents": 800},
            {"payment_id": "w2", "producer_id": "baker", "cents": 200},
        ],
        "paid": [
            moved("p1", "hub", ("cheques", "baker"), ("third_party", "baker"), 1700),
            moved("p1", "baker", ("third_party", "hub"), ("household", "h1"), 1700),
            moved("p1", "hub", ("bank", "baker"), ("cheques", "baker"), 1700),
            transfer,
            back,
            moved("w1", "hub", ("bank", "wallets"), ("wallet", "h2"), 800),
            moved("w2", "hub", ("wallet", "h2"), ("third_party", "baker"), 200),
            moved("w2", "hub", ("bank", "baker"), ("bank", "wallets"), 200),
            moved("w2", "baker", ("third_party", "hub"), ("household", "h2"), 200),
        ],
    }
    record = {"cycle_id": "c", "producer_id": "baker"}
    rows |= {
        "deliveries": [
            record | {"household_id": "h1", "version": 1, "came": {"bread": [500, None, False]}},
            record | {"household_id": "h1", "version": 2, "came": {"bread": [700, None, False]}},
            record | {"household_id": "h3", "version": 1, "came": {"bread": [0, None, False]}},
        ],
        "payouts": [{"id": "o1", "number": 1, "stage": "executed"}, {"id": "o2", "number": 2, "stage": "approved"}],
        "transfers": [
            {"payout_id": "o1", "producer_id": "baker", "cents": 900, "refused_on": "then", "end_to_end_id": "e1"},
            {"payout_id": "o2", "producer_id": "baker", "cents": 1000, "refused_on": None, "end_to_end_id": "e2"},
        ],
        "paid_out": [
            sent("hub", ("third_party", "baker"), ("bank", "baker")),
            sent("baker", ("bank", ""), ("third_party", "hub")),
            sent("hub", ("bank", "baker"), ("third_party", "baker")),
            sent("baker", ("third_party", "hub"), ("bank", "")),
            sent("hub", ("bank", ""), ("bank", "baker"), 61, "commission_taken"),
        ],
    }
    return Evidence({"billing": deepcopy(rows)}, agent_of="baker")


def judged(history: History, evidence: Evidence) -> set[str]:
    checks = (books.check, deliveries.check, payments.check, payouts.check, wallets.check)
    return {violation.rule for check in checks for violation in check(history, evidence)}


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
    evidence.of("billing", "paid").pop(4)
    assert judged(told(), evidence) == set()


def test_a_payout_of_which_nobody_knows_may_not_be_approved() -> None:
    evidence = found()
    evidence.of("billing", "payouts")[1]["stage"] = "draft"
    assert judged(told(), evidence) == set()


def test_a_record_of_which_nobody_knows_may_be_there() -> None:
    evidence = found()
    evidence.of("billing", "deliveries")[1]["came"] = {"bread": [0, None, False]}
    assert judged(told(), evidence) == set()


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(
        evidence.of("billing", question)[place] | changes  # type: ignore[operator]
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
    ("a wallet that was filled and is not there", "payment", gone("payments", 2)),
    ("a wallet that was used twice", "payment", twice("paid", 6)),
    ("a wallet that was used for another producer", "payment", row("shares", 3, producer_id="grower")),
    ("more used than was in the wallet", "wallet", row("paid", 6, cents=801)),
    ("money of a wallet that lies with the others", "wallet", row("paid", 5, debit_of="baker")),
    ("a commission that is not booked", "commission", gone("commissions", 0)),
    ("a commission of another sum", "commission", row("commissions", 0, cents=60)),
    ("a record that is not there", "delivery", gone("deliveries", 1)),
    ("a record of another quantity", "delivery", row("deliveries", 1, came={"bread": [701, None, False]})),
    ("a record of what nobody typed in", "delivery", row("deliveries", 2, came={"bread": [1, None, False]})),
    ("a record of another product", "delivery", row("deliveries", 2, came={"cake": [0, None, False]})),
    ("a record that takes an older one's place", "delivery", row("deliveries", 0, version=3)),
    ("another household's record", "delivery", row("deliveries", 1, household_id="h2")),
    ("a payout that is not there", "payout", gone("payouts", 1)),
    ("a payout that nobody drew up", "payout", twice("payouts", 1, id="o9", number=3)),
    ("a payout that was refused", "payout", twice("payouts", 1, id="o3", number=3)),
    ("two payouts of one number", "payout", row("payouts", 1, number=1)),
    ("a payout that was sent by itself", "payout", row("payouts", 1, stage="executed")),
    ("a payout that fell back", "payout", row("payouts", 0, stage="approved")),
    ("another sum than was drawn up", "payout", row("transfers", 1, cents=1001)),
    ("a transfer to somebody else", "payout", row("transfers", 1, producer_id="grower")),
    ("a transfer twice in a payout", "payout", twice("transfers", 1, end_to_end_id="e3")),
    ("two transfers under one name", "payout", row("transfers", 1, end_to_end_id="e1")),
    ("a transfer that was not given back", "payout", row("transfers", 0, refused_on=None)),
    ("a transfer given back by itself", "payout", row("transfers", 1, refused_on="then")),
    ("a payout booked in one book only", "payout", gone("paid_out", 1)),
    ("a payout booked twice", "payout", twice("paid_out", 0)),
    ("a transfer not taken back in the books", "payout", gone("paid_out", 3)),
    ("a payout booked before it was sent", "payout", twice("paid_out", 0, cause="payout:o2")),
    ("money that is moved for no payout", "payout", twice("paid_out", 0, cause="payout:o8")),
    ("a commission taken before it was sent", "payout", twice("paid_out", 4, cause="payout:o2")),
    ("a commission taken of another producer", "payout", row("paid_out", 4, credit_of="grower")),
    ("money of the hub's own that goes to a producer", "payout", row("paid_out", 4, cents=-61)),
    ("more that goes out than ever came", "payout", row("shares", 0, cents=799)),
    ("a commission on what is not under mandate", "commission", twice("commissions", 0, producer_id="grower")),
]


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_register_or_book_is_seen(rule: str, spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert rule in judged(told(), evidence)
