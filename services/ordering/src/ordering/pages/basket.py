"""A basket as a form: one field per product on offer, filters that hide without forgetting, a total that adds up."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from contracts.goods import Article
from ordering.offer import Offer, plain
from ordering.order import Order
from ordering.order_line import Expected, deposit_cents, expected, gross_cents, piece_cents, tier_cents
from ordering.pool import pool_of, size_of
from ordering.wanted import MOST_QUANTITY, PLAIN, Terms, Wanted, kept
from ui import decimals
from ui.forms import Form

PREFIX = "q-"
TOLERANCE, LEAST, SUBSTITUTE = "t-", "m-", "s-"
FIELDS = (PREFIX, TOLERANCE, LEAST, SUBSTITUTE)
"""What a basket's fields begin with; the product follows."""


@dataclass(frozen=True)
class Filter:
    """What of the offer is shown. Hidden products keep their field, so nothing that was typed is lost."""

    text: str = ""
    producer_id: str = ""
    label: str = ""
    without: tuple[str, ...] = ()
    chosen_only: bool = False

    @property
    def active(self) -> bool:
        return bool(self.producer_id or self.label or self.without or self.chosen_only)

    def shows(self, offer: Offer, *, chosen: bool) -> bool:
        return (
            (not self.text or all(word in plain(words_of(offer)) for word in plain(self.text).split()))
            and (not self.producer_id or offer.producer_id == self.producer_id)
            and (not self.label or self.label in offer.labels)
            and not set(self.without) & set(offer.allergens)
            and (chosen or not self.chosen_only)
        )


def words_of(offer: Offer) -> str:
    """What the search looks through."""
    a = offer.article
    pool = offer.details.pool
    pooled = f"{pool.name.fr} {pool.name.en}" if pool else ""
    return f"{a.name.fr} {a.name.en} {a.pack_label} {offer.producer_name} {a.reference} {offer.note} {pooled}"


@dataclass(frozen=True)
class TypedTerms:
    """What the fields beside the quantity show, and what is wrong there."""

    tolerance: str = ""
    least: str = ""
    substitute: bool = False
    wrong_tolerance: str = ""
    wrong_least: str = ""

    @property
    def anything(self) -> bool:
        return self != NO_TERMS


NO_TERMS = TypedTerms()


def typed_terms(form: Form, product_id: str) -> TypedTerms:
    more, least = TOLERANCE + product_id, LEAST + product_id
    return TypedTerms(
        form.value(more),
        form.value(least),
        bool(form.value(SUBSTITUTE + product_id)),
        form.errors.get(more, ""),
        form.errors.get(least, ""),
    )


@dataclass(frozen=True)
class Row:
    """One product in the shop. `typed` is what its field shows; `saved` what the order holds; `left` what this
    household can have, in thousandths (None: not bounded); `pool_left` what it can have of all sizes of the pool.
    `shut`: its producer cannot be ordered from now."""

    offer: Offer
    typed: str
    saved: int
    shown: bool
    left: int | None
    error: str = ""
    cents: int = 0
    chosen: bool = False
    terms: TypedTerms = NO_TERMS
    pool_left: int | None = None
    shut: bool = False

    @property
    def at_rest(self) -> bool:
        """Nothing was typed here: what it shows depends on the offer, `shown`, `shut` and what is left, whoever
        looks."""
        return not (self.typed or self.error or self.terms.anything)

    @property
    def search(self) -> str:
        return plain(words_of(self.offer))

    @property
    def has_terms(self) -> bool:
        return takes_terms(self.offer)

    @property
    def piece_cents(self) -> int:
        return piece_cents(self.offer.article)

    @property
    def tiers(self) -> list[tuple[int, int]]:
        """(from so many thousandths, what one order unit costs then), for the reader and for the script."""
        return [(t.from_thousandths, tier_cents(self.offer.article, t.price_cents)) for t in self.offer.article.tiers]

    @property
    def expected(self) -> Expected | None:
        return expected(self.offer.article)

    @property
    def per_content(self) -> int | None:
        """Cents for one kilo or litre of what a piece holds; None where the price says it already."""
        a = self.offer.article
        if a.content_unit is None or not a.content_thousandths:
            return None
        if a.price_basis == "content":
            return a.price_cents
        return (2 * a.price_cents * 1000 + a.content_thousandths) // (2 * a.content_thousandths)


