"""Whatever happens to a ledger, in whatever order: it proves itself, and says what a plain list of debts says."""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

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
from sqlalchemy import select

import billing.migrations
from billing.amount_due import AmountDue, Cheque, Line, write_amounts
from billing.ledger import closing
from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, Account
from billing.ledger.closing import Nights, read
from billing.ledger.cover import cover_by_day, covers_on
from billing.ledger.entry import Cause, Entry, Side, move
from billing.ledger.posting import post
from billing.ledger.proof import proofs
from billing.ledger.sales import Paper, Sales
from billing.vat import by_rate
from chassis.database import Database
from chassis.schema import migrate
from chassis.testing import CountingIds, FrozenClock
from chassis.timers import Timer

PARIS = ZoneInfo("Europe/Paris")
PRODUCERS = ("p-goats", "p-bread")
HOUSEHOLDS = ("h-Marie", "h-Paul", "h-Josette")
CYCLES = ("one", "two")

bought = st.lists(st.tuples(st.sampled_from([0, 550, 2000]), st.integers(1, 5000)), min_size=1, max_size=3)
cheque = st.tuples(bought, st.integers(0, 300))
amounts = st.dictionaries(st.sampled_from(PRODUCERS), cheque)


def due(household_id, cheques):
    made = []
    for producer_id, (goods, deposit) in sorted(cheques.items()):
        lines = tuple(Line("pain", "bread", "piece", 1000, rate, gross, gross) for rate, gross in goods)
        made.append(Cheque(producer_id, producer_id, "", lines, by_rate(goods), deposit))
    return AmountDue(household_id, household_id, "g", "Limoux", tuple(made))


def to_pay(cheques):
    return {name: sum(gross for _, gross in goods) + deposit for name, (goods, deposit) in cheques.items()}


class Broken(Exception):
    pass


class Store:
    """A database with nothing in it, and how the ledger is reached in it."""

    migrated = b""

    def __init__(self, clock):
        self.folder = tempfile.TemporaryDirectory()
        self.clock = clock
        self.loop = asyncio.new_event_loop()
        file = Path(self.folder.name) / "billing.db"
        if Store.migrated:
            file.write_bytes(Store.migrated)
        self.database = Database(f"sqlite+aiosqlite:///{file}", service="billing", clock=clock, ids=CountingIds())
        if not Store.migrated:
            self.run(migrate(self.database.engine, Path(billing.migrations.__path__[0])))
            self.run(self.database.close())
            Store.migrated = file.read_bytes()
            self.database = Database(f"sqlite+aiosqlite:///{file}", service="billing", clock=clock, ids=CountingIds())

    def run(self, work):
        return self.loop.run_until_complete(work)

    def close(self):
        self.run(self.database.close())
        self.loop.close()
        self.folder.cleanup()

    async def revise(self, cycle_id, revision, said_at, changed, broken=False):
        """As a closing does: write the amounts, and book them."""
        row = {"id": cycle_id, "closing_event": f"{cycle_id}-{revision}", "closing_at": said_at, "closed_at": said_at}
        async with self.database.write() as writer:
            made = await write_amounts(writer, cycle_id, revision, [due(*each) for each in sorted(changed.items())])
            papers = [Paper(each.due.household_id, each.revision, each.cheques) for each in made]
            await Sales(PARIS).book(writer, row, papers)
            await Sales(PARIS).book(writer, row, papers)
            if broken:
                raise Broken

    async def move_money(self, key, day, movements):
        async with self.database.write() as writer:
            await post(writer, [Entry(HUB, key, day, "BQ", Cause(key, "collected", 1), movements)])

    async def night(self):
        async with self.database.write() as writer:
            await Nights(PARIS).close_books(writer, Timer("close_books", "all", writer.now, {}))

    async def rows(self, table):
        async with self.database.read() as reader:
            return [dict(row) for row in await reader.all(select(table).order_by(*table.primary_key))]

    async def looked_at(self, day):
        """Faults, what is claimed and covered at the end of a day, and that of the last days."""
        async with self.database.read() as reader:
            faults = [fault for proof in await proofs(reader) for fault in proof.faults]
            return (
                faults,
                {each.producer_id: each for each in await covers_on(reader, day)},
                await cover_by_day(reader, day),
            )


