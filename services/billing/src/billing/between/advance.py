"""A household pays a producer for several of its group: for whom it is, and what is booked.

In the producer's book each of them has paid its part: a debt may be paid by anybody (code civil art. 1342-1), and the
producer has its money. It never touches the hub, so nothing stands in the hub's book; what they owe the household that
paid is their own affair (art. 1346), settled by transfers between them.

Where amounts change, each keeps its part as far as it owes it still; what is over goes to the others whom the advance
was for, as far as they owe more by now, and else is a credit of the household that paid, with that producer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.between import drawing, register
from billing.between.register import Advance, advance, advance_part
from billing.between.way import settles_on, ways_of
from billing.cycle import COMPUTED, locked
from billing.days import today_at
from billing.household import household
from billing.household_balance import say_balances
from billing.ledger import rules
from billing.ledger.book import hold_books
from billing.ledger.chart import HUB
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry, Movement
from billing.ledger.posting import post
from billing.ledger.rules import ADVANCED, JOURNALS, ROUNDED, Rule
from billing.ledger.sales import Because
from billing.payment.life import Kind
from billing.payment.noting import MONEY, MOST_CASH_CENTS
from billing.payment.owing import Owing, laid, owing_of
from billing.shares import largest_remainder
from chassis.database import Reader, Writer
from chassis.identity import Person

Owings = Mapping[str, Sequence[Owing]]


@dataclass(frozen=True)
class Said:
    """An advance as it is typed. `household_id`: who paid; `covers`: for whom. `rounding_cents`: by how much what it
    paid in cash is more, which is its own affair; see `cash_rounding.settled`."""

    group_id: str
    cycle_id: str
    household_id: str
    producer_id: str
    kind: Kind
    cents: int
    day: date
    covers: frozenset[str]
    reference: str = ""
    rounding_cents: int = 0


class NoCycle(Exception):
    """There is no such cycle, or its amounts are not there."""


class NotBetween(Exception):
    """The group does not settle between its households on that delivery."""


class OtherGroup(Exception):
    """Some of these households are not of the group."""


class TooMuch(Exception):
    """More than these households still owe the producer for the cycle: `cents`."""

    def __init__(self, cents: int) -> None:
        super().__init__(str(cents))
        self.cents = cents


class TooMuchCash(Exception):
    """More than the law allows."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class NoAdvance(Exception):
    """There is no such advance."""


