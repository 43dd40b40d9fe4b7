"""What fills cases together: sizes of one product, mixed crates, and by which rules they are shared out.

An order unit takes so much of its pool (a bag of 5 kg takes 5 kg of lemons); a product by itself is its own pool.
"""

from collections.abc import Iterable

from allocation import MixedCrate, Rule
from contracts.catalog import SharingRules
from contracts.goods import Unit
from ordering.offer import Offer

USUAL = SharingRules()


def is_pooled(offer: Offer) -> bool:
    """Whether it fills a pool. What is sold loose must take whole units of it, or grams would get lost."""
    pool = offer.details.pool
    return pool is not None and (offer.article.unit is Unit.PIECE or pool.size_thousandths % 1000 == 0)


def pool_of(offer: Offer) -> str:
    """The id of its pool; a product by itself is its own."""
    pool = offer.details.pool
    return pool.pool_id if pool is not None and is_pooled(offer) else offer.product_id


def size_of(offer: Offer) -> int:
    """What one order unit takes of the pool, in thousandths of the pool's unit."""
    pool = offer.details.pool
    return pool.size_thousandths if pool is not None and is_pooled(offer) else 1000


def bound_of(offer: Offer) -> int | None:
    """All that the producer has of the pool, in thousandths of the pool's unit; None where there is no bound."""
    pool = offer.details.pool
    return pool.available_thousandths if pool is not None and is_pooled(offer) else offer.available_thousandths


def matters(offer: Offer) -> bool:
    """Whether what is given of it can differ from what is asked, whatever its producer's minimum."""
    return offer.article.case_thousandths is not None or is_pooled(offer) or offer.details.minimum is not None


def crates_of(offers: Iterable[Offer]) -> dict[str, MixedCrate]:
    """Pool -> the mixed crate it shares with others. They must have one producer, one unit and one size of case."""
    known: dict[str, Offer] = {}
    for offer in offers:
        if is_pooled(offer):
            known.setdefault(pool_of(offer), offer)
    together = {pool: {pool} for pool in known}
    for pool, offer in sorted(known.items()):
        assert offer.details.pool is not None
        for other in offer.details.pool.completes_with:
            if other in together and together[other] is not together[pool]:
                union = together[pool] | together[other]
                together.update(dict.fromkeys(union, union))
    found = {}
    for pool, members in together.items():
        pools = [known[member].details.pool for member in sorted(members)]
        cases = {one.case_thousandths for one in pools if one is not None and one.case_thousandths}
        alike = {(known[m].producer_id, one.unit) for m, one in zip(sorted(members), pools, strict=True) if one}
        if len(members) > 1 and len(cases) == 1 and len(alike) == 1:
            rules = _agreed([known[member].details.sharing for member in sorted(members)])
            found[pool] = MixedCrate(
                f"mixed-{min(members)}",
                cases.pop(),
                tuple(sorted(members)),
                shortage_rule=shortage_rule(rules),
                extra_rule=extra_rule(rules),
            )
    return found


def _agreed(chosen: list[SharingRules]) -> SharingRules:
    """A crate follows a rule that all its pools have chosen, else the usual one."""
    shortage, extra = {one.shortage for one in chosen}, {one.extra for one in chosen}
    return SharingRules(
        shortage=shortage.pop() if len(shortage) == 1 else USUAL.shortage,
        extra=extra.pop() if len(extra) == 1 else USUAL.extra,
    )


# The rules: the catalog's words are the engine's


def shortage_rule(rules: SharingRules) -> Rule:
    return Rule(rules.shortage.value)


def extra_rule(rules: SharingRules) -> Rule:
    return Rule(rules.extra.value)


def rules_of(goods: str, offers: Iterable[Offer]) -> tuple[Rule, Rule]:
    """The rules of a pool or mixed crate among these offers: of a shortage, and of what fills a case."""
    offers = list(offers)
    for crate in crates_of(offers).values():
        if crate.id == goods:
            return crate.shortage_rule, crate.extra_rule
    rules = next((offer.details.sharing for offer in offers if pool_of(offer) == goods), USUAL)
    return shortage_rule(rules), extra_rule(rules)
