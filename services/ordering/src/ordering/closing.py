"""How a cycle ends: orders stop, what they ask is shared out, what cannot be is decided, and the cycle is closed.

    open --close--> completing --the hours set--> as below   where begun cases can still be filled
    open --close--> closed                                 everybody gets what they ask, or the rules settle it
    open --close--> deciding --settle, or the deadline--> closed
                    deciding --extend--> open              for all, or for the goods of one producer
    closed --another decision, a producer's answer--> closed, in its next revision

The lock on the cycle waits for the orders that are being saved and keeps later ones out, so what is shared out and what
the manifest counts are exactly the orders that were accepted. The state, what each order gets, the manifest and the
events are one transaction. Where lines move to orders of other cycles, these are locked with it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, NestedTransaction

from chassis.database import Reader, Writer
from chassis.timers import Timer, TimerHandler
from contracts.goods import Bilingual
from ordering import announcing, cycle, decision, join, manifest, moved_line, proposal, surplus
from ordering.allocated_line import Change, Given, changes_of
from ordering.allocation import Choice, Option, Share, Sharing, Standing
from ordering.conflict import Missing
from ordering.cycle import CLOSE_TIMER, Cycle, NotOpen, State
from ordering.cycle_offer import offers_of
from ordering.decision import Decision, Kind
from ordering.producer_answer import answered_by
from ordering.revision import allot, revise
from ordering.standing import names_of, standing_of
from ordering.why import Cancelled, Moved, Redecided, Why

DECIDE_TIMER = "decide"
MOST_TOLD = 1_000
"""Characters kept of why it could not be worked out."""

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


class JoinOver(Exception):
    """The order that was to be joined takes none any more. `name`: what it is called; "" where it is something else
    that was decided and cannot be any more."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TooEarly(Exception):
    """A cycle cannot be extended to a time that is past, or after its delivery."""


