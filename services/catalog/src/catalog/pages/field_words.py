"""The fields of a product as people call them, and their values as people write them."""

from collections.abc import Callable
from typing import Any

from catalog import nomenclature
from catalog.nomenclature import Nomenclature
from catalog.price_parts import MOST_TIERS
from contracts import Bearer, Carriage, Sale, Unit
from contracts.catalog import Minimum, MinimumKind, SharingRule
from ui.decimals import typed as typed_number
from ui.i18n import marked as _
from ui.words import Words

LABELS = {
    "reference": _("Reference"),
    "name_fr": _("Name in French"),
    "name_en": _("Name in English"),
    "unit": _("Sold by"),
    "pack_label": _("Pack"),
    "content": _("Content"),
    "content_thousandths": _("Content"),
    "content_unit": _("Unit of the content"),
    "price": _("Price"),
    "price_cents": _("Price"),
    "price_basis": _("Price for"),
    "vat_class": _("VAT class"),
    "temperature_class": _("Temperature"),
    "season": _("Season"),
    "season_from": _("Season from"),
    "season_to": _("Season to"),
    "weighed": _("Weighed"),
    "allergens": _("Allergens"),
    "labels": _("Labels"),
    "available": _("Available"),
    "available_thousandths": _("Available"),
    "note": _("Note"),
    "state": _("On offer"),
    "producer_id": _("Producer"),
    "case": _("Case"),
    "case_thousandths": _("Case"),
    "stock_unit": _("Stock counted in"),
    "weight_margin": _("Margin of weight"),
    "weight_margin_percent": _("Margin of weight"),
    "deposit": _("Deposit"),
    "deposit_cents": _("Deposit"),
    "tiers": _("Prices by quantity"),
    **{f"tier_from_{n}": _("From this quantity") for n in range(1, MOST_TIERS + 1)},
    **{f"tier_price_{n}": _("Price from this quantity") for n in range(1, MOST_TIERS + 1)},
    "minimum": _("Minimum"),
    "minimum_kind": _("Minimum counted in"),
    "breakdown": _("What the price is made of"),
    "production": _("Production"),
    "packing": _("Packing"),
    "transport": _("Transport"),
    "margin": _("Margin"),
    "intermediaries": _("Intermediaries"),
    "pool_id": _("Pool"),
    "shortage_rule": _("When there is not enough"),
    "extra_rule": _("When more fills a case"),
    "sale": _("How it reaches households"),
    "bearer": _("When it measures more or less"),
    "carriage": _("How it travels"),
    "label_max": _("Temperature on the label"),
    "volume": _("Volume"),
    "weight": _("Weight with its packing"),
    "packing_centre": _("Packing centre"),
    "organic_bulk": _("Organic and not packed"),
    "dispensation": _("Dispensation from approval"),
    "price_reason": _("Why the price changes"),
    "food": _("Information on the food"),
    "legal_name": _("Legal name"),
    "ingredients": _("Ingredients"),
    "origin": _("Origin"),
    "storage": _("Storage"),
    "instructions": _("Instructions for use"),
    "operator": _("Responsible operator"),
    "alcohol": _("Alcohol by volume"),
    "nutrition": _("Nutrition declaration"),
    "category": _("Category"),
    "variety": _("Variety"),
    "animal_origin": _("Origin of the animals"),
    "defrosted": _("Defrosted"),
    "net_quantity": _("Net quantity"),
}
RULES = {
    SharingRule.COST_BALANCED: _("balance the cost between households"),
    SharingRule.MAX_MIN: _("whoever has least comes next"),
    SharingRule.PRO_RATA: _("everybody the same part"),
    SharingRule.SOLIDARITY_FIRST: _("solidarity baskets are spared"),
    SharingRule.LOTTERY: _("draw lots"),
    SharingRule.FIRST_COME: _("first come, first served"),
}
SALES = {
    Sale.DIRECT: _("Each household pays the producer directly"),
    Sale.MANDATE: _("The hub sells in the producer’s name, under a mandate contract"),
    Sale.RESALE: _("The hub buys its goods and sells them again"),
}
BEARERS = {
    Bearer.HOUSEHOLD: _("Each household pays what was measured"),
    Bearer.BUYERS: _("Those who bought it share the producer’s bill by what each was weighed"),
    Bearer.PRODUCER: _("The producer: households pay as they ordered"),
    Bearer.HUB: _("The hub: households pay what was measured, the producer is paid in full"),
    Bearer.FUND: _("The solidarity fund, as far as there is money in it; then the hub"),
}
_WORDS: dict[tuple[str, str | bool], str] = {
    **{("shortage_rule", rule.value): text for rule, text in RULES.items()},
    **{("extra_rule", rule.value): text for rule, text in RULES.items()},
    **{("sale", sale.value): text for sale, text in SALES.items()},
    **{("bearer", bearer.value): text for bearer, text in BEARERS.items()},
    ("price_basis", "unit"): _("the whole"),
    ("price_basis", "content"): _("one unit of the content"),
    ("state", "offered"): _("yes"),
    ("state", "withdrawn"): _("no"),
    ("weighed", True): _("yes"),
    ("weighed", False): _("no"),
    ("stock_unit", "order"): _("what is ordered"),
    ("stock_unit", "content"): _("its content"),
    ("stock_unit", "case"): _("cases"),
}
_CODES = {
    "vat_class": nomenclature.vat_classes,
    "temperature_class": nomenclature.temperature_classes,
    "allergens": nomenclature.allergens,
    "labels": nomenclature.labels,
}


