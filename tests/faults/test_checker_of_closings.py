"""Does the checker see it? A good closing with decisions and a producer's answer, and ways to spoil it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.checker import judge
from tests.faults.dairy import FIRST, SECOND, allocated, cost, evidence, history, told_of
from tests.faults.evidence import Evidence
from tests.faults.history import History


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
