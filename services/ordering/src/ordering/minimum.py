"""What must come together before a producer delivers: how much of it has."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from contracts.catalog import Minimum, MinimumKind
from contracts.goods import Article, Unit
from ordering.order_line import deposit_cents, half_up


@dataclass(frozen=True)
class Goods:
    """A quantity of an article, and what it costs."""

    article: Article
    quantity_thousandths: int
    gross_cents: int


@dataclass(frozen=True)
class Vat:
    """The VAT inside prices: the rates of `country`, where the goods are handed out, and none of the producers
    `without`, whose regime charges none."""

    country: str = "FR"
    without: frozenset[str] = frozenset()

    def rate(self, article: Article) -> int:
        """Hundredths of a percent. Of a class that is not in the table the highest there is: a minimum is never taken
        for reached because somebody forgot a rate."""
        if article.producer_id in self.without:
            return 0
        rates = _rates(self.country)
        return rates.get(article.vat_class, max(rates.values(), default=0))


def reached(minimum: Minimum, goods: Iterable[Goods], cases: int = 0, vat: Vat = Vat()) -> int | None:
    """In the unit of the minimum: cents, grams, cases. None where the weight of something is not known."""
    if minimum.kind is MinimumKind.CASES:
        return cases
    if minimum.kind is MinimumKind.MONEY:
        return _money(list(goods), vat if minimum.net else None, with_deposits=minimum.with_deposits)
    weights = [weight_of(one.article, one.quantity_thousandths) for one in goods]
    return None if None in weights else sum(weight for weight in weights if weight)


def weight_of(article: Article, quantity_thousandths: int) -> int | None:
    """Grams; None where the catalog does not tell."""
    if article.unit is Unit.KG:
        return quantity_thousandths
    if article.content_unit is Unit.KG and article.content_thousandths:
        return article.content_thousandths * quantity_thousandths // 1000
    return None


def _money(goods: list[Goods], vat: Vat | None, *, with_deposits: bool) -> int:
    """VAT is taken out of the sum of each rate, half up, as an invoice does; None: left in. Deposits bear none
    (CGI 267)."""
    by_rate: dict[int, int] = defaultdict(int)
    for one in goods:
        by_rate[vat.rate(one.article) if vat else 0] += one.gross_cents
    total = sum(half_up(cents * 10_000, 10_000 + rate) for rate, cents in by_rate.items())
    if with_deposits:
        total += sum(deposit_cents(one.article, one.quantity_thousandths) for one in goods)
    return total


@cache
def _rates(country: str) -> dict[str, int]:
    """VAT class -> hundredths of a percent."""
    return {row["vat_class"]: int(row["rate_hundredths"]) for row in _rows("vat_rates") if row["country"] == country}


@cache
def regimes_without_vat() -> frozenset[str]:
    """The regimes of sellers who charge none (CGI 293 B; the flat rate of farmers, 298 quater)."""
    return frozenset(row["regime"] for row in _rows("seller_regimes") if row["charges_vat"] == "no")


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("ordering") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
