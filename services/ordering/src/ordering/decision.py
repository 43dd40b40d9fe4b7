"""A decision after the closing: a case that is not full, a minimum that is not reached. Each has a default.

    asked --choose--> decided --undo--> asked

The facts are kept with it, so that it can be read afterwards what was decided on. Which decisions there are follows
from what is asked and from what was decided before: a top-up for a producer's minimum can make another one needless.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.catalog import Minimum, MinimumKind
from contracts.event import Part
from contracts.goods import Bilingual, Unit
from ordering.allocation import CASE, FINEST, OF_PRODUCER, Choice, Option, Sharing, Standing, Unmet
from ordering.cycle import Cycle, State
from ordering.cycle_offer import offers_of
from ordering.join import Join, targets
from ordering.minimum import Vat, weight_of
from ordering.offer import Offer
from ordering.order_line import deposit_cents, gross_cents, tier_cents
from ordering.pool import bound_of, pool_of, size_of
from ordering.tables import metadata

decision = Table(
    "decision",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("subject", String(140), primary_key=True),
    Column("facts", JSON, nullable=False),
    Column("choice", JSON(none_as_null=True)),
    Column("chosen_at", Utc),
    Column("chosen_by", String(200), nullable=False),
)


class Kind(StrEnum):
    CASE = "case"
    MINIMUM = "minimum"


class Rest(Part):
    """What somebody could take to complete it: so many thousandths of one product."""

    product_id: str
    name: Bilingual
    unit: Unit
    quantity_thousandths: int
    pack_label: str = ""


class Question(Part):
    """What is to be decided, and the facts. `name`: of the goods, or of the producer. `producer_id`: whose goods; "" of
    what was asked before that was noted.

    Of a case, in thousandths of `unit`: `asked` in all, `goods` in the whole cases, one of them holds `case`; `missing`
    would complete the next one. Of a minimum: what it asks, and what is `reached`, in its unit. `product_ids`:
    what is asked of it. `shelf`: who takes what is left over of a case, "" where nobody does. `joins`: other orders of
    the day that take all of it, as of now: they are not kept (`with_joins`).
    """

    subject: str
    kind: Kind
    name: Bilingual
    producer_id: str = ""
    unit: Unit = Unit.PIECE
    asked: int = 0
    goods: int = 0
    case: int = 0
    missing: int = 0
    minimum: Minimum | None = None
    reached: int = 0
    rests: tuple[Rest, ...] = ()
    product_ids: tuple[str, ...] = ()
    shelf: str = ""
    joins: tuple[Join, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """The first is the default."""
        top_up = (Option.TOP_UP,) if self.rests else ()
        surplus = (Option.SURPLUS,) if self.rests and self.shelf and self.kind is Kind.CASE else ()
        join = (Option.JOIN,) if self.joins else ()
        return (Option.AS_IT_IS, *top_up, *surplus, *join, Option.NEXT_CYCLE, Option.CANCEL)


@dataclass(frozen=True)
class Decision:
    question: Question
    choice: Choice | None = None
    chosen_at: datetime | None = None
    chosen_by: str = ""

    @property
    def subject(self) -> str:
        return self.question.subject

    @property
    def option(self) -> Option:
        """What counts: the choice, or the default."""
        return self.choice.option if self.choice else self.question.options[0]


# Which there are


def questions(standing: Standing, sharing: Sharing) -> list[Question]:
    """What is to be decided where things stand like this, by subject."""
    found = []
    accepted = _accepted(standing)
    for supply in sharing.supplies:
        if not (supply.short and supply.missing and supply.case):
            continue
        subject = CASE + supply.id
        offers = [standing.offers[product] for product in standing.products_of(subject)]
        found.append(
            Question(
                subject=subject,
                kind=Kind.CASE,
                name=_name(offers),
                producer_id=offers[0].producer_id,
                unit=Unit(supply.unit),
                asked=supply.asked,
                goods=supply.goods,
                case=supply.case,
                missing=supply.missing,
                rests=tuple(rest for offer in offers if (rest := _completing(offer, supply.missing, accepted))),
                product_ids=_asked(standing, subject),
                shelf=standing.shelf,
            )
        )
    found += [_about_minimum(standing, unmet) for unmet in sharing.unmet]
    return sorted(found, key=lambda one: one.subject)


def _about_minimum(standing: Standing, unmet: Unmet) -> Question:
    offers = [standing.offers[product] for product in standing.products_of(unmet.subject)]
    ordered = {one.product_id for one in standing.asked}
    of_producer = unmet.subject.startswith(OF_PRODUCER)
    missing = unmet.minimum.amount - unmet.reached
    # What comes in cases is completed by its own decision: a few pieces more of it would be cut again.
    loose = [o for o in offers if o.product_id in ordered and not o.article.case_thousandths and not o.details.pool]
    rests = [rest for offer in loose if (rest := _reaching(offer, unmet.minimum, missing, standing.vat))]
    return Question(
        subject=unmet.subject,
        kind=Kind.MINIMUM,
        name=Bilingual(fr=offers[0].producer_name) if of_producer else _name(offers),
        producer_id=offers[0].producer_id,
        minimum=unmet.minimum,
        reached=unmet.reached,
        rests=tuple(sorted(rests, key=lambda rest: rest.name.fr)),
        product_ids=_asked(standing, unmet.subject),
    )


def _asked(standing: Standing, subject: str) -> tuple[str, ...]:
    ordered = {one.product_id for one in standing.asked if one.quantity_thousandths}
    return tuple(product for product in standing.products_of(subject) if product in ordered)


def _name(offers: list[Offer]) -> Bilingual:
    """Of the pools, where there are any: "Lemons", whatever the size; "Lemons, Clementines" in one crate."""
    names = {o.details.pool.pool_id: o.details.pool.name for o in offers if o.details.pool}
    found = list(names.values()) or [offers[0].article.name]
    return Bilingual(fr=", ".join(one.fr for one in found), en=", ".join(one.en or one.fr for one in found))


def _accepted(standing: Standing) -> Mapping[str, int]:
    """Pool -> all of it that is asked or would be accepted, in thousandths of its unit."""
    found: dict[str, int] = defaultdict(int)
    for one in standing.asked:
        offer = standing.offers[one.product_id]
        found[pool_of(offer)] += (one.quantity_thousandths + one.terms.tolerance) * size_of(offer) // 1000
    return found


def _completing(offer: Offer, missing: int, accepted: Mapping[str, int]) -> Rest | None:
    """So many order units hold what is missing of the pool; None where they do not fit, or where the producer has not
    that much beyond what fills the case already: of a mixed crate it may have more of the one than of the other."""
    quantity, over = divmod(missing * 1000, size_of(offer))
    step = 1000 if offer.article.unit is Unit.PIECE else 1
    there = bound_of(offer)
    if over or quantity % step or (there is not None and accepted.get(pool_of(offer), 0) + missing > there):
        return None
    return _rest(offer, quantity)


def _reaching(offer: Offer, minimum: Minimum, missing: int, vat: Vat) -> Rest | None:
    """The least that reaches the minimum, in money or by weight."""
    if minimum.kind is MinimumKind.MONEY:
        return _worth(offer, minimum, missing, vat)
    if minimum.kind is MinimumKind.WEIGHT:
        needed, each = missing, weight_of(offer.article, 1000) or 0
    else:
        return None
    step = 1000 if offer.article.unit is Unit.PIECE else FINEST
    return _rest(offer, -(-needed * 1000 // (each * step)) * step) if each else None


def _worth(offer: Offer, minimum: Minimum, missing: int, vat: Vat) -> Rest | None:
    """The least that costs what is missing, at the price that its quantity reaches; deposits count where they do."""
    article = offer.article
    # Without VAT more is needed than it seems; a cent beside for the rounding.
    rate = vat.rate(article) if minimum.net else 0
    needed = -(-missing * (10_000 + rate) // 10_000) + bool(rate)
    step = 1000 if article.unit is Unit.PIECE else FINEST

    def worth(quantity: int) -> int:
        return gross_cents(article, quantity) + (deposit_cents(article, quantity) if minimum.with_deposits else 0)

    found = []
    for cents in (article.price_cents, *(tier.price_cents for tier in article.tiers)):
        each = tier_cents(article, cents) + (article.deposit_cents if minimum.with_deposits else 0)
        if each:
            quantity = -(-needed * 1000 // (each * step)) * step
            # Where the price falls on the way, so much of it may not be enough: then the lower price says how much.
            found += [enough for enough in (quantity, quantity + step) if worth(enough) >= needed][:1]
    return _rest(offer, min(found)) if found else None


def _rest(offer: Offer, quantity: int) -> Rest | None:
    if offer.left_thousandths is not None and offer.left_thousandths < quantity:
        return None
    a = offer.article
    return Rest(
        product_id=a.product_id, name=a.name, unit=a.unit, quantity_thousandths=quantity, pack_label=a.pack_label
    )


# What is kept of them


def choices(decisions: Iterable[Decision]) -> Mapping[str, Choice]:
    """Subject -> what was chosen; the default changes nothing of what is worked out."""
    return {one.subject: one.choice for one in decisions if one.choice is not None}


async def of_cycle(reader: Reader, cycle_id: str, producers: Collection[str] | None = None) -> list[Decision]:
    """By subject. `producers`: those about their goods; None: all."""
    its = decision.c.cycle_id == cycle_id
    if producers is not None:
        its &= decision.c.facts["producer_id"].as_string().in_(list(producers))
    rows = await reader.all(select(decision).where(its).order_by(decision.c.subject))
    return [_decision(row) for row in rows]


async def with_joins(reader: Reader, of: Cycle, decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions of a cycle with the orders that could be joined now, while that can still be decided."""
    decisions = list(decisions)
    found = await targets(reader, of) if decisions and of.state is State.DECIDING else ()
    offers = {offer.product_id: offer for offer in await offers_of(reader, of.id)} if found else {}

    def joins(question: Question) -> tuple[Join, ...]:
        goods = [offers[product] for product in question.product_ids if product in offers]
        return tuple(target.join for target in found if goods and target.takes(goods))

    return [replace(one, question=one.question.model_copy(update={"joins": joins(one.question)})) for one in decisions]


