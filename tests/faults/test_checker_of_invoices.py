"""The checkers of invoices, claims, fees and the chain see what is wrong: each rule is shown where it is broken."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import chains, claims, fees, invoices
from tests.faults.evidence import Evidence
from tests.faults.history import History

CLAIM = {"id": "c1", "cycle_id": "w", "household_id": "h1", "product_id": "bread", "spoiled": 1000}


def told() -> History:
    """The last invoices of a cycle are drawn; a claim was accepted, one withdrawn, one of which nobody knows."""
    history = History()
    second, third = CLAIM | {"id": "c2", "spoiled": 500}, CLAIM | {"id": "c3"}
    said: list[tuple[str, int | None, dict[str, Any]]] = [
        ("invoicing", 303, {"cycle_id": "w", "last": False}),
        ("claim", None, CLAIM),
        ("claim", 303, CLAIM),
        ("claim step", 303, {"id": "c1", "do": "accept"}),
        ("claim step", 409, {"id": "c1", "do": "refuse"}),
        ("claim", 303, second),
        ("claim step", None, {"id": "c2", "do": "withdraw"}),
        ("claim", None, third),
        ("claim", 422, CLAIM | {"id": "c4"}),
        ("fee", None, {"id": "f", "name": "Port", "cents": 100, "seen": 0}),
        ("fee", 303, {"id": "f", "name": "Port", "cents": 100, "seen": 0}),
        ("fee", 409, {"id": "f", "name": "Porto", "cents": 120, "seen": 0}),
        ("fee", None, {"id": "f", "name": "Porte", "cents": 130, "seen": 1}),
        ("invoicing", 303, {"cycle_id": "w", "last": True}),
    ]
    for n, (kind, status, what) in enumerate(said, 1):
        history.note(kind, n=n, **what)
        if status is not None:
            history.note("outcome", n=n, status=status, detail="")
    return history


def figures(gross: int, deposit: int, stands: tuple[int, int], *corrects: str) -> dict[str, Any]:
    stand = {"lines": [], "rates": [[550, 0, 0, stands[0]]], "deposit_cents": stands[1]}
    rates = {"rates": [[550, 0, 0, gross]], "deposit_cents": deposit}
    return rates | {"stands": stand, "corrects": [[each, "then"] for each in corrects]}


def invoice(place: int, kind: str, household: str, step: int, what: dict[str, Any]) -> dict[str, Any]:
    row = {"series": "H01-P001-2026", "place": place, "number": f"H01-P001-2026-{place:05d}", "kind": kind}
    row |= {"seller_id": "baker", "household_id": household, "cycle_id": "w", "step": step}
    return row | {"figures": what}


def entry(number: int, before: str, cents: int, at: str) -> tuple[dict[str, Any], dict[str, Any]]:
    row: dict[str, Any] = dict.fromkeys(chains.SAYS, "") | {"book": "baker", "number": number, "posted_at": at}
    row |= {"booked_on": "2026-11-23", "rule_version": 1, "revision": 1, "counters": None}
    moved = {"book": "baker", "number": number, "place": 1, "debit": "household", "debit_of": "h1", "credit": "sales"}
    moved |= {"credit_of": "", "cents": cents, "rate_hundredths": 550}
    return row | {"hash": chains.linked(before, row, [moved])}, moved


def found() -> Evidence:
    one, moved = entry(1, chains.BEGINS, 1000, "2026-11-23 18:00:00.5")
    two, after = entry(2, one["hash"], 200, "2026-11-23 19:00:01.000000+00:00")
    rows = {
        "invoices": [
            invoice(1, "sales_invoice", "h1", 1, figures(1000, 50, (1000, 50))),
            invoice(2, "sales_invoice", "h2", 1, figures(700, 0, (700, 0))),
            invoice(3, "credit_note", "h1", 2, figures(-200, 0, (800, 50), "H01-P001-2026-00001")),
        ],
        "series": [{"id": "H01-P001-2026", "papers": 3}, {"id": "H01-P001-R-2026", "papers": 1}],
        "papers": [{"series": "H01-P001-R-2026", "place": 1, "number": "H01-P001-R-2026-00001"}],
        "amounts": [
            {"cycle_id": "w", "household_id": "h1", "cheques": [_cheque(800, 50)]},
            {"cycle_id": "w", "household_id": "h2", "cheques": [_cheque(700, 0)]},
        ],
        "claims": [
            CLAIM | {"state": "accepted"},
            CLAIM | {"id": "c2", "spoiled": 500, "state": "withdrawn"},
        ],
        "claim_steps": [
            {"claim_id": "c1", "what": "claimed"},
            {"claim_id": "c1", "what": "accept"},
            {"claim_id": "c2", "what": "claimed"},
            {"claim_id": "c2", "what": "withdraw"},
        ],
        "entries": [one, two],
        "movements": [moved, after],
        "heads": [{"id": "baker", "hash": two["hash"]}],
    }
    rows["fees"] = [
        # Who set it is not told of: what the hub began with.
        {"id": "first", "version": 1, "name": "Glace", "cents": 50},
        {"id": "f", "version": 1, "name": "Port", "cents": 100},
        {"id": "f", "version": 2, "name": "Porte", "cents": 130},
    ]
    heard = [{"id": one["id"], "version": one["version"], "said": one} for one in rows["fees"]]
    mails = [("c1", "open"), ("c1", "accepted"), ("c2", "open"), ("c2", "withdrawn")]
    messages = [{"template": "claim", "about": about, "facts": {"state": state}} for about, state in mails]
    rest = {"ordering": {"fees": deepcopy(heard)}, "notify": {"messages": messages}}
    return Evidence({"billing": deepcopy(rows), **rest}, agent_of="baker")


def _cheque(gross: int, deposit: int) -> dict[str, Any]:
    return {"producer_id": "baker", "gross_cents": gross, "deposit_cents": deposit}


def judged(history: History, evidence: Evidence) -> set[str]:
    checks = (invoices.check, claims.check, chains.check, fees.check)
    return {violation.rule for check in checks for violation in check(history, evidence)}


def test_a_good_run_is_good() -> None:
    assert judged(told(), found()) == set()


def test_what_is_not_invoiced_for_the_last_time_may_lack_something() -> None:
    evidence = found()
    evidence.of("billing", "amounts")[1]["cheques"][0]["gross_cents"] = 650
    history = History()
    history.entries = [one for one in told().entries if not one.get("last")]
    assert judged(history, evidence) == set()
    assert judged(told(), evidence) == {"invoice"}


def test_a_claim_and_an_answer_of_which_nobody_knows_may_be_there_or_not() -> None:
    evidence = found()
    evidence.of("billing", "claims")[1]["state"] = "open"
    evidence.of("billing", "claim_steps").pop(3)
    evidence.of("billing", "claims").append(evidence.of("billing", "claims")[0] | {"id": "c3", "state": "open"})
    evidence.of("billing", "claim_steps").append({"claim_id": "c3", "what": "claimed"})
    mail = {"template": "claim", "about": "c3", "facts": {"state": "open"}}
    evidence.of("notify", "messages").append(mail)
    assert judged(told(), evidence) == set()


def test_what_is_accepted_is_taken_off() -> None:
    assert claims.taken_off(found()) == {("w", "h1", "bread"): 1000}


Spoil = Callable[[Evidence], object]


def row(question: str, at: int, service: str = "billing", **changes: Any) -> Spoil:
    return lambda evidence: evidence.of(service, question)[at].update(changes)


def gone(question: str, place: int, service: str = "billing") -> Spoil:
    return lambda evidence: evidence.of(service, question).pop(place)


def twice(question: str, at: int, **changes: Any) -> Spoil:
    return lambda evidence: evidence.of("billing", question).append(evidence.of("billing", question)[at] | changes)


SPOILT: list[tuple[str, str, Spoil]] = [
    ("an invoice that is not there", "invoice", gone("invoices", 1)),
    ("a gap that its series counts", "invoice", row("series", 0, papers=4)),
    ("a gap in the accounts of a producer", "invoice", row("papers", 0, place=2)),
    ("two invoices on one place", "invoice", row("invoices", 1, place=1, number="H01-P001-2026-00001")),
    ("a number of another place", "invoice", row("invoices", 1, number="H01-P001-2026-00009")),
    ("an invoice of a sale twice", "invoice", twice("invoices", 1, place=4, number="H01-P001-2026-00004")),
    ("a difference that corrects nothing", "invoice", row("invoices", 2, step=1)),
    ("a correction that is called an invoice", "invoice", row("invoices", 2, kind="sales_invoice")),
    ("a credit note that says another sum", "invoice", row("invoices", 2, figures=figures(-201, 0, (800, 50), "x"))),
    (
        "a correction that forgets what it corrects",
        "invoice",
        row("invoices", 2, figures=figures(-200, 0, (800, 50))),
    ),
    ("a difference that is not invoiced", "invoice", row("amounts", 1, cheques=[_cheque(650, 0)])),
    ("a sale that is not invoiced", "invoice", twice("amounts", 1, household_id="h3")),
    ("an invoice in the name of who did not ask", "invoice", row("invoices", 1, seller_id="grower")),
    ("a claim that is not there", "claim", gone("claims", 0)),
    ("a claim that nobody made", "claim", twice("claims", 0, id="c9")),
    ("a claim that was not taken", "claim", twice("claims", 0, id="c4")),
    ("more spoiled than was typed in", "claim", row("claims", 0, spoiled=1001)),
    ("another household's claim", "claim", row("claims", 0, household_id="h2")),
    ("an answer that was lost", "claim", row("claims", 0, state="open")),
    ("an answer that overtook the first", "claim", row("claims", 0, state="refused")),
    ("an answer taken twice", "claim", twice("claim_steps", 1)),
    ("an answer that nobody gave", "claim", twice("claim_steps", 1, what="refuse")),
    ("a claim without its beginning", "claim", gone("claim_steps", 0)),
    ("an answer that nobody read", "claim told", gone("messages", 1, "notify")),
    ("mails of a claim that there is not", "claim told", row("messages", 0, "notify", about="c9")),
    ("a version of a fee that was lost", "fee", gone("fees", 1)),
    ("a fee of another sum than was set", "fee", row("fees", 1, cents=101)),
    ("a version that was refused", "fee", row("fees", 1, name="Porto", cents=120)),
    ("a version that nobody set", "fee", twice("fees", 1, version=3)),
    ("a fee that ordering did not hear of", "fee", gone("fees", 0, "ordering")),
    (
        "a fee that ordering tells otherwise",
        "fee",
        row("fees", 0, "ordering", said={"id": "first", "version": 1, "name": "Glace", "cents": 51}),
    ),
    ("another sum in an entry", "chain", row("movements", 0, cents=1001)),
    ("another household in an entry", "chain", row("movements", 0, debit_of="h2")),
    ("another day", "chain", row("entries", 0, booked_on="2026-11-22")),
    ("another hour", "chain", row("entries", 1, posted_at="2026-11-23 19:00:02+00:00")),
    ("an entry that is gone", "chain", gone("entries", 0)),
    ("a last entry that is gone", "chain", lambda evidence: [evidence.of("billing", each).pop() for each in ENDS]),
    ("a movement that is gone", "chain", gone("movements", 1)),
    ("a movement more", "chain", twice("movements", 1, place=2)),
    ("a movement of no entry", "chain", twice("movements", 1, number=3)),
    ("a head that says something else", "chain", row("heads", 0, hash="f" * 64)),
    ("a book that has no head", "chain", gone("heads", 0)),
]
ENDS = ("entries", "movements")


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_end_is_seen(rule: str, spoil: Spoil) -> None:
    evidence = found()
    spoil(evidence)
    assert rule in judged(told(), evidence)
