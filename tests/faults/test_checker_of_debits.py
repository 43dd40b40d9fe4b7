"""The checker of direct debits sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import debits
from tests.faults.evidence import Evidence
from tests.faults.history import History

TAKEN, WAITS, OFF, LOST = (
    {"id": "b1", "sums": {"h1": 1200, "h2": 800}},
    {"id": "b2", "sums": {"h3": 500}},
    {"id": "b3", "sums": {"h1": 300}},
    {"id": "b4", "sums": {"h2": 100}},
)


def told() -> History:
    """A batch that the bank took, one debit of which it gave back; one noted as taken by mistake; one called off once
    it was let go; one of which nobody knows, and one that was refused."""
    history = History()
    n = 0

    def say(kind: str, status: int | None = 303, **said: Any) -> None:
        nonlocal n
        n += 1
        history.note(kind, n=n, **said)
        if status is not None:
            history.note("outcome", n=n, status=status, detail="")

    def step(batch: str, do: str, status: int | None = 303, debit: str = "") -> None:
        say("debit step", status, id=batch, do=do, debit=debit)

    say("debit", None, **TAKEN)
    say("debit", **TAKEN)
    for do in ("approve", "execute"):
        step("b1", do)
    step("b1", "return", None, "d2")
    step("b1", "return", debit="d2")
    say("debit", **WAITS)
    for do in ("approve", "execute", "undo"):
        step("b2", do)
    say("debit", **OFF)
    for do in ("approve", "call_off"):
        step("b3", do)
    say("debit", None, **LOST)
    say("debit", 422, **(LOST | {"id": "b5"}))
    return history


def debit(name: str, batch: str, household: str, cents: int, **more: Any) -> dict[str, Any]:
    row = {"id": name, "batch_id": batch, "household_id": household, "cents": cents, "end_to_end_id": f"e-{name}"}
    return row | {"returned_on": None, "payment_id": ""} | more


def paid(name: str, household: str, cents: int, stage: str = "received") -> dict[str, Any]:
    return {"id": name, "household_id": household, "kind": "debit", "payee": "hub", "cents": cents, "stage": stage}


def mail(about: str, cents: int, *, called_off: bool = False, state: str = "sent") -> dict[str, Any]:
    facts = {"called_off": called_off, "cents": cents}
    return {"template": "direct_debit", "about": about, "recipient": "p", "state": state, "facts": facts}


def found() -> Evidence:
    billing = {
        "debit_batches": [
            {"id": "b1", "number": 1, "stage": "executed"},
            {"id": "b2", "number": 2, "stage": "approved"},
            {"id": "b3", "number": 3, "stage": "called_off"},
        ],
        "debits": [
            debit("d1", "b1", "h1", 1200),
            debit("d2", "b1", "h2", 800, returned_on="then"),
            # What it is taken as when the bank does take it.
            debit("d3", "b2", "h3", 500, payment_id="later"),
            debit("d4", "b3", "h1", 300),
        ],
        "payments": [
            paid("d1", "h1", 1200),
            paid("d2", "h2", 800, "bounced"),
            paid("d3", "h3", 500, "taken_back"),
            {"id": "p9", "household_id": "h1", "kind": "transfer", "payee": "hub", "cents": 5, "stage": "received"},
        ],
    }
    messages = [
        mail("d1", 1200),
        mail("d2", 800),
        mail("d3", 500),
        mail("d4", 300, state="superseded"),
        mail("d4", 300, called_off=True),
    ]
    return Evidence({"billing": deepcopy(billing), "notify": {"messages": deepcopy(messages)}})


def judged(history: History, evidence: Evidence) -> set[str]:
    return {violation.rule for violation in debits.check(history, evidence)}


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == set()


def test_a_batch_of_which_nobody_knows_may_be_there() -> None:
    evidence = found()
    evidence.of("billing", "debit_batches").append({"id": "b4", "number": 4, "stage": "draft"})
    evidence.of("billing", "debits").append(debit("d5", "b4", "h2", 100))
    assert judged(told(), evidence) == set()


def test_what_was_sent_to_a_server_that_stood_still_may_be_heard_last() -> None:
    history, evidence = told(), found()
    evidence.of("billing", "debit_batches")[1]["stage"] = "executed"
    evidence.of("billing", "payments").append(paid("later", "h3", 500))
    assert judged(history, evidence) == {"debit"}
    history.note("debit step", n=99, id="b2", do="execute", debit="")
    assert judged(history, evidence) == set()


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, service: str = "billing", **changes: Any) -> Spoil:
    return lambda evidence: evidence.of(service, question)[place].update(changes)


def gone(question: str, place: int, service: str = "billing") -> Spoil:
    return lambda evidence: evidence.of(service, question).pop(place)


def more(question: str, extra: dict[str, Any], service: str = "billing") -> Spoil:
    return lambda evidence: evidence.of(service, question).append(deepcopy(extra))


SPOILT: list[tuple[str, str, Spoil]] = [
    ("a batch that is not there", "debit", gone("debit_batches", 2)),
    ("a batch that nobody drew up", "debit", more("debit_batches", {"id": "b9", "number": 4, "stage": "draft"})),
    ("a batch that was refused", "debit", more("debit_batches", {"id": "b5", "number": 4, "stage": "draft"})),
    ("two batches of one number", "debit", row("debit_batches", 2, number=2)),
    ("a number that is missing", "debit", row("debit_batches", 2, number=4)),
    ("another sum than was drawn up", "debit", row("debits", 3, cents=301)),
    ("another household", "debit", row("debits", 3, household_id="h2")),
    ("a debit twice in a batch", "debit", more("debits", debit("d6", "b1", "h1", 1200))),
    ("two debits under one name", "debit", row("debits", 1, end_to_end_id="e-d1")),
    ("a batch that the bank took and that waits", "debit", row("debit_batches", 0, stage="approved")),
    ("a batch called off that comes back", "debit", row("debit_batches", 2, stage="approved")),
    ("a debit that was not given back", "debit", row("debits", 1, returned_on=None)),
    ("a debit given back by itself", "debit", row("debits", 0, returned_on="then")),
    ("a debit taken that is no payment", "debit", gone("payments", 0)),
    ("a debit that is two payments", "debit", more("payments", paid("d7", "h1", 1200))),
    ("a payment of another sum", "debit", row("payments", 0, cents=1201)),
    ("a debit given back that still pays", "debit", row("payments", 1, stage="received")),
    ("a debit undone that still pays", "debit", row("payments", 2, stage="received")),
    ("a household that was not told", "debit told", gone("messages", 0, "notify")),
    (
        "a household told of another sum",
        "debit told",
        row("messages", 0, "notify", facts={"called_off": False, "cents": 1}),
    ),
    (
        "a household told that nothing is taken",
        "debit told",
        more("messages", mail("d1", 1200, called_off=True), "notify"),
    ),
    (
        "a household that still waits for what was called off",
        "debit told",
        row("messages", 3, "notify", state="sent", recipient="q"),
    ),
    ("a household told of what there is not", "debit told", more("messages", mail("d9", 1), "notify")),
]


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_batch_payment_or_mail_is_seen(rule: str, spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert rule in judged(told(), evidence)
