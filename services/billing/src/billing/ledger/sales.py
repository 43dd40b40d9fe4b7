"""The amounts due of a cycle, in the books of those who sold: booked once, taken back and booked again when revised.

What is to be booked is found by holding the amounts that hold against what is booked: whatever is said twice books
nothing the second time, and amounts of a release that had no ledger are booked when it is upgraded.
"""

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing.amount_due import HOLDS, amount_due
from billing.cycle import locked
from billing.household_balance import say_balances
from billing.ledger.book import entry, movement, movement_of
from billing.ledger.entry import Cause, Entry, Movement, opposite
from billing.ledger.posting import post
from billing.ledger.rules import CARRIAGE, FEE, RESALE, RULES, SALE, fees, rule_of_fees, rule_of_sale, sale
from billing.many import among
from chassis.database import Reader, Writer
from chassis.timers import Timer

TIMER = "book_amounts"
PORTION = 500
"""Households whose amounts are booked in one transaction."""
OF_PAPERS = (SALE, RESALE, FEE, CARRIAGE)
"""The rules by which what a paper says is booked."""
BACK = {"sale": "back", "fee": "fee_back"}
"""What the key of a counter-entry begins with, by that of the entry."""
Place = tuple[str, str]
"""A book and the name of a rule: where one entry of a paper stands at most."""
UNTOLD = "before-the-ledger"
"""The cause of what was closed before a cycle kept the event of its closing."""


@dataclass(frozen=True)
class Because:
    """What else than the closing of a cycle led to papers: an event, when, and the person who did it, if one did."""

    event: str
    at: datetime
    person_id: str = ""


@dataclass(frozen=True)
class Paper:
    """What holds of a household for a cycle: the `cheques` as kept in `amount_due`, of which revision and delivery.
    `because`: what led to it alone, None where it is what led to all that are booked together; `read`: the same
    `cheques`, where they need not be read again."""

    household_id: str
    revision: int
    cheques: str
    delivery: int = 0
    because: Because | None = None
    read: Sequence[Mapping[str, Any]] | None = None

    def of(self, cycle_id: str) -> str:
        """What names it in the keys of its entries."""
        expected = f"{cycle_id}:{self.household_id}:{self.revision}"
        return f"{expected}:{self.delivery}" if self.delivery else expected


def because_closed(cycle: RowMapping) -> Because:
    """The closing of a cycle, or the revision of it that holds."""
    return Because(cycle["closing_event"] or UNTOLD, cycle["closing_at"] or cycle["closed_at"])


@dataclass(frozen=True)
class Sales:
    """`zone`: the hub's, whose midnight parts the days."""

    zone: ZoneInfo

    async def book(
        self,
        writer: Writer,
        cycle: RowMapping,
        papers: Collection[Paper],
        because: Because | None = None,
        also: Sequence[Entry] = (),
    ) -> None:
        """Have in the books what these papers say, and nothing else of their households in this cycle. The caller holds
        the cycle's row. `because`: None for the closing of the cycle or its revision; `also`: what is booked with
        them."""
        because = because or because_closed(cycle)
        day = because.at.astimezone(self.zone).date()
        booked = await booked_of(writer, cycle["id"], {paper.household_id for paper in papers})
        # In a thread: of many papers it takes a while, and pages must not wait for it.
        entries = await asyncio.to_thread(lambda: list(changes(cycle["id"], because, day, papers, booked)))
        await post(writer, [*entries, *also])

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: book the amounts of a cycle that an earlier release computed, some households at a time."""
        held = await locked(writer, timer.key)
        if held is None:
            return
        c = amount_due.c
        holding = select(c.household_id, c.revision, c.delivery, c.cheques).where(c.cycle_id == timer.key, HOLDS)
        later = holding.where(c.household_id > timer.payload.get("after", "")).order_by(c.household_id)
        rows = await writer.all(later.limit(PORTION))
        await self.book(writer, held, [Paper(**row) for row in rows])
        await say_balances(writer, {row["household_id"] for row in rows})
        if len(rows) == PORTION:
            await writer.call_at(TIMER, timer.key, writer.now, {"after": rows[-1]["household_id"]})


@dataclass(frozen=True)
class Booked:
    """An entry that stands."""

    number: int
    movements: tuple[Movement, ...]


def changes(
    cycle_id: str,
    because: Because,
    day: date,
    papers: Iterable[Paper],
    booked: Mapping[str, Mapping[Place, Booked]],
) -> Iterable[Entry]:
    """The entries that lead from what is `booked`, by household, to what the papers say: of each cheque that is another
    one the counter-entry of what stands, and the new entry; of its goods and of its fees. Raises WrongEntry."""
    for paper in papers:
        wanted: dict[Place, tuple[Movement, ...]] = {}
        for each in json.loads(paper.cheques) if paper.read is None else paper.read:
            book = each["producer_id"]
            wanted[book, rule_of_sale(book).name] = sale(paper.household_id, each)
            if "fees" in each:
                wanted[book, rule_of_fees(book).name] = fees(paper.household_id, each)
        mine = booked.get(paper.household_id, {})
        of_paper = paper.of(cycle_id)
        document = sha256(paper.cheques.encode()).hexdigest()
        led = paper.because or because
        for place in sorted(wanted.keys() | mine.keys()):
            stands, due = mine.get(place), wanted.get(place, ())
            if stands and stands.movements == due:
                continue
            book, rule = place[0], RULES[place[1]]
            kind = "fee" if rule is FEE or rule is CARRIAGE else "sale"
            cause = Cause(led.event, rule.name, rule.version, led.person_id)
            of = cycle_id, paper.household_id, paper.revision, document
            if stands:
                back, key = opposite(stands.movements), f"{BACK[kind]}:{of_paper}"
                yield Entry(book, key, day, rule.journal, cause, back, *of, stands.number)
            if due:
                yield Entry(book, f"{kind}:{of_paper}", day, rule.journal, cause, due, *of)


async def booked_of(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, dict[Place, Booked]]:
    """The sales and fees of some households in a cycle that stand, by household."""
    e, m = entry.c, movement.c
    back = entry.alias()
    taken_back = select(back.c.number).where(back.c.book == e.book, back.c.counters == e.number).exists()
    rows = await reader.all(
        select(movement, e.household_id, e.rule)
        .join(entry, (e.book == m.book) & (e.number == m.number))
        .where(e.cycle_id == cycle_id, among(e.household_id, household_ids))
        .where(e.rule.in_(sorted(rule.name for rule in OF_PAPERS)), e.counters.is_(None), ~taken_back)
        .order_by(m.book, m.number, m.place)
    )
    found: dict[str, dict[Place, Booked]] = {}
    for row in rows:
        mine, place = found.setdefault(row["household_id"], {}), (row["book"], row["rule"])
        before = mine.get(place, Booked(row["number"], ()))
        mine[place] = Booked(row["number"], (*before.movements, movement_of(row)))
    return found
