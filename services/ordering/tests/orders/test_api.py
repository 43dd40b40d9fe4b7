"""Cycles and orders for programs."""

import pytest

from chassis.identity import Grant
from contracts import Role, ordering

from .conftest import COORDINATOR, product

CYCLE = {
    "name": "Semaine 48",
    "opens_at": "2026-11-19T08:00:00Z",
    "closes_at": "2026-11-22T20:00:00",
    "delivers_on": "2026-11-27",
    "group_ids": ["limoux", "quillan"],
    "offers": "all",
}
URL = "/ordering/api/cycles"


@pytest.fixture
def program(hub, client_for):
    browser = client_for(hub.app, COORDINATOR, name="Marie")
    browser.headers["x-csrf-token"] = browser.csrf
    return browser


async def order(program, cycle_id, lines, **more):
    body = {"household_id": "h1", "lines": lines, **more}
    return await program.post(f"{URL}/{cycle_id}/orders", json=body)


def line(product_id, quantity, **more):
    return {"product_id": product_id, "quantity_thousandths": quantity, **more}


async def test_a_week_through_the_api(hub, program):
    made = (await program.post(URL, json=CYCLE)).json()
    assert made["state"] == "open"
    assert (await hub.cycle(made["id"])).closes_at.isoformat() == "2026-11-22T19:00:00+00:00", "in the hub's zone"
    placed = (await order(program, made["id"], [line("tomme", 2000), line("potatoes", 1500, unit="kg")])).json()
    assert (placed["version"], placed["gross_cents"], placed["state"]) == (1, 1068, "placed")
    totals = {
        "state": "open",
        "orders": 1,
        "lines": 2,
        "households": 1,
        "producers": 1,
        "gross_cents": 1068,
        "quantity_thousandths": 3500,
    }
    assert (await program.get(f"{URL}/{made['id']}/totals")).json() == totals
    closed = (await program.post(f"{URL}/{made['id']}/close")).json()
    assert closed["manifest"]["orders"] == 1
    assert (await program.post(f"{URL}/{made['id']}/close")).json() == closed
    assert (await program.get(f"{URL}/{made['id']}/totals")).json() == totals | {"state": "closed"}
    assert (await order(program, made["id"], [line("tomme", 1000)])).status_code == 409
    assert [c["state"] for c in (await program.get(URL)).json()] == ["closed"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": "2026-11-19T07:00:00Z"}, "closes_at"),
        ({"closes_at": "Sunday"}, "closes_at"),
        ({"delivers_on": "2026-11-20"}, "delivers_on"),
        ({"group_ids": []}, "groups"),
        ({"group_ids": "limoux"}, "group_ids"),
        ({"group_ids": ["atlantis"]}, "groups"),
        ({"offers": []}, "offers"),
        ({"offers": [{"product_id": "invented"}]}, "offers"),
        ({"offers": [{"product_id": "tomme", "available_thousandths": 1.5}]}, "offers"),
        ({"name": ""}, "name"),
    ],
)
async def test_a_cycle_that_cannot_be_is_refused_with_its_field(hub, program, changes, field):
    answer = await program.post(URL, json=CYCLE | changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("lines", "product"),
    [
        ([line("tomme", 0)], "tomme"),
        ([line("tomme", -1000)], "tomme"),
        ([line("tomme", 10**9)], "tomme"),
        ([line("tomme", 1500)], "tomme"),
        ([line("tomme", "abc")], "tomme"),
        ([line("tomme", 1.5)], "tomme"),
        ([line("tomme", True)], "tomme"),
        ([line("potatoes", 1000, unit="piece")], "potatoes"),
        ([line("cherries", 1000)], "cherries"),
        ([line("tomme", 1000), line("tomme", 1000)], "tomme"),
        ([line("eggs", 11_000)], "eggs"),
    ],
)
async def test_a_bad_line_is_refused_by_product(hub, program, lines, product):
    await hub.open()
    answer = await order(program, "c48", lines)
    assert answer.status_code == 422
    assert product in answer.json()["errors"]
    assert await hub.said(ordering.OrderPlaced) == []


NO_TEXT = b'{"household_id": "\\ud800", "lines": []}'
NO_ORDERS = [b"", b"[]", b'"x"', b"{", b'{"household_id": "h1"}', b'{"lines": []}', b"\xff", NO_TEXT, b"[" * 100_000]


@pytest.mark.parametrize("body", NO_ORDERS, ids=range(len(NO_ORDERS)))
async def test_a_body_that_is_no_order_is_refused(hub, program, body):
    await hub.open()
    assert (await program.post(f"{URL}/c48/orders", content=body)).status_code == 422