@dataclass(frozen=True, eq=False)
class Closing:
    """The operations of an ending. `tell`: why somebody gets something else. `patience`: from the closing to the hour
    at which the defaults count. `country`: where the goods are handed out."""

    tell: Tell
    patience: timedelta
    country: str = "FR"

    @property
    def timers(self) -> dict[str, TimerHandler]:
        return {CLOSE_TIMER: self._close_when_due, DECIDE_TIMER: self._settle_when_due}

    async def close(self, writer: Writer, cycle_id: str) -> Cycle:
        """Take no more orders. Where nothing is to be decided the cycle is closed for good. Raises NotOpen, Missing."""
        held = await _locked_to_end(writer, cycle_id)
        if held.state not in (State.OPEN, State.COMPLETING):
            raise NotOpen
        await writer.cancel_call(CLOSE_TIMER, cycle_id)
        ended = replace(held, closed_at=writer.now, complete_until=None, extended_for="")
        standing = await standing_of(writer, held, self.country)
        if standing is None:
            return await self._finish(writer, ended, [])
        # Some was decided already where it was open again for one producer alone.
        decided = await self._still_possible(writer, held, standing)
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
        # Pages that follow the cycle hear of it, and nobody is reminded to order any more.
        await writer.announce(announcing.cycle_changed(deciding, await offers_of(writer, cycle_id)))
        return deciding

    async def _still_possible(self, writer: Writer, held: Cycle, standing: Standing) -> Mapping[str, Choice]:
        """What was decided, without what cannot be any more: whoever took a rest and withdrew since takes none, an
        order that is closed is not joined."""
        made = await decision.of_cycle(writer, held.id)
        there = await names_of(writer, held.id) if made else {}
        home = await surplus.shelf(writer, held) if made else None
        open_now = {target.of.id for target in standing.targets}
        for one in made:
            choice = one.choice
            if choice is None:
                continue
            gone = (
                (choice.option is Option.TOP_UP and choice.order_id not in there)
                or (choice.option is Option.SURPLUS and home is None)
                or (choice.option is Option.JOIN and choice.cycle_id not in open_now)
            )
            if gone:
                await decision.note(writer, held.id, one.subject, None, "")
            elif choice.option is Option.SURPLUS and home is not None:
                # It may have ordered itself meanwhile.
                its = choice.order_id if choice.order_id in there else await surplus.order_of(writer, held, home)
                await decision.note(writer, held.id, one.subject, replace(choice, order_id=its), one.chosen_by)
        return decision.choices(await decision.of_cycle(writer, held.id)) if made else {}

    async def _complete(self, writer: Writer, held: Cycle) -> Cycle:
        until = writer.now + timedelta(hours=held.completion_hours)
        completing = replace(held, version=held.version + 1, state=State.COMPLETING, complete_until=until)
        await cycle.keep(writer, completing)
        await writer.call_at(CLOSE_TIMER, held.id, until)
        await writer.announce(announcing.cycle_changed(completing, await offers_of(writer, held.id)))
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

        When the cycle is closed already, it is revised, and what has moved to another order comes back. Raises
        NotDeciding, NotAChoice, TooLateToDecide, OtherIsClosed, ChangedThere, Missing.
        """
        joined = {line.to_cycle_id for line in await moved_line.of_cycle(writer, cycle_id)}
        held = (await cycle.all_locked(writer, {cycle_id, *joined})).get(cycle_id)
        if held is None:
            raise Missing
        if not held.has_ended:
            raise NotDeciding
        decisions = await decision.with_joins(writer, held, await decision.of_cycle(writer, cycle_id, producers))
        made = {one.subject: one for one in decisions}
        if subject not in made:
            raise NotAChoice
        before = made[subject].choice
        if held.state is State.CLOSED and before is not None and before.option is Option.JOIN and not joined:
            # It closed before it was noted what moves.
            raise NotAChoice
        if choice is not None and not await _is_possible(writer, held, made[subject], choice, producers):
            raise NotAChoice
        if choice is not None and choice.option is Option.SURPLUS:
            home = await surplus.shelf(writer, held)
            assert home is not None, "it was looked at just before"
            choice = replace(choice, order_id=await surplus.order_of(writer, held, home))
        if choice is not None and choice.option is Option.JOIN:
            choice = next(one.choice for one in made[subject].question.joins if one.cycle_id == choice.cycle_id)
        await decision.note(writer, cycle_id, subject, choice, by)
        standing = await standing_of(writer, held, self.country)
        if standing is None:
            return
        chosen = decision.choices(await decision.of_cycle(writer, cycle_id))
        sharing = await asyncio.to_thread(standing.shared, chosen)
        if held.state is State.CLOSED:
            await self._revise(writer, held, standing, sharing, subject, by)
        else:
            await decision.renew(writer, cycle_id, decision.questions(standing, sharing))

    async def _revise(
        self, writer: Writer, held: Cycle, standing: Standing, sharing: Sharing, subject: str, by: str
    ) -> None:
        """A decision was changed after the closing. Other producers were told already: of theirs nothing changes, also
        where the extra costs would be balanced otherwise now."""
        about = {standing.offers[product].producer_id for product in standing.products_of(subject)}
        if about & await answered_by(writer, held.id):
            raise TooLateToDecide
        now = await changes_of(writer, held.id, held.revision)
        fresh = self._changes(standing, sharing.shares)
        # What moved to another order has moved, or could not be: that was settled at the closing.
        moved = {share.asked.id for share in sharing.shares if isinstance(share.why, Moved)}
        await self._bring_back(writer, held, standing.products_of(subject), moved, by)
        changes = [
            *(change for change in now if change.producer_id not in about or change.id in moved),
            *(change for change in fresh if change.producer_id in about and change.id not in moved),
        ]
        await proposal.withdraw(writer, held.id)
        await self._propose(writer, held.id, sharing)
        if set(changes) != set(now):
            await self._open_shelf(writer, held, changes)
            await revise(writer, held, changes, self.tell(Redecided()))

    async def _bring_back(
        self, writer: Writer, held: Cycle, products: Collection[str], moved: Collection[str], by: str
    ) -> None:
        """Take the lines of these products that have moved, but for those of `moved`, out of the other order."""
        lines = [one for one in await moved_line.of_cycle(writer, held.id) if one.product_id in products]
        for other in await moved_line.take_back(writer, [one for one in lines if one.id not in moved], by):
            if other.state is State.DECIDING:
                await self._ask_again(writer, other)

    async def _ask_again(self, writer: Writer, held: Cycle) -> None:
        """Other orders are there now than when it was asked what is to be decided."""
        standing = await standing_of(writer, held, self.country)
        if standing is None:
            await decision.renew(writer, held.id, [])
            return
        decided = await self._still_possible(writer, held, standing)
        sharing = await asyncio.to_thread(standing.shared, decided)
        await decision.renew(writer, held.id, decision.questions(standing, sharing))

    async def settle(self, writer: Writer, cycle_id: str, *, by_default: bool = False) -> Cycle:
        """Close a cycle whose decisions are made; `by_default`: what is not decided goes as it would by itself.

        Raises NotDeciding, StillUndecided, JoinOver, Missing.
        """
        held = await _locked_to_end(writer, cycle_id)
        if held.state is not State.DECIDING:
            raise NotDeciding
        if not by_default and await decision.count_open(writer, cycle_id):
            raise StillUndecided
        await writer.cancel_call(DECIDE_TIMER, cycle_id)
        standing = await standing_of(writer, held, self.country)
        if standing is None:
            return await self._finish(writer, held, [])
        wanted = decision.choices(await decision.of_cycle(writer, cycle_id))
        chosen = await self._still_possible(writer, held, standing)
        over = [choice.cycle_name for subject, choice in wanted.items() if subject not in chosen]
        if over and not by_default:
            raise JoinOver(over[0])
        return await self._conclude(writer, held, standing, await asyncio.to_thread(standing.shared, chosen))

    async def _open_shelf(self, writer: Writer, held: Cycle, changes: Iterable[Change]) -> None:
        """Have an order for what is left over of cases, where something is."""
        given = {change.order_id for change in changes}
        home = await surplus.shelf(writer, held)
        for choice in decision.choices(await decision.of_cycle(writer, held.id)).values():
            if choice.option is Option.SURPLUS and choice.order_id in given and home is not None:
                await surplus.open_order(writer, held, home, choice.order_id)

    async def _conclude(self, writer: Writer, held: Cycle, standing: Standing, sharing: Sharing) -> Cycle:
        made = await decision.of_cycle(writer, held.id)
        by = next((one.chosen_by for one in made if one.choice and one.choice.option is Option.JOIN), "")
        refused = await join.move(writer, held, sharing.shares, by)
        changes = self._changes(standing, [_refused(share, refused) for share in sharing.shares])
        await self._open_shelf(writer, held, changes)
        told = replace(held, unshared=sharing.refused[:MOST_TOLD])
        closed = await self._finish(writer, told, changes)
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
        held = await _found_to_end(writer, timer.key)
        if held is None or held.state not in (State.OPEN, State.COMPLETING):
            return
        if writer.now < held.orders_until:
            # Moved while the call was on its way.
            await writer.call_at(CLOSE_TIMER, held.id, held.orders_until)
            return
        await self.close(writer, held.id)

    async def _settle_when_due(self, writer: Writer, timer: Timer) -> None:
        held = await _found_to_end(writer, timer.key)
        if held is not None and held.state is State.DECIDING and held.decide_by and held.decide_by <= writer.now:
            await self.settle(writer, held.id, by_default=True)


def _refused(share: Share, lines: set[str]) -> Share:
    """Of what could not be put into the other order the household is told so."""
    if isinstance(share.why, Moved) and share.asked.id in lines:
        return replace(share, why=replace(share.why, refused=True))
    return share


async def _is_possible(
    reader: Reader, held: Cycle, made: Decision, choice: Choice, producers: Collection[str] | None
) -> bool:
    if choice.option not in made.question.options:
        return False
    if choice.option is Option.JOIN:
        return choice.cycle_id in {one.cycle_id for one in made.question.joins}
    if not choice.fills:
        return True
    offered = {(rest.product_id, rest.quantity_thousandths) for rest in made.question.rests}
    there = choice.order_id in await names_of(reader, held.id, producers)
    taken = await surplus.shelf(reader, held) is not None if choice.option is Option.SURPLUS else there
    return taken and (choice.product_id, choice.quantity_thousandths) in offered


async def _locked(writer: Writer, cycle_id: str) -> Cycle:
    held = await cycle.locked(writer, cycle_id)
    if held is None:
        raise Missing
    return held


async def _locked_to_end(writer: Writer, cycle_id: str) -> Cycle:
    held = await _found_to_end(writer, cycle_id)
    if held is None:
        raise Missing
    return held


async def _found_to_end(writer: Writer, cycle_id: str) -> Cycle | None:
    """The cycle, locked together with those whose orders its lines move to: two that end at once may join each other.

    What is decided can change until the lock is there. Then the locks are given back, and taken again with the right
    ones.
    """
    while True:
        joined = await decision.joined(writer, cycle_id)
        point = await writer.connection.run_sync(Connection.begin_nested)
        found = await cycle.all_locked(writer, {cycle_id, *joined})
        as_decided = await decision.joined(writer, cycle_id) <= joined
        await writer.connection.run_sync(_end, point, keep=as_decided)
        if as_decided:
            return found.get(cycle_id)


def _end(_connection: Connection, point: NestedTransaction, *, keep: bool) -> None:
    """What was locked since the point stays locked, or is free again."""
    if keep:
        point.commit()
    else:
        point.rollback()


async def _deciding(writer: Writer, cycle_id: str) -> Cycle:
    held = await _locked(writer, cycle_id)
    if held.state is not State.DECIDING:
        raise NotDeciding
    return held
