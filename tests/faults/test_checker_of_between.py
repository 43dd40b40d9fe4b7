"""The checker of what households paid for each other sees what is wrong: each rule is shown a run in which it is
broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import balances, between
from tests.faults.evidence import Evidence
from tests.faults.history import History

PAID = {"id": "a1", "cycle_id": "c", "household_id": "h1", "producer_id": "baker", "cents": 900}
PAID |= {"covers": ["h1", "h2", "h3"]}
UNDONE = PAID | {"id": "a2", "household_id": "h2", "cents": 100, "covers": ["h3"]}
LATER = PAID | {"id": "a3", "cycle_id": "d", "household_id": "h3", "cents": 250, "covers": ["h2"]}
ROUND = {"id": "r1", "cycle_ids": ["c"]}


def told() -> History:
    """What one paid for three, of which one transfer was confirmed and one was drawn up anew after something was
    taken back; a round that was called off; another delivery, of which nothing is drawn up."""
    history = History()
    answered = {2: 303, 3: 303, 4: 303, 5: 303, 6: 303, 8: 303, 9: 409, 10: 303, 11: 422, 12: 303, 13: 303}
    history.note("advance", n=1, **PAID)
    history.note("advance", n=2, **PAID)
    history.note("advance", n=3, **UNDONE)
    history.note("round", n=4, **(ROUND | {"id": "r0"}))
    history.note("round called off", n=5, id="r0")
    history.note("round", n=6, **ROUND)
    history.note("between", n=7, id="t1", do="say_paid")
    history.note("between", n=8, id="t1", do="confirm")
    history.note("between", n=9, id="t1", do="not_here")
    history.note("advance undone", n=10, id="a2")
    history.note("advance", n=11, **(LATER | {"id": "a4"}))
    history.note("advance", n=12, **LATER)
    history.note("between", n=13, id="t3", do="not_here")
    history.note("between", n=14, id="t3", do="say_paid")
    for n, status in answered.items():
        history.note("outcome", n=n, status=status, detail="")
    return history


def part(advance: str, household: str, cents: int, *, holds: bool = True) -> dict[str, Any]:
    undone = None if holds else "then"
    return {"advance_id": advance, "household_id": household, "cents": cents, "undone_at": undone}


def booked(household: str, cents: int, *, back: bool = False) -> dict[str, Any]:
    sides = [("bank", ""), ("household", household)]
    (debit, debit_of), (credit, credit_of) = sides[::-1] if back else sides
    names = {"debit": debit, "debit_of": debit_of, "credit": credit, "credit_of": credit_of}
    return {"book": "baker", "cents": cents, **names}


def transfer(name: str, payer: str, cents: int, stage: str, of: str = "r1") -> dict[str, Any]:
    return {"id": name, "round_id": of, "payer_id": payer, "receiver_id": "h1", "cents": cents, "stage": stage}


def found() -> Evidence:
    register = [{key: value for key, value in one.items() if key != "covers"} for one in (PAID, UNDONE, LATER)]
    rows = {
        "advances": [one | {"undone_at": "then" if one["id"] == "a2" else None} for one in register],
        "advance_parts": [
            part("a1", "h1", 300),
            part("a1", "h2", 400),
            part("a1", "h3", 200),
            part("a2", "h3", 100, holds=False),
            part("a3", "h2", 250),
        ],
        "advanced": [
            *(booked(who, cents) for who, cents in (("h1", 300), ("h2", 400), ("h3", 200), ("h3", 100))),
            booked("h3", 100, back=True),
            booked("h2", 250),
        ],
        "rounds": [{"id": "r0", "called_off_at": "then"}, {"id": "r1", "called_off_at": None}],
        "round_cycles": [{"round_id": "r0", "cycle_id": "c"}, {"round_id": "r1", "cycle_id": "c"}],
        "between": [
            transfer("t0", "h2", 300, "called_off", of="r0"),
            transfer("t1", "h2", 400, "received"),
            transfer("t2", "h3", 300, "called_off"),
            transfer("t3", "h3", 200, "proposed"),
        ],
        "between_steps": [
            *({"transfer_id": each, "what": "call_off"} for each in ("t0", "t2")),
            *({"transfer_id": "t1", "what": what} for what in ("say_paid", "confirm")),
        ],
        "amounts": [],
        "shares": [],
        "payments": [],
        "balances": [{"household_id": each, "version": 1} for each in ("h1", "h2", "h3")],
    }
    # Nobody has ordered anything by now: what was paid for it is credit.
    held = [("h1", 0, 300), ("h2", 250, 650), ("h3", 200, 200)]
    ordering = [
        {"household_id": who, "version": 1, "left_cents": left, "credit_cents": credit, "caution_cents": 0}
        for who, left, credit in held
    ]
    billing: dict[str, Any] = deepcopy(rows) | {"paid": [], "given_out": []}
    messages = [
        mail("r0_h2", 1, "sent", [300], []),
        mail("r0_h1", 1, "sent", [], [300]),
        mail("r0_h2", 2, "sent", [], []),
        mail("r0_h1", 2, "sent", [], []),
        mail("r1_h1", 2, "sent", [], [200]),
        # Another one was drawn up before it left.
        mail("r1_h1", 1, "superseded", [], [400, 300]),
        mail("r1_h2", 1, "sent", [400], []),
        mail("r1_h3", 1, "sent", [300], []),
        mail("r1_h3", 2, "waiting", [200], []),
    ]
    notify = {"messages": messages}
    return Evidence({"billing": billing, "ordering": {"balances": ordering}, "notify": notify})


def mail(about: str, version: int, state: str, pays: list[int], gets: list[int]) -> dict[str, Any]:
    facts = {"pays": [["Zoé", cents] for cents in pays], "gets": [["Zoé", cents] for cents in gets]}
    reason = {"template": "household_transfers", "about": about, "caused_by": f"transfers.drawn:{about}:{version}"}
    return reason | {"state": state, "facts": facts}


def judged(history: History, evidence: Evidence) -> list[str]:
    return [str(violation) for check in (between.check, balances.check) for violation in check(history, evidence)]


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == []


def test_a_step_of_which_nobody_knows_may_have_been_made_or_not() -> None:
    evidence = found()
    evidence.of("billing", "between")[3]["stage"] = "paid"
    evidence.of("billing", "between_steps").append({"transfer_id": "t3", "what": "say_paid"})
    assert judged(told(), evidence) == []


def test_who_sends_a_form_again_is_not_told_that_it_is_wrong() -> None:
    for kind, form in (("advance", LATER), ("round", ROUND)):
        history = told()
        history.note(kind, n=20, **form)
        history.note("outcome", n=20, status=422, detail="")
        assert judged(history, found())


def test_who_has_paid_before_the_mail_left_needs_no_mail() -> None:
    evidence = found()
    evidence.of("notify", "messages")[6]["state"] = "superseded"
    assert judged(told(), evidence) == []


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[place] | changes)


def held(place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("ordering", "balances")[place].update(changes)


def mails(spoil: Callable[[list[Any]], object]) -> Spoil:
    return lambda evidence: spoil(evidence.of("notify", "messages"))


SPOILT: list[tuple[str, Spoil]] = [
    ("an acknowledged advance that is lost", gone("advances", 2)),
    ("an advance that nobody noted", twice("advances", 1, id="a9")),
    ("an advance that was refused", twice("advances", 1, id="a4")),
    ("another sum", row("advances", 0, cents=901)),
    ("another producer", row("advances", 0, producer_id="grower")),
    ("not taken back", row("advances", 1, undone_at=None)),
    ("taken back by nobody", row("advances", 2, undone_at="then")),
    ("parts that do not make it", row("advance_parts", 4, cents=249)),
    ("for somebody else", row("advance_parts", 4, household_id="h9")),
    ("for one twice", twice("advance_parts", 4, cents=0)),
    ("not in the book", gone("advanced", 5)),
    ("twice in the book", twice("advanced", 5)),
    ("in another book", row("advanced", 5, book="grower")),
    ("a round that is lost", gone("rounds", 1)),
    ("a round that nobody asked for", twice("rounds", 0, id="r9")),
    ("called off by nobody", row("rounds", 1, called_off_at="then")),
    ("not called off", row("rounds", 0, called_off_at=None)),
    ("another delivery", row("round_cycles", 1, cycle_id="d")),
    ("a transfer that leaves something", row("between", 3, cents=199)),
    ("one too many", twice("between", 3, id="t9")),
    ("called off, and standing", row("between", 0, stage="proposed")),
    ("received, and nobody said so", row("between", 3, stage="received")),
    ("a step that nobody made", twice("between_steps", 3, transfer_id="t3")),
    ("a step made twice", twice("between_steps", 3)),
    ("a step that was lost", gone("between_steps", 3)),
    ("steps of what is not there", twice("between_steps", 3, transfer_id="t9")),
    ("nobody was told", mails(lambda rows: rows.pop())),
    ("told last of what was called off", mails(lambda rows: rows.append(mail("r1_h3", 3, "sent", [300], [])))),
    ("the last word did not leave", mails(lambda rows: rows[8].update(state="superseded"))),
    ("told of nothing that is there", mails(lambda rows: rows.append(mail("r9_h3", 1, "sent", [300], [])))),
    ("ordering does not know what is owed to others", held(1, left_cents=0)),
    ("ordering does not know for whom it was paid", held(2, credit_cents=0)),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
def test_a_spoilt_advance_or_transfer_is_seen(spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert judged(told(), evidence)