class Ledger(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.clock = FrozenClock()
        self.store = Store(self.clock)
        self.owed = {}  # (cycle, household) -> cents by producer
        self.revisions = dict.fromkeys(CYCLES, 0)
        self.held = dict.fromkeys(PRODUCERS, 0)
        self.debts = dict.fromkeys(PRODUCERS, 0)
        self.claims_of_day = {}
        self.done = []

    @property
    def today(self):
        return self.clock.now().astimezone(PARIS).date()

    def do(self, name, *what):
        self.store.run(getattr(self.store, name)(*what))
        self.done.append((self.clock.now(), name, what))

    @rule(cycle=st.sampled_from(CYCLES), changed=st.dictionaries(st.sampled_from(HOUSEHOLDS), amounts, min_size=1))
    def a_closing_is_said_or_revised(self, cycle, changed):
        self.revisions[cycle] += 1
        self.do("revise", cycle, self.revisions[cycle], self.clock.now(), changed)
        for household_id, cheques in changed.items():
            self.owed[cycle, household_id] = to_pay(cheques)

    @rule(cycle=st.sampled_from(CYCLES), changed=st.dictionaries(st.sampled_from(HOUSEHOLDS), amounts, min_size=1))
    def a_booking_breaks_off(self, cycle, changed):
        said = self.store.revise(cycle, self.revisions[cycle] + 1, self.clock.now(), changed, broken=True)
        with pytest.raises(Broken):
            self.store.run(said)

    @rule(producer=st.sampled_from(PRODUCERS), cents=st.integers(1, 9999), out=st.booleans())
    def money_comes_for_a_producer_or_is_handed_over(self, producer, cents, out):
        bank, debt = Side(Account.BANK, producer), Side(Account.THIRD_PARTY, producer)
        moved = tuple(move(debt, bank, cents) if out else move(bank, debt, cents))
        self.do("move_money", f"money-{len(self.done)}", self.today, moved)
        self.held[producer] += -cents if out else cents
        self.debts[producer] += -cents if out else cents

    @rule(producer=st.sampled_from(PRODUCERS), other=st.sampled_from(PRODUCERS), cents=st.integers(1, 99))
    def money_of_one_producer_is_taken_for_another(self, producer, other, cents):
        if producer == other:
            return
        moved = tuple(move(Side(Account.BANK, other), Side(Account.BANK, producer), cents))
        self.do("move_money", f"money-{len(self.done)}", self.today, moved)
        self.held[producer] -= cents
        self.held[other] += cents

    @rule(days=st.sampled_from([1, 1, 1, 2, 12, 31, 400]))
    def days_pass(self, days):
        self.claims_of_day[self.today] = self.claims()
        self.clock.advance(timedelta(days=days))

    @precondition(lambda self: self.done)
    @rule()
    def the_night_closes_the_books(self):
        self.do("night")

    def claims(self):
        found = dict.fromkeys(PRODUCERS, 0)
        for by_producer in self.owed.values():
            for producer, cents in by_producer.items():
                found[producer] += cents
        return found

    def is_short(self, producer):
        """Where less than nothing is held, other money was used: that is covered by no debt of the producer."""
        return self.held[producer] < max(self.debts[producer], 0)

    @invariant()
    def it_proves_itself_and_says_what_the_list_says(self):
        if not hasattr(self, "store"):
            return
        faults, covers, days = self.store.run(self.store.looked_at(self.today))
        assert faults == []
        for producer, cents in self.claims().items():
            cover = covers.get(producer)
            told = (cover.claimed_cents, cover.held_cents, cover.owed_cents) if cover else (0, 0, 0)
            assert told == (cents, self.held[producer], self.debts[producer])
            assert cover is None or cover.covered == (not self.is_short(producer))
        assert days[0].short == sum(self.is_short(each) for each in PRODUCERS)
        by_household = {}
        for row in self.store.run(self.store.rows(balance)):
            if row["account"] == Account.HOUSEHOLD:
                cents = row["debit_cents"] - row["credit_cents"]
                by_household[row["party"]] = by_household.get(row["party"], 0) + cents
        wanted = dict.fromkeys(by_household, 0)
        for (_, household_id), by_producer in self.owed.items():
            wanted[household_id] = wanted.get(household_id, 0) + sum(by_producer.values())
        assert by_household == {each: cents for each, cents in wanted.items() if each in by_household or cents}

    @invariant()
    def a_day_that_is_over_keeps_its_claims(self):
        for day, claims in list(getattr(self, "claims_of_day", {}).items())[-3:]:
            _, covers, _ = self.store.run(self.store.looked_at(day))
            assert {each: covers[each].claimed_cents if each in covers else 0 for each in PRODUCERS} == claims

    @invariant()
    def closings_count_every_entry_once(self):
        if not hasattr(self, "store"):
            return
        rows = self.store.run(self.store.rows(closing.closing))
        for name in {row["book"] for row in rows}:
            days = [row for row in rows if row["book"] == name and row["kind"] == "day"]
            assert [row["first"] for row in days] == [1, *(row["last"] + 1 for row in days[:-1])]
            sums = [sum(debit for debit, _ in read(row["totals"]).values()) for row in days]
            assert sum(sums) == sum(debit for debit, _ in read(days[-1]["perpetual"]).values())

    def teardown(self):
        if not hasattr(self, "store"):
            return
        clock = FrozenClock()
        rebuilt = Store(clock)
        try:
            for at, name, what in self.done:
                clock.set(at)
                rebuilt.run(getattr(rebuilt, name)(*what))
            for table in (entry, movement, closing.closing, balance):
                assert rebuilt.run(rebuilt.rows(table)) == self.store.run(self.store.rows(table)), table.name
        finally:
            rebuilt.close()
            self.store.close()


QUIETLY = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


def test_a_ledger_survives_whatever_happens_to_it():
    run_state_machine_as_test(Ledger, settings=settings(QUIETLY, max_examples=12, stateful_step_count=12))


class Unbooked(Ledger):
    """The control: a counter-entry takes nothing back."""

    @rule(cycle=st.sampled_from(CYCLES), changed=st.dictionaries(st.sampled_from(HOUSEHOLDS), amounts, min_size=1))
    def a_closing_is_said_or_revised(self, cycle, changed):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("billing.ledger.sales.opposite", tuple)
            super().a_closing_is_said_or_revised(cycle, changed)


def test_a_counter_entry_that_takes_nothing_back_is_seen():
    # It is enough that one is found, however long it is.
    found = settings(
        QUIETLY, max_examples=40, stateful_step_count=12, phases=[Phase.generate], report_multiple_bugs=False
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Unbooked, settings=found)
