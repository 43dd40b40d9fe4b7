"""Does the checker see it? Linked sizes, a mixed crate, a join and a shelf as they should be, and ways to spoil it."""

import pytest

from tests.faults.checker import joins, judge
from tests.faults.checker.joins import REFUSED
from tests.faults.evidence import Evidence
from tests.faults.mill import NORTH, SOUTH, allocated, cost, event, evidence, history, placed
from tests.faults.test_checker import mail
from tests.faults.test_checker_of_closings import Spoil, every, without


def rules(found: Evidence) -> set[str]:
    return {violation.rule for violation in judge(history(), found)}


def test_a_good_end_of_two_cycles_is_good() -> None:
    assert judge(history(), evidence()) == []


def given(order: str, name: str, quantity: int) -> Spoil:
    """Ordering gives a line something else, and says so."""

    def spoil(found: Evidence) -> None:
        row = {"order_id": order, "product_id": name, "revision": 1}
        rows = found.of("ordering", "allocated")
        facts = {"cycle_id": SOUTH, "instead_of": "", "given_cents": cost({name: quantity})}
        rows[:] = [one for one in rows if not row.items() <= one.items()]
        rows.append(facts | row | {"given_thousandths": quantity})

    return spoil


def moved(**quantities: int) -> Spoil:
    """So much came to the south by the join, and its order says so."""

    def spoil(found: Evidence) -> None:
        lines = [{"article": {"product_id": p}, "quantity_thousandths": q} for p, q in quantities.items()]
        found.of("ordering", "outbox")[2]["body"]["lines"] = lines
        every("ordering", "lines", where={"order_id": "o3"}, quantity_thousandths=quantities["wheat1"])(found)

    return spoil


def moved_twice(found: Evidence) -> None:
    again = placed("o3", "the end of the north")
    again["body"]["version"] = 2
    found.of("ordering", "outbox").insert(3, again)


def said_to_be_refused(found: Evidence) -> None:
    for line in found.of("ordering", "outbox")[3]["body"]["lines"]:
        line["reason"] = {"fr": f"… où il {REFUSED}."}


def nowhere(found: Evidence) -> None:
    """Of goods of which there is enough."""
    for pool in found.pools:
        pool["available"] = None
    found.of("ordering", "outbox").pop(2)


