"""Does the checker see it? A good run, told by hand, and every way in which it can be spoilt."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.faults.checker import judge
from tests.faults.checker.books import balances_as, booked_as
from tests.faults.evidence import Evidence
from tests.faults.history import History

BREAD = {
    "id": "bread",
    "producer_id": "baker",
    "name": {"fr": "Pain"},
    "unit": "piece",
    "price_cents": 340,
    "price_basis": "unit",
    "content_thousandths": 500,
}
ORANGES = {
    "id": "oranges",
    "producer_id": "grower",
    "name": {"fr": "Oranges"},
    "unit": "piece",
    "price_cents": 215,
    "price_basis": "content",
    "content_thousandths": 1010,
}
POISON = "cabas.ordering.order.exploded.v1.x"


def history() -> History:
    """Two households: one ordered twice, the other's change got no answer and happened. A third came too late."""
    told = History()

    def note(t: float, kind: str, **facts: Any) -> None:
        told.note(kind, **facts)["t"] = t

    def request(t: float, n: int, household: str, wanted: dict[str, int], base: int | None) -> None:
        note(t, "request", n=n, client=0, cycle_id="c", household_id=household, wanted=wanted, base=base)

    def answer(t: float, n: int, version: int, gross_cents: int) -> None:
        note(t, "answer", n=n, status=200, version=version, state="placed", gross_cents=gross_cents, detail="")

    note(0, "cycle", number=0, id="c", offered={"bread": 5000, "oranges": None}, closes_at=9.0, by_hour=True)
    request(1, 1, "h1", {"bread": 1000}, 0)
    answer(1.1, 1, 1, 340)
    request(2, 2, "h1", {"bread": 2000, "oranges": 1000}, 1)
    answer(2.1, 2, 2, 897)
    request(3, 3, "h2", {"bread": 3000}, None)
    answer(3.1, 3, 1, 1020)
    request(4, 4, "h2", {"bread": 1000}, 1)
    note(4.1, "unknown", n=4, error="ReadTimeout")
    note(5, "fault", what="5.0 unknown type ×1", sort="unknown type")
    note(5, "planted", subject=POISON, reason="unknown_type", listeners=["billing"], certain=True)
    note(5.1, "mended", what="5.0 unknown type ×1", sort="unknown type", skipped=None)
    note(6, "ended", process="notify", status=-9, armed=True, excused=False)
    note(7, "second hub", status=1, said="A hub already runs on it.")
    request(9.5, 5, "h3", {"bread": 1000}, 0)
    note(9.6, "answer", n=5, status=409, version=None, state=None, gross_cents=None, detail="closed")
    note(12, "converged", seconds=2.0, missing=[])
    return told


def said(order: str, household: str, version: int, lines: dict[str, int], **headers: str) -> dict[str, Any]:
    return {
        "event_id": f"{order}-{version}",
        "subject": f"cabas.ordering.order.placed.v1.{order}",
        "headers": {"cabas-causation": "", "cabas-version": str(version), **headers},
        "body": {
            "id": order,
            "version": version,
            "cycle_id": "c",
            "household_id": household,
            "lines": [{"article": {"product_id": p}, "quantity_thousandths": q} for p, q in lines.items()],
        },
        "published_at": "then",
    }


def pick_list(producer: str, product: str, quantity: int, cents: int, households: dict[str, int]) -> dict[str, Any]:
    shares = [{"household_id": household, "quantity_thousandths": q} for household, q in households.items()]
    split = {"group_id": "g", "quantity_thousandths": quantity, "households": shares}
    line = {
        "article": {"product_id": product},
        "quantity_thousandths": quantity,
        "gross_cents": cents,
        "splits": [split],
    }
    return {
        "id": f"list-{producer}",
        "version": 1,
        "cycle_id": "c",
        "producer_id": producer,
        "quantity_thousandths": quantity,
        "gross_cents": cents,
        "content": {"lines": [line]},
    }


def mail(template: str, about: str, facts: dict[str, Any], recipient: str) -> dict[str, Any]:
    row = {"id": f"{template}-{about}-{recipient}", "template": template, "about": about, "facts": facts}
    return row | {"recipient": recipient, "state": "sent"}


