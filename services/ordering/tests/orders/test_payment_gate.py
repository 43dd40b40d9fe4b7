"""What a group asks to be paid first, in the transaction of the order. On both databases."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event as sqlalchemy_event

from chassis.database import Transaction
from chassis.testing import until_it_waits
from contracts import billing
from ordering import group, household_balance, payment_exception, placing
from ordering.household_balance import UNBILLED_FOR, account_of
from ordering.offer_sheet import OfferSheets
from ordering.order import Order, Slip
from ordering.order_desk import OrderDesk
from ordering.payment_gate import NONE, Account, Barred, Debt, Gate, PaymentDue, barred, room
from ordering.placing import place_orders
from ordering.wanted import Wanted

from .conftest import CLOSES, JOSETTE, PARIS, product
from .test_join import TO_QUILLAN, choose, order_of, settle, two_orders

TODAY = date(2026, 11, 23)
LATE = Debt("Semaine 46", date(2026, 11, 12), 2340)
"""11 days ago."""


def balance(left=0, version=1, household_id="h1", cycles=(), credit=0, caution=0, wallet=0):
    return billing.HouseholdBalanceChanged(
        id=household_id,
        version=version,
        changed_at="2026-11-16T10:00:00Z",
        left_cents=left,
        credit_cents=credit,
        caution_cents=caution,
        wallet_cents=wallet,
        cycles=[
            {"cycle_id": cycle_id, "cycle_name": cycle_id, "delivers_on": day, "left_cents": cents}
            for cycle_id, day, cents in cycles
        ],
    )


async def ask(hub, group_id="limoux", **asked):
    async with hub.database.write() as writer:
        row = await group.find(writer, group_id)
        await group.ask(writer, group_id, group.gate_of(row), Gate(**asked))


async def refused(hub, household_id="h1", **quantities) -> Barred:
    with pytest.raises(PaymentDue) as refusal:
        await hub.order(household_id, **quantities)
    return refusal.value.barred


# The rule


def test_a_group_that_asks_nothing_lets_everybody_order():
    owing = Account(left_cents=99_999, debts=(LATE,))
    assert barred(NONE, owing, TODAY, 50_000) is None
    assert room(NONE, owing) is None


@pytest.mark.parametrize(("days", "lets"), [(0, False), (10, False), (11, True), (30, True)])
def test_a_delivery_has_to_be_paid_when_the_days_of_grace_are_over(days, lets):
    why = barred(Gate(days=days), Account(left_cents=2340, debts=(LATE,)), TODAY, 100)
    assert (why is None) is lets
    if why is not None:
        assert (why.late, why.late_cents, why.room_cents) == ((LATE,), 2340, None)


def test_a_delivery_of_today_is_not_late():
    assert barred(Gate(days=0), Account(2340, debts=(replace(LATE, delivers_on=TODAY),)), TODAY, 100) is None


def test_what_is_left_and_what_is_ordered_elsewhere_count_towards_the_limit():
    account = Account(left_cents=3000, open_cents=2000)
    assert room(Gate(limit_cents=10_000), account) == 5000
    assert barred(Gate(limit_cents=10_000), account, TODAY, 5000) is None
    why = barred(Gate(limit_cents=10_000), account, TODAY, 5001)
    assert why is not None
    assert (why.room_cents, why.asked_cents) == (5000, 5001)


def test_with_a_limit_of_nothing_orders_are_paid_in_advance():
    assert room(Gate(limit_cents=0), Account(credit_cents=4000, open_cents=1000)) == 3000


def test_a_caution_must_be_held_and_an_exception_lifts_all_of_it():
    gate = Gate(days=0, limit_cents=0, caution_cents=5000)
    account = Account(caution_cents=2000, debts=(LATE,), left_cents=2340)
    why = barred(gate, account, TODAY, 100)
    assert why is not None
    assert (why.missing_cents, why.late, why.room_cents) == (3000, (LATE,), 0)
    assert barred(gate, replace(account, excepted_until=TODAY), TODAY, 100) is None
    assert barred(gate, replace(account, excepted_until=TODAY - timedelta(days=1)), TODAY, 100) is not None


cents = st.integers(0, 100_000)


@given(cents, cents, cents, cents, cents)
def test_what_there_is_room_for_is_taken_and_a_cent_more_is_not(limit, left, credit, elsewhere, asked):
    gate, account = Gate(limit_cents=limit), Account(left, credit, open_cents=elsewhere)
    free = room(gate, account)
    assert free is not None
    assert (barred(gate, account, TODAY, asked) is None) is (asked <= free)


# In the transaction of the order


async def test_a_debt_bars_an_order_until_it_is_paid(hub):
    await hub.open()
    await ask(hub, days=0)
    await hub.hear(balance(2340, cycles=[("c46", "2026-11-12", 2340)]))
    why = await refused(hub, tomme=1000)
    assert [(debt.cycle_name, debt.cents) for debt in why.late] == [("c46", 2340)]
    assert (await hub.order("h2", tomme=1000)).version == 1, "others are not concerned"
    await hub.hear(balance(0, version=2, cycles=[("c46", "2026-11-12", 0)]))
    assert (await hub.order("h1", tomme=1000)).version == 1


async def test_without_a_rule_of_the_group_nothing_is_asked(hub):
    """The negative control: it is the rule that bars."""
    await hub.open()
    await hub.hear(balance(99_999, cycles=[("c46", "2026-11-12", 99_999)]))
    assert (await hub.order(tomme=1000)).version == 1


async def test_what_is_in_the_wallet_is_paid_in_advance(hub):
    await hub.open()
    await ask(hub, limit_cents=0)
    await hub.hear(balance(0))
    await refused(hub, tomme=1000)
    await hub.hear(balance(0, version=2, wallet=350))
    assert (await hub.order(tomme=1000)).gross_cents == 350
    await refused(hub, tomme=2000)


async def test_who_let_another_household_pay_the_producer_has_not_paid(hub):
    await hub.open()
    await ask(hub, days=5, limit_cents=3000)
    drawn = billing.OwedBetween(id="round", cycle_name="Semaine 46", since=date(2026, 11, 1), cents=1500)
    undrawn = billing.OwedBetween(id="undrawn", cycle_name="", cents=1000)
    await hub.hear(balance(0).model_copy(update={"owed_between": (undrawn,)}))
    async with hub.database.read() as reader:
        account = await account_of(reader, "h1")
    assert (account.left_cents, account.debts) == (1000, ()), "nobody told it whom to pay: not late, but not paid"
    await hub.hear(balance(0, version=2).model_copy(update={"owed_between": (drawn, undrawn)}))
    why = await refused(hub, tomme=1000)
    assert [each.cycle_name for each in why.late] == ["Semaine 46"]
    assert why.account.left_cents == 2500
    await hub.hear(balance(0, version=3))
    assert (await hub.order("h1", tomme=1000)).version == 1


async def test_an_older_word_of_billing_changes_nothing(hub):
    await hub.open()
    await ask(hub, limit_cents=1000)
    await hub.hear(balance(0, version=3), balance(5000, version=2), balance(0, version=3))
    assert (await hub.order(tomme=1000)).gross_cents == 350


async def test_less_and_nothing_at_all_are_always_taken(hub):
    await hub.open()
    await hub.order(tomme=4000, eggs=1000)
    await ask(hub, days=0, limit_cents=0, caution_cents=5000)
    await hub.hear(balance(2340, cycles=[("c46", "2026-11-12", 2340)]))
    why = await refused(hub, tomme=5000, eggs=1000)
    assert (why.missing_cents, why.room_cents) == (5000, 0)
    assert (await hub.order(tomme=3000, eggs=1000)).version == 2, "less"
    assert (await hub.order(tomme=3000, eggs=1000)).version == 2, "the same again"
    assert (await hub.order(eggs=4000)).gross_cents == 1240, "something else that costs less"
    assert (await hub.order()).state == "withdrawn"
    await refused(hub, tomme=1000)


async def test_a_refused_order_takes_nothing_of_what_is_scarce(hub):
    await hub.open()
    await ask(hub, limit_cents=310)
    desk = OrderDesk(hub.database, PARIS)
    slips = [Slip("c48", each, [Wanted("eggs", n)], JOSETTE) for each, n in (("h1", 10_000), ("h4", 10_000))]
    too_much, other = await asyncio.gather(*map(desk.place, slips), return_exceptions=True)
    assert isinstance(too_much, PaymentDue)
    assert isinstance(other, Order), "the eggs of the refused order are still there"


async def test_orders_in_two_cycles_count_together(hub):
    await hub.open()
    await hub.open("c49")
    await ask(hub, limit_cents=1000)
    await hub.order(tomme=2000)
    with pytest.raises(PaymentDue) as refusal:
        await hub.order(cycle_id="c49", tomme=1000)
    assert refusal.value.barred.room_cents == 300
    assert (await hub.order(cycle_id="c49", base=0, potatoes=100)).version == 1


async def test_an_order_counts_once_until_billing_names_its_cycle(hub):
    await hub.open()
    await hub.open("c49")
    await ask(hub, limit_cents=1000)
    await hub.order(tomme=2000)
    await hub.close()
    for said, left in (((), 0), ((("c48", "2026-11-27", 700),), 700)):
        await hub.hear(balance(left, version=len(said) + 1, cycles=said))
        async with hub.database.read() as reader:
            account = await account_of(reader, "h1", "c49")
        assert account.bound_cents == 700, "in the open order, then in the balance"
    await hub.hear(balance(0, version=3, cycles=[("c48", "2026-11-27", 0)]))
    async with hub.database.read() as reader:
        assert (await account_of(reader, "h1", "c49")).bound_cents == 0, "paid"


async def test_an_order_that_billing_never_names_is_forgotten_some_day(hub):
    await hub.open()
    await hub.order(tomme=2000)
    await hub.close()
    hub.clock.advance(UNBILLED_FOR - timedelta(days=1))
    async with hub.database.read() as reader:
        assert (await account_of(reader, "h1")).open_cents == 700
    hub.clock.advance(timedelta(days=2))
    async with hub.database.read() as reader:
        assert (await account_of(reader, "h1")).open_cents == 0


async def test_an_exception_lets_a_household_order_until_its_day_or_its_end(hub):
    await hub.open()
    await ask(hub, caution_cents=5000)
    day = hub.clock.now().astimezone(PARIS).date()
    wish = payment_exception.Wish("h1", "Chômage", day)
    async with hub.database.write() as writer:
        await payment_exception.let_through(writer, "e1", wish, "Anne")
    assert (await hub.order(tomme=1000)).version == 1
    await refused(hub, "h2", tomme=1000)
    async with hub.database.write() as writer:
        await payment_exception.end(writer, "h1", "e1", "Anne")
    await refused(hub, tomme=2000)
    async with hub.database.write() as writer:
        await payment_exception.let_through(writer, "e2", replace(wish, until=day - timedelta(days=1)), "Anne")
    await refused(hub, tomme=2000)


async def test_what_a_coordinator_orders_for_a_household_is_taken(hub):
    await hub.open()
    await ask(hub, caution_cents=5000)
    slip = Slip("c48", "h1", [Wanted("tomme", 1000)], replace(JOSETTE, on_behalf=True), despite_gate=True)
    assert (await hub.app.state.desk.place(slip)).version == 1


async def test_a_round_asks_once_and_not_at_all_where_no_group_asks(hub, monkeypatch):
    await hub.open()
    said = []
    real = household_balance.accounts
    monkeypatch.setattr(placing, "accounts", lambda *given: said.append(sorted(given[1])) or real(*given))
    desk = OrderDesk(hub.database, PARIS)

    async def round_of(quantity):
        slips = [Slip("c48", f"h{n}", [Wanted("tomme", quantity)], JOSETTE) for n in (1, 2, 4)]
        return await asyncio.gather(*map(desk.place, slips))

    await round_of(1000)
    assert said == []
    await ask(hub, limit_cents=10_000)
    statements = await _statements(hub, round_of(2000))
    assert said == [["h1", "h2"]], "those of the group that asks, together"
    assert sum("payment_exception" in each for each in statements) == 1


async def _statements(hub, work):
    """What is run against the database meanwhile."""
    found = []
    engines = [hub.database.engine.sync_engine]
    if hub.database.is_sqlite:
        engines.append(hub.database._plainly._engine)

    def seen(_connection, _cursor, statement, *_rest):
        found.append(statement)

    for engine in engines:
        sqlalchemy_event.listen(engine, "before_cursor_execute", seen)
    await work
    for engine in engines:
        sqlalchemy_event.remove(engine, "before_cursor_execute", seen)
    return found


@pytest.mark.postgres
@pytest.mark.parametrize("locked", [True, False])
async def test_two_of_a_household_who_order_in_two_cycles_at_once_stay_under_the_limit(hub, monkeypatch, locked):
    """The second waits for the first, and sees what it ordered. Without the household's lock it does not: the negative
    control."""
    if hub.database.is_sqlite:
        pytest.skip("one writer at a time")
    await hub.open()
    await hub.open("c49")
    await ask(hub, limit_cents=350)
    if not locked:
        monkeypatch.setattr(placing, "_cycle_and_homes", _unlocked(placing._cycle_and_homes))
    first, second = (Slip(cycle_id, "h1", [Wanted("tomme", 1000)], JOSETTE) for cycle_id in ("c48", "c49"))
    async with hub.database.write() as writer:

        def place(connection):
            return place_orders(Transaction(connection, writer), [first], OfferSheets())

        [order] = await writer.connection.run_sync(place)
        waiting = asyncio.create_task(OrderDesk(hub.database, PARIS).place(second))
        await until_it_waits(hub.database, waiting)
        assert isinstance(order, Order)
        assert waiting.done() is not locked
    [outcome] = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(outcome, PaymentDue if locked else Order)


def _unlocked(real):
    def homes(dialect):
        statement = real(dialect).with_for_update()
        statement._for_update_arg = None
        return statement

    return homes


async def test_what_a_closing_moves_to_another_order_is_not_asked_again(hub):
    """It was ordered, and let through, before; what the household adds there by itself is asked for again."""
    await two_orders(hub)
    await ask(hub, days=0, limit_cents=0, caution_cents=5000)
    await hub.hear(balance(2340, cycles=[("c46", "2026-11-12", 2340)]))
    await choose(hub, TO_QUILLAN)
    await settle(hub)
    assert (await order_of(hub, "h1", "c48b")).quantities == {"flour": 20_000}
    with pytest.raises(PaymentDue):
        await hub.order("h1", base=1, cycle_id="c48b", flour=21_000)
    assert (await hub.order("h1", base=1, cycle_id="c48b", flour=19_000)).version == 2


async def test_what_helps_to_complete_a_case_is_asked_for_like_any_order(hub):
    await hub.hear(product("honey", case_thousandths=6000))
    await hub.open(completion_hours=3)
    await hub.order("h2", honey=4000)
    await hub.order("h1", honey=1000)
    await ask(hub, limit_cents=350)
    hub.clock.set(CLOSES)
    await hub.tick()
    assert (await hub.cycle()).state == "completing"
    why = await refused(hub, honey=2000)
    assert (why.asked_cents, why.room_cents) == (700, 350)
    await ask(hub, limit_cents=700)
    assert (await hub.order("h1", honey=2000)).version == 2
