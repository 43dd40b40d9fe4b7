"""What is said of a product: name, pack, price, classes, season. Rules and arithmetic; nothing here touches a table.

The order unit is what members order in. A pack (unit piece) may hold a content: a crate of 10 kg. Its price is for
the whole pack (basis unit) or for one unit of the content (basis content: 2.20 € a kilo, the crate is weighed).
How order, case, price and stock units go into each other is in `packing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from pydantic import BaseModel

from catalog import carriage, food, nomenclature
from catalog.packing import Packing, price_of
from catalog.price_parts import check_breakdown, check_deposit, check_tiers
from catalog.season import season_of
from catalog.sentence import Fault, _
from contracts import Bearer, Carriage, PriceBasis, PriceTier, Sale, Season, StockUnit, Unit
from contracts.catalog import Breakdown, Food, Minimum, SharingRule, SharingRules

MOST_CENTS = 10_000_00
MOST_CONTENT = 10_000_000
"""Thousandths: ten tonnes."""
MOST_AVAILABLE = 100_000_000
MOST_MARGIN = 50
"""Percent by which a weighed product may differ from what it should weigh."""
MOST_INTERMEDIARIES = 8
"""Before the producer; the hub may be one more."""
FORMULA_STARTS = ("=", "+", "@", "-")
"""What makes a spreadsheet take a text for a formula; also after a tab or a return, which reading strips."""

TEXT_LENGTHS = {"reference": 40, "name_fr": 120, "name_en": 120, "pack_label": 60, "note": 600}


@dataclass(frozen=True)
class Terms:
    """Quantities in thousandths, price in cents, VAT included. No season months: the whole year. No
    `available_thousandths`: not bounded; it counts order units, whatever the stock unit. `pool_id`: the pool whose
    cases this size fills; the pool's rules of sharing count then. `intermediaries`: between who made it and the
    producer; None: nobody said. `sale`: None where it is sold as all goods of its producer are. `bearer`: of what is
    weighed or poured, who carries the difference; None: the household pays what was measured. `carriage`: None where
    nothing is said of carrying it."""

    reference: str
    name_fr: str
    price_cents: int
    vat_class: str
    temperature_class: str
    name_en: str = ""
    unit: Unit = Unit.PIECE
    pack_label: str = ""
    content_thousandths: int | None = None
    content_unit: Unit | None = None
    price_basis: PriceBasis = PriceBasis.UNIT
    season_from: int | None = None
    season_to: int | None = None
    weighed: bool = False
    allergens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    available_thousandths: int | None = None
    note: str = ""
    case_thousandths: int | None = None
    stock_unit: StockUnit = StockUnit.ORDER
    weight_margin_percent: int = 0
    deposit_cents: int = 0
    tiers: tuple[PriceTier, ...] = ()
    minimum: Minimum | None = None
    breakdown: Breakdown | None = None
    food: Food | None = None
    intermediaries: int | None = None
    pool_id: str | None = None
    shortage_rule: SharingRule = SharingRule.MAX_MIN
    extra_rule: SharingRule = SharingRule.COST_BALANCED
    sale: Sale | None = None
    bearer: Bearer | None = None
    carriage: Carriage | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Terms":
        """From a table row or stored JSON; other keys are left alone."""
        values = {name: stored[name] for name in FIELDS if name in stored}
        values["unit"] = Unit(values.get("unit", Unit.PIECE))
        values["content_unit"] = Unit(values["content_unit"]) if values.get("content_unit") else None
        values["price_basis"] = PriceBasis(values.get("price_basis", PriceBasis.UNIT))
        values["allergens"] = tuple(values.get("allergens", ()))
        values["labels"] = tuple(values.get("labels", ()))
        values["stock_unit"] = StockUnit(values.get("stock_unit", StockUnit.ORDER))
        values["tiers"] = tuple(PriceTier.model_validate(tier) for tier in values.get("tiers") or ())
        values["shortage_rule"] = SharingRule(values.get("shortage_rule", SharingRule.MAX_MIN))
        values["extra_rule"] = SharingRule(values.get("extra_rule", SharingRule.COST_BALANCED))
        values["sale"] = Sale(values["sale"]) if values.get("sale") else None
        values["bearer"] = Bearer(values["bearer"]) if values.get("bearer") else None
        for name, kind in _PARTS.items():
            values[name] = kind.model_validate(values[name]) if values.get(name) else None
        return cls(**values)

    def plain(self) -> dict[str, Any]:
        """As a row, or JSON: enums as their words, tuples as lists."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: _plain(value) for name, value in values.items()}

    @property
    def season(self) -> Season | None:
        return season_of(self.season_from, self.season_to)

    @property
    def sharing(self) -> SharingRules:
        return SharingRules(shortage=self.shortage_rule, extra=self.extra_rule)

    @property
    def packing(self) -> Packing:
        return Packing(
            self.unit,
            self.content_thousandths,
            self.content_unit,
            self.price_basis,
            self.case_thousandths,
            self.stock_unit,
        )

    @property
    def measured(self) -> bool:
        """Whether it is weighed or poured for each household, and may come to a little more or less than ordered."""
        by_weight = self.weighed and self.price_basis is PriceBasis.CONTENT and self.content_unit is not None
        return self.unit is not Unit.PIECE or (by_weight and bool(self.content_thousandths))

    @property
    def facts_missing(self) -> list[str]:
        """What the law wants told before a purchase and nobody told (`food.missing`)."""
        told = food.told_of(self.vat_class, self.temperature_class, self.unit, self.content_thousandths)
        return food.missing(self.food, told)