def evidence() -> Evidence:
    copies = [
        {"id": "o1", "version": 2, "cycle_id": "c", "state": "placed"},
        {"id": "o2", "version": 2, "cycle_id": "c", "state": "placed"},
    ]
    orders = [
        copies[0] | {"household_id": "h1", "group_id": "g", "gross_cents": 897},
        copies[1] | {"household_id": "h2", "group_id": "g", "gross_cents": 340},
    ]
    manifest = {"orders": 2, "quantity_thousandths": 4000, "gross_cents": 1237}
    products = [{"id": "bread", "version": 1}, {"id": "oranges", "version": 1}]
    nothing: dict[str, list[Any]] = {"letters": [], "outbox": []}

    def line(order: str, product: str, quantity: int, cents: int) -> dict[str, Any]:
        return {"order_id": order, "product_id": product, "quantity_thousandths": quantity, "gross_cents": cents}

    def cheque(producer: str, name: str, quantity: int, cents: int) -> dict[str, Any]:
        line = {"name_fr": name, "unit": "piece", "quantity_thousandths": quantity, "gross_cents": cents}
        return {"producer_id": producer, "gross_cents": cents, "lines": [line], "vat": [{"gross_cents": cents}]}

    def due(amount: str, household: str, quantity: int, cents: int, *cheques: dict[str, Any]) -> dict[str, Any]:
        sums = {"quantity_thousandths": quantity, "gross_cents": cents, "deposit_cents": 0}
        return {"id": amount, "cycle_id": "c", "household_id": household, "group_id": "g", "cheques": cheques} | sums

    def of_group(producer: str, cheques: int, cents: int) -> dict[str, Any]:
        due = {"cycle_id": "c", "group_id": "g", "producer_id": producer, "cheques": cheques, "gross_cents": cents}
        return due | {"deposit_cents": 0}

    amounts = [
        due("a1", "h1", 3000, 897, cheque("baker", "Pain", 2000, 680), cheque("grower", "Oranges", 1000, 217)),
        due("a2", "h2", 1000, 340, cheque("baker", "Pain", 1000, 340)),
    ]
    rows = {
        "catalog": {"products": products, **nothing},
        "ordering": {
            "cycles": [{"id": "c", "version": 2, "state": "closed", "manifest": manifest}],
            "orders": orders,
            "lines": [line("o1", "bread", 2000, 680), line("o1", "oranges", 1000, 217), line("o2", "bread", 1000, 340)],
            "offers": [
                {"cycle_id": "c", "product_id": "bread", "available_thousandths": 5000, "reserved_thousandths": 3000},
                {"cycle_id": "c", "product_id": "oranges", "available_thousandths": None, "reserved_thousandths": 0},
            ],
            "products": products,
            "balances": balances_as(amounts),
            "fees": [],
            "allocated": [],
            "decisions": [],
            "pools": [],
            "answers": [],
            "letters": [],
            "outbox": [
                said("o1", "h1", 1, {"bread": 1000}),
                said("o1", "h1", 2, {"bread": 2000, "oranges": 1000}),
                said("o2", "h2", 1, {"bread": 3000}),
                said("o2", "h2", 2, {"bread": 1000}),
                said("o2", "h2", 2, {"bread": 1000}, **{"cabas-causation": "asked again"}),
            ],
        },
        "logistics": {
            "cycles": [{"id": "c", "version": 2, "issued_at": "then", "disagreement": None}],
            "orders": copies,
            "answers": [],
            "all_lists": [],
            "schedules": [],
            "lists": [
                pick_list("baker", "bread", 3000, 1020, {"h1": 2000, "h2": 1000}),
                pick_list("grower", "oranges", 1000, 217, {"h1": 1000}),
            ],
            **nothing,
        },
        "billing": {
            "cycles": [{"id": "c", "version": 2, "state": "computed"}],
            "orders": copies,
            "amounts": amounts,
            "dues": [of_group("baker", 2, 1020), of_group("grower", 1, 217)],
            **booked_as(amounts),
            "letters": [{"subject": POISON, "reason": "unknown_type", "error": "what is this?"}],
            "outbox": [],
        },
        "notify": {
            "cycles": [{"id": "c", "version": 2}],
            "orders": copies,
            "schedules": [],
            "messages": [
                mail("pick_list", "list-baker", {"version": 1}, "baker"),
                mail("pick_list", "list-grower", {"version": 1}, "grower"),
                mail("order_confirmation", "o1", {"order": {"version": 2}}, "josette"),
                mail("order_confirmation", "o2", {"order": {"version": 2}}, "marcel"),
            ],
            "timers": [],
            **nothing,
        },
    }
    # Through JSON: what several services hold must be spoilt in one alone.
    return Evidence(json.loads(json.dumps(rows)), [BREAD, ORANGES], ["g"])


def rules(told: History, found: Evidence) -> set[str]:
    return {violation.rule for violation in judge(told, found)}


def test_a_good_run_is_good() -> None:
    assert judge(history(), evidence()) == []


def test_an_unanswered_change_may_also_not_have_happened() -> None:
    told, found = history(), evidence()
    told.entries = [entry for entry in told.entries if entry.get("n") != 4]
    found.of("ordering", "orders")[1]["version"] = 1
    assert "nothing else" not in rules(told, found)
    told = history()
    assert "order as told" in rules(told, found), "version 1 was told to be three loaves"