@dataclass(frozen=True)
class Stall:
    """One producer's products."""

    producer_id: str
    producer_name: str
    rows: list[Row] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        return any(row.shown for row in self.rows)


@dataclass(frozen=True)
class Basket:
    """What a form holds, judged. `wanted` counts only while `form.ok`."""

    form: Form
    wanted: tuple[Wanted, ...]
    base_version: int
    filter: Filter

    @property
    def quantities(self) -> dict[str, int]:
        return {line.product_id: line.quantity_thousandths for line in self.wanted}

    @property
    def terms(self) -> dict[str, Terms]:
        return {line.product_id: line.terms for line in self.wanted if line.terms is not None}


def takes_terms(offer: Offer) -> bool:
    """Whether what one gets can differ from what one asks: of cases and pools, of what is bounded or has a minimum."""
    details = offer.details
    in_cases = offer.article.case_thousandths is not None or details.pool is not None
    return in_cases or details.minimum is not None or offer.available_thousandths is not None


def read(form: Form, offers: list[Offer]) -> Basket:
    """The basket that was sent. Fields of products that are not on offer here are refused, not skipped."""
    known = {PREFIX + offer.product_id: offer for offer in offers}
    wanted = []
    for name, typed in list(form.values.items()):
        if not name.startswith(PREFIX) or not typed.strip():
            continue
        offer = known.get(name)
        if offer is None:
            form.error("", form._("A product in this basket is not on offer in this cycle. It was left out."))
            continue
        quantity = form.quantity(name, offer.article.unit, zero=True, maximum=MOST_QUANTITY)
        if quantity:
            wanted.append(
                Wanted(offer.product_id, quantity, terms=_terms(form, offer, quantity) if takes_terms(offer) else None)
            )
    return Basket(form, tuple(wanted), _version(form), _filter(form))


def _terms(form: Form, offer: Offer, quantity: int) -> Terms:
    product, unit = offer.product_id, offer.article.unit
    tolerance = form.quantity(TOLERANCE + product, unit, zero=True, maximum=MOST_QUANTITY) or 0
    least = form.quantity(LEAST + product, unit, zero=True, maximum=MOST_QUANTITY) or 0
    if least > quantity:
        form.error(LEAST + product, form._("The least you want cannot be more than you order."))
    return Terms(tolerance, least, form.boolean(SUBSTITUTE + product))


def of_order(order: Order | None, language: str) -> Basket:
    """The basket as it was saved."""
    quantities = order.quantities if order else {}
    values = {PREFIX + product: decimals.typed(quantity, 3, language) for product, quantity in quantities.items()}
    terms = order.terms if order else {}
    for product, its in terms.items():
        values |= _typed(product, its, language)
    wanted = tuple(Wanted(product, quantity, terms=terms[product]) for product, quantity in quantities.items())
    return Basket(Form(values=values), wanted, order.version if order else 0, Filter())


def of_proposal(proposed: list[Wanted], offers: list[Offer], language: str, shut: Collection[str] = ()) -> Basket:
    """What was put off to this cycle, typed in already and not saved; what is not on offer, sold out, or of a producer
    that is `shut`, is left out."""
    by_product = {offer.product_id: offer for offer in offers if offer.producer_id not in shut and not offer.barred}
    possible = [
        wanted
        for wanted in proposed
        if wanted.product_id in by_product and _is_left(by_product[wanted.product_id], wanted.quantity_thousandths)
    ]
    values: dict[str, str] = {}
    for wanted in possible:
        values[PREFIX + wanted.product_id] = decimals.typed(wanted.quantity_thousandths, 3, language)
        values |= _typed(wanted.product_id, wanted.terms or PLAIN, language)
    return Basket(Form(values=values), tuple(possible), 0, Filter())


def _is_left(offer: Offer, quantity: int) -> bool:
    return offer.left_thousandths is None or offer.left_thousandths >= quantity


def _typed(product_id: str, terms: Terms, language: str) -> dict[str, str]:
    """The fields beside the quantity, as somebody would have typed them."""
    typed = {}
    if terms.tolerance:
        typed[TOLERANCE + product_id] = decimals.typed(terms.tolerance, 3, language)
    if terms.least:
        typed[LEAST + product_id] = decimals.typed(terms.least, 3, language)
    if terms.substitute:
        typed[SUBSTITUTE + product_id] = "on"
    return typed


