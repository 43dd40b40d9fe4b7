"""The desk takes the slips that wait together, and harms nobody by it. On both databases."""

import asyncio
import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from chassis.identity import Grant
from chassis.tables import outbox
from contracts import Role, ordering
from ordering import order_book, order_desk, placing
from ordering.order import Changed, Order, Slip, TooLate, household_order
from ordering.order_desk import Busy, OrderDesk
from ordering.wanted import Wanted, WrongLines

from .conftest import COORDINATOR, JOSETTE
from .test_scarce_goods import many_households, sold_and_reserved


def slip(household_id, base=None, cycle_id="c48", **quantities):
    return Slip(cycle_id, household_id, [Wanted(p, q) for p, q in quantities.items()], JOSETTE, base)


@pytest.fixture
def desk(hub):
    return hub.app.state.desk


@pytest.fixture
def rounds(monkeypatch):
    """The households of each transaction, as they were tried."""
    tried = []

    def counted(tx, slips, *rest):
        tried.append([slip.household_id for slip in slips])
        return placing.place_orders(tx, slips, *rest)

    monkeypatch.setattr(order_desk, "place_orders", counted)
    return tried


async def orders_of(hub):
    async with hub.database.read() as reader:
        return await reader.scalar(select(func.count()).select_from(household_order))


async def test_a_hundred_slips_at_once_are_few_transactions_and_a_hundred_orders(hub, desk, rounds):
    await many_households(hub, 100)
    await hub.open()
    orders = await asyncio.gather(*(desk.place(slip(f"m{n}", tomme=1000, potatoes=500)) for n in range(100)))
    assert {order.household_id for order in orders} == {f"m{n}" for n in range(100)}
    assert len(rounds) <= 3
    assert await orders_of(hub) == 100
    said = await hub.said(ordering.OrderPlaced)
    assert {(event.id, event.version, event.gross_cents) for event in said} == {
        (order.id, order.version, order.gross_cents) for order in orders
    }
    async with hub.database.read() as reader:
        for order in orders[:3]:
            assert await order_book.by_id(reader, order.id) == order


async def test_scarce_goods_go_to_those_who_came_first(hub, desk):
    await many_households(hub, 15)
    await hub.open()
    asked = (desk.place(slip(f"m{n}", eggs=1000)) for n in range(15))
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(result, Order) for result in results] == [True] * 10 + [False] * 5
    assert await sold_and_reserved(hub, "eggs") == (10_000, 10_000)


async def test_what_one_gives_back_another_of_the_same_round_can_have(hub, desk, rounds):
    await hub.open()
    await hub.order("h1", eggs=10_000)
    given, got = await asyncio.gather(desk.place(slip("h1", eggs=4000)), desk.place(slip("h2", eggs=6000)))
    assert (given.version, got.version) == (2, 1)
    assert rounds == [["h1", "h2"]]
    assert await sold_and_reserved(hub, "eggs") == (10_000, 10_000)


