"""Two cycles of one day, told by hand: linked sizes, a mixed crate, a join and a shelf. What `test_checker_of_crates`
spoils.

In the north Josette asks three kilos of wheat, which join the south, and two of rye, which are cancelled. In the south
Marcel asks a bag of five kilos; what the ten of a crate lack goes to the hub's shelf. His rye and his peas fill a mixed
crate.
"""

import json
from collections import defaultdict
from typing import Any

from tests.faults.checker.books import balances_as, booked_as
from tests.faults.evidence import Evidence
from tests.faults.history import History
from tests.faults.test_checker import mail

NORTH, SOUTH = "north", "south"
CENTS = {"wheat1": 200, "wheat5": 900, "rye1": 300, "peas1": 400}
POOLS = [
    {"id": "wheat", "name": "Blé", "case": 10_000, "available": 30_000, "completed_by": ""},
    {"id": "rye", "name": "Seigle", "case": 10_000, "available": None, "completed_by": "peas"},
    {"id": "peas", "name": "Pois", "case": None, "available": 8_000, "completed_by": ""},
]
SIZES = {"wheat": {"wheat1": 1000, "wheat5": 5000}, "rye": {"rye1": 1000}, "peas": {"peas1": 1000}}
ORDERS = {
    "o1": (NORTH, "josette", {"wheat1": 3000, "rye1": 2000}, {"wheat1": 0, "rye1": 0}),
    "o2": (SOUTH, "marcel", {"wheat5": 1000, "rye1": 6000, "peas1": 4000}, {}),
    "o3": (SOUTH, "josette", {"wheat1": 3000}, {}),
    "o4": (SOUTH, "hub", {}, {"wheat1": 2000}),
}
"""Order -> cycle, household, what it asks, and what it gets where that is something else. o3 came by the join."""
VERSIONS = {"o1": 2, "o2": 1, "o3": 1, "o4": 1}
CHOICES = {
    (NORTH, "case:wheat"): ("join", "", "", 0, SOUTH),
    (NORTH, "case:mixed-peas"): ("cancel", "", "", 0, ""),
    (SOUTH, "case:wheat"): ("surplus", "o4", "wheat1", 2000, ""),
}
CHOICE = ("option", "order_id", "product_id", "quantity_thousandths", "cycle_id")
CAUSE = "cabas-correlation"


