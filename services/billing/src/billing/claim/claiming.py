"""Making a claim, and what happens to it: the claim, the amounts and the books in one transaction.

Whoever does anything holds the cycle's row first, as whoever records a delivery does: two claims on one line are made
one after the other, and the second finds less left to claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing import announcing, order
from billing.claim import register
from billing.claim.effect import concerned_with, what_holds
from billing.claim.life import ANSWERS, UNSETTLED, Move, OutOfTurn, State, moved
from billing.claim.register import Asked, Claim
from billing.cycle import COMPUTED, find_cycle, locked
from billing.days import today_at
from billing.ledger.chart import HUB
from billing.ledger.sales import Because
from billing.mandate import contract
from billing.mandate.clauses import Bearer, Terms
from billing.price import measured
from billing.seller import frozen_sellers
from billing.settlement import Settlement
from billing.together import Bought, lines_of_buyers
from chassis import trace
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.timers import Timer

TIME_OVER = "claim_time_over"
CLAIM_DAYS = Terms.model_fields["claim_days"].default
"""Where no mandate says otherwise: as a mandate does that says nothing else."""


class NotYet(Exception):
    """The goods are handed out later."""


class TooLate(Exception):
    """The last day for it is over."""


class NothingLeft(Exception):
    """More than what came and was not claimed before. `left`: thousandths of the unit that is billed."""

    def __init__(self, left: int) -> None:
        super().__init__(str(left))
        self.left = left


class NoLine(Exception):
    """The household was handed none of it, or the cycle is not settled."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


@dataclass(frozen=True)
class Claimable:
    """A line of which something can be claimed. `came` and `left`: thousandths of the unit that is billed."""

    line: Bought
    came: int
    left: int
    last_day: date
    by_hub: bool
    """By a clause of the mandate what is accepted is the hub's cost."""

    @property
    def product_id(self) -> str:
        return self.line.of.product_id