async def test_a_refused_slip_takes_nothing_from_the_others(hub, desk, rounds):
    await hub.open()
    results = await asyncio.gather(
        desk.place(slip("h1", tomme=1500)),
        desk.place(slip("h2", eggs=11_000, tomme=1000)),
        desk.place(slip("h3", eggs=10_000)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [WrongLines, WrongLines, Order]
    assert len(rounds) == 1
    assert (await orders_of(hub), await sold_and_reserved(hub, "eggs")) == (1, (10_000, 10_000))


async def test_two_slips_of_one_household_are_taken_one_after_the_other(hub, desk, rounds):
    await hub.open()
    first, second, other = await asyncio.gather(
        desk.place(slip("h1", base=0, tomme=1000)),
        desk.place(slip("h1", base=0, eggs=1000)),
        desk.place(slip("h2", tomme=1000)),
        return_exceptions=True,
    )
    assert (type(first), type(second), type(other)) == (Order, Changed, Order)
    assert rounds == [["h1", "h2"], ["h1"]]


async def test_slips_of_two_cycles_are_taken_apart(hub, desk, rounds):
    await hub.open("c48")
    await hub.open("c49")
    asked = (desk.place(slip(h, cycle_id=c, tomme=1000)) for h in ("h1", "h2") for c in ("c48", "c49"))
    orders = await asyncio.gather(*asked)
    assert [order.cycle_id for order in orders] == ["c48", "c49"] * 2
    assert rounds == [["h1", "h2"], ["h1", "h2"]]


async def test_who_was_answered_and_who_waits_are_taken_together_and_nobody_waits_longer(hub, rounds, monkeypatch):
    """A whole minute of gathering would show: the desk goes on as soon as all four are back, and closes at once."""
    monkeypatch.setattr(order_desk, "GATHERING", 60)
    desk, held = OrderDesk(hub.database), asyncio.Event()
    placed = desk._placed

    async def when_released(slips):
        await held.wait()
        return await placed(slips)

    monkeypatch.setattr(desk, "_placed", when_released)
    await hub.open()

    async def client(household_id):
        for quantity in (1000, 2000):
            await desk.place(slip(household_id, tomme=quantity))

    async with asyncio.timeout(30), asyncio.TaskGroup() as clients:
        first = [clients.create_task(client(h)) for h in ("h1", "h2")]
        while desk._work is None or desk._waiting:
            await asyncio.sleep(0)
        for h in ("h3", "h4"):
            clients.create_task(client(h))
        await asyncio.sleep(0)
        held.set()
        await asyncio.wait(first)
        await desk.close()
    assert [sorted(households) for households in rounds] == [["h1", "h2"], ["h1", "h2", "h3", "h4"], ["h3", "h4"]]


async def test_one_slip_that_breaks_the_transaction_harms_no_other(hub, desk, monkeypatch):
    await hub.open()

    def poisoned(tx, slips, *rest):
        outcomes = placing.place_orders(tx, slips, *rest)
        if any(slip.household_id == "h2" for slip in slips):
            tx.connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
        return outcomes

    monkeypatch.setattr(order_desk, "place_orders", poisoned)
    asked = (desk.place(slip(f"h{n}", eggs=3000)) for n in (1, 2, 3))
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(results[0], Order)
    assert isinstance(results[1], DBAPIError)
    assert isinstance(results[2], Order)
    assert await orders_of(hub) == 2
    assert await sold_and_reserved(hub, "eggs") == (6000, 6000)
    assert len(await hub.said(ordering.OrderPlaced)) == 2


async def test_nobody_hears_of_an_order_before_it_is_committed(hub, desk, monkeypatch):
    await hub.open()
    answered = []

    def slow(tx, slips, *rest):
        outcomes = placing.place_orders(tx, slips, *rest)
        time.sleep(0.05)
        answered.append(waiting.done())
        return outcomes

    monkeypatch.setattr(order_desk, "place_orders", slow)
    waiting = asyncio.ensure_future(desk.place(slip("h1", tomme=1000)))
    await waiting
    assert answered == [False]


async def test_who_leaves_before_their_turn_orders_nothing_and_breaks_nothing(hub, desk, rounds):
    await hub.open()
    asked = [asyncio.ensure_future(desk.place(slip(f"h{n}", tomme=1000))) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    asked[1].cancel()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [Order, asyncio.CancelledError, Order]
    assert rounds == [["h1", "h3"]]


async def test_who_leaves_while_the_slip_is_taken_breaks_nothing(hub, desk, monkeypatch):
    await hub.open()
    asked, loop = [], asyncio.get_running_loop()

    def left(tx, slips, *rest):
        loop.call_soon_threadsafe(asked[0].cancel)
        time.sleep(0.05)
        return placing.place_orders(tx, slips, *rest)

    monkeypatch.setattr(order_desk, "place_orders", left)
    asked += [asyncio.ensure_future(desk.place(slip(f"h{n}", tomme=1000))) for n in (1, 2)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, Order]
    assert await orders_of(hub) == 2


async def test_a_desk_that_closes_takes_what_waits_and_nothing_more(hub, desk):
    await hub.open()
    asked = [asyncio.ensure_future(desk.place(slip(f"h{n}", tomme=1000))) for n in (1, 2)]
    await asyncio.sleep(0)
    await desk.close()
    assert [order.version for order in await asyncio.gather(*asked)] == [1, 1]
    with pytest.raises(Busy):
        await desk.place(slip("h3", tomme=1000))
    await desk.close()


async def test_a_desk_that_cannot_end_its_work_in_time_refuses_what_waits(hub, monkeypatch):
    await hub.open()
    monkeypatch.setattr(order_desk, "GRACE_SECONDS", 0.05)
    desk = OrderDesk(hub.database)

    async def stuck(_work):
        await asyncio.sleep(3600)

    monkeypatch.setattr(hub.database, "run", stuck)
    asked = [asyncio.ensure_future(desk.place(slip("h1", tomme=n))) for n in (1000, 2000)]
    await asyncio.sleep(0)
    await desk.close()
    assert [type(r) for r in await asyncio.gather(*asked, return_exceptions=True)] == [Busy, Busy]
    assert await orders_of(hub) == 0


async def test_who_finds_the_desk_full_is_told_to_come_back(hub, monkeypatch, client_for):
    await hub.open()
    monkeypatch.setattr(order_desk, "MOST_WAITING", 0)
    coordinator = client_for(hub.app, COORDINATOR)
    coordinator.headers["x-csrf-token"] = coordinator.csrf
    body = {"household_id": "h1", "lines": [{"product_id": "tomme", "quantity_thousandths": 1000}]}
    answer = await coordinator.post("/ordering/api/cycles/c48/orders", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    member = client_for(hub.app, Grant(Role.MEMBER, group_id="limoux", household_id="h1"), language="en")
    page = await member.submit("/ordering/shop/c48/h1", {"q-tomme": "7", "version": "0"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "Many orders come in right now" in page.text
    assert 'value="7"' in page.text, "what was typed stays"


async def test_others_who_write_have_their_turn_while_orders_keep_coming(hub, desk, monkeypatch):
    """The relay marks what it published through the same single writer of SQLite."""
    await many_households(hub, 40)
    await hub.open()
    monkeypatch.setattr(order_desk, "MOST_AT_ONCE", 1)
    orders = [asyncio.ensure_future(desk.place(slip(f"m{n}", tomme=1000))) for n in range(40)]
    await asyncio.sleep(0)
    async with hub.database.write():
        waiting = sum(not order.done() for order in orders)
    assert waiting > 30
    await asyncio.gather(*orders)


async def test_orders_and_the_closing_at_once_agree_on_what_was_ordered(hub, desk):
    await many_households(hub, 60)
    await hub.open()

    async def closing():
        await asyncio.sleep(0.02)
        return await hub.close()

    *results, closed = await asyncio.gather(*(_one_by_one(desk, range(k, 60, 6)) for k in range(6)), closing())
    placed = [order for some in results for order in some]
    assert closed.manifest.orders == len(placed) == await orders_of(hub)
    assert closed.manifest.gross_cents == sum(order.gross_cents for order in placed)


async def _one_by_one(desk, households):
    placed = []
    for n in households:
        try:
            placed.append(await desk.place(slip(f"m{n}", tomme=1000)))
        except TooLate:
            break
    return placed


async def test_each_order_names_the_request_it_came_with(hub, desk, client_for):
    await hub.open()
    coordinator = client_for(hub.app, COORDINATOR)
    coordinator.headers["x-csrf-token"] = coordinator.csrf

    async def order(n):
        body = {"household_id": f"h{n}", "lines": [{"product_id": "tomme", "quantity_thousandths": 1000}]}
        headers = {"x-request-id": f"request-{n}"}
        return await coordinator.post("/ordering/api/cycles/c48/orders", json=body, headers=headers)

    answers = await asyncio.gather(*(order(n) for n in (1, 2, 3)))
    ids = {answer.json()["id"]: f"request-{n}" for n, answer in zip((1, 2, 3), answers, strict=True)}
    async with hub.database.read() as reader:
        rows = await reader.all(select(outbox.c.headers))
    named = {row["headers"]["ce-subject"]: row["headers"]["cabas-correlation"] for row in rows}
    assert {order_id: named[order_id] for order_id in ids} == ids