async def test_versions_guard_against_overwriting(hub, program):
    await hub.open()
    await order(program, "c48", [line("tomme", 1000)], expected_version=0)
    stale = await order(program, "c48", [line("tomme", 2000)], expected_version=0)
    assert (stale.status_code, stale.json()["version"]) == (409, 1)
    same = await order(program, "c48", [line("tomme", 1000)], expected_version=0)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert (await order(program, "c48", [], expected_version=1)).json()["state"] == "withdrawn"


async def test_what_is_not_there_is_not_found(hub, program):
    await hub.open()
    assert (await order(program, "nothing", [line("tomme", 1000)])).status_code == 404
    assert (await program.post(f"{URL}/c48/orders", json={"household_id": "x", "lines": []})).status_code == 404
    for url in ("nothing/totals", "nothing/close"):
        answer = await (program.get if url.endswith("totals") else program.post)(f"{URL}/{url}")
        assert answer.status_code == 404


async def test_members_do_not_write_through_the_api(hub, client_for):
    await hub.open()
    browser = client_for(hub.app, Grant(Role.MEMBER, group_id="limoux", household_id="h1"))
    browser.headers["x-csrf-token"] = browser.csrf
    assert (await order(browser, "c48", [line("tomme", 1000)])).status_code == 403


async def test_a_line_says_what_goes_with_its_quantity(hub, program):
    await hub.open()
    terms = {"tolerance_thousandths": 2000, "least_thousandths": 1000, "substitute": True}
    await order(program, "c48", [line("tomme", 3000, **terms)])
    await order(program, "c48", [line("tomme", 2000)])
    said = (await hub.said(ordering.OrderPlaced))[-1].lines[0]
    kept = (said.quantity_thousandths, said.tolerance_thousandths, said.least_thousandths, said.substitute)
    assert kept == (2000, 2000, 1000, True), "a program that knows nothing of them leaves them"
    for wrong in ({"tolerance_thousandths": 1.5}, {"substitute": "yes"}, {"least_thousandths": 9000}):
        answer = await order(program, "c48", [line("tomme", 3000, **wrong)])
        assert answer.status_code == 422
        assert "tomme" in answer.json()["errors"]


async def test_what_orders_get_otherwise_than_asked_is_told_with_the_reason(hub, program):
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    made = (await program.post(URL, json=CYCLE | {"completion_hours": 2})).json()
    placed = (await order(program, made["id"], [line("jam", 9000, tolerance_thousandths=3000)])).json()
    assert (await program.get(f"{URL}/{made['id']}/differences")).json() == []
    assert (await program.post(f"{URL}/{made['id']}/close")).json()["state"] == "closed"
    [told] = (await program.get(f"{URL}/{made['id']}/differences")).json()
    assert "caisse" in told.pop("reason")
    assert told == {
        "order_id": placed["id"],
        "product_id": "jam",
        "asked_thousandths": 9000,
        "asked_cents": 3600,
        "given_thousandths": 12000,
        "given_cents": 4800,
        "instead_of": "",
    }
    assert (await program.get(f"{URL}/nothing/differences")).status_code == 404


async def test_a_cycle_may_leave_hours_to_fill_begun_cases(hub, program):
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000))
    wrong = await program.post(URL, json=CYCLE | {"completion_hours": 1000})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["completion_hours"])
    made = (await program.post(URL, json=CYCLE | {"completion_hours": 2})).json()
    await order(program, made["id"], [line("jam", 9000)])
    assert (await program.post(f"{URL}/{made['id']}/close")).json()["state"] == "completing"
    assert (await order(program, made["id"], [line("jam", 12000)])).status_code == 200
    assert (await program.post(f"{URL}/{made['id']}/close")).json()["state"] == "closed"


async def test_a_producer_of_whom_all_is_cancelled_counts_no_more(hub, program):
    await hub.hear(product("jam", price_cents=400, case_thousandths=12_000, producer_id="jams", producer_name="Jams"))
    made = (await program.post(URL, json=CYCLE)).json()
    url = f"{URL}/{made['id']}"
    await order(program, made["id"], [line("jam", 9000), line("tomme", 1000)])
    await program.post(f"{url}/close")
    await program.post(f"{url}/decisions", json={"subject": "case:jam", "option": "cancel"})
    await program.post(f"{url}/decisions/settle")
    told = (await program.get(f"{url}/totals")).json()
    assert (told["producers"], told["lines"], told["orders"]) == (1, 1, 1)
