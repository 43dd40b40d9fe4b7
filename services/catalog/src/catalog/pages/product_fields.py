"""The fields of the product form: read into terms, and terms written back into fields."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from catalog import carriage, food, minimum, nomenclature
from catalog.minimum import NotAMinimum
from catalog.packing import NotEven
from catalog.pages.access import show_faults
from catalog.price_parts import MOST_DEPOSIT, MOST_TIERS
from catalog.product import Product
from catalog.sentence import Fault, _
from catalog.terms import MOST_CENTS, MOST_INTERMEDIARIES, MOST_MARGIN, TEXT_LENGTHS, Terms, check
from contracts import Bearer, Carriage, PriceBasis, PriceTier, Sale, StockUnit, Unit
from contracts.catalog import Breakdown, Food, Minimum, MinimumKind, SharingRule, SharingRules
from ui.decimals import typed as typed_number
from ui.decimals import typed_money
from ui.forms import Form

MOST_REASON = 300
SMALLEST, LARGEST = Decimal("0.001"), Decimal(2000)
"""Litres or kilos of one order unit."""
PARTS = ("production", "packing", "transport", "margin")
"""Fields of a price breakdown, in the order in which goods travel."""


class Agreed(NamedTuple):
    """What is agreed with the hub of a product, which not everybody may type."""

    sale: Sale | None
    bearer: Bearer | None


def read_terms(form: Form, translate: Any, pool_ids: Collection[str], agreed: Agreed) -> Terms:
    """The terms as typed. Where the form is not `ok` they are only good for finding more that is wrong."""
    unit = Unit(form.choice("unit", Unit) or Unit.PIECE)
    content_unit = form.choice("content_unit", Unit, required=False)
    content = form.decimal("content", places=3)
    price = form.cents("price", required=True, minimum=1, maximum=MOST_CENTS)
    text = {name: form.text(name, max_length=most) for name, most in TEXT_LENGTHS.items() if name != "note"}
    sharing = read_sharing(form)
    terms = Terms(
        reference=text["reference"],
        name_fr=text["name_fr"],
        name_en=text["name_en"],
        pack_label=text["pack_label"],
        unit=unit,
        content_thousandths=None if content is None else int(content * 1000),
        content_unit=Unit(content_unit) if content_unit and content is not None else None,
        price_cents=price or 1,
        price_basis=PriceBasis(form.choice("price_basis", PriceBasis) or PriceBasis.UNIT),
        vat_class=form.choice("vat_class", nomenclature.vat_classes().codes),
        temperature_class=form.choice("temperature_class", nomenclature.temperature_classes().codes),
        season_from=form.integer("season_from", minimum=1, maximum=12),
        season_to=form.integer("season_to", minimum=1, maximum=12),
        weighed=form.boolean("weighed"),
        allergens=tuple(form.choices("allergens", nomenclature.allergens().codes)),
        labels=tuple(form.choices("labels", nomenclature.labels().codes)),
        note=form.lines("note", max_length=TEXT_LENGTHS["note"]),
        case_thousandths=form.quantity("case", unit),
        stock_unit=StockUnit(form.choice("stock_unit", StockUnit, required=False) or StockUnit.ORDER),
        weight_margin_percent=form.integer("weight_margin", minimum=0, maximum=MOST_MARGIN) or 0,
        deposit_cents=form.cents("deposit", maximum=MOST_DEPOSIT) or 0,
        tiers=_tiers(form, unit, translate),
        minimum=read_minimum(form, translate),
        # Where the price itself is not understood, nothing is said of its parts.
        breakdown=_breakdown(form) if price else None,
        food=_food(form),
        intermediaries=form.integer("intermediaries", minimum=0, maximum=MOST_INTERMEDIARIES),
        pool_id=form.choice("pool_id", pool_ids, required=False) or None,
        shortage_rule=sharing.shortage,
        extra_rule=sharing.extra,
        sale=agreed.sale,
        bearer=agreed.bearer,
        carriage=_carriage(form),
    )
    terms = _with_available(form, terms, translate)
    show_faults(form, check(terms), translate)
    return terms


def _with_available(form: Form, terms: Terms, translate: Any) -> Terms:
    """What is available, typed in the stock unit and kept in order units."""
    packing = terms.packing
    counted = form.quantity("available", packing.counted_in or Unit.PIECE, zero=True)
    if counted is None:
        return terms
    try:
        return replace(terms, available_thousandths=packing.from_stock(counted))
    except NotEven as uneven:
        language = getattr(translate, "language", "en")
        sentence = _(
            "This makes %(whole)s whole ones, and %(rest)s are left over: type what comes out even.",
            whole=typed_number(uneven.whole, 3, language),
            rest=typed_number(uneven.rest, 3, language),
        )
        show_faults(form, [Fault("available", sentence)], translate)
        return terms


def _tiers(form: Form, unit: Unit, translate: Any) -> tuple[PriceTier, ...]:
    """The rows of prices by quantity that are filled in; a row that is half filled in says so."""
    found = []
    for number in range(1, MOST_TIERS + 1):
        quantity = form.quantity(f"tier_from_{number}", unit)
        cents = form.cents(f"tier_price_{number}", minimum=1, maximum=MOST_CENTS)
        halves = form.value(f"tier_from_{number}").strip(), form.value(f"tier_price_{number}").strip()
        if quantity is not None and cents is not None:
            found.append(PriceTier(from_thousandths=quantity, price_cents=cents))
        elif any(halves) and not all(halves):
            empty = f"tier_price_{number}" if halves[0] else f"tier_from_{number}"
            show_faults(form, [Fault(empty, _("Say both, from which quantity and at which price."))], translate)
    return tuple(found)


def read_minimum(form: Form, translate: Any) -> Minimum | None:
    """The minimum of a product or a producer: one field of text, and what is chosen beside it."""
    kind = form.choice("minimum_kind", MinimumKind, required=False)
    try:
        return minimum.read(
            form.value("minimum"),
            MinimumKind(kind) if kind else None,
            net=form.boolean("minimum_net"),
            with_deposits=form.boolean("minimum_deposits"),
        )
    except NotAMinimum as wrong:
        show_faults(form, [wrong.fault], translate)
        return None


def read_sharing(form: Form) -> SharingRules:
    """The rules of sharing of a product or a pool; the usual ones where nothing is chosen."""
    shortage = form.choice("shortage_rule", SharingRule, required=False)
    extra = form.choice("extra_rule", SharingRule, required=False)
    usual = SharingRules()
    return SharingRules(shortage=SharingRule(shortage or usual.shortage), extra=SharingRule(extra or usual.extra))


def typed_sharing(held: SharingRules) -> dict[str, Any]:
    """What the fields of the rules show."""
    return {"shortage_rule": held.shortage, "extra_rule": held.extra}


def _breakdown(form: Form) -> Breakdown | None:
    """None where no part is filled in; a part left empty is nothing."""
    parts = {f"{name}_cents": form.cents(name, maximum=MOST_CENTS) for name in PARTS}
    if all(part is None for part in parts.values()):
        return None
    return Breakdown.model_validate({name: part or 0 for name, part in parts.items()})


def _food(form: Form) -> Food | None:
    alcohol = form.decimal("alcohol", places=1, minimum=Decimal(0), maximum=Decimal(100))
    texts = {name: form.lines(name, max_length=most) for name, most in food.TEXT_LENGTHS.items()}
    return food.or_none(
        Food(
            **texts, alcohol_tenths=None if alcohol is None else int(alcohol * 10), defrosted=form.boolean("defrosted")
        )
    )


def _carriage(form: Form) -> Carriage | None:
    """In tenths of a degree, millilitres and grams."""
    label = form.decimal("label_max", places=1, minimum=Decimal(-60), maximum=Decimal(100))
    litres = form.decimal("volume", places=3, minimum=SMALLEST, maximum=LARGEST)
    kilos = form.decimal("weight", places=3, minimum=SMALLEST, maximum=LARGEST)
    return carriage.or_none(
        Carriage(
            label_max=None if label is None else int(label * 10),
            volume=None if litres is None else int(litres * 1000),
            weight=None if kilos is None else int(kilos * 1000),
            packing_centre=form.text("packing_centre", max_length=carriage.MOST_CENTRE),
            organic_bulk=form.boolean("organic_bulk"),
            dispensation=form.choice("dispensation", nomenclature.dispensations().codes, required=False),
        )
    )


def typed_carriage(said: Carriage | None, language: str) -> dict[str, Any]:
    """What the fields of carrying show."""
    held = said or Carriage()

    def number(value: int | None, places: int) -> str:
        return "" if value is None else typed_number(value, places, language)

    return {
        "label_max": number(held.label_max, 1),
        "volume": number(held.volume, 3),
        "weight": number(held.weight, 3),
        "packing_centre": held.packing_centre,
        "organic_bulk": "on" if held.organic_bulk else "",
        "dispensation": held.dispensation,
    }


def typed_fields(one: Product, language: str) -> dict[str, Any]:
    """What the fields of the form show of a product."""
    terms = one.terms

    def number(thousandths: int | None) -> str:
        return "" if thousandths is None else typed_number(thousandths, 3, language)

    def money(cents: int | None) -> str:
        return "" if cents is None else typed_money(cents, language)

    return {
        **{name: getattr(terms, name) for name in TEXT_LENGTHS},
        **{name: getattr(terms.food, name) for name in food.TEXT_LENGTHS if terms.food},
        **{f"tier_from_{n}": number(tier.from_thousandths) for n, tier in enumerate(terms.tiers, start=1)},
        **{f"tier_price_{n}": money(tier.price_cents) for n, tier in enumerate(terms.tiers, start=1)},
        **{name: money(getattr(terms.breakdown, f"{name}_cents")) for name in PARTS if terms.breakdown},
        **typed_minimum(terms.minimum, language),
        **typed_sharing(terms.sharing),
        **typed_carriage(terms.carriage, language),
        "version": one.version,
        "producer_id": one.producer_id,
        "unit": terms.unit,
        "content": number(terms.content_thousandths),
        "content_unit": terms.content_unit or "",
        "price": typed_money(terms.price_cents, language),
        "price_basis": terms.price_basis,
        "vat_class": terms.vat_class,
        "temperature_class": terms.temperature_class,
        "season_from": terms.season_from,
        "season_to": terms.season_to,
        "weighed": "on" if terms.weighed else "",
        "available": number(_counted(terms)),
        "case": number(terms.case_thousandths),
        "stock_unit": terms.stock_unit,
        "weight_margin": terms.weight_margin_percent or "",
        "deposit": money(terms.deposit_cents or None),
        "alcohol": _alcohol(terms.food, language),
        "defrosted": "on" if terms.food and terms.food.defrosted else "",
        "intermediaries": terms.intermediaries,
        "pool_id": terms.pool_id or "",
        "sale": terms.sale or "",
        "bearer": terms.bearer or "",
    }


def typed_minimum(held: Minimum | None, language: str) -> dict[str, Any]:
    """What the fields of a minimum show."""
    return {
        "minimum": minimum.typed(held, language),
        "minimum_kind": held.kind if held else MinimumKind.MONEY,
        "minimum_net": "on" if held and held.net else "",
        "minimum_deposits": "on" if held and held.with_deposits else "",
    }


def _counted(terms: Terms) -> int | None:
    available = terms.available_thousandths
    return None if available is None else terms.packing.to_stock(available)


def _alcohol(facts: Food | None, language: str) -> str:
    return "" if facts is None or facts.alcohol_tenths is None else typed_number(facts.alcohol_tenths, 1, language)
