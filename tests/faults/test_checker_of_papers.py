"""The checker of accounts that were rendered sees what is wrong: each rule is shown a run in which it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import papers
from tests.faults.evidence import Evidence
from tests.faults.history import History


def told() -> History:
    """A baker's account closed twice, the second time with all that were due; a grower's that was refused first, and
    then closed by somebody of whom nobody knows."""
    history = History()
    answered = {2: 303, 3: 422, 4: 303, 5: 422}
    history.note("account", n=1, producer_id="baker", until="2026-11-24")
    history.note("account", n=2, producer_id="baker", until="2026-11-24")
    history.note("account", n=3, producer_id="baker", until="2026-11-23")
    history.note("accounts", n=4, producer_ids=["baker"])
    history.note("account", n=5, producer_id="grower", until="2026-11-20")
    history.note("account", n=6, producer_id="grower", until="2026-11-25")
    for n, status in answered.items():
        history.note("outcome", n=n, status=status, detail="")
    return history


def figures(opening: int, sold: int, commission: int, paid: int, number: str = "", **standing: int) -> dict[str, Any]:
    closing = opening + sold - commission - paid
    sums = {"opening_cents": opening, "sold_cents": sold, "commission_cents": commission, "paid_cents": paid}
    return sums | {"other_cents": 0, "closing_cents": closing, "commission_number": number, "standing": standing}


def account(name: str, producer: str, days: tuple[str, str], entries: tuple[int, int], said: Any) -> dict[str, Any]:
    row = {"id": name, "kind": "rendering", "producer_id": producer, "rendering_id": name, "number": f"R-{name}"}
    row |= {"since": days[0], "until": days[1], "after": entries[0], "last": entries[1], "figures": said}
    return row | {"last_hash": f"{producer}-{entries[1]}"}


def moved(book: str, number: int, debit: str, credit: str, cents: int) -> dict[str, Any]:
    return {"book": book, "number": number, "debit": debit, "credit": credit, "cents": cents}


def found() -> Evidence:
    first = account("p1", "baker", ("2026-11-20", "2026-11-24"), (0, 2), figures(0, 900, 60, 0, "C-1", household=840))
    first["figures"]["standing"] = {"household": 900, "third_party": -60, "supplier": 0}
    second = account("p2", "baker", ("2026-11-25", "2026-11-30"), (2, 3), figures(840, 0, 0, 400))
    second["figures"]["standing"] = {"household": 500, "third_party": -60}
    third = account("p3", "grower", ("2026-11-20", "2026-11-25"), (0, 1), figures(0, 70, 0, 0, household=70))
    commission = {"id": "p4", "kind": "commission_invoice", "rendering_id": "p1", "number": "C-1", "last": 2}
    rows = {
        "papers": [first, second, third, commission | {"producer_id": "baker", "figures": {}}],
        "entries": [
            {"book": book, "number": number, "hash": f"{book}-{number}"}
            for book, last in (("baker", 4), ("grower", 1))
            for number in range(1, last + 1)
        ],
        "movements": [
            moved("baker", 1, "household", "sales", 900),
            moved("baker", 2, "commission_paid", "third_party", 60),
            moved("baker", 3, "bank", "household", 400),
            moved("baker", 4, "household", "sales", 50),
            moved("grower", 1, "household", "sales", 70),
        ],
    }
    messages = [{"template": "account_rendered", "about": each} for each in ("p1", "p2", "p3")]
    return Evidence({"billing": deepcopy(rows), "notify": {"messages": messages}})


def judged(history: History, evidence: Evidence) -> list[str]:
    return [str(violation) for violation in papers.check(history, evidence)]


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == []


Spoil = Callable[[Evidence], object]


def row(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question)[place].update(changes)


def said(place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", "papers")[place]["figures"].update(changes)


def gone(question: str, place: int) -> Spoil:
    return lambda evidence: evidence.of("billing", question).pop(place)


def twice(question: str, place: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[place] | changes)


def mails(spoil: Callable[[list[Any]], object]) -> Spoil:
    return lambda evidence: spoil(evidence.of("notify", "messages"))


SPOILT: list[tuple[str, Spoil]] = [
    ("an acknowledged account that is lost", gone("papers", 0)),
    ("closed up to another day", row("papers", 0, until="2026-11-23")),
    ("closed by nobody", row("papers", 2, until="2026-11-20")),
    ("rendered twice", twice("papers", 1, id="p9")),
    ("entries left out", row("papers", 1, after=1)),
    ("days rendered twice", row("papers", 1, since="2026-11-24")),
    ("beyond the book", row("papers", 2, last=9)),
    ("an entry that is another by now", row("entries", 1, hash="x")),
    ("another opening", said(1, opening_cents=841)),
    ("sums that do not add up", said(1, paid_cents=399)),
    ("another standing", said(1, standing={"household": 440})),
    ("what was booked since", row("movements", 2, number=4)),
    ("a commission that is not there", gone("papers", 3)),
    ("a commission that nothing names", said(0, commission_number="")),
    ("a commission of no account", row("papers", 3, rendering_id="p8")),
    ("nobody was told", mails(lambda rows: rows.pop(0))),
    ("told twice", mails(lambda rows: rows.append(rows[0]))),
]


@pytest.mark.parametrize("spoil", [pytest.param(spoil, id=name) for name, spoil in SPOILT])
def test_a_spoilt_account_is_seen(spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert judged(told(), evidence)