Spoil = Callable[[Evidence], object]


def row(service: str, question: str, number: int = 0, **changes: Any) -> Spoil:
    """Change one row."""
    return lambda found: found.of(service, question)[number].update(changes)


def gone(service: str, question: str, number: int = 0) -> Spoil:
    return lambda found: found.of(service, question).pop(number)


def twice(service: str, question: str, number: int = 0) -> Spoil:
    def spoil(found: Evidence) -> None:
        rows = found.of(service, question)
        rows.append(deepcopy(rows[number]) | ({"id": "another"} if "id" in rows[number] else {}))

    return spoil


def line_of_list(**changes: Any) -> Spoil:
    return lambda found: found.of("logistics", "lists")[0]["content"]["lines"][0].update(changes)


def share_of_household(quantity: int) -> Spoil:
    def spoil(found: Evidence) -> None:
        split = found.of("logistics", "lists")[0]["content"]["lines"][0]["splits"][0]
        split["households"][0]["quantity_thousandths"] = quantity

    return spoil


def of_cheque(**changes: Any) -> Spoil:
    return lambda found: found.of("billing", "amounts")[0]["cheques"][0].update(changes)


def line_of_cheque(**changes: Any) -> Spoil:
    return lambda found: found.of("billing", "amounts")[0]["cheques"][0]["lines"][0].update(changes)


SPOILT: list[tuple[str, str, Spoil]] = [
    ("an acknowledged order that is not there", "order lost", gone("ordering", "orders")),
    ("an order that fell back", "order lost", row("ordering", "orders", version=1)),
    ("other quantities than told", "order as told", row("ordering", "lines", quantity_thousandths=1000)),
    ("a line too few", "order as told", gone("ordering", "lines")),
    ("a version nobody sent", "nothing else", row("ordering", "orders", version=3)),
    ("a change that nobody made", "nothing else", row("ordering", "lines", 2, quantity_thousandths=2000)),
    ("two orders of one household", "one order", twice("ordering", "orders")),
    ("a placed order without lines", "order kept whole", row("ordering", "orders", 1, state="withdrawn")),
    ("a price that is wrong by a cent", "price", row("ordering", "lines", gross_cents=681)),
    ("a sum that is wrong by a cent", "price", row("ordering", "orders", gross_cents=898)),
    ("more sold than there was", "stock", row("ordering", "offers", available_thousandths=2000)),
    ("stock booked that nobody has", "stock", row("ordering", "offers", reserved_thousandths=4000)),
    ("stock below zero", "stock", row("ordering", "offers", reserved_thousandths=-1000)),
    ("a version that was never said", "announced", gone("ordering", "outbox", 2)),
    ("a version said with two contents", "said once", row("ordering", "outbox", 4, body={
        "id": "o2", "version": 2, "cycle_id": "c", "household_id": "h2", "lines": []})),
    ("a request answered twice", "once for a cause", twice("ordering", "outbox", 4)),
    ("a manifest with another sum", "manifest", lambda found: found.of("ordering", "cycles")[0]["manifest"].update(
        gross_cents=1)),
    ("a cycle that never closed", "closed in the end", row("ordering", "cycles", state="open")),
    ("a producer without a list", "one pick list", gone("logistics", "lists")),
    ("a producer with two lists", "one pick list", twice("logistics", "lists")),
    ("a list that lacks a loaf", "pick list", line_of_list(quantity_thousandths=2000)),
    ("a list that lacks a cent", "pick list", line_of_list(gross_cents=1019)),
    ("a head that says other sums", "pick list", row("logistics", "lists", gross_cents=1)),
    ("a bag with another household's loaf", "pick list splits", share_of_household(1000)),
    ("a list that was never issued", "pick lists come", row("logistics", "cycles", issued_at=None)),
    ("sums that disagree", "pick lists come", row("logistics", "cycles", disagreement="3 is not 4")),
    ("a household that owes nothing", "one amount due", gone("billing", "amounts")),
    ("a household that owes twice", "one amount due", twice("billing", "amounts")),
    ("a cheque over another sum", "amount due", of_cheque(gross_cents=681)),
    ("a line over another quantity", "amount due", line_of_cheque(quantity_thousandths=2100)),
    ("a cheque that taxes another sum", "amount due", of_cheque(vat=[{"gross_cents": 681}])),
    ("a fee that is not charged", "fee", lambda found: setattr(found, "fee_of", "baker")),
    ("a fee of who charges none", "fee", of_cheque(fees=[{"gross_cents": 120}])),
    ("a cheque too many", "amount due", lambda found: found.of("billing", "amounts")[1]["cheques"].append(
        found.of("billing", "amounts")[0]["cheques"][1])),
    ("a group's cheques counted wrongly", "dues", row("billing", "dues", cheques=3)),
    ("a group's cheques that come to another sum", "dues", row("billing", "dues", 1, gross_cents=218)),
    ("an amount that is not its cheques", "amount due", row("billing", "amounts", gross_cents=900)),
    ("a sale that is not booked", "books", gone("billing", "sales")),
    ("a sale that is booked twice", "books", row("billing", "sales", claim_cents=2 * 680)),
    ("a sale that was not taken back", "books", lambda found: found.of("billing", "sales").append(
        {"book": "baker", "cycle_id": "c", "household_id": "h3", "claim_cents": 340})),
    ("a balance that ordering did not hear", "balances", gone("ordering", "balances")),
    ("an old balance in ordering", "balances", row("billing", "balances", version=2)),
    ("a balance of another sum", "balances", row("ordering", "balances", left_cents=1)),
    ("a credit that nobody paid for", "balances", row("ordering", "balances", credit_cents=1)),
    ("an entry that is missing", "books", row("billing", "books", there=1)),
    ("amounts that never came", "amounts come", row("billing", "cycles", state="waiting")),
    ("an old copy of an order", "copies", row("billing", "orders", version=1)),
    ("a copy that says withdrawn", "copies", row("notify", "orders", state="withdrawn")),
    ("a copy that is missing", "copies", gone("logistics", "orders")),
    ("an old copy of a product", "copies", row("catalog", "products", version=2)),
    ("a mail sent twice", "one mail", twice("notify", "messages")),
    ("a confirmation that never came", "mails come", gone("notify", "messages", 2)),
    ("a confirmation of an old version", "mails come", row("notify", "messages", 2, facts={"order": {"version": 1}})),
    ("a confirmation of what is not", "mails true", row("notify", "messages", 2, facts={"order": {"version": 9}})),
    ("a list that nobody was sent", "mails come", gone("notify", "messages", 0)),
    ("a letter nobody planted", "dead letters", row("billing", "letters", subject="cabas.ordering.order.placed.v1.o1")),
    ("a planted letter that was swallowed", "dead letters", gone("billing", "letters")),
    ("a letter buried for another reason", "dead letters", row("billing", "letters", reason="handler_failed")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in SPOILT])
