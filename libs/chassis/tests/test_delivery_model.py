"""Relay, broker and consumer as a model without I/O: thousands of schedules of faults in seconds.

What is decided is decided by the product's own functions (`kept_up_to`, `together`); tables and broker are lists. Each
protection is switched off in turn, and Hypothesis must then find a schedule that loses or doubles something.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chassis import relay
from chassis.jetstream import Stored

T = TypeVar("T")

BATCH = 3
SCHEDULES = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Row:
    """One row of the outbox; the event's id is its version, for there is one aggregate."""

    event: int
    published: bool = False
    sequence: int | None = None


@dataclass
class Broker:
    """The stream of one service and its one durable consumer. Sequences count from 1."""

    messages: list[int] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    remembered: dict[int, int] = field(default_factory=dict)
    """Sequence by event, while the window of de-duplication is open."""

    def store(self, events: list[int]) -> Stored | None:
        """Whole or, where one is a double, not at all: then None, as error 10201 of an atomic batch."""
        if len(events) == 1 and events[0] in self.remembered:
            return Stored(self.remembered[events[0]], None)
        if any(event in self.remembered for event in events):
            return None
        first = len(self.messages) + 1
        self.messages += events
        self.remembered |= {event: first + number for number, event in enumerate(events)}
        return Stored(len(self.messages), first)

    def copied(self) -> "Broker":
        return Broker(list(self.messages), set(self.acknowledged), dict(self.remembered))


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of one that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


class Delivery:
    """A service that speaks, its relay, the broker, and one that listens. Every fault is a method."""

    inbox_on = guard_on = marks_after_publishing = compares = gives_up_places = True
    trusts_every_tail = False

    def __init__(self) -> None:
        self.outbox: list[Row] = []
        self.broker = Broker()
        self.copies: list[Broker] = []
        self.in_doubt = True
        self.inbox: set[int] = set()
        self.effects: dict[int, int] = {}
        self.projection = self.highest = 0

    # --- who speaks ---

    def change(self) -> None:
        self.outbox.append(Row(len(self.outbox) + 1))

    def publish(self, size: int, outcome: str) -> None:
        if self.in_doubt:
            self.reconcile()
        rows = [row for row in self.outbox if not row.published][:size]
        if not rows:
            return
        if not self.marks_after_publishing:
            self.mark(rows, Stored(len(self.broker.messages) + len(rows), None))
            if outcome == "killed":
                return
        stored = self.broker.store([row.event for row in rows])
        if stored is None:
            one_by_one = [self.broker.store([row.event]) for row in rows]
            stored = relay.together([each for each in one_by_one if each])
        if outcome == "fine":
            self.mark(rows, stored)
        else:
            self.in_doubt = True

    def mark(self, rows: list[Row], stored: Stored) -> None:
        if stored.first_new is not None and self.gives_up_places:
            self.take_back(stored.first_new - 1)
        for row in rows:
            row.published, row.sequence = True, stored.last

    def take_back(self, kept: int) -> None:
        for row in self.outbox:
            if row.published and (row.sequence or 0) > kept:
                row.published, row.sequence = False, None

    def reconcile(self) -> None:
        tail = len(self.broker.messages)

        async def recorded_at(place: int) -> int | None:
            return self.outbox[self.broker.messages[place - 1] - 1].sequence

        if self.compares:
            self.take_back(tail if self.trusts_every_tail else at_once(relay.kept_up_to(tail, recorded_at)))
        self.in_doubt = False

    # --- the broker ---

    def end_window_of_de_duplication(self) -> None:
        self.broker.remembered.clear()

    def copy_the_store(self) -> None:
        self.copies.append(self.broker.copied())

    def wipe_the_store(self) -> None:
        self.broker, self.in_doubt = Broker(), True
        self.copies.clear()

    def put_back_an_older_copy(self, number: int, told: bool) -> None:
        """Untold: the relay was connected again and published before anybody looked."""
        if self.copies:
            chosen = number % len(self.copies)
            self.broker = self.copies[chosen].copied()
            # What was copied later is of another history, in which the same places hold other events: not promised.
            del self.copies[chosen + 1 :]
            self.in_doubt |= told

    # --- who listens ---

    def deliver(self, number: int, outcome: str) -> None:
        """Any message, in any order, as often as you like; "killed" before the commit, "ack lost" after it."""
        if not self.broker.messages or outcome == "killed":
            return
        place = number % len(self.broker.messages)
        event = self.broker.messages[place]
        if not self.inbox_on or event not in self.inbox:
            self.inbox.add(event)
            self.effects[event] = self.effects.get(event, 0) + 1
            if not self.guard_on or event > self.projection:
                self.projection = event
        if outcome == "fine":
            self.broker.acknowledged.add(place)

    # --- what must hold ---

    def check(self) -> None:
        assert all(times == 1 for times in self.effects.values()), "an event took effect twice"
        assert self.projection >= self.highest, "the projection went back"
        self.highest = self.projection

    def converge(self) -> None:
        """The faults stop, and the relay is told once more that the broker is there."""
        self.in_doubt = True
        while self.in_doubt or not all(row.published for row in self.outbox):
            self.publish(BATCH, "fine")
        for place in range(len(self.broker.messages)):
            if place not in self.broker.acknowledged:
                self.deliver(place, "fine")
        self.check()
        everything = {row.event for row in self.outbox}
        assert set(self.broker.messages) == everything, "the stream lacks events"
        assert set(self.effects) == everything, "an event never took effect"
        assert self.projection == len(self.outbox), "the projection is old"


