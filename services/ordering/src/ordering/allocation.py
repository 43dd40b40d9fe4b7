"""Sharing out what a cycle's orders ask: from offers and lines to a problem of the allocation package, and back.

Only what can matter is looked at: goods in cases or pools, and all that a producer delivers who has a minimum. Every
quantity there is in thousandths of the pool's unit, here in thousandths of the order unit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING

import structlog

import allocation
from allocation import MixedCrate, Problem, Product, Reason, SupplyResult, WrongProblem
from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Unit
from ordering.minimum import Goods, Vat, reached, weight_of
from ordering.offer import Offer
from ordering.order_line import gross_cents, piece_cents
from ordering.pool import bound_of, crates_of, extra_rule, is_pooled, pool_of, shortage_rule, size_of
from ordering.wanted import PLAIN, Terms
from ordering.why import Cancelled, Moved, ToppedUp, Why

if TYPE_CHECKING:
    from ordering.join import Target

log = structlog.get_logger()

FINEST = 100
"""Loose goods are shared out by the hundred grams, unless somebody asked for less."""


@dataclass(frozen=True)
class Asked:
    """A line of an order. 0 where the household is only to take the rest of something. `solidarity`: it has a
    solidarity basket. `arrival`: since when so much is asked, of what is shared out first come; smaller is earlier."""

    order_id: str
    household_id: str
    household_name: str
    group_id: str
    product_id: str
    quantity_thousandths: int
    gross_cents: int
    terms: Terms = PLAIN
    solidarity: bool = False
    arrival: int = 0

    @property
    def id(self) -> str:
        return f"{self.order_id}/{self.product_id}"


class Option(StrEnum):
    """What can be decided where a case is not full or a minimum is not reached."""

    AS_IT_IS = "as_it_is"
    """Whole cases only, cut by the rule; or order below the minimum, and hear what the producer says."""
    TOP_UP = "top_up"
    """A household takes what is missing."""
    SURPLUS = "surplus"
    """One more case is ordered; what is left over of it stays at the hub."""
    JOIN = "join"
    """All of it moves to another order."""
    NEXT_CYCLE = "next_cycle"
    """None of it is ordered now; it is proposed to everybody again in the next cycle."""
    CANCEL = "cancel"
    """None of it is ordered, and everybody concerned is told."""


@dataclass(frozen=True)
class Choice:
    """`order_id`, `product_id`, `quantity_thousandths`: who takes what, of a top-up or of what is left over.
    `cycle_id`, `cycle_name`: the order that is joined; `delivers_on`: as an ISO day, where that is another one."""

    option: Option
    order_id: str = ""
    product_id: str = ""
    quantity_thousandths: int = 0
    cycle_id: str = ""
    cycle_name: str = ""
    delivers_on: str = ""

    @property
    def fills(self) -> bool:
        """Whether somebody takes what is missing."""
        return self.option in (Option.TOP_UP, Option.SURPLUS)


@dataclass(frozen=True)
class Share:
    """What becomes of a line. `why` where that is not what was asked."""

    asked: Asked
    quantity_thousandths: int
    gross_cents: int
    why: Why | None = None

    @property
    def differs(self) -> bool:
        return self.quantity_thousandths != self.asked.quantity_thousandths


@dataclass(frozen=True)
class Unmet:
    """A minimum that is not reached: of a producer, or of a product. `reached` in its unit: cents, grams, cases."""

    subject: str
    minimum: Minimum
    reached: int


@dataclass(frozen=True)
class Sharing:
    """`refused`: why it could not be worked out, and everybody gets what they asked; "" where it was."""

    shares: tuple[Share, ...]
    supplies: tuple[SupplyResult, ...]
    unmet: tuple[Unmet, ...]
    refused: str = ""


@dataclass(frozen=True)
class Standing:
    """All that the closing of a cycle shares out. `minima`: producer -> what it asks at least. `seed` is published.
    `targets`: other orders to join. `shelf`: who takes what is left over of a case; "" where nobody does."""

    seed: str
    offers: Mapping[str, Offer]
    asked: tuple[Asked, ...]
    minima: Mapping[str, Minimum] = field(default_factory=dict)
    vat: Vat = field(default_factory=Vat)
    targets: "tuple[Target, ...]" = ()
    shelf: str = ""

    def shared(self, choices: Mapping[str, Choice] | None = None) -> Sharing:
        """Who gets what after these decisions, by subject. Everybody gets what they asked where it cannot be
        worked out: a closing never fails for want of arithmetic."""
        choices = choices or {}
        gone = self._gone(choices)
        rests = self._rests(choices.values())
        kept = {(one.order_id, one.product_id) for one in choices.values() if one.option is Option.SURPLUS}
        lines = [one for one in self._with_takers(rests) if one.product_id not in gone]
        goods = _Goods(self.offers, lines)
        try:
            result = allocation.allocate(goods.problem(lines, rests, self.seed))
        except WrongProblem as wrong:
            log.error("what is asked cannot be shared out", found=str(wrong))
            shares = tuple(Share(one, one.quantity_thousandths, one.gross_cents) for one in self.asked)
            return Sharing(shares, (), (), str(wrong))
        given = {one.line: one for one in result.lines}
        shares = tuple(
            Share(one, 0, 0, gone[one.product_id])
            if one.product_id in gone
            else self._share(one, goods.back(one, given[one.id].given), given[one.id].reason, rests, kept)
            for one in self._with_takers(rests)
        )
        return Sharing(shares, result.supplies, tuple(self._unmet(shares, result.supplies)))

    def _gone(self, choices: Mapping[str, Choice]) -> dict[str, Cancelled | Moved]:
        """The products of which nothing is ordered here, and why. What has moved elsewhere has, whatever else was
        decided about it."""
        gone: dict[str, Cancelled | Moved] = {}
        for subject, choice in choices.items():
            for product in self.products_of(subject):
                if choice.option is Option.JOIN:
                    gone[product] = Moved(choice.cycle_id, choice.cycle_name, choice.delivers_on)
                elif choice.option in (Option.CANCEL, Option.NEXT_CYCLE):
                    put_off = choice.option is Option.NEXT_CYCLE
                    gone.setdefault(product, Cancelled(subject.startswith(MINIMUM), put_off))
        return gone

    def _rests(self, choices: Iterable[Choice]) -> dict[tuple[str, str], int]:
        """(order, product) -> thousandths that it takes beyond what it asked."""
        rests: dict[tuple[str, str], int] = defaultdict(int)
        for choice in choices:
            if choice.fills:
                rests[choice.order_id, choice.product_id] += choice.quantity_thousandths
        return rests

    def _with_takers(self, rests: Mapping[tuple[str, str], int]) -> list[Asked]:
        """What is asked, and a line of 0 for who takes something that they did not ask."""
        known = {(one.order_id, one.product_id) for one in self.asked}
        of = {one.order_id: one for one in self.asked}
        fresh = [
            replace(
                of.get(order_id) or Asked(order_id, "", "", "", product_id, 0, 0),
                product_id=product_id, quantity_thousandths=0, gross_cents=0, terms=PLAIN,
            )
            for order_id, product_id in sorted(rests)
            if (order_id, product_id) not in known
        ]  # fmt: skip
        return [*self.asked, *fresh]

    def _share(
        self,
        one: Asked,
        quantity: int,
        why: Reason | None,
        rests: Mapping[tuple[str, str], int],
        kept: Collection[tuple[str, str]],
    ) -> Share:
        if quantity == one.quantity_thousandths:
            return Share(one, quantity, one.gross_cents)
        article = self.offers[one.product_id].article
        cents = gross_cents(article, quantity)
        cost = cents - one.gross_cents
        if quantity > one.quantity_thousandths and rests.get((one.order_id, one.product_id)):
            more, surplus = quantity - one.quantity_thousandths, (one.order_id, one.product_id) in kept
            return Share(one, quantity, cents, ToppedUp(more, article.unit, cost, surplus))
        # The price may fall with the quantity: what it costs is what the household pays more.
        return Share(one, quantity, cents, replace(why, cost=cost) if why and why.more else why)

    def _unmet(self, shares: Iterable[Share], supplies: Iterable[SupplyResult]) -> Iterable[Unmet]:
        given: dict[str, list[Goods]] = defaultdict(list)
        for share in shares:
            if share.quantity_thousandths:
                article = self.offers[share.asked.product_id].article
                given[article.product_id].append(Goods(article, share.quantity_thousandths, share.gross_cents))
        cases = {pool: supply.cases or 0 for supply in supplies for pool in supply.pools[:1]}
        for subject, minimum in self._all_minima.items():
            products = self.products_of(subject)
            goods = [one for product in products for one in given.get(product, ())]
            pools = {pool_of(self.offers[product]) for product in products}
            so_far = reached(minimum, goods, sum(cases.get(pool, 0) for pool in pools), self.vat)
            # Where nothing is ordered there is nothing to reach.
            if goods and so_far is not None and so_far < minimum.amount:
                yield Unmet(subject, minimum, so_far)

    @cached_property
    def _all_minima(self) -> dict[str, Minimum]:
        found = {f"{OF_PRODUCER}{producer}": minimum for producer, minimum in sorted(self.minima.items())}
        for product in sorted({one.product_id for one in self.asked}):
            offer = self.offers[product]
            if offer.details.minimum is not None:
                found.setdefault(f"{OF_POOL}{pool_of(offer)}", offer.details.minimum)
        return found

    @cached_property
    def _by_subject(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        crates = crates_of(self.offers.values())
        for product, offer in self.offers.items():
            pool = pool_of(offer)
            crate = crates.get(pool)
            found[f"{CASE}{crate.id if crate else pool}"].append(product)
            found[f"{OF_POOL}{pool}"].append(product)
            found[f"{OF_PRODUCER}{offer.producer_id}"].append(product)
        return found

    def products_of(self, subject: str) -> list[str]:
        """The products that a decision is about."""
        return self._by_subject.get(subject, [])


CASE = "case:"
MINIMUM = "minimum:"
OF_PRODUCER, OF_POOL = MINIMUM + "producer:", MINIMUM + "pool:"
"""What subjects of decisions begin with; the id of the pool or mixed crate, or of the producer, follows."""


class _Goods:
    """The pools, products and crates that some lines draw on."""

    def __init__(self, offers: Mapping[str, Offer], lines: list[Asked]) -> None:
        self.offers = {product: offers[product] for product in sorted({line.product_id for line in lines})}
        self.sizes = {product: size_of(offer) for product, offer in self.offers.items()}
        self.crates = _asked_of(crates_of(offers.values()), {pool_of(offer) for offer in self.offers.values()})

    def back(self, line: Asked, given: int) -> int:
        return given * 1000 // self.sizes[line.product_id]

    def problem(self, lines: list[Asked], rests: Mapping[tuple[str, str], int], seed: str) -> Problem:
        steps = self._steps(lines, rests)
        most = self._most(lines, rests)
        pools = [self._pool(offer) for offer in self.offers.values()]
        return Problem(
            pools=tuple({pool.id: pool for pool in reversed(pools)}.values()),
            products=tuple(self._product(offer, steps[product]) for product, offer in self.offers.items()),
            lines=tuple(self._line(line, rests, most) for line in lines),
            crates=tuple({crate.id: crate for crate in self.crates.values()}.values()),
            minima=tuple(self._targets()),
            seed=seed,
        )

    def _steps(self, lines: list[Asked], rests: Mapping[tuple[str, str], int]) -> dict[str, int]:
        """Product -> the least by which a line changes, in thousandths of the order unit."""
        steps = {p: 1000 if offer.article.unit is Unit.PIECE else FINEST for p, offer in self.offers.items()}
        for line in lines:
            rest = rests.get((line.order_id, line.product_id), 0)
            quantities = (line.quantity_thousandths, line.terms.tolerance, rest)
            steps[line.product_id] = gcd(steps[line.product_id], *quantities)
        return steps

    def _most(self, lines: list[Asked], rests: Mapping[tuple[str, str], int]) -> set[str]:
        """The products of a pool of which so much is asked that a tolerance could go beyond what there is."""
        wanted: dict[str, int] = defaultdict(int)
        for line in lines:
            wanted[line.product_id] += line.quantity_thousandths + line.terms.tolerance
            wanted[line.product_id] += rests.get((line.order_id, line.product_id), 0)
        bounds = {p: offer.available_thousandths for p, offer in self.offers.items() if is_pooled(offer)}
        return {p for p, bound in bounds.items() if bound is not None and wanted[p] > bound}

    def _pool(self, offer: Offer) -> allocation.Pool:
        a, pool, pool_id = offer.article, offer.details.pool if is_pooled(offer) else None, pool_of(offer)
        case = pool.case_thousandths if pool else a.case_thousandths
        return allocation.Pool(
            pool_id,
            pool.unit if pool else a.unit,
            producer=offer.producer_id,
            case=None if pool_id in self.crates else case,
            available=bound_of(offer),
            weight=None if (pool or a).unit is Unit.KG else weight_of(a, 1000 * 1000 // self.sizes[a.product_id]),
            shortage_rule=shortage_rule(offer.details.sharing),
            extra_rule=extra_rule(offer.details.sharing),
        )

    def _product(self, offer: Offer, step: int) -> Product:
        a, size = offer.article, self.sizes[offer.product_id]
        step = step * size // 1000
        return Product(a.product_id, pool_of(offer), "", size, step, piece_cents(a), 0, a.deposit_cents)

    def _line(self, line: Asked, rests: Mapping[tuple[str, str], int], most: set[str]) -> allocation.Line:
        size = self.sizes[line.product_id]
        firm = line.quantity_thousandths + rests.get((line.order_id, line.product_id), 0)
        tolerance = 0 if line.product_id in most else line.terms.tolerance
        return allocation.Line(
            line.id,
            line.product_id,
            line.household_id or line.order_id,
            firm * size // 1000,
            tolerance * size // 1000,
            line.terms.least * size // 1000,
            line.group_id,
            line.arrival,
            line.solidarity,
        )

    def _targets(self) -> Iterable[allocation.Minimum]:
        """What tolerance may be used to reach: minima of pools, by weight or in cases."""
        seen = set()
        for offer in self.offers.values():
            minimum, pool = offer.details.minimum, self._pool(offer)
            if minimum is None or pool.id in seen:
                continue
            seen.add(pool.id)
            if minimum.kind is MinimumKind.WEIGHT and (pool.weight or pool.unit == Unit.KG):
                yield allocation.Minimum(pool.id, allocation.Weight(minimum.amount), pool=pool.id)
            elif minimum.kind is MinimumKind.CASES and pool.case is not None:
                yield allocation.Minimum(pool.id, allocation.Cases(minimum.amount), pool=pool.id)


def _asked_of(crates: Mapping[str, MixedCrate], pools: Collection[str]) -> dict[str, MixedCrate]:
    """Pool -> its mixed crate, of what is asked: a crate is the same one whichever of its goods are."""
    return {
        pool: replace(crate, pools=tuple(one for one in crate.pools if one in pools))
        for pool, crate in crates.items()
        if pool in pools
    }
