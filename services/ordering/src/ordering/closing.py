"""How a cycle ends: orders stop, what they ask is shared out, what cannot be is decided, and the cycle is closed.

    open --close--> completing --the hours set--> as below   where begun cases can still be filled
    open --close--> closed                                 everybody gets what they ask, or the rules settle it
    open --close--> deciding --settle, or the deadline--> closed
                    deciding --extend--> open              for all, or for the goods of one producer
    closed --another decision, a producer's answer--> closed, in its next revision

The lock on the cycle waits for the orders that are being saved and keeps later ones out, so what is shared out and what
the manifest counts are exactly the orders that were accepted. The state, what each order gets, the manifest and the
events are one transaction.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam

from chassis.database import Reader, Writer
from chassis.timers import Timer, TimerHandler
from contracts.goods import Bilingual
from ordering import announcing, cycle, decision, manifest, order_book, proposal
from ordering.allocated_line import COLUMNS, Change, Given, allocated_line, by_order, changes_of
from ordering.allocation import Cancelled, Choice, Option, Redecided, Share, Sharing, Standing, Why
from ordering.conflict import Missing
from ordering.cycle import CLOSE_TIMER, Cycle, NotOpen, State
from ordering.cycle_offer import offers_of
from ordering.decision import Decision, Kind
from ordering.order import household_order
from ordering.producer_answer import answered_by
from ordering.standing import names_of, standing_of

DECIDE_TIMER = "decide"
MOST_PREVIEWED = 50_000
"""Lines shared out for the previews of one page."""
PORTION = 500
"""Orders announced at a time: they are read with their lines."""

Tell = Callable[[Why], Bilingual]
"""Says why, in the languages people read."""


class NotDeciding(Exception):
    """Nothing is to be decided about this cycle (any more)."""


class NotAChoice(Exception):
    """This cannot be chosen here."""


class TooLateToDecide(Exception):
    """The producer has answered its list already: what it brings is what counts now."""


class StillUndecided(Exception):
    """Some decision is not made yet."""


class TooEarly(Exception):
    """A cycle cannot be extended to a time that is past, or after its delivery."""


@dataclass(frozen=True, eq=False)
class Closing:
    """The operations of an ending. `tell`: why somebody gets something else. `patience`: from the closing to the hour
    at which the defaults count."""

    tell: Tell
    patience: timedelta

    @property
    def timers(self) -> dict[str, TimerHandler]:
        return {CLOSE_TIMER: self._close_when_due, DECIDE_TIMER: self._settle_when_due}

    async def close(self, writer: Writer, cycle_id: str) -> Cycle:
        """Take no more orders. Where nothing is to be decided the cycle is closed for good. Raises NotOpen, Missing."""
        held = await _locked(writer, cycle_id)
        if held.state not in (State.OPEN, State.COMPLETING):
            raise NotOpen
        await writer.cancel_call(CLOSE_TIMER, cycle_id)
        ended = replace(held, closed_at=writer.now, complete_until=None, extended_for="")
        standing = await standing_of(writer, held)
        if standing is None:
            return await self._finish(writer, ended, [])
        # Some was decided already where it was open again for one producer alone.
        decided = await self._still_possible(writer, cycle_id)
        # In a thread: of a large cycle it takes a while, and pages are to be answered meanwhile.
        sharing = await asyncio.to_thread(standing.shared, decided)
        asked = [one for one in decision.questions(standing, sharing) if one.subject not in decided]
        if not asked:
            await decision.renew(writer, cycle_id, [])
            return await self._conclude(writer, ended, standing, sharing)
        first_end = held.state is State.OPEN and not held.extended_for
        if first_end and held.completion_hours and any(one.kind is Kind.CASE for one in asked):
            return await self._complete(writer, held)
        deciding = replace(ended, version=held.version + 1, state=State.DECIDING, decide_by=writer.now + self.patience)
        await cycle.keep(writer, deciding)
        await decision.renew(writer, cycle_id, asked)
        await writer.call_at(DECIDE_TIMER, cycle_id, writer.now + self.patience)
        return deciding

    async def _still_possible(self, writer: Writer, cycle_id: str) -> Mapping[str, Choice]:
        """What was decided before it was opened again; whoever took a rest and withdrew since takes none."""
        made = await decision.of_cycle(writer, cycle_id)
        there = await names_of(writer, cycle_id) if made else {}
        for one in made:
            if one.choice is not None and one.choice.option is Option.TOP_UP and one.choice.order_id not in there:
                await decision.note(writer, cycle_id, one.subject, None, "")
        return decision.choices(await decision.of_cycle(writer, cycle_id)) if made else {}

    async def _complete(self, writer: Writer, held: Cycle) -> Cycle:
        until = writer.now + timedelta(hours=held.completion_hours)
        completing = replace(held, version=held.version + 1, state=State.COMPLETING, complete_until=until)
        await cycle.keep(writer, completing)
        await writer.call_at(CLOSE_TIMER, held.id, until)
        return completing

    async def choose(
        self,
        writer: Writer,
        cycle_id: str,
        subject: str,
        choice: Choice | None,
        by: str,
        producers: Collection[str] | None = None,
    ) -> None:
        """Decide, or take a decision back (None). What else is to be decided follows from it. `producers`: about whose
        goods this person decides; None: all.

        When the cycle is closed already, it is revised. Raises NotDeciding, NotAChoice, TooLateToDecide, Missing.
        """
        held = await _locked(writer, cycle_id)
        if not held.has_ended:
            raise NotDeciding
        made = {one.subject: one for one in await decision.of_cycle(writer, cycle_id, producers)}
        if subject not in made:
            raise NotAChoice
        if choice is not None and not await _is_possible(writer, cycle_id, made[subject], choice, producers):
            raise NotAChoice
        await decision.note(writer, cycle_id, subject, choice, by)
        standing = await standing_of(writer, held)
        if standing is None:
            return
        chosen = decision.choices(await decision.of_cycle(writer, cycle_id))
        sharing = await asyncio.to_thread(standing.shared, chosen)
        if held.state is State.CLOSED:
            await self._revise(writer, held, standing, sharing, subject)
        else:
            await decision.renew(writer, cycle_id, decision.questions(standing, sharing))

    async def _revise(self, writer: Writer, held: Cycle, standing: Standing, sharing: Sharing, subject: str) -> None:
        """A decision was changed after the closing. Other producers were told already: of theirs nothing changes, also
        where the extra costs would be balanced otherwise now."""
        about = {standing.offers[product].producer_id for product in standing.products_of(subject)}
        if about & await answered_by(writer, held.id):
            raise TooLateToDecide
        now = await changes_of(writer, held.id, held.revision)
        fresh = self._changes(standing, sharing.shares)
        changes = [
            *(change for change in now if change.producer_id not in about),
            *(change for change in fresh if change.producer_id in about),
        ]
        await proposal.withdraw(writer, held.id)
        await self._propose(writer, held.id, sharing)
        if set(changes) != set(now):
            await revise(writer, held, changes, self.tell(Redecided()))

    async def settle(self, writer: Writer, cycle_id: str, *, by_default: bool = False) -> Cycle:
        """Close a cycle whose decisions are made; `by_default`: what is not decided goes as it would by itself.

        Raises NotDeciding, StillUndecided, Missing.
        """
        held = await _deciding(writer, cycle_id)
        if not by_default and await decision.count_open(writer, cycle_id):
            raise StillUndecided
        await writer.cancel_call(DECIDE_TIMER, cycle_id)
        standing = await standing_of(writer, held)
        chosen = decision.choices(await decision.of_cycle(writer, cycle_id))
        if standing is None:
            return await self._finish(writer, held, [])
        return await self._conclude(writer, held, standing, await asyncio.to_thread(standing.shared, chosen))

    async def _conclude(self, writer: Writer, held: Cycle, standing: Standing, sharing: Sharing) -> Cycle:
        closed = await self._finish(writer, held, self._changes(standing, sharing.shares))
        await self._propose(writer, held.id, sharing)
        return closed

    async def _propose(self, writer: Writer, cycle_id: str, sharing: Sharing) -> None:
        put_off = [one.asked for one in sharing.shares if isinstance(one.why, Cancelled) and one.why.put_off]
        await proposal.propose(writer, cycle_id, put_off)

    async def extend(
        self, writer: Writer, cycle_id: str, closes_at: datetime, last: datetime, producer_id: str = ""
    ) -> Cycle:
        """Open it again until `closes_at`, at `last` at the latest: perhaps the cases fill up. What was decided is
        forgotten. With `producer_id` only its goods can be ordered, and what was decided about others stays.

        Raises NotDeciding, TooEarly, NotAChoice (nothing is to be decided about that producer), Missing.
        """
        held = await _deciding(writer, cycle_id)
        if not writer.now < closes_at <= last:
            raise TooEarly
        if producer_id and not await decision.of_cycle(writer, cycle_id, {producer_id}):
            raise NotAChoice
        opened = replace(
            held,
            version=held.version + 1,
            state=State.OPEN,
            closes_at=closes_at,
            closed_at=None,
            decide_by=None,
            extended_for=producer_id,
        )
        await cycle.keep(writer, opened)
        await decision.forget(writer, cycle_id, producer_id)
        await writer.cancel_call(DECIDE_TIMER, cycle_id)
        await writer.call_at(CLOSE_TIMER, cycle_id, closes_at)
        await writer.announce(announcing.cycle_changed(opened, await offers_of(writer, cycle_id)))
        return opened

    async def _finish(self, writer: Writer, held: Cycle, changes: list[Change]) -> Cycle:
        await allot(writer, held, changes)
        counted = await manifest.count(writer, held.id)
        closed = replace(held, version=held.version + 1, state=State.CLOSED, decide_by=None, manifest=counted)
        await cycle.keep(writer, closed)
        await proposal.forget(writer, closed)
        await writer.announce(announcing.cycle_closed(closed))
        return closed

    def _changes(self, standing: Standing, shares: Iterable[Share]) -> list[Change]:
        return [
            Change(
                share.asked.order_id,
                share.asked.product_id,
                standing.offers[share.asked.product_id].producer_id,
                share.asked.quantity_thousandths,
                share.asked.gross_cents,
                Given(share.quantity_thousandths, share.gross_cents, self.tell(share.why) if share.why else None),
            )
            for share in shares
            if share.differs
        ]

    async def _close_when_due(self, writer: Writer, timer: Timer) -> None:
        held = await cycle.locked(writer, timer.key)
        if held is None or held.state not in (State.OPEN, State.COMPLETING):
            return
        if writer.now < held.orders_until:
            # Moved while the call was on its way.
            await writer.call_at(CLOSE_TIMER, held.id, held.orders_until)
            return
        await self.close(writer, held.id)

    async def _settle_when_due(self, writer: Writer, timer: Timer) -> None:
        held = await cycle.locked(writer, timer.key)
        if held is not None and held.state is State.DECIDING and held.decide_by and held.decide_by <= writer.now:
            await self.settle(writer, held.id, by_default=True)


async def revise(writer: Writer, held: Cycle, changes: list[Change], because: Bilingual) -> Cycle:
    """Another revision of a closed, locked cycle: what its orders get otherwise than asked is now this."""
    revised = replace(
        held,
        version=held.version + 1,
        revision=held.revision + 1,
        revised_at=writer.now,
        because=because,
    )
    # Its revision first: what the orders get is looked up by it.
    await cycle.keep(writer, revised)
    await allot(writer, revised, changes)
    revised = replace(revised, manifest=await manifest.count(writer, held.id))
    await cycle.keep(writer, revised)
    await writer.announce(announcing.cycle_revised(revised))
    return revised


async def allot(writer: Writer, of: Cycle, changes: list[Change]) -> int:
    """Keep what orders of the cycle get otherwise than asked, as its revision, and announce each that this changes.

    The caller holds the cycle's lock, and its row says the revision. How many orders have a new version.
    """
    before = by_order(await changes_of(writer, of.id, of.revision - 1)) if of.revision > 1 else {}
    after = by_order(changes)
    if changes:
        await writer.insert_rows(allocated_line, COLUMNS, [one.row(of.id, of.revision) for one in changes])
    touched = sorted(order for order in {*before, *after} if before.get(order) != after.get(order))
    if not touched:
        return 0
    difference = {order: _cents(after.get(order, {})) - _cents(before.get(order, {})) for order in touched}
    o = household_order.c
    renewed = household_order.update().where(o.id == bindparam("its_id")).values(
        version=o.version + 1,
        allocated_at=writer.now,
        gross_cents=o.gross_cents + bindparam("difference", type_=BigInteger),
    )  # fmt: skip
    await writer.execute(renewed, [{"its_id": order, "difference": difference[order]} for order in touched])
    for start in range(0, len(touched), PORTION):
        for order in await order_book.with_lines(writer, of.id, touched[start : start + PORTION]):
            await writer.announce(announcing.order(order, of.name, of.closes_at))
    return len(touched)


def _cents(changes: dict[str, Change]) -> int:
    """What an order costs more than it would if it got what it asked."""
    return sum(one.given.gross_cents - one.asked_cents for one in changes.values())


Preview = dict[Option, tuple[Share, ...]]


async def previews(
    reader: Reader, of: Cycle, subject: str = "", producers: Collection[str] | None = None
) -> dict[str, Preview]:
    """Subject -> option -> what the lines it is about would get, the other decisions being as they are. A top-up is
    shown with the household that was chosen for it, or with nobody yet (an order without id).

    Each option shares out everything again. Where that is much, only `subject` is previewed. `producers`: whose goods
    may be seen; None: all.
    """
    standing = await standing_of(reader, of)
    if standing is None:
        return {}
    decisions = await decision.of_cycle(reader, of.id)
    chosen = decision.choices(decisions)
    mine = [one for one in decisions if producers is None or one.question.producer_id in producers]
    work = len(standing.asked) * sum(len(one.question.options) for one in mine)
    shown = mine if work <= MOST_PREVIEWED else [one for one in mine if one.subject == subject]

    def reckon() -> dict[str, Preview]:
        found: dict[str, Preview] = {}
        for one in shown:
            products = set(standing.products_of(one.subject))
            for option in one.question.options:
                sharing = standing.shared({**chosen, one.subject: _as_if(one, option)})
                theirs = tuple(share for share in sharing.shares if share.asked.product_id in products)
                found.setdefault(one.subject, {})[option] = theirs
        return found

    return await asyncio.to_thread(reckon)


def _as_if(one: Decision, option: Option) -> Choice:
    if one.choice is not None and one.choice.option is option:
        return one.choice
    if option is not Option.TOP_UP:
        return Choice(option)
    rest = one.question.rests[0]
    return Choice(option, "", rest.product_id, rest.quantity_thousandths)


async def _is_possible(
    reader: Reader, cycle_id: str, made: Decision, choice: Choice, producers: Collection[str] | None
) -> bool:
    if choice.option not in made.question.options:
        return False
    if choice.option is not Option.TOP_UP:
        return True
    offered = {(rest.product_id, rest.quantity_thousandths) for rest in made.question.rests}
    placed = choice.order_id in await names_of(reader, cycle_id, producers)
    return placed and (choice.product_id, choice.quantity_thousandths) in offered


async def _locked(writer: Writer, cycle_id: str) -> Cycle:
    held = await cycle.locked(writer, cycle_id)
    if held is None:
        raise Missing
    return held


async def _deciding(writer: Writer, cycle_id: str) -> Cycle:
    held = await _locked(writer, cycle_id)
    if held.state is not State.DECIDING:
        raise NotDeciding
    return held