FIELDS = tuple(field.name for field in fields(Terms))


_PARTS: dict[str, type[BaseModel]] = {"minimum": Minimum, "breakdown": Breakdown, "food": Food, "carriage": Carriage}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.value if isinstance(value, Enum) else value


def reference_key(reference: str) -> str:
    """References that differ in capitals or spaces only are the same one."""
    return nomenclature.folded(reference)


def check(terms: Terms) -> list[Fault]:
    """Everything that is wrong with the terms, field by field; empty when they can be offered."""
    return [
        *_check_texts(terms),
        *_check_content(terms),
        *_check_case(terms),
        *_check_price(terms),
        *_check_codes(terms),
        *food.check(terms.food),
        *carriage.check(terms.carriage, terms.temperature_class),
    ]


def _check_texts(terms: Terms) -> list[Fault]:
    faults = []
    for name, most in TEXT_LENGTHS.items():
        text: str = getattr(terms, name)
        if len(text) > most:
            faults.append(Fault(name, _("Too long: at most %(most)s characters.", most=most)))
    for name in ("reference", "name_fr", "name_en"):
        fault = check_plain_text(name, getattr(terms, name))
        if fault is not None:
            faults.append(fault)
    for name, sentence in (
        ("reference", _("A product needs a reference.")),
        ("name_fr", _("A product needs a name in French.")),
    ):
        if not getattr(terms, name):
            faults.append(Fault(name, sentence))
    return faults


def check_plain_text(name: str, text: str) -> Fault | None:
    """A text that a spreadsheet would run as a formula is not stored: exports would carry it to other people."""
    if text.startswith(FORMULA_STARTS):
        return Fault(
            name,
            _(
                "“%(text)s” starts with %(sign)s, as a formula does: begin with a letter or a figure.",
                text=text[:30],
                sign=text[0],
            ),
        )
    return None