async def joined(reader: Reader, cycle_id: str) -> set[str]:
    """The cycles whose orders are to be joined, by what is decided."""
    choices = [one.choice for one in await of_cycle(reader, cycle_id)]
    return {choice.cycle_id for choice in choices if choice is not None and choice.option is Option.JOIN}


async def count_open(reader: Reader, cycle_id: str, producers: Collection[str] | None = None) -> int:
    return sum(one.choice is None for one in await of_cycle(reader, cycle_id, producers))


async def renew(writer: Writer, cycle_id: str, asked: Iterable[Question]) -> None:
    """Have these decisions to make, beside those that are made. The caller holds the cycle's lock."""
    mine = decision.c.cycle_id == cycle_id
    made = {one.subject for one in await of_cycle(writer, cycle_id) if one.choice is not None}
    await writer.execute(decision.delete().where(mine, decision.c.chosen_at.is_(None)))
    rows = [
        {"cycle_id": cycle_id, "subject": one.subject, "facts": one.model_dump(mode="json"), "chosen_by": ""}
        for one in asked
        if one.subject not in made
    ]
    if rows:
        await writer.execute(decision.insert(), rows)


async def note(writer: Writer, cycle_id: str, subject: str, choice: Choice | None, by: str) -> None:
    """Keep a choice, or forget it (None). The caller holds the cycle's lock."""
    mine = (decision.c.cycle_id == cycle_id) & (decision.c.subject == subject)
    values = {
        "choice": asdict(choice) if choice else None,
        "chosen_at": writer.now if choice else None,
        "chosen_by": by if choice else "",
    }
    await writer.execute(decision.update().where(mine).values(**values))


async def forget(writer: Writer, cycle_id: str, producer_id: str = "") -> None:
    """Forget all decisions of a cycle, or those about the goods of one producer."""
    its = decision.c.cycle_id == cycle_id
    if producer_id:
        its &= decision.c.facts["producer_id"].as_string() == producer_id
    await writer.execute(decision.delete().where(its))


def _decision(row: RowMapping) -> Decision:
    its = row["choice"]
    choice = Choice(**{**its, "option": Option(its["option"])}) if its else None
    return Decision(Question.model_validate(row["facts"]), choice, row["chosen_at"], row["chosen_by"])