def names(translate: Any) -> dict[str, str]:
    """Field -> what a form calls it."""
    return {field: str(translate(text)) for field, text in LABELS.items()}


def label(field: str, translate: Any) -> str:
    return str(translate(LABELS[field])) if field in LABELS else field


def value_in_words(field: str, value: Any, translate: Any, words: Words) -> str:
    """A plain value of Terms for a person; a dash for nothing."""
    if value is None or value == "" or value == []:
        return "–"
    if not isinstance(value, list | dict) and (field, value) in _WORDS:
        return str(translate(_WORDS[field, value]))
    if field in _CODES:
        return _codes(_CODES[field](), value, words.language)
    if field in ("price_cents", "deposit_cents"):
        return words.money(value)
    if field in _PARTS:
        return _PARTS[field](value, translate, words)
    if field in ("unit", "content_unit"):
        return words.unit_word(Unit(value))
    if field in ("content_thousandths", "available_thousandths", "case_thousandths"):
        return words.quantity(value, Unit.KG).removesuffix("kg").rstrip()
    if field in ("season_from", "season_to"):
        return words.month_name(value)
    return str(value)


def minimum_in_words(said: Minimum, translate: Any, words: Words) -> str:
    """`80,00 € without VAT, deposits counted`, `25 kg`, `3 cases`."""
    if said.kind is MinimumKind.WEIGHT:
        return words.quantity(said.amount, Unit.KG)
    if said.kind is MinimumKind.CASES:
        return str(translate.plural("%(num)d case", "%(num)d cases", said.amount)) % {"num": said.amount}
    basis = translate(_("without VAT")) if said.net else translate(_("VAT included"))
    deposits = translate(_("deposits counted")) if said.with_deposits else translate(_("deposits not counted"))
    return f"{words.money(said.amount)} {basis}, {deposits}"


def _tiers(value: Any, translate: Any, words: Words) -> str:
    del translate
    figures = (words.quantity(tier["from_thousandths"], Unit.KG).removesuffix("kg").rstrip() for tier in value)
    prices = (words.money(tier["price_cents"]) for tier in value)
    return ", ".join(f"≥ {figure}: {price}" for figure, price in zip(figures, prices, strict=True))


def _breakdown(value: Any, translate: Any, words: Words) -> str:
    parts = ((label(name.removesuffix("_cents"), translate), words.money(cents)) for name, cents in value.items())
    return ", ".join(f"{name} {cents}" for name, cents in parts)


def _food(value: Any, translate: Any, words: Words) -> str:
    del words
    told = ((name, text) for name, text in value.items() if isinstance(text, str) and text)
    return " · ".join(f"{label(name, translate)} {text}" for name, text in told)[:300] or "–"


def carriage_in_words(said: Carriage, translate: Any, words: Words) -> str:
    """`4 °C · 2,4 L · 0,8 kg · FR 11 069 01`."""
    told = [
        f"{typed_number(said.label_max, 1, words.language)} °C" if said.label_max is not None else "",
        f"{typed_number(said.volume, 3, words.language)} L" if said.volume is not None else "",
        f"{typed_number(said.weight, 3, words.language)} kg" if said.weight is not None else "",
        said.packing_centre,
        label("organic_bulk", translate) if said.organic_bulk else "",
        nomenclature.dispensations().name(said.dispensation, words.language) if said.dispensation else "",
    ]
    return " · ".join(filter(None, told)) or "–"


_PARTS: dict[str, Callable[[Any, Any, Words], str]] = {
    "minimum": lambda value, translate, words: minimum_in_words(Minimum.model_validate(value), translate, words),
    "tiers": _tiers,
    "breakdown": _breakdown,
    "food": _food,
    "carriage": lambda value, translate, words: carriage_in_words(Carriage.model_validate(value), translate, words),
}
"""Values that have parts, as the events write them."""


def _codes(nomen: Nomenclature, value: Any, language: str) -> str:
    codes = value if isinstance(value, list) else [value]
    return ", ".join(nomen.name(code, language) for code in codes)


def changes_in_words(changes: dict[str, Any], translate: Any, words: Words) -> list[tuple[str, str, str]]:
    """(field, old, new) for each change, in people's words."""
    return [
        (
            label(field, translate),
            value_in_words(field, old, translate, words),
            value_in_words(field, new, translate, words),
        )
        for field, (old, new) in changes.items()
    ]
