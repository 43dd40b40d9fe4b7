"""Whatever people do with a cycle, in whatever order: quantity and money are conserved at every step.

Baskets, the closing, decisions, decisions taken back, staying open longer (for all or for one producer), what is left
over of a case, what producers answer and answer again. The order book, the events (what logistics and billing hold) and
the manifest say the same; nobody gets what they did not accept, cases are whole, and no more is given than there is.
"""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts import logistics, ordering
from contracts.ordering import manifest_digest
from ordering import decision, order_book, revision
from ordering.allocation import Choice, Option
from ordering.closing import NotAChoice, TooLateToDecide
from ordering.cycle import State
from ordering.household import Details, mark, register
from ordering.order import EmptyBasket
from ordering.wanted import Terms, Wanted, WrongLines

from .conftest import CLOSES, product
from .test_closing import FLOUR, MILL, lemons

HOUSEHOLDS = ("h1", "h2", "h3", "h4")
SHELF = "h5"
"""It orders nothing, and takes what is left over."""
GOODS = ("jam", "lemons1", "lemons5", "flour", "tomme", "eggs")
PRODUCERS = {"bousole": ("jam", "tomme", "eggs"), "bioespuna": ("lemons1", "lemons5"), "mill": ("flour",)}
EGGS = 10_000
"""There are no more."""

lines = st.dictionaries(
    st.sampled_from(GOODS),
    st.tuples(st.integers(1, 14), st.integers(0, 6), st.integers(0, 14), st.booleans()),
    min_size=2,
)


