"""What a line of a price list would change: new, changed, unchanged or wrong, against the product held now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from catalog import carriage
from catalog.packing import NotEven
from catalog.pool import still_fits
from catalog.price_list import figures
from catalog.price_list.line import Line
from catalog.product import OFFERED, Product, locked_price
from catalog.sentence import Fault, _
from catalog.terms import Terms, check, differences
from contracts import Unit
from contracts.catalog import Food


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"
    MISSING = "missing"
    """Offered now, not in the list, and to be withdrawn because whoever sent the list said so."""


@dataclass(frozen=True)
class Usual:
    """Classes for new products of a list that does not say them; "" where whoever sent it did not choose one."""

    vat_class: str = ""
    temperature_class: str = ""


@dataclass(frozen=True)
class Verdict:
    """`changes`: field -> (old, new) in plain values; `state` among them when a withdrawn product comes back."""

    kind: Kind
    terms: Terms | None = None
    held: Product | None = None
    changes: Mapping[str, tuple[Any, Any]] | None = None
    faults: tuple[Fault, ...] = ()


def judge(line: Line, held: Product | None, usual: Usual) -> Verdict:
    """What the list does not say stays as it is; of a new product it has to say enough."""
    if line.faults:
        return Verdict(Kind.WRONG, held=held, faults=line.faults)
    if held is None:
        faults, terms = _new(line, usual)
    else:
        terms, faults = _counted(line, Terms.read({**held.terms.plain(), **_fitting(line.values, held.terms)}))
        faults += [*check(terms), *locked_price(held, terms), *still_fits(held.terms, terms)]
    if faults or terms is None:
        return Verdict(Kind.WRONG, held=held, faults=tuple(faults))
    if held is None:
        return Verdict(Kind.NEW, terms)
    changes = differences(held.terms, terms)
    if not held.offered:
        changes["state"] = (held.state, OFFERED)
    return Verdict(Kind.CHANGED if changes else Kind.UNCHANGED, terms, held, changes)


def _new(line: Line, usual: Usual) -> tuple[list[Fault], Terms | None]:
    values = dict(line.values)
    faults = []
    if "unit" not in values:
        faults.append(Fault("unit", _("A new product: say its unit, kg, litre or piece.")))
    for name, chosen, sentence in (
        ("vat_class", usual.vat_class, _("A new product: say its VAT class, or choose one for the whole list.")),
        (
            "temperature_class",
            usual.temperature_class,
            _("A new product: say its temperature class, or choose one for the whole list."),
        ),
    ):
        if not values.get(name):
            values[name] = chosen
            if not chosen:
                faults.append(Fault(name, sentence))
    if faults:
        return faults, None
    terms, faults = _counted(line, Terms.read(values))
    return [*faults, *check(terms)], terms


def _counted(line: Line, terms: Terms) -> tuple[Terms, list[Fault]]:
    """What is available is written in the stock unit, and kept in order units."""
    counted = line.values.get("available_thousandths")
    if counted is None:
        return terms, []
    try:
        return replace(terms, available_thousandths=terms.packing.from_stock(counted)), []
    except NotEven as uneven:
        sentence = _(
            "This makes %(whole)s whole ones, and %(rest)s are left over: type what comes out even.",
            whole=figures.written(uneven.whole, 3),
            rest=figures.written(uneven.rest, 3),
        )
        return terms, [Fault("available", sentence)]


PACK = ("unit", "content_thousandths", "content_unit")
"""What makes the order unit; volume and weight are of one."""


def _fitting(values: Mapping[str, Any], held: Terms) -> dict[str, Any]:
    """What a list of few columns says, made to fit: a unit sold loose has no content to keep."""
    fitted = {
        name: value for name, value in values.items() if value != "" or name not in ("vat_class", "temperature_class")
    }
    if fitted.get("unit", held.unit) != Unit.PIECE and "content_thousandths" not in fitted:
        fitted |= {"content_thousandths": None, "content_unit": None}
    if any(fitted.get(name, getattr(held, name)) != getattr(held, name) for name in PACK):
        said = carriage.repacked(held.carriage)
        fitted["carriage"] = said.model_dump(mode="json") if said else None
    if "food" in fitted:
        told = held.food.model_dump(mode="json") if held.food else {}
        merged = Food.model_validate({**told, **fitted["food"]})
        fitted["food"] = None if merged == Food() else merged.model_dump(mode="json")
    return fitted


def judge_all(lines: Iterable[Line], held: Mapping[str, Product], usual: Usual) -> list[Verdict]:
    """`held`: products of the producer by folded reference."""
    return [judge(line, held.get(line.key), usual) for line in lines]


def after(verdict: Verdict, product_id: str, producer_id: str) -> Product:
    """The product as it is once the verdict is applied. `product_id`: for a new one."""
    assert verdict.terms is not None, "a wrong line is not applied"
    if verdict.held is None:
        return Product(product_id, 1, producer_id, OFFERED, verdict.terms)
    return replace(verdict.held, version=verdict.held.version + 1, state=OFFERED, terms=verdict.terms)