WHEAT = {"cycle_id": SOUTH, "pool_id": "wheat"}
SPOILT: list[tuple[str, str, Spoil]] = [
    ("more of a pool sold than there is", "pool", lambda found: (
        every("ordering", "lines", where={"order_id": "o2", "product_id": "wheat5"}, quantity_thousandths=6000)(found),
        every("ordering", "pools", where=WHEAT, reserved_thousandths=33_000)(found))),
    ("more of a pool given than there is", "pool", given("o2", "wheat5", 6000)),
    ("a pool booked that nobody has", "pool", every("ordering", "pools", where=WHEAT, reserved_thousandths=9_000)),
    ("a pool of which less is booked than ordered", "pool", every(
        "ordering", "pools", where=WHEAT, reserved_thousandths=3_000)),
    ("a pool below zero", "pool", every("ordering", "pools", where=WHEAT, reserved_thousandths=-1_000)),
    ("a pool whose bound was forgotten", "pool", without("ordering", "pools", **WHEAT)),
    ("a pool with another bound", "pool", every("ordering", "pools", where=WHEAT, available_thousandths=40_000)),
    ("a bag that breaks a crate of all sizes", "whole cases", given("o2", "wheat5", 0)),
    ("a mixed crate that is not full", "whole cases", given("o2", "peas1", 3000)),
    ("less left over than there is", "surplus", given("o4", "wheat1", 1000)),
    ("a shelf that takes more than is left over", "surplus", lambda found: (
        given("o4", "wheat1", 12_000)(found), every(
            "ordering", "decisions", where={"cycle_id": SOUTH}, choice={"option": "surplus", "order_id": "o4",
            "product_id": "wheat1", "quantity_thousandths": 12_000, "cycle_id": ""})(found))),
    ("a shelf beside somebody who lacks something", "surplus", lambda found: (
        given("o4", "wheat1", 3000)(found), given("o3", "wheat1", 2000)(found))),
    ("what is left over at somebody who is no shelf", "surplus", every(
        "ordering", "orders", where={"id": "o4"}, household_id="marcel")),
    ("a decision for the shelf that is lost", "decision kept", without(
        "ordering", "decisions", cycle_id=SOUTH, subject="case:wheat")),
    ("a join that is lost though there was time", "decision kept", without(
        "ordering", "decisions", cycle_id=NORTH, subject="case:wheat")),
    ("another order joined than was decided", "decision kept", every(
        "ordering", "decisions", where={"cycle_id": NORTH, "subject": "case:wheat"}, choice={"option": "join",
        "order_id": "", "product_id": "", "quantity_thousandths": 0, "cycle_id": "east"})),
    ("what moved is here as well", "decision kept", lambda found: (
        given("o1", "wheat1", 3000)(found), every(
            "ordering", "allocated", where={"order_id": "o1", "product_id": "wheat1"}, cycle_id=NORTH)(found))),
    ("what moved came twice", "joined once", moved_twice),
    ("less came than moved", "joined once", moved(wheat1=2000)),
    ("something else came beside it", "joined once", moved(wheat1=3000, rye1=1000)),
    ("what moved is neither here nor there", "joined once", nowhere),
    ("what moved and was said to be refused", "joined once", said_to_be_refused),
    ("lines that moved and nobody decided it", "joined once", every(
        "ordering", "decisions", where={"cycle_id": NORTH, "subject": "case:wheat"}, choice={"option": "cancel",
        "order_id": "", "product_id": "", "quantity_thousandths": 0, "cycle_id": ""})),
    ("an order that came by a join and is gone", "order lost", without("ordering", "orders", id="o3")),
    ("an order that came by a join and was changed", "order as told", every(
        "ordering", "lines", where={"order_id": "o3"}, quantity_thousandths=4000)),
    ("what moved is on the list of the first order", "pick list", lambda found: found.of("logistics", "lists").append(
        found.of("logistics", "lists")[0] | {"id": "again", "cycle_id": NORTH})),
    ("what moved is not on the list of the other", "pick list", lambda found: found.of("logistics", "lists")[0][
        "content"]["lines"][0].update(quantity_thousandths=2000)),
    ("what moved is due in both", "amount due", lambda found: found.of("billing", "amounts").append(
        found.of("billing", "amounts")[1] | {"id": "again", "cycle_id": NORTH})),
    ("what moved is due in neither", "one amount due", without("billing", "amounts", id="amount-o3")),
    ("what moved was not confirmed there", "mails come", without(
        "notify", "messages", template="order_confirmation", about="o3")),
    ("what the shelf takes was never said", "one allocation", without(
        "ordering", "outbox", event_id="order.allocated-o4")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_end_is_seen(rule: str, spoil: Spoil) -> None:
    found = evidence()
    spoil(found)
    assert rule in rules(found)


def test_a_join_may_be_dropped_only_where_the_other_order_ended_first() -> None:
    found = evidence()
    every("ordering", "decisions", where={"cycle_id": NORTH, "subject": "case:wheat"}, choice=None)(found)
    assert "decision kept" in rules(found)
    ended = event("cycle.changed", {"id": SOUTH, "version": 2, "phase": "deciding"}, "before")
    found.of("ordering", "outbox").insert(0, ended)
    assert "decision kept" not in rules(found)


def test_what_was_scarce_there_may_have_been_refused_when_that_was_told() -> None:
    found = evidence()
    gone = allocated("o1", "the end of the north")
    for line in gone["body"]["lines"]:
        line["reason"] = {"fr": f"… où il {REFUSED}."}
    found.of("ordering", "outbox")[2:4] = [gone]
    assert "joined once" not in rules(found)


def taken_back(left: int) -> Evidence:
    """The north decides otherwise after its closing: of what moved to the south `left` thousandths stay there."""
    found = evidence()
    every("ordering", "decisions", where={"cycle_id": NORTH, "subject": "case:wheat"}, choice=None)(found)
    without_lines = placed("o3", "another mind") | {"subject": "cabas.ordering.order.withdrawn.v1.o3"}
    less = placed("o3", "another mind")
    less["body"]["lines"][0]["quantity_thousandths"] = left
    back = less if left else without_lines
    back["body"] |= {"version": 2} | ({"lines": []} if not left else {})
    found.of("ordering", "outbox").extend([event("cycle.revised", {"id": NORTH, "version": 9}, "another mind"), back])
    return found


def test_what_moved_may_be_taken_back_whole() -> None:
    assert "joined once" not in {violation.rule for violation in joins.check(history(), taken_back(0))}
    assert "joined once" in {violation.rule for violation in joins.check(history(), taken_back(1000))}


def test_whose_shelf_gets_nothing_any_more_is_told_so() -> None:
    found = evidence()
    without("ordering", "allocated", order_id="o4")(found)
    assert "mails true" in rules(found)
    found.of("notify", "messages").append(mail("order_withdrawn", "o4", {"order": {"version": 2}}, "hub"))
    assert "mails true" not in rules(found)
