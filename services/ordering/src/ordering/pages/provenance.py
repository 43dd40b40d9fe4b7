"""Where goods come from and what their producer needs, in words for the shop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping

from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Unit
from contracts.ordering import CyclePickup
from ordering.offer import Offer
from ordering.place import kilometres, point
from ui.i18n import Translate
from ui.words import Words

SHORT_KM, SHORT_INTERMEDIARIES = 100, 1
"""A short proximity circuit is no longer, and has no more intermediaries. A label: nobody is kept from selling."""


@dataclass(frozen=True)
class Origin:
    """A producer beside its goods. `km`: to where the household collects; None where one of both is not known."""

    km: int | None
    minimum: Minimum | None

    def is_short(self, offers: Iterable[Offer]) -> bool:
        """Whether all of these goods of it come by a short proximity circuit; False where somebody did not say."""
        if self.km is None or self.km > SHORT_KM:
            return False
        between = [offer.details.intermediaries for offer in offers]
        return all(number is not None and number <= SHORT_INTERMEDIARIES for number in between)


def origins(pickup: CyclePickup | None, producers: Sequence[RowMapping]) -> dict[str, Origin]:
    """By producer."""
    here = point(pickup.place.latitude, pickup.place.longitude) if pickup else None
    found = {}
    for row in producers:
        there = point(row["latitude"], row["longitude"])
        km = kilometres(here, there) if here and there else None
        found[row["id"]] = Origin(km, Minimum.model_validate(row["minimum"]) if row["minimum"] else None)
    return found


def minimum_in_words(said: Minimum, translate: Translate, words: Words, *, deposits: bool = False) -> str:
    """`80,00 € without VAT`, `25 kg`, `3 cases`. `deposits`: there are some on the goods, so it is said that they do
    not count, too."""
    if said.kind is MinimumKind.WEIGHT:
        return words.quantity(said.amount, Unit.KG)
    if said.kind is MinimumKind.CASES:
        return translate.plural("%(num)d case", "%(num)d cases", said.amount) % {"num": said.amount}
    amount = words.money(said.amount)
    if said.net:
        amount = translate("%(amount)s without VAT") % {"amount": amount}
    if said.with_deposits:
        return translate("%(amount)s with deposits") % {"amount": amount}
    return translate("%(amount)s without deposits") % {"amount": amount} if deposits else amount