NUMBER = st.integers(0, 40)
OUTCOMES = ["fine", "ack lost", "killed"]
OUTCOME = st.sampled_from(OUTCOMES)


class Schedules(RuleBasedStateMachine):
    """The schedules that Hypothesis tries."""

    model: type[Delivery] = Delivery

    def __init__(self) -> None:
        super().__init__()
        self.world = self.model()

    @rule()
    def change(self) -> None:
        self.world.change()

    @rule(size=st.integers(1, BATCH), outcome=OUTCOME)
    def publish(self, size: int, outcome: str) -> None:
        self.world.publish(size, outcome)

    @rule()
    def end_window_of_de_duplication(self) -> None:
        self.world.end_window_of_de_duplication()

    @rule()
    def copy_the_store(self) -> None:
        self.world.copy_the_store()

    @rule()
    def wipe_the_store(self) -> None:
        self.world.wipe_the_store()

    @rule(number=NUMBER, told=st.booleans())
    def put_back_an_older_copy(self, number: int, told: bool) -> None:
        self.world.put_back_an_older_copy(number, told)

    @rule(number=NUMBER, outcome=OUTCOME)
    def deliver(self, number: int, outcome: str) -> None:
        self.world.deliver(number, outcome)

    @invariant()
    def holds(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.converge()


def random_schedule(world: Delivery, chance: Random, steps: int = 40) -> None:
    """The same, drawn without Hypothesis' care for small examples: a hundred times as many in the same time."""
    for _ in range(steps):
        step, number, outcome = chance.randrange(7), chance.randrange(40), chance.choice(OUTCOMES)
        if step == 0:
            world.change()
        elif step == 1:
            world.publish(number % BATCH + 1, outcome)
        elif step == 2:
            world.deliver(number, outcome)
        elif step == 3:
            world.put_back_an_older_copy(number, told=number % 2 == 0)
        else:
            (world.end_window_of_de_duplication, world.copy_the_store, world.wipe_the_store)[step - 4]()
        world.check()
    world.converge()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """So that a schedule of thirty steps reaches beyond one."""
    monkeypatch.setattr(relay, "LOOK_BACK", 2 * BATCH)


def test_no_schedule_of_faults_loses_or_doubles_an_event():
    run_state_machine_as_test(Schedules, settings=SCHEDULES)


def test_thousands_of_schedules_at_random_lose_and_double_nothing():
    thousands_at_random(Delivery)


@pytest.mark.parametrize(
    ("off", "complaint"),
    [
        ({"inbox_on": False}, "took effect twice"),
        ({"guard_on": False}, "went back"),
        ({"marks_after_publishing": False}, "the stream lacks events"),
        ({"compares": False}, "the stream lacks events"),
    ],
    ids=["inbox", "version guard", "marking after publishing", "comparing"],
)
def test_without_a_protection_a_schedule_is_found_that_breaks_the_promise(off, complaint):
    weak = type("Weak", (Delivery,), off)
    hunt = settings(SCHEDULES, max_examples=5_000, phases=[Phase.generate])
    with pytest.raises(AssertionError, match=complaint):
        run_state_machine_as_test(type("Weak", (Schedules,), {"model": weak}), settings=hunt)


def thousands_at_random(model: type[Delivery]) -> None:
    for seed in range(5_000):
        random_schedule(model(), Random(seed))


@pytest.mark.parametrize("off", [{"gives_up_places": False}, {"trusts_every_tail": True}], ids=["places", "tail"])
def test_what_only_rare_schedules_need_is_needed(off):
    with pytest.raises(AssertionError, match="the stream lacks events"):
        thousands_at_random(type("Weak", (Delivery,), off))