@dataclass(frozen=True)
class Claims:
    """`answer_within`: how long a producer has; `share_within`: how long the other buyers have."""

    settlement: Settlement
    zone: ZoneInfo
    answer_within: timedelta
    share_within: timedelta

    async def claim(
        self,
        writer: Writer,
        claim_id: str,
        cycle_id: str,
        household_id: str,
        product_id: str,
        spoiled: int,
        reason: str,
        by: Person,
    ) -> Claim:
        """Make a claim under the id that its form was given: sent twice, it is one. `spoiled`: thousandths of the unit
        that is billed. Raises NoLine, NotYet, TooLate, NothingLeft, OtherThere."""
        held = await locked(writer, cycle_id)
        if held is None or held["state"] != COMPUTED:
            raise NoLine
        try:
            before = await register.find(writer, claim_id)
        except register.NoClaim:
            pass
        else:
            told = before.household_id, before.cycle_id, before.product_id, before.spoiled_thousandths, before.reason
            if told != (household_id, cycle_id, product_id, spoiled, reason):
                raise OtherThere
            return before
        found = {each.product_id: each for each in await claimable(writer, held, household_id)}
        if product_id not in found:
            raise NoLine
        one, today = found[product_id], today_at(writer, self.zone)
        if today < held["delivers_on"]:
            raise NotYet
        if today > one.last_day:
            raise TooLate
        if spoiled > one.left:
            raise NothingLeft(one.left)
        made = await self._made(writer, claim_id, held, one, spoiled, reason)
        await register.keep(writer, made)
        await register.note(writer, claim_id, "claimed", by.name, by.id, reason)
        if made.answer_until is not None:
            await writer.call_at(TIME_OVER, claim_id, made.answer_until)
        await writer.announce(announcing.claim_changed(made, writer.now))
        return made

    async def _made(
        self, writer: Writer, claim_id: str, held: RowMapping, one: Claimable, spoiled: int, reason: str
    ) -> Claim:
        of, household_id = one.line.of, one.line.household_id
        [head] = await order.placed_of(writer, held["id"], {household_id})
        asks_producer = of.payee != HUB and not one.by_hub
        asked = await _others(writer, held, head, one.line) if asks_producer else []
        return Claim(
            id=claim_id,
            version=1,
            cycle_id=held["id"],
            cycle_name=held["name"],
            household_id=household_id,
            household_name=head["household_name"],
            group_id=head["group_id"],
            producer_id=of.producer_id,
            producer_name=frozen_sellers(held)[of.producer_id].name,
            product_id=of.product_id,
            name_fr=of.name_fr,
            name_en=of.name_en,
            unit=one.line.billed.unit,
            spoiled_thousandths=spoiled,
            reason=reason,
            state=State.OPEN if asks_producer else State.TO_DECIDE,
            by_hub=one.by_hub,
            claimed_at=writer.now,
            answer_until=writer.now + self.answer_within if asks_producer else None,
            share_until=writer.now + self.share_within if asked else None,
            asked=tuple(asked),
        )

    async def move(
        self, writer: Writer, claim_id: str, move: Move, by: Person, reason: str = "", *, decides: bool = False
    ) -> Claim:
        """Answer it, decide it or withdraw it. The producer answers while its time runs; then the coordinator decides
        (`decides`). The same sent twice is done once. Raises NoClaim, OutOfTurn."""
        one = await self._locked(writer, claim_id)
        if move in ANSWERS and one.state in UNSETTLED and (one.state is State.TO_DECIDE) != decides:
            raise OutOfTurn(f"{move} by {'the coordinator' if decides else 'the producer'} of a claim {one.state}")
        return await self._moved(writer, one, move, by.name, by.id, reason, decided=decides)

    async def share(self, writer: Writer, claim_id: str, household_id: str, by: Person, *, shares: bool) -> Claim:
        """A household that was asked says whether it shares the loss; until its time is over it may say otherwise.
        Raises NoClaim, TooLate."""
        one = await self._locked(writer, claim_id)
        mine = next((each for each in one.asked if each.household_id == household_id), None)
        if mine is None:
            raise register.NoClaim(claim_id)
        if mine.shares == shares:
            return one
        if not one.waits_for_shares(writer.now):
            raise TooLate
        await register.set_share(writer, one, household_id, by.name, shares=shares)
        await register.note(writer, claim_id, "shares" if shares else "shares_not", by.name, by.id)
        after = await register.find(writer, claim_id)
        await self._settle(writer, after, by.id)
        await writer.announce(announcing.claim_changed(after, writer.now))
        return after

    async def time_over(self, writer: Writer, timer: Timer) -> None:
        """Timer: no answer came; from now on the coordinator decides."""
        one = await self._locked(writer, timer.key)
        if one.state is State.OPEN:
            await self._moved(writer, one, Move.TIME_OVER, "", "", "")

    async def _moved(
        self, writer: Writer, one: Claim, move: Move, who: str, person_id: str, reason: str, *, decided: bool = False
    ) -> Claim:
        try:
            state = moved(one.state, move)
        except OutOfTurn:
            if one.state not in UNSETTLED and one.state is moved(State.TO_DECIDE, move):
                # Sent twice.
                return one
            raise
        await register.set_state(writer, one, state)
        await register.note(writer, one.id, move.value, who, person_id, reason)
        if state is not State.TO_DECIDE:
            await writer.cancel_call(TIME_OVER, one.id)
        after = await register.find(writer, one.id)
        await self._settle(writer, after, person_id)
        await writer.announce(announcing.claim_changed(after, writer.now, reason, decided=decided))
        return after

    async def _locked(self, writer: Writer, claim_id: str) -> Claim:
        """As it stands once nobody else moves anything of its cycle. Raises NoClaim."""
        one = await register.find(writer, claim_id)
        await locked(writer, one.cycle_id)
        return await register.find(writer, claim_id)

    async def _settle(self, writer: Writer, one: Claim, person_id: str) -> None:
        """Make the amounts anew that it changes. Of a cycle that is being computed they are made with it then."""
        held = await locked(writer, one.cycle_id)
        if held is not None and held["state"] == COMPUTED and one.state in (State.ACCEPTED, State.REFUSED):
            because = Because(trace.current().causation_id, writer.now, person_id)
            concerned = await concerned_with(writer, one.cycle_id, one.concerned)
            await self.settlement.settle_delivered(writer, held, concerned, because)


