"""The solidarity fund pays its part of what a household owes producers, when the household's amounts are made.

What it pays is booked twice: the hub owes the producer so much more, out of the fund's money, and in the producer's
book the household has paid so much, by somebody else. The hub's entry names no household. It pays as far as it has
money, households in the order in which their amounts are made; what is missing they owe. Where amounts are made anew,
what was paid is taken back and paid anew.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, Index, RowMapping, String, Table, func, select

from billing.amount_due import HOLDS as AMOUNT_HOLDS
from billing.amount_due import amount_due
from billing.between import advance
from billing.cycle import cycle, locked
from billing.household import household
from billing.household_balance import say_balances
from billing.ledger import rules
from billing.ledger.book import entry, hold_books, movement, movement_of
from billing.ledger.chart import HUB, Account
from billing.ledger.entry import Cause, Entry, Movement, opposite
from billing.ledger.posting import post
from billing.ledger.rules import FUND_PAID, PAID_FOR
from billing.ledger.sales import Because
from billing.many import among
from billing.schema import metadata
from billing.shares import half_up, largest_remainder
from billing.solidarity import fund
from billing.solidarity.band import Band, bands_on
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

fund_part = Table(
    "fund_part",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False),
    Column("producer_id", String(100), nullable=False),
    Column("wanted_cents", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("paid_at", Utc, nullable=False),
    Column("undone_at", Utc),
)
"""What the fund pays a producer for a household in a cycle: `wanted_cents` by its band, `cents` as there was money for.
`undone_at`: when it was taken back, None for what holds."""
Index("ix_fund_part_cycle_household", fund_part.c.cycle_id, fund_part.c.household_id)

HOLDS = fund_part.c.undone_at.is_(None)
_WHOLE = 100_00
"""100 % in the unit of rates."""


def wanted_of(band: Band | None, cheques: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What the fund is to pay each producer, by its band. `cheques`: as read; deposits, which the household gets back,
    and what the hub sells are its own. The household's part is rounded half up on each cheque."""
    if band is None:
        return {}
    own = {each["producer_id"]: each["gross_cents"] for each in cheques if each["producer_id"] != HUB}
    parts = {
        each: gross - half_up(gross * (_WHOLE - band.rate_hundredths), _WHOLE) for each, gross in sorted(own.items())
    }
    return limited({each: cents for each, cents in parts.items() if cents}, band.most_cents or None)


def limited(parts: Mapping[str, int], most: int | None) -> dict[str, int]:
    """The parts, or where they come to more than `most`, that shared out in proportion to them."""
    if most is None or sum(parts.values()) <= most:
        return dict(parts)
    return dict(zip(parts, largest_remainder(max(most, 0), list(parts.values())), strict=True))


@dataclass(frozen=True)
class Part:
    """A row of `fund_part` that holds."""

    id: str
    household_id: str
    producer_id: str
    wanted_cents: int
    cents: int


_Booked = dict[tuple[str, int], tuple[Movement, ...]]
"""Movements by book and number of the entry."""


@dataclass
class _Pass:
    """One pass over some households. `there`: the fund's money that is left, by where it lies."""

    held: RowMapping
    because: Because
    day: date
    there: dict[Account, int]
    entries: list[Entry] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    paid: list[Part] = field(default_factory=list)

    def take_back(self, part: Part, booked: _Booked) -> None:
        self.undone.append(part.id)
        for (book, number), movements in booked.items():
            self.entries.append(self._entry(book, part, opposite(movements), number))
            for each in movements if book == HUB else ():
                if each.credit.account in self.there:
                    self.there[each.credit.account] += each.cents

    def pay(self, part: Part) -> None:
        self.paid.append(part)
        if not part.cents:
            return
        taken = fund.taken(self.there, part.cents)
        for account, cents in taken.items():
            self.there[account] -= cents
        self.entries.append(self._entry(HUB, part, rules.fund_paid(part.producer_id, taken)))
        self.entries.append(self._entry(part.producer_id, part, rules.paid_for(part.household_id, part.cents)))

    def _entry(self, book: str, part: Part, movements: tuple[Movement, ...], counters: int | None = None) -> Entry:
        rule = FUND_PAID if book == HUB else PAID_FOR
        return Entry(
            book=book,
            key=f"fund_back:{part.id}" if counters else f"fund:{part.id}",
            day=self.day,
            journal=rule.journal,
            cause=Cause(self.because.event, rule.name, rule.version, self.because.person_id),
            movements=movements,
            cycle_id=self.held["id"],
            # For whom stands in the producer's book alone, as of any payment.
            household_id="" if book == HUB else part.household_id,
            revision=self.held["revision"],
            counters=counters,
        )


async def pay(
    writer: Writer, held: RowMapping, cheques: Mapping[str, str], because: Because, zone: ZoneInfo
) -> list[Entry]:
    """The entries that have the fund pay for these households what it is to pay by now, and keep what it pays. The
    caller holds the cycle's row, and posts them. `cheques`: by household, in their order, as in `amount_due`."""
    ids = cheques.keys()
    bands = await bands_on(writer, ids, held["delivers_on"])
    standing = await parts_of(writer, held["id"], ids)
    if not bands and not standing:
        return []
    await hold_books(writer)
    done = _Pass(held, because, because.at.astimezone(zone).date(), await fund.lies(writer))
    booked = await _booked(writer, [each.id for some in standing.values() for each in some if each.cents])
    for household_id, papers in cheques.items():
        mine = standing.get(household_id, [])
        wanted = wanted_of(bands.get(household_id), json.loads(papers))
        paid = limited(wanted, sum(done.there.values()) + sum(part.cents for part in mine))
        now = {producer_id: (cents, paid[producer_id]) for producer_id, cents in wanted.items()}
        if now == {part.producer_id: (part.wanted_cents, part.cents) for part in mine}:
            continue
        for part in mine:
            done.take_back(part, booked.get(part.id, {}))
        for producer_id, (due, cents) in sorted(now.items()):
            done.pay(Part(writer.ids.new(), household_id, producer_id, due, cents))
    await _keep(writer, held["id"], done)
    return done.entries


