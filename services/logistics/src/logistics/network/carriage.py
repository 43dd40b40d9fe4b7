"""What carrying a line takes: volume and weight, as the producer says them, or reckoned where it says nothing.

Reckoned from unit and content (a kilo weighs a kilo; a litre is taken to weigh one), and from a table of assumptions by
temperature class (`data/carriage.csv`, with the reason of each row). Always rounded up: a van that is fuller than
planned stands in the yard.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from coldchain.day import Line
from coldchain.temperature import AMBIENT
from contracts import Article, Carriage, Sale, Unit

EGGS = "EGGS"
PACKED_LITRE = 1_250
"""Millilitres that a litre of a drink, oil or milk takes with its bottle (assumed)."""


@dataclass(frozen=True)
class Usual:
    """Of a temperature class."""

    millilitres_per_kg: int
    grams_per_piece: int


@dataclass(frozen=True)
class Need:
    """In millilitres and grams. `said`: the producer said both; else something is reckoned."""

    volume: int
    weight: int
    said: bool


@cache
def _usual() -> dict[str, Usual]:
    text = (files("logistics") / "data" / "carriage.csv").read_text(encoding="utf-8")
    return {
        row["temperature_class"]: Usual(int(row["millilitres_per_kg"]), int(row["grams_per_piece"]))
        for row in csv.DictReader(text.splitlines())
    }


def usual_of(temperature_class: str) -> Usual:
    """A class that this release does not know takes what ambient goods take."""
    known = _usual()
    return known.get(temperature_class) or known[AMBIENT]


def need_of(article: Article, thousandths: int) -> Need:
    """Of so many thousandths of the order unit."""
    said, usual = article.carriage or Carriage(), usual_of(article.temperature_class)
    measure = _content(article)
    weight = _times(said.weight or _weight(*measure, usual), thousandths)
    if said.volume is not None:
        return Need(_times(said.volume, thousandths), weight, said.weight is not None)
    amount, unit = measure
    if unit is Unit.LITRE:
        volume = -(-_times(amount, thousandths) * PACKED_LITRE // 1000)
    else:
        volume = -(-weight * usual.millilitres_per_kg // 1000)
    return Need(volume, weight, said=False)


def _content(article: Article) -> tuple[int, Unit]:
    """What one order unit holds, in thousandths of kilos or litres where that is known, else of pieces."""
    if article.unit is Unit.PIECE and article.content_thousandths and article.content_unit:
        return article.content_thousandths, article.content_unit
    return 1000, article.unit


def _weight(amount: int, unit: Unit, usual: Usual) -> int:
    """Grams: a thousandth of a kilo, or of a litre, is one."""
    return -(-amount * usual.grams_per_piece // 1000) if unit is Unit.PIECE else amount


def _times(of_one: int, thousandths: int) -> int:
    return -(-of_one * thousandths // 1000)


def counted_of(article: Article, thousandths: int) -> int:
    """What counts against the cap of a dispensation, in thousandths of a kilo, or of a litre where the category counts
    litres: the goods themselves, without what they are packed in, where that is known."""
    said, usual = article.carriage or Carriage(), usual_of(article.temperature_class)
    amount, unit = _content(article)
    if unit is Unit.PIECE:
        return _times(said.weight or _weight(amount, unit, usual), thousandths)
    return _times(amount, thousandths)


def line_of(article: Article, thousandths: int, line_id: str, name: str) -> Line:
    """The line as a day has it."""
    need, said, resold = need_of(article, thousandths), article.carriage or Carriage(), article.sale is Sale.RESALE
    eggs = article.temperature_class == EGGS
    dispensation = said.dispensation if resold else ""
    return Line(
        id=line_id,
        product_id=article.product_id,
        name=name,
        producer_id=article.producer_id,
        quantity=thousandths,
        temperature_class=article.temperature_class,
        label_max=said.label_max,
        volume=need.volume,
        weight=need.weight,
        eggs=eggs,
        packing_centre=said.packing_centre if eggs else "",
        organic_bulk=said.organic_bulk,
        resold=resold,
        dispensation=dispensation,
        counted=counted_of(article, thousandths) if dispensation else None,
    )
