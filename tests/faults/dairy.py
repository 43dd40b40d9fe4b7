"""A closing with decisions and a producer's answer, told by hand: what `test_checker_of_closings` spoils.

Two households order jars in cases of six, seven in all: as it is, each gets three. Butter misses its minimum and is
cancelled. The dairy brings no milk; who asked for it agreed to something else and gets cream.
"""

import json
from typing import Any

from tests.faults.checker.books import balances_as, booked_as
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
        note(t, "reply", n=n, **to, lines=lines, instead={} if lines == ALL_THERE else {"milk": "cream"})

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
        | {"substitute_id": "" if can else "cream"}
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
            "all_lists": [],
            "schedules": [],
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
            **booked_as(due(order) for order in ASKED),
        },
        "notify": {
            "cycles": [{"id": "d", "version": 4}],
            "orders": copies,
            "schedules": [],
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
    for service in ("ordering", "billing"):
        rows[service]["balances"] = balances_as(rows["billing"]["amounts"])
        rows[service]["fees"] = []
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
