"""What a producer cannot bring is shared out: what households get after its answer, and what they get instead.

What was short is shared by the rule of the product, starting from what the households got before that list was
answered: a producer who corrects an answer starts from the same again. What is offered instead goes to those who agreed
to something like it. Where anything changes the cycle has a new revision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import gcd

import structlog

from allocation import Cause, Line, Pool, Problem, Product, Reason, allocate
from chassis.database import Writer
from contracts.goods import Unit
from contracts.logistics import AnsweredLine, PickListAnswered
from ordering import cycle, producer_answer
from ordering.allocated_line import Change, Given, changes_of
from ordering.allocation import FINEST, Asked
from ordering.closing import Tell
from ordering.cycle import State
from ordering.cycle_offer import offers_of
from ordering.offer import Offer
from ordering.order_line import gross_cents, piece_cents
from ordering.pool import shortage_rule
from ordering.revision import revise
from ordering.standing import asked_of
from ordering.wanted import PLAIN, Terms
from ordering.why import Answered, Instead

log = structlog.get_logger()

Key = tuple[str, str]
"""Order and product."""


@dataclass(frozen=True)
class Got:
    """A line of one producer as it was before the answer: what was asked, and what was to be given."""

    order_id: str
    product_id: str
    household_id: str
    asked_thousandths: int
    asked_cents: int
    given: Given
    terms: Terms = PLAIN
    solidarity: bool = False
    arrival: int = 0


@dataclass(frozen=True, eq=False)
class Answers:
    """`tell`: why somebody gets something else than they asked."""

    tell: Tell

    async def hear(self, writer: Writer, event: PickListAnswered) -> None:
        """Take in what a producer answered; the cycle is revised where somebody gets something else for it."""
        held = await cycle.locked(writer, event.cycle_id)
        if held is None or held.state is not State.CLOSED:
            log.warning("an answer to a list of a cycle that is not closed", cycle_id=event.cycle_id)
            return
        base = await producer_answer.keep(writer, held, event)
        if base is None:
            return
        now = await changes_of(writer, held.id, held.revision)
        before = now if base == held.revision else await changes_of(writer, held.id, base)
        offers = {offer.product_id: offer for offer in await offers_of(writer, held.id)}
        theirs = {product for product, offer in offers.items() if offer.producer_id == event.producer_id}
        asked = await asked_of(writer, held.id, theirs)
        got = gotten(asked, [change for change in before if change.producer_id == event.producer_id])
        fresh = self.answered(got, event.lines, offers, held.seed)
        changes = [*(change for change in now if change.producer_id != event.producer_id), *fresh]
        if set(changes) == set(now):
            return
        short = any(line.deliverable_thousandths < line.asked_thousandths for line in event.lines)
        await revise(writer, held, changes, self.tell(Answered(event.producer_name, short)))

    def answered(
        self, got: Mapping[Key, Got], lines: Iterable[AnsweredLine], offers: Mapping[str, Offer], seed: str
    ) -> list[Change]:
        """What the lines of one producer come to after its answer, where that is not what was asked. `seed`: of the
        cycle, to draw lots."""
        by_product: dict[str, list[Got]] = defaultdict(list)
        for one in got.values():
            by_product[one.product_id].append(one)
        after, short = dict(got), {}
        for line in lines:
            mine = [one for one in by_product[line.product_id] if one.given.quantity_thousandths]
            if sum(one.given.quantity_thousandths for one in mine) <= line.deliverable_thousandths:
                continue
            short[line.product_id] = line
            for one in self._shared(offers[line.product_id], mine, line.deliverable_thousandths, seed):
                after[one.order_id, one.product_id] = one
        for product_id, line in short.items():
            instead = offers.get(line.substitute_id)
            if instead is not None and instead.product_id not in short:
                self._substitute(got, after, offers[product_id], instead)
        return [_change(one, offers[one.product_id].producer_id) for one in after.values() if _differs(one)]

    def _shared(self, offer: Offer, lines: list[Got], delivered: int, seed: str) -> Iterable[Got]:
        article, product = offer.article, offer.product_id
        firm = [one.given.quantity_thousandths for one in lines]
        step = gcd(1000 if article.unit is Unit.PIECE else FINEST, *firm)
        rule = shortage_rule(offer.details.sharing)
        pool = Pool(product, article.unit, producer=offer.producer_id, delivered=delivered, shortage_rule=rule)
        size = Product(product, product, step=step, price=piece_cents(article), deposit=article.deposit_cents)
        asked = tuple(
            Line(
                one.order_id,
                product,
                one.household_id,
                quantity,
                least=min(one.terms.least, quantity),
                arrival=one.arrival,
                solidarity=one.solidarity,
            )
            for one, quantity in zip(lines, firm, strict=True)
        )
        result = allocate(Problem((pool,), (size,), asked, seed=seed))
        for one, share in zip(lines, result.lines, strict=True):
            if share.reason is not None:
                yield self._less(one, offer, share.given, share.reason)

    def _less(self, one: Got, offer: Offer, quantity: int, reason: Reason) -> Got:
        cents = gross_cents(offer.article, quantity)
        difference = quantity - one.asked_thousandths
        if one.given.instead_of:
            told = one.given.reason
        elif difference > 0:
            more = replace(reason, cause=Cause.USES_GOODS, difference=difference, cost=cents - one.asked_cents)
            told = self.tell(more)
        else:
            told = self.tell(replace(reason, difference=difference)) if difference else None
        return replace(one, given=Given(quantity, cents, told, one.given.instead_of))

    def _substitute(self, got: Mapping[Key, Got], after: dict[Key, Got], missing: Offer, instead: Offer) -> None:
        """Give those who agreed as much of something else as they lack; not where they have it already, and no more
        than there is."""
        if (instead.article.unit, instead.producer_id) != (missing.article.unit, missing.producer_id):
            return
        left = _left(instead, after)
        for key, before in sorted(got.items()):
            order_id, product_id = key
            lacking = before.given.quantity_thousandths - after[key].given.quantity_thousandths
            has_it = (order_id, instead.product_id) in after
            if product_id != missing.product_id or not before.terms.substitute or has_it or lacking <= 0:
                continue
            if left is not None and left < lacking:
                continue
            left = None if left is None else left - lacking
            given = Given(
                lacking, gross_cents(instead.article, lacking), self.tell(Instead(missing)), missing.product_id
            )
            after[order_id, instead.product_id] = Got(order_id, instead.product_id, before.household_id, 0, 0, given)


def _left(instead: Offer, after: Mapping[Key, Got]) -> int | None:
    """Thousandths of which nobody gets any yet: what is given counts, also beyond what was asked, and in place of
    something else that is missing. None where it is not bounded."""
    if instead.available_thousandths is None:
        return None
    given = sum(one.given.quantity_thousandths for one in after.values() if one.product_id == instead.product_id)
    return instead.available_thousandths - given


def gotten(asked: Iterable[Asked], before: Iterable[Change]) -> dict[Key, Got]:
    """The lines of one producer with what was to be given: all that was asked, but for the changes."""
    changes = {(change.order_id, change.product_id): change for change in before}
    found: dict[Key, Got] = {}
    for one in asked:
        change = changes.pop((one.order_id, one.product_id), None)
        given = change.given if change else Given(one.quantity_thousandths, one.gross_cents)
        found[one.order_id, one.product_id] = Got(
            one.order_id,
            one.product_id,
            one.household_id,
            one.quantity_thousandths,
            one.gross_cents,
            given,
            one.terms,
            one.solidarity,
            one.arrival,
        )
    for key, change in changes.items():
        found[key] = Got(change.order_id, change.product_id, change.order_id, 0, 0, change.given)
    return found


def _differs(one: Got) -> bool:
    return one.given.quantity_thousandths != one.asked_thousandths


def _change(one: Got, producer_id: str) -> Change:
    return Change(one.order_id, one.product_id, producer_id, one.asked_thousandths, one.asked_cents, one.given)
