"""The tags of the shop: each product of a cycle as HTML, printed once for all who read it in one language.

Nine tenths of what the shop's page costs is its products, and nearly all of them look the same to everybody: what a
household typed into, or what is wrong, is printed for it alone. A tag is good for one version of the cycle, like the
offer sheet it is made from; of scarce goods it is printed again when another quantity is left.
"""

from collections.abc import Sequence

from markupsafe import Markup

from coldchain.early import Refusal
from ordering.cycle import Cycle
from ordering.offer import Offer
from ordering.offer_sheet import MOST_KEPT
from ordering.pages import refusals
from ordering.pages.basket import Row
from ordering.pages.provenance import minimum_in_words
from ordering.pages.sharing import unusual
from ordering.pages.terms import term
from ui import Pages
from ui.i18n import translator
from ui.words import Words

_Look = tuple[bool, int | None, int | None, bool]
"""What the tag of a row at rest shows beside its offer: whether it is shown, what is left of it and of its pool."""


class Tags:
    """The tags printed so far; those of the cycle that nobody looked at for the longest are thrown away first."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._kept: dict[tuple[str, int, str], Printer] = {}

    def of(self, cycle: Cycle, offers: Sequence[Offer], language: str) -> "Printer":
        """What prints rows of this version of the cycle. `offers`: all of it."""
        key = (cycle.id, cycle.version, language)
        printer = self._kept.pop(key, None) or Printer(self._pages, offers, language, cycle.seed)
        self._kept[key] = printer
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return printer


class Printer:
    """Row -> its HTML. One tag is kept for each product, and for each reason why it can never be received: as it looks
    while nothing is typed into it."""

    def __init__(self, pages: Pages, offers: Sequence[Offer], language: str, seed: str) -> None:
        self._pages, self._language, self._seed = pages, language, seed
        self._pools = {offer.details.pool.pool_id: offer.details.pool for offer in offers if offer.details.pool}
        self._words = Words(language, pages.zone)
        self._translate = translator(pages.package, language)
        self._kept: dict[tuple[str, Refusal | None], tuple[_Look, Markup]] = {}

    def __call__(self, row: Row) -> Markup:
        if not row.at_rest:
            return self._print(row)
        key = row.offer.product_id, row.offer.never
        kept, look = self._kept.get(key), (row.shown, row.left, row.pool_left, row.shut)
        if kept is None or kept[0] != look:
            kept = self._kept[key] = (look, self._print(row))
        return kept[1]

    def _print(self, row: Row) -> Markup:
        words = self._words
        html = self._pages.piece(
            self._language,
            "shop_offer.html",
            row=row,
            pools=self._pools,
            term=term,
            minimum_words=lambda said: minimum_in_words(
                said, self._translate, words, deposits=bool(row.offer.article.deposit_cents)
            ),
            lack_words=lambda lack: refusals.of_mandate(lack, self._translate, words),
            never_words=lambda never: refusals.of_reception(never, row.offer.article, words),
            sharing_words=lambda rules: unusual(rules, self._seed, self._translate),
            allergen_names=lambda codes: words.listing([term("allergen", code, words.language) for code in codes]),
        )
        return Markup(html)  # noqa: S704 our own template, which escapes
