"""Does the checker see it? A closing with decisions and a producer's answer, told by hand, and ways to spoil it.

Two households order jars in cases of six, seven in all: as it is, each gets three. Butter misses its minimum and is
cancelled. The dairy brings no milk; who asked for it agreed to something else and gets cream.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.checker import judge
from tests.faults.evidence import Evidence
from tests.faults.history import History
from tests.faults.test_checker import evidence as plain_evidence
from tests.faults.test_checker import history as plain_history
from tests.faults.test_checker import mail

ASKED = {
    "o3": {"jars": (4000, 1000, 0, False), "butter": (2000, 0, 0, False), "milk": (1000, 0, 0, True)},
    "o4": {"jars": (3000, 0, 0, False), "butter": (1000, 0, 0, False), "cream": (1000, 0, 0, False)},
}
CENTS = {"jars": 200, "butter": 300, "milk": 150, "cream": 250}
HOUSEHOLDS = {"o3": "h1", "o4": "h2"}
PEOPLE = {"o3": "josette", "o4": "marcel"}
FIRST = {"o3": {"jars": 3000, "butter": 0, "milk": 1000}, "o4": {"jars": 3000, "butter": 0, "cream": 1000}}
SECOND = {"o3": {"jars": 3000, "butter": 0, "milk": 0, "cream": 1000}, "o4": FIRST["o4"]}
ALL_THERE = {"jars": 6000, "milk": 1000, "cream": 1000}
NO_MILK = ALL_THERE | {"milk": 0}
DEPOSIT = 45
"""On a jar."""


def product(name: str) -> dict[str, Any]:
    facts = {"id": name, "producer_id": "dairy", "name": {"fr": name}, "unit": "piece", "content_thousandths": None}
    jars = {"case_thousandths": 6000, "deposit_cents": DEPOSIT} if name == "jars" else {}
    return facts | {"price_cents": CENTS[name], "price_basis": "unit"} | jars


def cost(lines: dict[str, int]) -> int:
    return sum(CENTS[name] * quantity // 1000 for name, quantity in lines.items())


def history() -> History:
    told = plain_history()

    def note(t: float, kind: str, **facts: Any) -> None:
        told.note(kind, **facts)["t"] = t

    def choice(t: float, n: int, subject: str, option: str | None, status: int) -> None:
        facts = {"subject": subject, "option": option, "order_id": "", "product_id": "", "quantity": 0}
        note(t, "choice", n=n, cycle_id="d", **facts)
        note(t + 0.1, "outcome", n=n, status=status, detail="")

    def reply(t: float, n: int, lines: dict[str, int]) -> None:
        to = {"cycle_id": "d", "producer_id": "dairy", "list_id": "list-dairy", "revision": 1, "seen": 1}
        note(t, "reply", n=n, **to, lines=lines, instead={"milk": "cream"})

    note(0, "cycle", number=1, id="d", offered=dict.fromkeys(CENTS), closes_at=9.0, by_hour=False)
    for n, order in enumerate(ASKED, start=11):
        wanted = {name: line[0] for name, line in ASKED[order].items()}
        terms = {name: list(line[1:]) for name, line in ASKED[order].items() if any(line[1:])}
        sent = {"cycle_id": "d", "household_id": HOUSEHOLDS[order], "wanted": wanted, "terms": terms, "base": 0}
        note(1, "request", n=n, client=0, **sent)
        note(1.1, "answer", n=n, status=200, version=1, state="placed", gross_cents=cost(wanted), detail="")
    note(8, "closed", cycle_id="d")
    choice(8.1, 13, "minimum:pool:butter", "as_it_is", 200)
    choice(8.3, 14, "minimum:pool:butter", None, 200)
    choice(8.5, 15, "minimum:pool:butter", "cancel", 200)
    choice(8.7, 16, "case:jars", "cancel", 409)
    reply(9.5, 17, NO_MILK)
    reply(9.5, 18, ALL_THERE)
    note(9.6, "outcome", n=18, status=409, detail="")
    note(9.7, "outcome", n=17, status=303, detail="")
    return told


def allocated(order: str, version: int, gets: dict[str, int]) -> dict[str, Any]:
    lines = []
    for name, quantity in gets.items():
        asked, tolerance, *_ = ASKED[order].get(name, (0, 0))
        line = {"article": {"product_id": name}, "asked_thousandths": asked, "tolerance_thousandths": tolerance}
        line |= {"quantity_thousandths": quantity, "gross_cents": cost({name: quantity})}
        line |= {"reason": {"fr": "…"} if quantity != asked else None, "instead_of": "" if asked else "milk"}
        lines.append(line)
    return {
        "event_id": f"{order}-{version}",
        "subject": f"cabas.ordering.order.allocated.v1.{order}",
        "headers": {"cabas-causation": "", "cabas-version": str(version)},
        "body": {"id": order, "version": version, "cycle_id": "d", "household_id": HOUSEHOLDS[order], "lines": lines},
        "published_at": "then",
    }


def placed(order: str) -> dict[str, Any]:
    lines = [
        {"article": {"product_id": name}, "quantity_thousandths": firm, "tolerance_thousandths": tolerance}
        | {"least_thousandths": least, "substitute": substitute}
        for name, (firm, tolerance, least, substitute) in ASKED[order].items()
    ]
    said = allocated(order, 1, {})
    return said | {
        "subject": f"cabas.ordering.order.placed.v1.{order}",
        "body": said["body"] | {"lines": lines},
    }


def differences(order: str, revision: int, gets: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    for name, quantity in gets.items():
        asked = ASKED[order].get(name, (0,))[0]
        if quantity != asked:
            row = {"order_id": order, "product_id": name, "revision": revision, "cycle_id": "d", "reason": {"fr": "…"}}
            given = {"given_thousandths": quantity, "given_cents": cost({name: quantity})}
            rows.append(row | given | {"instead_of": "" if asked else "milk"})
    return rows


def answered() -> list[dict[str, Any]]:
    return [
        {"product_id": name, "asked_thousandths": ALL_THERE[name], "deliverable_thousandths": can}
        for name, can in NO_MILK.items()
    ]


def evidence() -> Evidence:
    found = plain_evidence()
    rows = found.rows
    versions = {"o3": 3, "o4": 2}
    copies: list[dict[str, Any]] = [
        {"id": order, "version": version, "cycle_id": "d", "state": "placed"} for order, version in versions.items()
    ]
    products = [{"id": name, "version": 1} for name in CENTS]
    quantity = sum(sum(gets.values()) for gets in SECOND.values())
    gross = sum(cost(gets) for gets in SECOND.values())
    manifest = {"orders": 2, "quantity_thousandths": quantity, "gross_cents": gross}
    own: dict[str, dict[str, list[dict[str, Any]]]] = {
        "catalog": {"products": products},
        "ordering": {
            "cycles": [{"id": "d", "version": 4, "state": "closed", "revision": 2, "manifest": manifest}],
            "orders": [
                copy
                | {"household_id": HOUSEHOLDS[copy["id"]], "group_id": "g"}
                | {"gross_cents": cost(SECOND[copy["id"]])}
                for copy in copies
            ],
            "lines": [
                {"order_id": order, "product_id": name, "quantity_thousandths": firm, "gross_cents": cost({name: firm})}
                | {"tolerance_thousandths": tolerance, "least_thousandths": least, "substitute": int(substitute)}
                for order, lines in ASKED.items()
                for name, (firm, tolerance, least, substitute) in lines.items()
            ],
            "offers": [
                {"cycle_id": "d", "product_id": name, "producer_id": "dairy", "available_thousandths": None}
                | {"reserved_thousandths": 0}
                for name in CENTS
            ],
            "products": products,
            "allocated": [
                row
                for revision, gives in ((1, FIRST), (2, SECOND))
                for order, gets in gives.items()
                for row in differences(order, revision, gets)
            ],
            "decisions": [
                {"cycle_id": "d", "subject": "case:jars", "choice": None},
                {"cycle_id": "d", "subject": "minimum:pool:butter", "choice": {"option": "cancel", "order_id": "",
                 "product_id": "", "quantity_thousandths": 0}},
            ],
            "answers": [
                {"cycle_id": "d", "producer_id": "dairy", "list_id": "list-dairy", "version": 2, "list_revision": 1}
                | {"base_revision": 1, "answer": answered()}
            ],
            "outbox": [
                placed("o3"), placed("o4"),
                allocated("o3", 2, FIRST["o3"]), allocated("o4", 2, FIRST["o4"]), allocated("o3", 3, SECOND["o3"]),
            ],
        },
        "logistics": {
            "cycles": [{"id": "d", "version": 4, "issued_at": "then", "disagreement": None, "issued_revision": 2}],
            "orders": copies,
            "answers": [{"list_id": "list-dairy", "version": 2, "cycle_id": "d", "revision": 1, "answer": answered()}],
            "lists": [pick_list()],
        },
        "billing": {
            "cycles": [{"id": "d", "version": 4, "state": "computed", "revision": 2}],
            "orders": copies,
            "amounts": [due(order) for order in ASKED],
            "dues": [
                {"cycle_id": "d", "group_id": "g", "producer_id": "dairy", "cheques": 2, "gross_cents": gross}
                | {"deposit_cents": 6 * DEPOSIT}
            ],
        },
        "notify": {
            "cycles": [{"id": "d", "version": 4}],
            "orders": copies,
            "messages": [
                mail("pick_list", "list-dairy", {"version": 3}, "dairy"),
                *(mail("order_confirmation", o, {"order": {"version": 1}}, who) for o, who in PEOPLE.items()),
                told_of("o3", 2, FIRST["o3"]), told_of("o4", 2, FIRST["o4"]), told_of("o3", 3, SECOND["o3"]),
            ],
        },
    }  # fmt: skip
    for service, questions in own.items():
        for question, its in questions.items():
            rows[service][question] = [*rows[service][question], *its]
    # Through JSON: what several services hold must be spoilt in one alone.
    return Evidence(json.loads(json.dumps(rows)), [*found.products, *map(product, CENTS)], found.bags)


def told_of(order: str, version: int, gets: dict[str, int]) -> dict[str, Any]:
    sent = mail("order_allocated", order, {"order": allocated(order, version, gets)["body"]}, PEOPLE[order])
    return sent | {"id": f"{sent['id']}-{version}"}


def pick_list() -> dict[str, Any]:
    lines = []
    for name in ("jars", "cream"):
        shares = {HOUSEHOLDS[order]: gets[name] for order, gets in SECOND.items() if gets.get(name)}
        households = [{"household_id": who, "quantity_thousandths": quantity} for who, quantity in shares.items()]
        quantity = sum(shares.values())
        line: dict[str, Any] = {"article": {"product_id": name}, "quantity_thousandths": quantity}
        line["gross_cents"] = cost({name: quantity})
        split = {"group_id": "g", "quantity_thousandths": quantity, "households": households}
        lines.append(line | {"splits": [split]})
    totals = {total: sum(line[total] for line in lines) for total in ("quantity_thousandths", "gross_cents")}
    head = {"id": "list-dairy", "version": 3, "cycle_id": "d", "producer_id": "dairy"}
    return head | totals | {"content": {"lines": lines}}


def due(order: str) -> dict[str, Any]:
    gets = {name: quantity for name, quantity in SECOND[order].items() if quantity}
    lines = [
        {"name_fr": name, "unit": "piece", "quantity_thousandths": quantity, "gross_cents": cost({name: quantity})}
        for name, quantity in gets.items()
    ]
    sums = {"gross_cents": cost(gets), "deposit_cents": 3 * DEPOSIT}
    cheque = {"producer_id": "dairy", "lines": lines, "vat": [{"gross_cents": cost(gets)}]} | sums
    head = {"id": f"amount-{order}", "cycle_id": "d", "household_id": HOUSEHOLDS[order], "group_id": "g"}
    return head | sums | {"quantity_thousandths": sum(gets.values()), "cheques": [cheque]}


def rules(told: History, found: Evidence) -> set[str]:
    return {violation.rule for violation in judge(told, found)}


def test_a_good_closing_is_good() -> None:
    assert judge(history(), evidence()) == []


Spoil = Callable[[Evidence], object]


def every(service: str, question: str, *, where: dict[str, Any], **changes: Any) -> Spoil:
    """Change all rows that are so."""

    def spoil(found: Evidence) -> None:
        rows = [row for row in found.of(service, question) if where.items() <= row.items()]
        assert rows, "nothing is spoilt"
        for row in rows:
            row.update(changes)

    return spoil


def without(service: str, question: str, **where: Any) -> Spoil:
    def spoil(found: Evidence) -> None:
        rows = found.of(service, question)
        kept = [row for row in rows if not where.items() <= row.items()]
        assert len(kept) < len(rows), "nothing is spoilt"
        rows[:] = kept

    return spoil


def given_instead(order: str, name: str, quantity: int) -> Spoil:
    """Ordering gives a line something else in the newest revision, and says so to everybody."""

    def spoil(found: Evidence) -> None:
        row = {"order_id": order, "product_id": name, "revision": 2}
        rows = found.of("ordering", "allocated")
        facts = next((one for one in rows if row.items() <= one.items()), {"cycle_id": "d", "instead_of": ""})
        rows[:] = [*(one for one in rows if one is not facts), facts | row | {"given_thousandths": quantity}]
        for event in found.of("ordering", "outbox"):
            for line in event["body"].get("lines", ()):
                newest = event["body"]["id"] == order and event["body"]["version"] == (3 if order == "o3" else 2)
                if newest and line["article"]["product_id"] == name:
                    line.update(quantity_thousandths=quantity, gross_cents=cost({name: quantity}))

    return spoil


def last_word(**changes: Any) -> Spoil:
    """Of what order o3 gets: of its jars."""
    return lambda found: found.of("ordering", "outbox")[-1]["body"]["lines"][0].update(changes)


def said_again_otherwise(found: Evidence) -> None:
    found.of("ordering", "outbox").append(allocated("o3", 3, SECOND["o3"] | {"jars": 2000}))


def decided(option: str | None) -> Spoil:
    choice = {"option": option, "order_id": "", "product_id": "", "quantity_thousandths": 0} if option else None
    return every("ordering", "decisions", where={"subject": "minimum:pool:butter"}, choice=choice)


def brought(name: str, can: int) -> Spoil:
    """The producer said otherwise, and all have heard it."""

    def spoil(found: Evidence) -> None:
        for service in ("ordering", "logistics"):
            for line in found.of(service, "answers")[0]["answer"]:
                if line["product_id"] == name:
                    line["deliverable_thousandths"] = can

    return spoil


MILK = {"order_id": "o3", "product_id": "milk"}
O3, O3_MAILS = {"id": "o3"}, {"template": "order_allocated", "about": "o3"}
SPOILT: list[tuple[str, str, Spoil]] = [
    ("an order that gets something else and was not told", "one allocation", without(
        "ordering", "outbox", event_id="o4-2", subject="cabas.ordering.order.allocated.v1.o4")),
    ("an order that was told of something else than it gets", "one allocation", last_word(quantity_thousandths=2000)),
    ("an order that was told it asked something else", "one allocation", last_word(asked_thousandths=3000)),
    ("less than asked, and no reason", "one allocation", last_word(reason=None)),
    ("two allocations of one version", "said once", said_again_otherwise),
    ("a line said at a price that is not the price", "price", last_word(gross_cents=601)),
    ("more than asked and accepted", "only what was agreed", given_instead("o3", "jars", 6000)),
    ("less than nothing", "only what was agreed", given_instead("o3", "jars", -1000)),
    ("something instead that nobody agreed to", "only what was agreed", every(
        "ordering", "lines", where=MILK, substitute=0)),
    ("more instead than was lacking", "only what was agreed", given_instead("o3", "cream", 2000)),
    ("less of it than the least that is wanted", "only what was agreed", every(
        "ordering", "lines", where={"order_id": "o3", "product_id": "jars"}, least_thousandths=4000)),
    ("part of a case", "whole cases", given_instead("o4", "jars", 2000)),
    ("a case too few", "whole cases", lambda found: (
        given_instead("o3", "jars", 0)(found), given_instead("o4", "jars", 0)(found))),
    ("more given than there is", "stock", every(
        "ordering", "offers", where={"cycle_id": "d", "product_id": "jars"}, available_thousandths=5000)),
    ("less, and no cause", "nothing without a cause", every(
        "ordering", "allocated", where=MILK, product_id="cream", order_id="o4", instead_of="")),
    ("an acknowledged decision that is lost", "decision kept", decided(None)),
    ("another decision than was acknowledged", "decision kept", decided("as_it_is")),
    ("a decision nobody made", "decision kept", every(
        "ordering", "decisions", where={"subject": "case:jars"}, choice={"option": "as_it_is", "order_id": "",
        "product_id": "", "quantity_thousandths": 0})),
    ("goods that are cancelled and come all the same", "decision kept", given_instead("o4", "butter", 1000)),
    ("an acknowledged answer that is lost", "answer kept", without("logistics", "answers", list_id="list-dairy")),
    ("an answer nobody gave", "answer kept", brought("cream", 0)),
    ("an answer ordering did not hear", "answer heard", without("ordering", "answers", list_id="list-dairy")),
    ("an old answer at ordering", "answer heard", every("ordering", "answers", where={}, version=1)),
    ("more than the producer brings", "brought as said", brought("jars", 3000)),
    ("less than the producer brings", "brought as said", given_instead("o4", "jars", 2000)),
    ("old lists after a revision", "pick lists come", every(
        "logistics", "cycles", where={"id": "d"}, issued_revision=1)),
    ("old amounts after a revision", "amounts come", every("billing", "cycles", where={"id": "d"}, revision=1)),
    ("a list with what is cancelled", "pick list", lambda found: found.of("logistics", "lists")[-1]["content"][
        "lines"].append(found.of("logistics", "lists")[0]["content"]["lines"][0])),
    ("a cheque without its deposits", "amount due", lambda found: (
        found.of("billing", "amounts")[-1]["cheques"][0].update(deposit_cents=0))),
    ("an amount without its deposits", "amount due", every(
        "billing", "amounts", where={"id": "amount-o3"}, deposit_cents=0)),
    ("a group's deposits counted wrongly", "dues", every(
        "billing", "dues", where={"producer_id": "dairy"}, deposit_cents=1)),
    ("an old copy of what is given", "copies", every("billing", "orders", where=O3, version=2)),
    ("a shortage nobody was told of", "mails come", without(
        "notify", "messages", template="order_allocated", about="o4")),
    ("a shortage whose last state was not told", "mails true", without(
        "notify", "messages", id="order_allocated-o3-josette-3")),
    ("a shortage told twice", "one mail", lambda found: found.of("notify", "messages").append(
        told_of("o4", 3, FIRST["o4"]))),
    ("a mail about a state that is not", "mails true", lambda found: found.of("notify", "messages").append(
        told_of("o4", 3, FIRST["o4"] | {"jars": 1000}))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_closing_is_seen(rule: str, spoil: Spoil) -> None:
    found = evidence()
    spoil(found)
    assert rule in rules(history(), found)


def entry(kind: str, n: int, **changes: Any) -> Callable[[History], object]:
    return lambda told: next(one for one in told.of(kind) if one["n"] == n).update(changes)


def extended(told: History) -> None:
    """A coordinator was told that the cycle is open again, after all decisions."""
    told.note("extension", n=30, cycle_id="d")["t"] = 8.95
    told.note("outcome", n=30, status=303, detail="")["t"] = 8.96


TOLD: list[tuple[str, str, Callable[[History], object]]] = [
    ("two answers to one list, both taken", "one answer", entry("outcome", 18, status=303)),
    ("an answer that was refused and taken", "answer kept", entry("outcome", 17, status=409)),
    ("a later decision", "decision kept", lambda told: (
        entry("outcome", 16, status=200)(told), entry("choice", 16, subject="minimum:pool:butter", option=None)(told))),
    ("decisions that outlive an extension", "decision kept", extended),
    ("a decision that was not understood", "requests understood", entry("outcome", 14, status=422)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in TOLD])
def test_what_deciders_and_producers_were_told_is_held_against_it(
    rule: str, spoil: Callable[[History], object]
) -> None:
    told = history()
    spoil(told)
    assert rule in rules(told, evidence())


def test_a_decision_without_an_answer_was_made_or_not() -> None:
    told = history()
    told.entries = [one for one in told.entries if one["kind"] != "outcome" or one["n"] != 15]
    assert judge(told, evidence()) == []
    found = evidence()
    decided(None)(found)
    assert "decision kept" not in rules(told, found)