def test_a_spoilt_database_is_seen(rule: str, spoil: Spoil) -> None:
    found = evidence()
    spoil(found)
    assert rule in rules(history(), found)


def entry(kind: str, number: int = 0, **changes: Any) -> Callable[[History], object]:
    return lambda told: told.of(kind)[number].update(changes)


TOLD: list[tuple[str, str, Callable[[History], object]]] = [
    ("two contents told of one version", "order as told", entry("answer", 1, version=1)),
    ("an older version told later", "order lost", entry("request", 0, t=2.5)),
    ("an order let in after the end", "closed is closed", entry("request", 2, t=9.4)),
    ("an order let in after a closing by hand", "closed is closed", lambda told: told.note(
        "closed", cycle_id="c").update(t=2.9)),
    ("a price told that is not the price", "price", entry("answer", 0, gross_cents=341)),
    ("an order told that was never announced", "announced", entry("answer", 2, version=7)),
    ("a process that left", "nobody leaves", entry("ended", armed=False)),
    ("a second hub that ran", "one hub", entry("second hub", status=None)),
    ("a rightful request that was not understood", "requests understood", entry("answer", 3, status=404)),
    ("a hub that never came to rest", "comes to rest", entry("converged", missing=["1 events in the outbox"])),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in TOLD])
def test_what_people_were_told_is_held_against_it(rule: str, spoil: Callable[[History], object]) -> None:
    told = history()
    spoil(told)
    assert rule in rules(told, evidence())


def test_what_an_emptied_broker_forgot_needs_no_burying() -> None:
    told, found = history(), evidence()
    gone("billing", "letters")(found)
    told.note("mended", what="6.0 wipe broker", sort="wipe broker", skipped=None)["t"] = 6.0
    assert judge(told, found) == []


def test_a_wrong_clock_moves_the_hour_and_no_closing_by_hand() -> None:
    told = history()
    entry("request", 2, t=9.4)(told)
    told.note("clock", process="ordering", seconds=-30.0)["t"] = 1.0
    assert "closed is closed" not in rules(told, evidence())


def test_a_history_is_read_as_it_was_written(tmp_path) -> None:
    written = History(tmp_path / "history.jsonl")
    written.note("closed", cycle_id="é")
    written.close()
    assert History.read(tmp_path / "history.jsonl").entries == written.entries
    evidence().write(tmp_path / "evidence.json")
    assert Evidence.read(tmp_path / "evidence.json") == evidence()
