"""The commissions of a cycle, in the book of the hub and in those of the producers: booked once, and put right when the
amounts of the cycle, or of another that account is rendered of together with it, are revised.

As with sales, what is to be booked is found by holding what is earned against what stands in the books.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing.commission import (
    Earned,
    Reckoned,
    contracts_of,
    earned,
    keep,
    of_cycle,
    of_periods,
    reckoned,
    vat_on,
)
from billing.cycle import locked
from billing.ledger.book import entry, locked_heads, movement, movement_of
from billing.ledger.chart import HUB
from billing.ledger.entry import Cause, Entry, Movement, opposite
from billing.ledger.posting import post
from billing.ledger.rules import COMMISSION, COMMISSION_OWED, Rule, commission_earned, commission_owed
from billing.ledger.sales import Because, because_closed
from billing.ledger.taken import give_back
from billing.seller import frozen_sellers
from billing.sold import sold_by_class
from billing.vat import VatTables
from chassis.database import Reader, Writer
from chassis.timers import Timer

TIMER = "book_commissions"
RULES = {rule.name: rule for rule in (COMMISSION, COMMISSION_OWED)}


@dataclass(frozen=True)
class Commissions:
    """`zone`: the hub's, whose midnight parts the days; `country`: where the goods are handed out, and the hub is;
    `regime`: the hub's."""

    zone: ZoneInfo
    vat: VatTables
    country: str
    regime: str

    async def book(self, writer: Writer, cycle: RowMapping, because: Because | None = None) -> None:
        """Have in the books what the amounts of the cycle that hold earn the hub. The caller holds the cycle's row.
        `because`: None for the closing of the cycle or its revision."""
        # Held from here on: cycles that account is rendered of together are reckoned one after the other.
        await locked_heads(writer, {HUB})
        before = await of_cycle(writer, cycle["id"])
        now = await self._reckoned(writer, cycle)
        if not before and not now:
            return
        await keep(writer, cycle["id"], now)
        periods = {each.period for each in (*before, *now)}
        producers = {each.producer_id for each in (*before, *now)}
        together: dict[tuple[str, str], list[Reckoned]] = {}
        for each in await of_periods(writer, producers, periods):
            together.setdefault((each.producer_id, each.period), []).append(each)
        due: dict[tuple[str, str], Earned | None] = {(cycle["id"], each.producer_id): None for each in before}
        for some in together.values():
            due.update({(one.of.cycle_id, one.of.producer_id): one for one in earned(some)})
        booked = await booked_of(writer, {cycle_id for cycle_id, _ in due})
        because = because or because_closed(cycle)
        await post(writer, list(self._changes(cycle, because, due, booked)))
        day = because.at.astimezone(self.zone).date()
        await give_back(writer, producers, day, because.event, because.person_id, cycle["id"])

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: book the commissions of a cycle whose amounts were computed before commissions were booked."""
        held = await locked(writer, timer.key)
        if held is not None and held["sellers"] is not None:
            await self.book(writer, held)

    async def _reckoned(self, reader: Reader, cycle: RowMapping) -> list[Reckoned]:
        known = frozen_sellers(cycle)
        held = await contracts_of(reader, known, cycle["closed_at"], cycle["delivers_on"])
        if not held:
            return []
        sold = await sold_by_class(reader, cycle["id"])
        closed_on = cycle["closed_at"].astimezone(self.zone).date()
        return [
            reckoned(
                cycle,
                held[producer_id],
                known[producer_id],
                closed_on,
                classes,
                vat_on(known[producer_id], self.vat, self.country, cycle["delivers_on"], self.regime),
            )
            for producer_id, classes in sorted(sold.items())
            if producer_id in held
        ]

    def _changes(
        self,
        cycle: RowMapping,
        because: Because,
        due: Mapping[tuple[str, str], Earned | None],
        booked: Mapping[tuple[str, str, str], "Booked"],
    ) -> Iterable[Entry]:
        """The entries that lead from what is booked to what is due: of each commission that is another one the
        counter-entry of what stands, and the new entry, in the hub's book and the producer's."""
        day = because.at.astimezone(self.zone).date()
        for (cycle_id, producer_id), one in sorted(due.items()):
            for book, rule, movements in _wanted(producer_id, one):
                stands = booked.get((cycle_id, producer_id, rule.name), Booked())
                if stands.movements == movements:
                    continue
                cause = Cause(because.event, rule.name, rule.version, because.person_id)
                key = f"{rule.name}:{cycle_id}:{producer_id}"
                entry_of = partial(
                    Entry,
                    book=book,
                    day=day,
                    journal=rule.journal,
                    cause=cause,
                    cycle_id=cycle_id,
                    revision=cycle["revision"],
                )
                if stands.movements:
                    back = opposite(stands.movements)
                    yield entry_of(key=f"back:{key}:{stands.times}", movements=back, counters=stands.number)
                if movements:
                    yield entry_of(key=f"{key}:{stands.times + 1}", movements=movements)


def _wanted(producer_id: str, one: Earned | None) -> Iterable[tuple[str, Rule, tuple[Movement, ...]]]:
    """Book, rule and movements, on both sides; no movements where nothing is earned any more."""
    yield HUB, COMMISSION, commission_earned(producer_id, one) if one else ()
    yield producer_id, COMMISSION_OWED, commission_owed(one) if one else ()


@dataclass(frozen=True)
class Booked:
    """The entry that stands, number 0 for none. `times`: how often a commission was booked here."""

    number: int = 0
    times: int = 0
    movements: tuple[Movement, ...] = ()


async def booked_of(reader: Reader, cycle_ids: Iterable[str]) -> dict[tuple[str, str, str], Booked]:
    """By cycle, producer and rule."""
    e, m = entry.c, movement.c
    back = entry.alias()
    taken_back = select(back.c.number).where(back.c.book == e.book, back.c.counters == e.number).exists()
    rows = await reader.all(
        select(movement, e.cycle_id, e.rule, taken_back.label("taken_back"))
        .join(entry, (e.book == m.book) & (e.number == m.number))
        .where(e.cycle_id.in_(sorted(set(cycle_ids))), e.rule.in_(sorted(RULES)), e.counters.is_(None))
        .order_by(m.book, m.number, m.place)
    )
    found: dict[tuple[str, str, str], Booked] = {}
    for row in rows:
        producer_id = row["book"] if row["book"] != HUB else row["debit_of"]
        key = row["cycle_id"], producer_id, row["rule"]
        before = found.get(key, Booked())
        times = before.times + (row["place"] == 1)
        if row["taken_back"]:
            found[key] = Booked(0, times)
        else:
            moved = (*before.movements, movement_of(row))
            found[key] = Booked(row["number"], times, moved)
    return found
