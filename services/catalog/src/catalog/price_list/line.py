"""One line of a price list: what it says of a product, and everything that is wrong with it. No table, no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog import food, minimum, nomenclature
from catalog.nomenclature import Nomenclature, folded
from catalog.price_list import figures
from catalog.price_list.columns import Columns
from catalog.price_list.measure import measure
from catalog.price_list.months import month_of, window_of
from catalog.sentence import Fault, _
from catalog.terms import TEXT_LENGTHS, check_plain_text, reference_key
from contracts import StockUnit

YES = frozenset({"yes", "y", "oui", "o", "x", "1", "true", "vrai"})
NO = frozenset({"no", "n", "non", "0", "false", "faux", ""})
_ALLERGENS_IN_NOTE = re.compile(r"all[eè]rg[eè]n(?:e|s|es)? ?: ?(?P<named>[^;.·|]+)", re.IGNORECASE)
_UNKNOWN_VAT_CLASS = _(
    "“%(text)s” is not a VAT class we know: write Food, Confectionery, Alcoholic drinks, Hot dishes for immediate "
    "consumption, Vegetable seedlings and seeds, Flowers and ornamental plants, Household and cosmetics, Books, or "
    "Service."
)
_UNKNOWN_TEMPERATURE_CLASS = _(
    "“%(text)s” is not a temperature class we know: write Ambient temperature, Perishable (+8 °C), Very perishable "
    "(+4 °C), Quick-frozen food and ice cream, Other frozen food, Minced meat, Offal, Butchery cuts, Carcases and "
    "large pieces, Poultry and rabbit, Meat preparations and raw milk, Fresh fish, Live shellfish, Cold ready dishes, "
    "Hot dishes, or Eggs in shell."
)
_NO_CASE = _("“%(text)s” does not say what a case holds: write a number, for example 12.")
_NO_DEPOSIT = _("“%(text)s” is not a deposit: write for example 0.20.")
_NO_MARGIN = _("“%(text)s” is not a margin: write a whole number of percent, for example 10.")
_STOCK_WORDS = {
    **dict.fromkeys(("caisse", "caisses", "case", "cases"), StockUnit.CASE.value),
    **dict.fromkeys(("contenu", "content"), StockUnit.CONTENT.value),
    **dict.fromkeys(("unite", "unites", "unit", "units", "piece", "pieces", "colis"), StockUnit.ORDER.value),
}
_MEASURES = frozenset({"kg", "kilo", "kilos", "l", "litre", "litres"})
_BETWEEN = re.compile(r"[,;/|]| et | and ")


@dataclass(frozen=True)
class Line:
    """`values`: fields of Terms, in plain values, for what the list says; `faults`: with the field each is about."""

    number: int
    reference: str
    values: dict[str, Any]
    faults: tuple[Fault, ...] = field(default=())

    @property
    def key(self) -> str:
        return reference_key(self.reference)


class _Reading:
    """The cells of one row by field, and the faults found so far."""

    def __init__(self, columns: Columns, cells: Sequence[str]) -> None:
        self.columns = columns
        self.cells = cells
        self.values: dict[str, Any] = {}
        self.faults: list[Fault] = []

    def text(self, name: str) -> str | None:
        return self.columns.cell(name, self.cells)

    def fault(self, fault: Fault | None) -> None:
        if fault is not None:
            self.faults.append(fault)


def read_line(number: int, columns: Columns, cells: Sequence[str]) -> Line:
    reading = _Reading(columns, cells)
    _texts(reading)
    measured, faults = measure({name: reading.text(name) for name in _MEASURED})
    reading.values.update(measured)
    reading.faults += faults
    _season(reading)
    _codes(reading)
    _weighed(reading)
    _available(reading)
    _figures(reading)
    _stock_unit(reading)
    _minimum(reading)
    _food(reading)
    _note(reading)
    return Line(number, reading.values.get("reference", ""), reading.values, tuple(reading.faults))


_MEASURED = ("unit", "pack_label", "content", "content_unit", "price", "price_basis")


def _texts(reading: _Reading) -> None:
    for name in ("reference", "name_fr", "name_en", "pack_label"):
        text = reading.text(name)
        if text is None:
            continue
        if len(text) > TEXT_LENGTHS[name]:
            reading.fault(Fault(name, _("Too long: at most %(most)s characters.", most=TEXT_LENGTHS[name])))
            continue
        reading.values[name] = text
        if name != "pack_label":
            reading.fault(check_plain_text(name, text))
    if not reading.text("reference"):
        reading.fault(Fault("reference", _("A product needs a reference.")))
    if not reading.text("name_fr"):
        reading.fault(Fault("name_fr", _("A product needs a name in French.")))


def _season(reading: _Reading) -> None:
    whole = reading.text("season")
    first, last = reading.text("season_from"), reading.text("season_to")
    if whole is None and first is None and last is None:
        return
    if whole and not first and not last:
        window = window_of(whole)
        if window is None:
            reading.fault(
                Fault(
                    "season", _("“%(text)s” is not a season: write for example 11-5, or November to May.", text=whole)
                )
            )
        else:
            reading.values["season_from"], reading.values["season_to"] = window
        return
    months: dict[str, int | None] = {"season_from": None, "season_to": None}
    for name, text in (("season_from", first), ("season_to", last)):
        if text:
            months[name] = month_of(text)
            if months[name] is None:
                reading.fault(Fault(name, _("“%(text)s” is not a month: write a number from 1 to 12.", text=text)))
                return
    if (months["season_from"] is None) != (months["season_to"] is None):
        missing = "season_from" if months["season_from"] is None else "season_to"
        reading.fault(Fault(missing, _("A season has a first and a last month.")))
        return
    if (months["season_from"], months["season_to"]) == (1, 12):
        months = {"season_from": None, "season_to": None}
    reading.values.update(months)


def _codes(reading: _Reading) -> None:
    for name, nomen, unknown in (
        ("vat_class", nomenclature.vat_classes(), _UNKNOWN_VAT_CLASS),
        ("temperature_class", nomenclature.temperature_classes(), _UNKNOWN_TEMPERATURE_CLASS),
    ):
        text = reading.text(name)
        if not text:
            continue
        code = nomen.recognise(text)
        if code is None:
            reading.fault(Fault(name, replace(unknown, values={"text": text[:40]})))
        else:
            reading.values[name] = code
    _many(reading, "allergens", nomenclature.allergens())
    _many(reading, "labels", nomenclature.labels())


def _many(reading: _Reading, name: str, nomen: Nomenclature) -> None:
    text = reading.text(name)
    if text is None:
        return
    codes, unknown = _named(text, nomen)
    if unknown:
        wrong = ", ".join(unknown)[:80]
        reading.fault(Fault(name, _("Not in our list: %(words)s.", words=wrong)))
    else:
        reading.values[name] = codes


def _named(text: str, nomen: Nomenclature) -> tuple[list[str], list[str]]:
    """Codes in the order of the list, and the words nobody knows. `-` and `aucun` name nothing."""
    if folded(text) in ("", "-", "aucun", "aucune", "none", "neant", "sans"):
        return [], []
    whole = nomen.recognise(text)
    words = [text] if whole else [word.strip() for word in _BETWEEN.split(text) if word.strip()]
    found = {word: nomen.recognise(word) for word in words}
    meant = {code for code in found.values() if code}
    return [code for code in nomen.codes if code in meant], [word for word, code in found.items() if not code]


def _weighed(reading: _Reading) -> None:
    text = reading.text("weighed")
    if text is None:
        return
    if folded(text) not in YES | NO:
        reading.fault(Fault("weighed", _("“%(text)s” is neither yes nor no.", text=text[:40])))
    else:
        reading.values["weighed"] = folded(text) in YES


def _available(reading: _Reading) -> None:
    text = reading.text("available")
    if text is None:
        return
    if not text:
        reading.values["available_thousandths"] = None
        return
    try:
        reading.values["available_thousandths"] = figures.scaled(text, 3)
    except ValueError:
        reading.fault(
            Fault(
                "available", _("“%(text)s” is not a quantity: write a number, for example 12 or 1.5.", text=text[:40])
            )
        )


def _figures(reading: _Reading) -> None:
    """Case, deposit and margin of weight: an empty cell takes away what was."""
    for name, kept, places, empty, sentence in (
        ("case", "case_thousandths", 3, None, _NO_CASE),
        ("deposit", "deposit_cents", 2, 0, _NO_DEPOSIT),
        ("weight_margin", "weight_margin_percent", 0, 0, _NO_MARGIN),
    ):
        text = reading.text(name)
        if text is None:
            continue
        try:
            reading.values[kept] = _figure(text, places) if text else empty
        except ValueError:
            reading.fault(Fault(name, replace(sentence, values={"text": text[:40]})))


def _figure(text: str, places: int) -> int:
    """Of money and percent the sign may stand beside the figure. Raises ValueError."""
    return figures.cents(text) if places == 2 else figures.scaled(text.removesuffix("%").rstrip(), places)


def _stock_unit(reading: _Reading) -> None:
    """In what the stock is counted: cases, what a pack holds (its content, or kg where it holds some), or packs."""
    text = reading.text("stock_unit")
    if not text:
        return
    word = folded(text)
    if word in _STOCK_WORDS:
        reading.values["stock_unit"] = _STOCK_WORDS[word]
    elif word in _MEASURES:
        held = reading.values.get("content_thousandths")
        reading.values["stock_unit"] = StockUnit.CONTENT.value if held else StockUnit.ORDER.value
    else:
        sentence = _("“%(text)s” is no unit of a stock: write cases, content or unit.", text=text[:40])
        reading.fault(Fault("stock_unit", sentence))


def _minimum(reading: _Reading) -> None:
    text = reading.text("minimum")
    if text is None:
        return
    try:
        said = minimum.read(text)
    except minimum.NotAMinimum as wrong:
        reading.fault(wrong.fault)
    else:
        reading.values["minimum"] = said.model_dump(mode="json") if said else None


def _food(reading: _Reading) -> None:
    """The facts that the list says; what it does not say stays as it is."""
    facts = {}
    for name in ("legal_name", "ingredients", "origin", "variety"):
        text = reading.text(name)
        if text is None:
            continue
        if len(text) > food.TEXT_LENGTHS[name]:
            reading.fault(Fault(name, _("Too long: at most %(most)s characters.", most=food.TEXT_LENGTHS[name])))
        else:
            facts[name] = text
    if facts:
        reading.values["food"] = facts


def _note(reading: _Reading) -> None:
    """Rules, remarks and makers make the note. Allergens that it names count, where no column says them."""
    remark, makers = reading.text("note"), reading.text("makers")
    if remark is None and makers is None:
        return
    # "Jesualdo;Andrea": what one list puts between names is not what people read.
    makers = ", ".join(name.strip() for name in (makers or "").split(";"))
    note = " · ".join(part for part in (remark, makers) if part)
    if len(note) > TEXT_LENGTHS["note"]:
        reading.fault(Fault("note", _("Too long: at most %(most)s characters.", most=TEXT_LENGTHS["note"])))
        return
    reading.values["note"] = note
    said = _ALLERGENS_IN_NOTE.search(note)
    if said and "allergens" not in reading.columns.found:
        codes, unknown = _named(said["named"].strip(), nomenclature.allergens())
        if codes and not unknown:
            reading.values["allergens"] = codes