async def claimable(reader: Reader, held: RowMapping, household_id: str) -> list[Claimable]:
    """What a household was handed in a cycle and has not claimed yet, line by line."""
    rows = await order.placed_of(reader, held["id"], {household_id})
    if not rows or held["delivers_on"] is None:
        return []
    goods = await order.goods_of(reader, {key for row in rows for key, _quantity, _gross in order.lines_of(row)})
    deliveries = await what_holds(reader, held["id"], {household_id}, goods)
    lines = await lines_of_buyers(reader, held["id"], {household_id}, deliveries)
    claimed: dict[str, int] = {}
    for each in await register.of_line(reader, held["id"], household_id):
        claimed[each.product_id] = claimed.get(each.product_id, 0) + each.spoiled_thousandths
    clauses = await clauses_of(reader, held["delivers_on"])
    found = []
    for line in lines:
        came = line.billed.quantity_thousandths
        days, by_hub = clauses.get(line.of.producer_id, (CLAIM_DAYS, False))
        left = max(0, came - claimed.get(line.of.product_id, 0))
        if came:
            found.append(Claimable(line, came, left, held["delivers_on"] + timedelta(days=days), by_hub))
    return sorted(found, key=lambda each: (each.line.of.name_fr, each.product_id))


async def clauses_of(reader: Reader, day: date) -> dict[str, tuple[int, bool]]:
    """Days to claim, and whether the hub bears what is justified, by the mandates in force that day, by producer."""
    held = {one.producer_id: one.in_force(day) for one in await contract.listed(reader) if one.in_force(day)}
    return {
        producer_id: (version.terms.claim_days, version.terms.claims is Bearer.HUB)
        for producer_id, version in held.items()
        if version
    }


async def _others(reader: Reader, held: RowMapping, head: RowMapping, line: Bought) -> list[Asked]:
    """Who else of the group was handed of what is weighed or poured out of the same crates."""
    if not measured(line.of):
        return []
    o = order.order.c
    theirs = select(o.household_id, o.household_name).where(
        o.cycle_id == held["id"], o.group_id == head["group_id"], o.state == order.PLACED
    )
    names = {row["household_id"]: row["household_name"] for row in await reader.all(theirs)}
    deliveries = await what_holds(reader, held["id"], names.keys(), {})
    lines: Iterable[Bought] = await lines_of_buyers(reader, held["id"], names.keys(), deliveries)
    others = {
        each.household_id
        for each in lines
        if each.of.product_id == line.of.product_id and each.billed.quantity_thousandths
    }
    return [Asked(each, names[each]) for each in sorted(others - {line.household_id})]


async def open_until(reader: Reader, cycle_id: str, household_id: str, zone: ZoneInfo) -> date | None:
    """The last day on which the household can claim anything of a cycle; None where it cannot any more, or not yet."""
    held = await find_cycle(reader, cycle_id)
    if held is None or held["state"] != COMPUTED or today_at(reader, zone) < held["delivers_on"]:
        return None
    days = [each.last_day for each in await claimable(reader, held, household_id) if each.left]
    last = max(days, default=None)
    return last if last is not None and last >= today_at(reader, zone) else None


def without_names(one: Claim) -> Claim:
    """As a producer sees it: whose claim it is, and no word of who else bought of it."""
    return replace(one, asked=())