def again(
    last: Order, form: Form, offers: list[Offer], language: str, shut: Collection[str] = ()
) -> tuple[dict[str, str], list[Article]]:
    """An earlier order in goods of now: the fields to fill, what was typed left alone; and what it held that is not
    on offer now, or sold out, or of a producer that is `shut`. Where less is left than was ordered, what is left. What
    went with a quantity goes with it again, where it can."""
    offered = {offer.product_id: offer for offer in offers if offer.producer_id not in shut and not offer.barred}
    fields: dict[str, str] = {}
    gone: list[Article] = []
    for line in last.lines:
        if not line.quantity_thousandths:
            continue  # a substitute was not asked for
        offer, name = offered.get(line.article.product_id), PREFIX + line.article.product_id
        if offer is None or offer.article.unit != line.article.unit or offer.left_thousandths == 0:
            gone.append(line.article)
        elif not form.value(name).strip():
            left = offer.left_thousandths
            quantity = line.quantity_thousandths if left is None else min(left, line.quantity_thousandths)
            fields[name] = decimals.typed(quantity, 3, language)
            if takes_terms(offer):
                fields |= _typed(offer.product_id, kept(line.terms, quantity), language)
    return fields, gone


def stalls(basket: Basket, offers: list[Offer], saved: Mapping[str, int], shut: Collection[str] = ()) -> list[Stall]:
    """The offers by producer, as the page shows them. `shut`: producers that cannot be ordered from now."""
    made: dict[str, Stall] = {}
    chosen = basket.quantities
    held_of_pools = _taken_of_pools(saved, offers)
    for offer in offers:
        name = PREFIX + offer.product_id
        typed, held = basket.form.value(name), saved.get(offer.product_id, 0)
        is_chosen = bool(typed.strip()) and typed.strip() != "0"
        error = basket.form.errors.get(name, "")
        terms = typed_terms(basket.form, offer.product_id) if takes_terms(offer) else NO_TERMS
        wrong = error or terms.wrong_tolerance or terms.wrong_least
        row = Row(
            offer=offer,
            typed=typed,
            saved=held,
            # What is wrong is shown whatever the filter: nobody can mend what they do not see.
            shown=bool(wrong) or basket.filter.shows(offer, chosen=is_chosen or held > 0),
            left=held if offer.barred else offer.left_beside(held, held_of_pools.get(pool_of(offer), 0)),
            error=error,
            cents=gross_cents(offer.article, chosen[offer.product_id]) if offer.product_id in chosen else 0,
            chosen=is_chosen,
            terms=terms,
            pool_left=None
            if offer.pool_left_thousandths is None
            else max(0, offer.pool_left_thousandths) + held_of_pools.get(pool_of(offer), 0),
            # What no mandate covers any more, or the group cannot receive, can still become less, where some of it is
            # ordered.
            shut=offer.producer_id in shut or (offer.barred and not held),
        )
        made.setdefault(offer.producer_id, Stall(offer.producer_id, offer.producer_name)).rows.append(row)
    return list(made.values())


def _taken_of_pools(saved: Mapping[str, int], offers: list[Offer]) -> dict[str, int]:
    """Bounded pool -> what an order takes of it."""
    taken: dict[str, int] = {}
    for offer in offers:
        if offer.pool_left_thousandths is not None and offer.product_id in saved:
            takes = saved[offer.product_id] * size_of(offer) // 1000
            taken[pool_of(offer)] = taken.get(pool_of(offer), 0) + takes
    return taken


def total(basket: Basket, offers: list[Offer]) -> int:
    """Cents of what the form holds."""
    by_product = {offer.product_id: offer.article for offer in offers}
    return sum(gross_cents(by_product[line.product_id], line.quantity_thousandths) for line in basket.wanted)


def deposits(basket: Basket, offers: list[Offer]) -> int:
    """Cents of the deposits on what the form holds."""
    by_product = {offer.product_id: offer.article for offer in offers}
    return sum(deposit_cents(by_product[line.product_id], line.quantity_thousandths) for line in basket.wanted)


def _version(form: Form) -> int:
    typed = form.value("version")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


def _filter(form: Form) -> Filter:
    return Filter(
        text=form.value("search").strip()[:100],
        producer_id=form.value("producer"),
        label=form.value("label"),
        without=tuple(form.chosen("without")),
        chosen_only=form.boolean("chosen"),
    )