def _check_content(terms: Terms) -> list[Fault]:
    if terms.content_thousandths is None:
        if terms.price_basis is PriceBasis.CONTENT:
            return [Fault("content", _("Say how much the pack holds: its price is for one unit of its content."))]
        return []
    faults = []
    if terms.unit is not Unit.PIECE:
        faults.append(Fault("content", _("Only what is sold by the piece has a content.")))
    if terms.content_unit is None:
        faults.append(Fault("content_unit", _("Say the unit of the content.")))
    if not 0 < terms.content_thousandths <= MOST_CONTENT:
        faults.append(
            Fault("content", _("The content is a number above zero, at most %(most)s.", most=MOST_CONTENT // 1000))
        )
    elif terms.content_unit is Unit.PIECE and terms.content_thousandths % 1000:
        faults.append(Fault("content", _("Pieces are counted in whole numbers.")))
    return faults


def _check_case(terms: Terms) -> list[Fault]:
    """Cases, and the ways of counting that need something of the product."""
    faults = []
    case = terms.case_thousandths
    if case is not None:
        if not 0 < case <= MOST_CONTENT:
            most = MOST_CONTENT // 1000
            faults.append(Fault("case", _("A case is a number above zero, at most %(most)s.", most=most)))
        elif terms.unit is Unit.PIECE and case % 1000:
            faults.append(Fault("case", _("Pieces are counted in whole numbers.")))
    elif terms.stock_unit is StockUnit.CASE:
        faults.append(Fault("case", _("Say how much makes a case: the stock is counted in cases.")))
    if terms.stock_unit is StockUnit.CONTENT and not terms.content_thousandths:
        faults.append(Fault("stock_unit", _("Say how much the pack holds: the stock is counted in its content.")))
    if not 0 <= terms.weight_margin_percent <= MOST_MARGIN:
        faults.append(Fault("weight_margin", _("The margin is from 0 to %(most)s percent.", most=MOST_MARGIN)))
    elif terms.weight_margin_percent and not (terms.weighed and terms.content_thousandths):
        sentence = _("Only what is ordered by the piece and weighed has a margin: say what it should weigh.")
        faults.append(Fault("weight_margin", sentence))
    return faults


def _check_price(terms: Terms) -> list[Fault]:
    faults = [
        *check_tiers(terms.tiers, terms.price_cents, terms.unit),
        *check_breakdown(terms.breakdown, terms.price_cents),
        *check_deposit(terms.deposit_cents),
    ]
    if not 0 < terms.price_cents <= MOST_CENTS:
        most = MOST_CENTS // 100
        faults.append(Fault("price", _("The price is an amount above zero, at most %(most)s €.", most=most)))
    if terms.weighed and terms.unit is Unit.PIECE and terms.price_basis is PriceBasis.UNIT:
        sentence = _(
            "What is weighed is priced by the kilo: sell it by the kilo, or give the price of one kilo of the content."
        )
        faults.append(Fault("weighed", sentence))
    return faults


def _check_codes(terms: Terms) -> list[Fault]:
    faults = []
    if terms.vat_class not in nomenclature.vat_classes():
        faults.append(Fault("vat_class", _("Choose a VAT class.")))
    if terms.temperature_class not in nomenclature.temperature_classes():
        faults.append(Fault("temperature_class", _("Choose a temperature class.")))
    if (terms.season_from is None) != (terms.season_to is None):
        missing = "season_from" if terms.season_from is None else "season_to"
        faults.append(Fault(missing, _("A season has a first and a last month.")))
    for name in ("season_from", "season_to"):
        month: int | None = getattr(terms, name)
        if month is not None and not 1 <= month <= 12:
            faults.append(Fault(name, _("A month is a number from 1 to 12.")))
    if any(code not in nomenclature.allergens() for code in terms.allergens):
        faults.append(Fault("allergens", _("Choose allergens from the list.")))
    if any(code not in nomenclature.labels() for code in terms.labels):
        faults.append(Fault("labels", _("Choose labels from the list.")))
    if terms.intermediaries is not None and not 0 <= terms.intermediaries <= MOST_INTERMEDIARIES:
        faults.append(Fault("intermediaries", _("Choose one of the list.")))
    return [*faults, *_check_available(terms)]


def _check_available(terms: Terms) -> list[Fault]:
    faults = []
    available = terms.available_thousandths
    if available is not None:
        if not 0 <= available <= MOST_AVAILABLE:
            faults.append(Fault("available", _("The quantity available is zero or more.")))
        elif terms.unit is Unit.PIECE and available % 1000:
            faults.append(Fault("available", _("Pieces are counted in whole numbers.")))
    return faults


def differences(old: Terms, new: Terms) -> dict[str, tuple[Any, Any]]:
    """Field -> (old, new) in plain values, for the fields that differ."""
    before, after = old.plain(), new.plain()
    return {name: (before[name], after[name]) for name in FIELDS if before[name] != after[name]}


@dataclass(frozen=True)
class UnitPrice:
    """The price of one kilo, litre or piece, in cents, as it must be shown (order of 16 November 1999, art. L112-1
    of the consumer code): computed exactly, rounded half up once. `exact` is false where it was rounded."""

    cents: int
    unit: Unit
    exact: bool


def unit_price(terms: Terms) -> UnitPrice | None:
    """Of a product sold by the kilo or litre: its price. Of a pack: the price of one unit of its content. None where
    a piece is just a piece."""
    if terms.unit is not Unit.PIECE:
        return UnitPrice(terms.price_cents, terms.unit, exact=True)
    if not terms.content_thousandths or terms.content_unit is None:
        return None
    if terms.price_basis is PriceBasis.CONTENT:
        return UnitPrice(terms.price_cents, terms.content_unit, exact=True)
    cents, rest = divmod(terms.price_cents * 1000, terms.content_thousandths)
    return UnitPrice(cents + (2 * rest >= terms.content_thousandths), terms.content_unit, exact=rest == 0)


def pack_price_cents(terms: Terms) -> int:
    """What one order unit costs, rounded half up; of a weighed pack it is what it costs if it weighs what it should."""
    if terms.price_basis is PriceBasis.UNIT or terms.content_thousandths is None:
        return terms.price_cents
    return price_of(terms.price_cents, terms.content_thousandths)
