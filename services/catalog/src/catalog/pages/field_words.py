"""The fields of a product as people call them, and their values as people write them."""

from typing import Any

from catalog import nomenclature
from catalog.nomenclature import Nomenclature
from contracts import Unit
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
}
_WORDS = {
    ("price_basis", "unit"): _("the whole"),
    ("price_basis", "content"): _("one unit of the content"),
    ("state", "offered"): _("yes"),
    ("state", "withdrawn"): _("no"),
    ("weighed", True): _("yes"),
    ("weighed", False): _("no"),
}
_CODES = {
    "vat_class": nomenclature.vat_classes,
    "temperature_class": nomenclature.temperature_classes,
    "allergens": nomenclature.allergens,
    "labels": nomenclature.labels,
}


def label(field: str, translate: Any) -> str:
    return str(translate(LABELS[field])) if field in LABELS else field


def value_in_words(field: str, value: Any, translate: Any, words: Words) -> str:
    """A plain value of Terms for a person; a dash for nothing."""
    if value is None or value == "" or value == []:
        return "–"
    if (field, value if not isinstance(value, list) else "") in _WORDS:
        return str(translate(_WORDS[field, value]))
    if field in _CODES:
        return _codes(_CODES[field](), value, words.language)
    if field == "price_cents":
        return words.money(value)
    if field in ("unit", "content_unit"):
        return words.unit_word(Unit(value))
    if field in ("content_thousandths", "available_thousandths"):
        return words.quantity(value, Unit.KG).removesuffix("kg").rstrip()
    if field in ("season_from", "season_to"):
        return words.month_name(value)
    return str(value)


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
