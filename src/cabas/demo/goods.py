"""Who sells what in the demo: the growers of BioEspuña as their real list has them, and made-up farms of the Aude.

Names of farms and people are invented; villages are real. Addresses end in `.example`, which no mail ever reaches.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files
from random import Random
from typing import Any

DATA = files("cabas.demo") / "data"
BIOESPUNA = "BioEspuña"
COLUMNS = (
    "reference",
    "name_fr",
    "name_en",
    "unit",
    "pack_label",
    "content",
    "content_unit",
    "price",
    "vat_class",
    "temperature_class",
    "season",
    "weighed",
    "allergens",
    "note",
)
WEIGHED = frozenset({"goat", "dairy", "poultry", "beef", "lamb", "pork", "fish"})
"""Families whose goods by the kilo weigh what they weigh: a chicken, a piece of cheese."""
EGG_NOTE = "Centre d'emballage FR 11.129.001 CE, œufs datés et marqués à la ferme"


@dataclass(frozen=True)
class Farm:
    """A producer as the catalog's API takes it, and its price list as a CSV file."""

    sheet: dict[str, Any]
    price_list: bytes
    products: int

    @property
    def name(self) -> str:
        return str(self.sheet["name"])


def rows_of(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def places() -> dict[str, dict[str, Any]]:
    """Every village of the demo by name, as the APIs take a place."""
    found = {}
    for row in rows_of("places.csv") + rows_of("more_places.csv"):
        found[row["place"]] = {
            "name": row["place"],
            "postcode": row["postcode"],
            "insee": row["insee"],
            "latitude": float(row["latitude"]),
            "longitude": float(row["longitude"]),
        }
    return found


def farms(producers: int, products: int, seed: int) -> list[Farm]:
    """`producers` farms, BioEspuña among them, that sell exactly `products` products together."""
    bioespuna = _bioespuna()
    chosen = rows_of("producers.csv")[: producers - 1]
    each, more = divmod(products - bioespuna.products, len(chosen))
    villages = places()
    ranges = _ranges()
    before: dict[str, int] = {}
    found = [bioespuna]
    for number, row in enumerate(chosen):
        wanted = each + (number < more)
        nth = before.get(row["family"], 0)
        before[row["family"]] = nth + 1
        goods = _assortment(ranges[row["family"]], wanted, nth, Random(f"{seed}-{row['name']}"))  # noqa: S311
        found.append(Farm(_sheet(row, villages[row["place"]]), _as_csv(goods), len(goods)))
    return found


def _bioespuna() -> Farm:
    content = (DATA / "bioespuna_2013_2014.csv").read_bytes()
    sheet = {
        "name": BIOESPUNA,
        "place": places()["Mula"],
        "country": "ES",
        "labels": ["EU_ORGANIC"],
        "seller_regime": "NORMAL",
        "contact_name": "Carlos Almarcha",
        "email": "pedidos@bioespuna.example",
        "language": "en",
    }
    return Farm(sheet, content, len(content.decode().strip().splitlines()) - 1)


def _sheet(row: dict[str, str], place: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "place": place,
        "labels": row["labels"].split("|"),
        "seller_regime": row["seller_regime"],
        "contact_name": row["contact"],
        "email": f"contact@{slug(row['name'])}.example",
        "language": "fr",
    }


def _ranges() -> dict[str, list[dict[str, str]]]:
    """Family -> all that such a farm may sell, one row per product and pack."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows_of("products.csv"):
        found.setdefault(row["family"], []).extend(_packs(row))
    return found


def _packs(row: dict[str, str]) -> Iterator[dict[str, str]]:
    common = {key: row[key] for key in ("name_fr", "name_en", "vat_class", "temperature_class", "season", "allergens")}
    if row["temperature_class"] == "EGGS":
        common["note"] = EGG_NOTE
    weighed = "oui" if row["unit"] == "kg" and row["family"] in WEIGHED else "non"
    if not row["packs"]:
        yield {**common, "unit": row["unit"], "price": row["price"], "weighed": weighed}
        return
    for pack in row["packs"].split(";"):
        label, content, price = pack.split("|")
        quantity, _, unit = content.partition(" ")
        yield {
            **common,
            "unit": "piece",
            "pack_label": label,
            "content": quantity,
            "content_unit": unit,
            "price": price,
            "weighed": "non",
        }


def _assortment(range_: list[dict[str, str]], wanted: int, nth: int, random: Random) -> list[dict[str, str]]:
    """What the `nth` farm of its family sells: the first has everything at the common price, others differ."""
    first = nth * 3 % len(range_)
    goods = []
    for number, row in enumerate((range_[first:] + range_[:first])[:wanted], start=1):
        factor = Decimal(100 + (random.randint(-12, 12) if nth else 0)) / 100
        price = (Decimal(row["price"]) * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)
        goods.append({**row, "reference": f"P{number:02d}", "price": str(price)})
    if len(goods) < wanted:
        raise ValueError(f"a farm sells at most {len(range_)} things, not {wanted}")
    return goods


def _as_csv(goods: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(goods)
    return text.getvalue().encode()


def slug(name: str) -> str:
    """A name as a part of an address: "Les Chèvres d'Alet" -> "les-chevres-d-alet"."""
    opened = name.lower().replace("œ", "oe")
    bare = "".join(c for c in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(c))
    return "-".join("".join(c if c.isalnum() else " " for c in bare).split())