def machine_of(hub, loop):  # noqa: C901 one machine, its rules side by side
    numbers = iter(range(1, 10_000))

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    async def write(operation, *arguments, **options):
        async with hub.database.write() as writer:
            return await operation(writer, *arguments, **options)

    class Week(RuleBasedStateMachine):
        @initialize(baskets=st.lists(lines, min_size=4, max_size=4), hours=st.sampled_from((0, 2)))
        def begin(self, baskets, hours):
            self.id = f"c{next(numbers)}"
            self.asked = {}
            self.top_ups = defaultdict(int)
            self.versions = dict.fromkeys(PRODUCERS, 1)
            self.lists = dict.fromkeys(PRODUCERS, 0)
            self.brings, self.on_list = {}, {}
            self.held = run(hub.open(self.id, completion_hours=hours))
            for household, wanted in zip(HOUSEHOLDS, baskets, strict=True):
                self._place(household, wanted)

        def is_open(self):
            return self.held.state in (State.OPEN, State.COMPLETING)

        def is_deciding(self):
            return self.held.state is State.DECIDING

        def is_closed(self):
            return self.held.state is State.CLOSED

        @precondition(is_open)
        @rule(household=st.sampled_from(HOUSEHOLDS), wanted=lines)
        def a_basket_is_saved(self, household, wanted):
            self._place(household, wanted)

        def _place(self, household, wanted):
            basket = [
                Wanted(name, quantity * 1000, terms=Terms(more * 1000, min(least, quantity) * 1000, like))
                for name, (quantity, more, least, like) in wanted.items()
            ]
            try:
                run(hub.place(household, self.id, basket))
            except (WrongLines, EmptyBasket):
                return
            self.asked[household] = {line.product_id: line for line in basket}

        @precondition(is_open)
        @rule()
        def orders_end(self):
            run(write(hub.app.state.closing.close, self.id))
            self._count_top_ups()

        def has_decisions(self):
            return self.held.state in (State.DECIDING, State.CLOSED) and bool(run(self._decisions()))

        @precondition(has_decisions)
        @rule(choose=st.randoms(use_true_random=False))
        def a_decision_is_made(self, choose):
            one = choose.choice(run(self._decisions()))
            choice = Choice(choose.choice(one.question.options))
            if choice.option is Option.SURPLUS:
                rest = choose.choice(one.question.rests)
                choice = Choice(Option.SURPLUS, "", rest.product_id, rest.quantity_thousandths)
            if choice.option is Option.TOP_UP:
                rest, order = choose.choice(one.question.rests), choose.choice(self.orders)
                choice = Choice(Option.TOP_UP, order.id, rest.product_id, rest.quantity_thousandths)
            self._choose(one.subject, choice)

        @precondition(has_decisions)
        @rule(choose=st.randoms(use_true_random=False))
        def a_decision_is_taken_back(self, choose):
            self._choose(choose.choice(run(self._decisions())).subject, None)

        def _choose(self, subject, choice):
            try:
                run(write(hub.app.state.closing.choose, self.id, subject, choice, "Odile"))
            except TooLateToDecide:
                assert self.brings, "nobody has answered"
            self._count_top_ups()

        def _count_top_ups(self):
            self.top_ups.clear()
            for one in run(self._decisions()):
                if one.choice is not None and one.choice.fills:
                    self.top_ups[one.choice.order_id, one.choice.product_id] += one.choice.quantity_thousandths

        @precondition(is_deciding)
        @rule()
        def it_stays_open_longer(self):
            run(write(hub.app.state.closing.extend, self.id, CLOSES, CLOSES))

        @precondition(is_deciding)
        @rule(producer=st.sampled_from(sorted(PRODUCERS)))
        def it_stays_open_longer_for_one_producer(self, producer):
            try:
                run(write(hub.app.state.closing.extend, self.id, CLOSES, CLOSES, producer))
            except NotAChoice:
                return

        @precondition(is_deciding)
        @rule()
        def it_is_closed(self):
            self._count_top_ups()
            run(write(hub.app.state.closing.settle, self.id, by_default=True))

        @precondition(is_closed)
        @rule(
            producer=st.sampled_from(sorted(PRODUCERS)),
            parts=st.lists(st.sampled_from((0, 0, 1, 2, 3, 4, 4)), min_size=3, max_size=3),
            instead=st.integers(0, 2),
            anew=st.booleans(),
        )
        def a_producer_answers(self, producer, parts, instead, anew):
            """To its list, and again; or `anew`, to a list that follows what it answered before."""
            if producer not in self.brings or anew:
                self.lists[producer] += 1
                self.brings[producer] = self._sums(PRODUCERS[producer])
                self.on_list[producer] = set(self._given(PRODUCERS[producer]))
            base = self.brings[producer]
            self.versions[producer] += 1
            answered = [
                logistics.AnsweredLine(
                    product_id=name,
                    asked_thousandths=base[name],
                    deliverable_thousandths=base[name] * part // 4,
                    substitute_id=PRODUCERS[producer][instead % len(PRODUCERS[producer])],
                )
                for name, part in zip(PRODUCERS[producer], parts, strict=False)
                if base[name]
            ]
            run(
                hub.hear(
                    logistics.PickListAnswered(
                        id=f"{self.id}-{producer}",
                        version=self.versions[producer],
                        cycle_id=self.id,
                        producer_id=producer,
                        producer_name=producer,
                        revision=self.lists[producer],
                        answered_at=CLOSES,
                        answered_by="Ana",
                        lines=answered,
                    )
                )
            )
            # What is given in place of something else now is beside the list; what was so before is on it.
            given = self._sums(PRODUCERS[producer], of=self.on_list[producer])
            for line in answered:
                most = min(line.deliverable_thousandths, base[line.product_id])
                assert given[line.product_id] <= most, "more is given than comes"
                if line.deliverable_thousandths >= base[line.product_id]:
                    assert given[line.product_id] == base[line.product_id], "what comes is given"

        # What holds at every step

        @invariant()
        def all_is_conserved(self):
            self.held, self.orders = run(hub.cycle(self.id)), run(self._orders())
            self.nobody_gets_what_they_did_not_accept()
            self.the_events_say_what_the_book_says()
            if self.is_closed():
                self.the_manifest_counts_what_is_given()
                self.cases_are_whole_and_no_more_is_given_than_there_is()

        def nobody_gets_what_they_did_not_accept(self):
            for order in self.orders:
                assert order.gross_cents == sum(line.gets_cents for line in order.lines)
                asked = self.asked.get(order.household_id, {})
                assert {line.article.product_id for line in order.lines if line.quantity_thousandths} == set(asked)
                for line in order.lines:
                    name, gets = line.article.product_id, line.gets_thousandths
                    most = self.top_ups[order.id, name]
                    if name in asked:
                        assert line.quantity_thousandths == asked[name].quantity_thousandths
                        most += asked[name].quantity_thousandths + asked[name].terms.tolerance
                        least = asked[name].terms.least
                        assert gets == 0 or gets >= least, f"{gets} is less than {least}, the least that was wanted"
                    elif line.given.instead_of:
                        missing = asked[line.given.instead_of]
                        assert missing.terms.substitute, "nobody agreed to that"
                        most = missing.quantity_thousandths + missing.terms.tolerance
                        most += self.top_ups[order.id, line.given.instead_of]
                    assert 0 <= gets <= most
                    told = line.given is None or line.given.reason is not None
                    assert told, "something else is given, and nobody says why"

        def the_events_say_what_the_book_says(self):
            last, orders = run(self._last_events()), self.orders
            last = {key: event for key, event in last.items() if not isinstance(event, ordering.OrderWithdrawn)}
            assert {order.id: order.version for order in orders} == {key: event.version for key, event in last.items()}
            for order in orders:
                said = {line.article.product_id: line for line in last[order.id].lines}
                assert {name: line.quantity_thousandths for name, line in said.items()} == {
                    line.article.product_id: line.gets_thousandths for line in order.lines
                }
                assert last[order.id].gross_cents == order.gross_cents

        def the_manifest_counts_what_is_given(self):
            orders, manifest = self.orders, self.held.manifest
            given = [line for order in orders for line in order.lines if line.gets_thousandths]
            assert manifest.digest == manifest_digest([(order.id, order.version) for order in orders])
            assert manifest.orders == len(orders)
            assert manifest.lines == len(given)
            assert manifest.quantity_thousandths == sum(line.gets_thousandths for line in given)
            assert manifest.gross_cents == sum(line.gets_cents for line in given)
            by_producer = defaultdict(int)
            for line in given:
                by_producer[line.article.producer_id] += line.gets_cents
            assert {one.producer_id: one.gross_cents for one in manifest.producers} == by_producer

        def cases_are_whole_and_no_more_is_given_than_there_is(self):
            given = self._sums(GOODS)
            assert given["eggs"] <= EGGS
            if "bousole" not in self.brings:
                assert given["jam"] % 12_000 == 0
            if "bioespuna" not in self.brings:
                assert (given["lemons1"] + 5 * given["lemons5"]) % 10_000 == 0

        def _given(self, goods):
            """Order and product -> thousandths it gets."""
            return {
                (order.id, line.article.product_id): line.gets_thousandths
                for order in run(self._orders())
                for line in order.lines
                if line.article.product_id in goods and line.gets_thousandths
            }

        def _sums(self, goods, of=None):
            """Product -> thousandths given; `of`: in these lines alone."""
            sums = dict.fromkeys(goods, 0)
            for line, gets in self._given(goods).items():
                if of is None or line in of:
                    sums[line[1]] += gets
            return sums

        async def _orders(self):
            async with hub.database.read() as reader:
                found = [await order_book.of_household(reader, self.id, one) for one in (*HOUSEHOLDS, SHELF)]
            return [order for order in found if order is not None and order.lines]

        async def _decisions(self):
            async with hub.database.read() as reader:
                return await decision.of_cycle(reader, self.id)

        async def _last_events(self):
            last = {}
            for event in await hub.said(ordering.Order):
                if event.cycle_id == self.id and event.version >= getattr(last.get(event.id), "version", 0):
                    last[event.id] = event
            return last

    return Week


@pytest.fixture
async def shop(hub):
    await hub.hear(
        product("jam", price_cents=400, case_thousandths=12_000),
        lemons("lemons1", 1_000, 250),
        lemons("lemons5", 5_000, 1_100),
        MILL,
        FLOUR,
    )
    async with hub.database.write() as writer:
        await register(writer, SHELF, Details("limoux", "Étagère"))
        await mark(writer, SHELF, solidarity=False, takes_surplus=True)
    return hub


async def checked(shop, examples, **options):
    """The machine runs in a thread of its own, and has each step done on this loop."""
    how = settings(
        max_examples=examples,
        stateful_step_count=14,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        **options,
    )
    machine = machine_of(shop, asyncio.get_running_loop())
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=how)


async def test_quantity_and_money_are_conserved_at_every_step(shop):
    await checked(shop, 10)


async def test_money_that_goes_missing_is_noticed(shop, monkeypatch):
    """The control: an order keeps the price of what it asked, whatever it gets."""
    monkeypatch.setattr(revision, "_cents", lambda changes: 0)
    with pytest.raises(AssertionError):
        await checked(shop, 30, phases=[Phase.generate], derandomize=True)
