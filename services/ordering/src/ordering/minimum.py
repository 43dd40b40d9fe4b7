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


def reached(minimum: Minimum, goods: Iterable[Goods], cases: int = 0) -> int | None:
    """In the unit of the minimum: cents, grams, cases. None where the weight of something is not known."""
    if minimum.kind is MinimumKind.CASES:
        return cases
    if minimum.kind is MinimumKind.MONEY:
        return _money(list(goods), net=minimum.net, with_deposits=minimum.with_deposits)
    weights = [weight_of(one.article, one.quantity_thousandths) for one in goods]
    return None if None in weights else sum(weight for weight in weights if weight)


def weight_of(article: Article, quantity_thousandths: int) -> int | None:
    """Grams; None where the catalog does not tell."""
    if article.unit is Unit.KG:
        return quantity_thousandths
    if article.content_unit is Unit.KG and article.content_thousandths:
        return article.content_thousandths * quantity_thousandths // 1000
    return None


def _money(goods: list[Goods], *, net: bool, with_deposits: bool) -> int:
    """VAT is taken out of the sum of each rate, half up, as an invoice does. Deposits bear none (CGI 267)."""
    by_rate: dict[int, int] = defaultdict(int)
    for one in goods:
        by_rate[_rates().get(one.article.vat_class, 0)] += one.gross_cents
    total = sum(half_up(cents * 10_000, 10_000 + rate) if net else cents for rate, cents in by_rate.items())
    if with_deposits:
        total += sum(deposit_cents(one.article, one.quantity_thousandths) for one in goods)
    return total


@cache
def _rates() -> dict[str, int]:
    """VAT class -> hundredths of a percent, in France."""
    text = (files("ordering") / "data" / "vat_rates.csv").read_text(encoding="utf-8")
    return {row["vat_class"]: int(row["rate_hundredths"]) for row in csv.DictReader(text.splitlines())}