def cost(lines: dict[str, int]) -> int:
    return sum(CENTS[name] * quantity // 1000 for name, quantity in lines.items())


def gets(order: str) -> dict[str, int]:
    _, _, asked, otherwise = ORDERS[order]
    return {name: quantity for name, quantity in (asked | otherwise).items() if quantity}


def history() -> History:
    told = History()

    def note(t: float, kind: str, **facts: Any) -> None:
        told.note(kind, **facts)["t"] = t

    for number, cycle in enumerate((NORTH, SOUTH)):
        note(0, "cycle", number=number, id=cycle, offered=dict.fromkeys(CENTS), closes_at=9.0, by_hour=False)
    for n, order in enumerate(("o1", "o2"), start=1):
        cycle, household, wanted, _ = ORDERS[order]
        sent = {"cycle_id": cycle, "household_id": household, "wanted": wanted, "terms": {}, "base": 0}
        note(1, "request", n=n, client=0, **sent)
        note(1.1, "answer", n=n, status=200, version=1, state="placed", gross_cents=cost(wanted), detail="")
    note(7, "closed", cycle_id=NORTH)
    note(8, "closed", cycle_id=SOUTH)
    for n, ((cycle, subject), (option, order, product, quantity, joined)) in enumerate(CHOICES.items(), start=3):
        # Whose shelf it is nobody says.
        who = {"order_id": order if option == "top_up" else "", "product_id": product, "quantity": quantity}
        note(8.1, "choice", n=n, cycle_id=cycle, subject=subject, option=option, **who, join_id=joined)
        note(8.2, "outcome", n=n, status=200, detail="")
    return told


def event(word: str, body: dict[str, Any], cause: str) -> dict[str, Any]:
    headers = {"cabas-causation": "", "cabas-version": str(body["version"]), CAUSE: cause}
    subject = f"cabas.ordering.{word}.v1.{body['id']}"
    return {"event_id": f"{word}-{body['id']}", "subject": subject, "headers": headers, "body": body} | {
        "published_at": "then"
    }


def placed(order: str, cause: str) -> dict[str, Any]:
    lines = [{"article": {"product_id": p}, "quantity_thousandths": q} for p, q in ORDERS[order][2].items()]
    return event("order.placed", _head(order, 1) | {"lines": lines}, cause)


def allocated(order: str, cause: str) -> dict[str, Any]:
    _, _, asked, otherwise = ORDERS[order]
    lines = [
        {"article": {"product_id": name}, "asked_thousandths": asked.get(name, 0), "tolerance_thousandths": 0}
        | {"quantity_thousandths": quantity, "gross_cents": cost({name: quantity}), "instead_of": ""}
        | {"reason": {"fr": "…"} if quantity != asked.get(name, 0) else None}
        for name, quantity in (asked | otherwise).items()
    ]
    return event("order.allocated", _head(order, VERSIONS[order]) | {"lines": lines}, cause)


def _head(order: str, version: int) -> dict[str, Any]:
    return {"id": order, "version": version, "cycle_id": ORDERS[order][0], "household_id": ORDERS[order][1]}


def evidence() -> Evidence:
    copies = [{"id": o, "version": v, "cycle_id": ORDERS[o][0], "state": "placed"} for o, v in VERSIONS.items()]
    products = [{"id": name, "version": 1} for name in CENTS]
    rows: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    nothing: dict[str, list[Any]] = {"letters": [], "outbox": []}
    rows["catalog"] = {"products": products, **nothing}
    dues = [_due(order) for order in ("o2", "o3", "o4")]
    rows["ordering"] = {
        "cycles": [
            {"id": cycle, "version": 3, "state": "closed", "revision": 1, "manifest": _manifest(cycle)}
            for cycle in (NORTH, SOUTH)
        ],
        "orders": [
            copy | {"household_id": ORDERS[copy["id"]][1], "group_id": "g", "gross_cents": cost(gets(copy["id"]))}
            for copy in copies
        ],
        "lines": [
            {"order_id": order, "product_id": name, "quantity_thousandths": q, "gross_cents": cost({name: q})}
            for order, (_, _, asked, _) in ORDERS.items()
            for name, q in asked.items()
        ],
        "balances": balances_as(dues),
        "fees": [],
        "offers": [
            {"cycle_id": cycle, "product_id": name, "producer_id": "mill", "available_thousandths": None}
            | {"reserved_thousandths": 0}
            for cycle in (NORTH, SOUTH)
            for name in CENTS
        ],
        "pools": [
            {"cycle_id": cycle, "pool_id": pool, "available_thousandths": there, "reserved_thousandths": booked}
            for cycle, pool, there, booked in (
                (NORTH, "wheat", 30_000, 3_000), (NORTH, "peas", 8_000, 0),
                (SOUTH, "wheat", 30_000, 8_000), (SOUTH, "peas", 8_000, 4_000),
            )
        ],
        "products": products,
        "allocated": [
            {"order_id": order, "product_id": name, "revision": 1, "cycle_id": cycle, "instead_of": ""}
            | {"given_thousandths": quantity, "given_cents": cost({name: quantity})}
            for order, (cycle, _, _, otherwise) in ORDERS.items()
            for name, quantity in otherwise.items()
        ],
        "decisions": [
            {"cycle_id": cycle, "subject": subject}
            | {"choice": dict(zip(CHOICE, its, strict=True))}
            for (cycle, subject), its in CHOICES.items()
        ],
        "answers": [],
        "letters": [],
        "outbox": [
            placed("o1", "a"), placed("o2", "b"),
            placed("o3", "the end of the north"), allocated("o1", "the end of the north"),
            event("cycle.closed", {"id": NORTH, "version": 3}, "the end of the north"),
            allocated("o4", "the end of the south"),
            event("cycle.closed", {"id": SOUTH, "version": 3}, "the end of the south"),
        ],
    }  # fmt: skip
    rows["logistics"] = {
        "cycles": [
            {"id": cycle, "version": 3, "issued_at": "then", "disagreement": None, "issued_revision": 1}
            for cycle in (NORTH, SOUTH)
        ],
        "orders": copies,
        "answers": [],
        "all_lists": [],
        "schedules": [],
        "lists": [_pick_list()],
        **nothing,
    }
    rows["billing"] = {
        "cycles": [{"id": cycle, "version": 3, "state": "computed", "revision": 1} for cycle in (NORTH, SOUTH)],
        "orders": copies,
        "amounts": dues,
        "dues": [
            {"cycle_id": SOUTH, "group_id": "g", "producer_id": "mill", "cheques": 3, "deposit_cents": 0}
            | {"gross_cents": sum(due["gross_cents"] for due in dues)}
        ],
        **booked_as(dues),
        **nothing,
    }
    rows["notify"] = {
        "cycles": [{"id": cycle, "version": 3} for cycle in (NORTH, SOUTH)],
        "orders": copies,
        "schedules": [],
        "messages": [
            mail("pick_list", "list", {"version": 1}, "mill"),
            *(mail("order_confirmation", o, {"order": {"version": 1}}, ORDERS[o][1]) for o in ("o1", "o2", "o3")),
            *(mail("order_allocated", o, {"order": allocated(o, "")["body"]}, ORDERS[o][1]) for o in ("o1", "o4")),
        ],
        "timers": [],
        **nothing,
    }
    goods = [
        {"id": name, "producer_id": "mill", "name": {"fr": name}, "unit": "piece", "price_cents": cents}
        | {"price_basis": "unit", "content_thousandths": None}
        for name, cents in CENTS.items()
    ]
    pools = [pool | {"sizes": SIZES[str(pool["id"])]} for pool in POOLS]
    # Through JSON: what several services hold must be spoilt in one alone.
    return Evidence(json.loads(json.dumps(rows)), goods, ["g"], pools, "hub")


def _manifest(cycle: str) -> dict[str, int]:
    its = [gets(order) for order, (of, *_) in ORDERS.items() if of == cycle]
    quantity, gross = sum(sum(one.values()) for one in its), sum(cost(one) for one in its)
    return {"orders": len(its), "quantity_thousandths": quantity, "gross_cents": gross}


def _pick_list() -> dict[str, Any]:
    """Of the south: in the north nothing is ordered."""
    lines = []
    for name in CENTS:
        shares = {ORDERS[order][1]: gets(order)[name] for order in ("o2", "o3", "o4") if name in gets(order)}
        households = [{"household_id": who, "quantity_thousandths": quantity} for who, quantity in shares.items()]
        total = sum(shares.values())
        split = {"group_id": "g", "quantity_thousandths": total, "households": households}
        line = {"article": {"product_id": name}, "quantity_thousandths": total, "splits": [split]}
        lines.append(line | {"gross_cents": sum(cost({name: quantity}) for quantity in shares.values())})
    sums = _manifest(SOUTH)
    head = {"id": "list", "version": 1, "cycle_id": SOUTH, "producer_id": "mill", "content": {"lines": lines}}
    return head | {total: sums[total] for total in ("quantity_thousandths", "gross_cents")}


def _due(order: str) -> dict[str, Any]:
    its = gets(order)
    lines = [
        {"name_fr": name, "unit": "piece", "quantity_thousandths": q, "gross_cents": cost({name: q})}
        for name, q in its.items()
    ]
    sums = {"gross_cents": cost(its), "deposit_cents": 0}
    cheque = {"producer_id": "mill", "lines": lines, "vat": [{"gross_cents": cost(its)}]} | sums
    head = {"id": f"amount-{order}", "cycle_id": ORDERS[order][0], "household_id": ORDERS[order][1], "group_id": "g"}
    return head | sums | {"quantity_thousandths": sum(its.values()), "cheques": [cheque]}