def parted(cents: int, payer: str, needs: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """For whom `cents` are: who had a part `before` keeps it as far as it `needs` it; the rest is shared by what the
    others need beyond theirs, and what nobody needs is the payer's."""
    parts = {each: min(before.get(each, 0), need) for each, need in sorted(needs.items())}
    rest = cents - sum(parts.values())
    more = {each: need - parts[each] for each, need in sorted(needs.items()) if need > parts[each]}
    if more and rest:
        shares = largest_remainder(min(rest, sum(more.values())), list(more.values()))
        for each, share in zip(more, shares, strict=True):
            parts[each] += share
        rest -= sum(shares)
    parts[payer] = parts.get(payer, 0) + rest
    return {each: part for each, part in parts.items() if part}


def needed(owing: Iterable[Owing], producer_id: str, cycle_id: str, without_cents: int = 0) -> int:
    """What a household has left to pay the producer for the cycle; had it paid `without_cents` less."""
    for one in owing:
        if one.producer_id == producer_id:
            reached = laid(one.debts, one.paid_cents + one.given_cents - without_cents)
            return sum(each.left_cents for each in reached if each.cycle_id == cycle_id)
    return 0


async def note_advance(writer: Writer, advance_id: str, said: Said, by: Person, zone: ZoneInfo) -> None:
    """The id comes with the form, so that a form sent twice books once. Raises NoCycle, NotBetween, OtherGroup,
    TooMuch, TooMuchCash, OtherThere."""
    held = await locked(writer, said.cycle_id)
    there = await register.advances(writer, advance_id=advance_id)
    if there:
        if not _same(there[0], said):
            raise OtherThere
        return
    if held is None or held["state"] != COMPUTED:
        raise NoCycle
    ways = (await ways_of(writer, said.group_id)).get(said.group_id, [])
    if not settles_on(ways, held["delivers_on"]):
        raise NotBetween
    await _hold_households(writer, said.group_id, {said.household_id, *said.covers})
    await hold_books(writer)
    owing = await owing_of(writer, said.covers)
    needs = {each: needed(owing[each], said.producer_id, said.cycle_id) for each in said.covers}
    if said.producer_id == HUB or not 0 < said.cents <= sum(needs.values()):
        raise TooMuch(sum(needs.values()))
    if said.kind is Kind.CASH and said.cents > MOST_CASH_CENTS:
        raise TooMuchCash
    row = {name: getattr(said, name) for name in _TYPED} | {"id": advance_id, "kind": said.kind.value}
    row |= {"noted_at": writer.now, "noted_by": by.name, "undone_by": "", "undone_because": ""}
    await writer.execute(advance.insert().values(**row))
    one = (await register.advances(writer, advance_id=advance_id))[0]
    day = min(said.day, today_at(writer, zone))
    entries = await _keep_parts(writer, one, parted(said.cents, said.household_id, needs, {}), day, "", by.id)
    if said.rounding_cents:
        entries.append(_entry(one, f"rounding:{advance_id}", ROUNDED, day, rules.rounded(said.rounding_cents), by.id))
    await post(writer, entries)
    await _tell(writer, said.cycle_id, {said.household_id, *said.covers})


_TYPED = ("group_id", "cycle_id", "household_id", "producer_id", "cents", "rounding_cents", "day", "reference")


def _same(there: Advance, said: Said) -> bool:
    return there.kind is said.kind and all(getattr(there, name) == getattr(said, name) for name in _TYPED)


async def _hold_households(writer: Writer, group_id: str, household_ids: Collection[str]) -> None:
    """In the order of their ids, so that two people do not wait for each other; whoever notes a payment of one of them
    waits. Raises OtherGroup."""
    h = household.c
    theirs = select(h.id).where(h.id.in_(sorted(household_ids)), h.group_id == group_id).order_by(h.id)
    if len(await writer.all(theirs.with_for_update())) != len(household_ids):
        raise OtherGroup


async def undo_advance(writer: Writer, advance_id: str, by: Person, zone: ZoneInfo, reason: str) -> None:
    """It was noted by mistake; undone twice, it is undone once. What is drawn up between the households is drawn up
    anew. Raises NoAdvance."""
    found = await register.advances(writer, advance_id=advance_id)
    if not found:
        raise NoAdvance
    await locked(writer, found[0].cycle_id)
    [one] = await register.advances(writer, advance_id=advance_id)
    if one.undone_at is not None:
        return
    await hold_books(writer)
    undone = {"undone_at": writer.now, "undone_by": by.name, "undone_because": reason}
    await writer.execute(advance.update().where(advance.c.id == advance_id).values(**undone))
    today = today_at(writer, zone)
    entries = await _keep_parts(writer, one, {}, today, "", by.id)
    keys, cause = [f"rounding:{one.id}"], f"advance:{one.id}"
    entries += await counters_of(writer, keys, today, cause, by.id, one.household_id)
    await post(writer, entries)
    await _tell(writer, one.cycle_id, {one.household_id, *one.covered})


async def share_anew(
    writer: Writer, cycle_id: str, household_ids: Collection[str], because: Because, zone: ZoneInfo
) -> None:
    """What these households owe has changed: see for whom advances of the cycle are now. The caller holds the cycle's
    row; what they owe is booked."""
    standing = [each for each in await register.advances(writer, cycle_ids=[cycle_id]) if each.undone_at is None]
    concerned = {each.producer_id for each in standing if not each.covered.isdisjoint(household_ids)}
    standing = [each for each in standing if each.producer_id in concerned]
    if not standing:
        return
    await hold_books(writer)
    everybody = {each.household_id for each in standing} | {one for each in standing for one in each.covered}
    owing = await owing_of(writer, everybody)
    entries: list[Entry] = []
    day = because.at.astimezone(zone).date()
    for producer_id in sorted(concerned):
        mine = [each for each in standing if each.producer_id == producer_id]
        for one, parts in shared_anew(mine, owing):
            entries += await _keep_parts(writer, one, parts, day, because.event, because.person_id)
    await post(writer, entries)
    await _tell(writer, cycle_id, everybody)


def shared_anew(mine: Sequence[Advance], owing: Owings) -> list[tuple[Advance, dict[str, int]]]:
    """Advances of one cycle to one producer, and for whom each is now; the first that was noted is served first.
    `owing`: by the books, where they stand as they were."""
    found = []
    over: dict[str, int] = {}
    for each in mine:
        for household_id, cents in each.parts.items():
            over[household_id] = over.get(household_id, 0) + cents
    for one in mine:
        needs = {
            each: needed(owing.get(each, ()), one.producer_id, one.cycle_id, over.get(each, 0)) for each in one.covered
        }
        parts = parted(one.cents, one.household_id, needs, one.parts)
        for household_id, cents in parts.items():
            over[household_id] = over.get(household_id, 0) - cents
        found.append((one, parts))
    return found


async def _keep_parts(
    writer: Writer, one: Advance, parts: Mapping[str, int], day: date, event: str, person_id: str
) -> list[Entry]:
    """Keep for whom an advance is now. The entries that lead there: of each part that is another one the counter-entry
    of what stands, and the new one."""
    cause, p = event or f"advance:{one.id}", advance_part.c
    entries: list[Entry] = []
    rows = await writer.all(
        select(advance_part).where(p.advance_id == one.id, register.PART_HOLDS).order_by(p.household_id)
    )
    for row in rows:
        if parts.get(row["household_id"]) == row["cents"]:
            continue
        await writer.execute(advance_part.update().where(p.id == row["id"]).values(undone_at=writer.now))
        keys = [f"advance:{row['id']}"]
        entries += await counters_of(writer, keys, day, cause, person_id, row["household_id"])
    standing = {row["household_id"]: row["cents"] for row in rows}
    for household_id, cents in sorted(parts.items()):
        if standing.get(household_id) == cents:
            continue
        part_id = writer.ids.new()
        news = {"id": part_id, "advance_id": one.id, "household_id": household_id, "cents": cents, "at": writer.now}
        await writer.execute(advance_part.insert().values(**news))
        moves = rules.paid(household_id, MONEY[one.kind], cents)
        entries.append(_entry(one, f"advance:{part_id}", ADVANCED, day, moves, person_id, household_id, event))
    return entries


def _entry(
    one: Advance,
    key: str,
    rule: Rule,
    day: date,
    moves: tuple[Movement, ...],
    person_id: str,
    household_id: str = "",
    event: str = "",
) -> Entry:
    """In the producer's book. `household_id`: for whom, "": who paid; `event`: what led to it, "": its noting."""
    return Entry(
        book=one.producer_id,
        key=key,
        day=day,
        journal=JOURNALS.get(MONEY[one.kind], rule.journal),
        cause=Cause(event or f"advance:{one.id}", rule.name, rule.version, person_id),
        movements=moves,
        household_id=household_id or one.household_id,
    )


async def _tell(writer: Writer, cycle_id: str, household_ids: Collection[str]) -> None:
    """After a change of advances: their transfers are drawn up anew, and all are told how they stand."""
    concerned = await drawing.draw_anew(writer, cycle_id)
    await say_balances(writer, {*household_ids, *concerned})


async def left_in(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """What households still owe producers for a cycle, by producer and household, where it is anything; of what the hub
    sells itself nothing, for that is paid to the hub."""
    found: dict[str, dict[str, int]] = {}
    for household_id, mine in (await owing_of(reader, household_ids)).items():
        for one in mine:
            cents = needed([one], one.producer_id, cycle_id)
            if cents and one.producer_id != HUB:
                found.setdefault(one.producer_id, {})[household_id] = cents
    return found