async def pay_what_is_missing(writer: Writer, zone: ZoneInfo, by: Person) -> int:
    """Money came in: pay what there was none for, the oldest delivery first. In cents, what was paid."""
    c, before = fund_part.c, await fund.comes_to(writer)
    short = select(c.cycle_id, cycle.c.delivers_on).join(cycle, cycle.c.id == c.cycle_id).distinct()
    rows = await writer.all(short.where(HOLDS, c.cents < c.wanted_cents).order_by(cycle.c.delivers_on, c.cycle_id))
    # Held in the order of their ids, so that two people do not wait for each other; paid in that of their deliveries.
    held = {each: await locked(writer, each) for each in sorted(row["cycle_id"] for row in rows)}
    because = Because(f"fund:{writer.ids.new()}", writer.now, by.id)
    for row in rows:
        of_cycle, a = held[row["cycle_id"]], amount_due.c
        ids = select(c.household_id).where(c.cycle_id == row["cycle_id"], HOLDS, c.cents < c.wanted_cents)
        papers = select(a.household_id, a.cheques).where(a.cycle_id == row["cycle_id"], a.household_id.in_(ids))
        theirs = await writer.all(papers.where(AMOUNT_HOLDS).order_by(a.household_id))
        cheques = {each["household_id"]: each["cheques"] for each in theirs}
        assert of_cycle is not None
        await post(writer, await pay(writer, of_cycle, cheques, because, zone))
        await advance.share_anew(writer, of_cycle["id"], cheques.keys(), because, zone)
        await say_balances(writer, cheques.keys())
    return before - await fund.comes_to(writer)


async def _keep(writer: Writer, cycle_id: str, done: _Pass) -> None:
    if done.undone:
        theirs = fund_part.c.id.in_(sorted(done.undone))
        await writer.execute(fund_part.update().where(theirs).values(undone_at=writer.now))
    if done.paid:
        told = {"cycle_id": cycle_id, "paid_at": writer.now, "undone_at": None}
        await writer.execute(fund_part.insert(), [asdict(part) | told for part in done.paid])


async def _booked(reader: Reader, ids: Sequence[str]) -> dict[str, _Booked]:
    """The movements that were booked for some parts, by book and number of the entry."""
    e, m = entry.c, movement.c
    keys = [f"fund:{each}" for each in sorted(ids)]
    joined = select(movement, e.key).join(entry, (e.book == m.book) & (e.number == m.number))
    found: dict[str, _Booked] = {}
    for row in await reader.all(joined.where(e.key.in_(keys)).order_by(m.book, m.number, m.place)):
        mine, place = found.setdefault(row["key"].removeprefix("fund:"), {}), (row["book"], row["number"])
        mine[place] = (*mine.get(place, ()), movement_of(row))
    return found


async def parts_of(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, list[Part]]:
    """What holds, by household."""
    c = fund_part.c
    theirs = select(fund_part).where(c.cycle_id == cycle_id, among(c.household_id, household_ids), HOLDS)
    found: dict[str, list[Part]] = {}
    for row in await reader.all(theirs.order_by(c.producer_id)):
        part = Part(row["id"], row["household_id"], row["producer_id"], row["wanted_cents"], row["cents"])
        found.setdefault(row["household_id"], []).append(part)
    return found


async def paid_for(reader: Reader, household_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
    """Cents that were paid for households, by household, cycle and producer."""
    c = fund_part.c
    theirs = select(fund_part).where(among(c.household_id, household_ids), HOLDS, c.cents > 0)
    return {
        (row["household_id"], row["cycle_id"], row["producer_id"]): row["cents"] for row in await reader.all(theirs)
    }


async def paid_in(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """Of one cycle the same, by household and then producer."""
    found: dict[str, dict[str, int]] = {}
    for (household_id, of_cycle, producer_id), cents in (await paid_for(reader, household_ids)).items():
        if of_cycle == cycle_id:
            found.setdefault(household_id, {})[producer_id] = cents
    return found


async def told_to_coordinators(reader: Reader, most: int) -> list[RowMapping]:
    """By household and cycle what the fund paid and what it was to pay, the newest delivery first."""
    c = fund_part.c
    summed = (
        select(
            c.household_id,
            household.c.name.label("household_name"),
            cycle.c.name.label("cycle_name"),
            cycle.c.delivers_on,
            func.sum(c.cents).label("cents"),
            func.sum(c.wanted_cents).label("wanted_cents"),
        )
        .select_from(fund_part.join(cycle, cycle.c.id == c.cycle_id))
        .outerjoin(household, household.c.id == c.household_id)
        .where(HOLDS)
        .group_by(c.household_id, c.cycle_id, household.c.name, cycle.c.name, cycle.c.delivers_on)
        .order_by(cycle.c.delivers_on.desc(), household.c.name, c.household_id)
        .limit(most)
    )
    return await reader.all(summed)
