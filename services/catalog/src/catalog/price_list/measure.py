"""Unit, pack and price of a line: the cells that only make sense together.

Lists say a pack in one of two ways. Ours: unit `piece`, content 10, content unit `kg`. The growers': unit `kg`, pack of
10, label "crate of 10 kg"; then the order unit is the crate. A basis like `2.20/kg` is the price of a kilo of what
is in the crate, and the price column beside it must agree; `35/can` is the price of the whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from catalog.nomenclature import folded
from catalog.price_list import figures
from catalog.sentence import Fault, _
from contracts import PriceBasis, Unit

T = TypeVar("T")

_UNITS: dict[str, Unit] = {
    **dict.fromkeys(
        ("kg", "kilo", "kilos", "kgs", "kilogramme", "kilogrammes", "kilogram", "le kg", "au kg", "le kilo"), Unit.KG
    ),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters", "le litre", "lt"), Unit.LITRE),
    **dict.fromkeys(
        ("piece", "pieces", "pce", "pc", "pcs", "unite", "unites", "u", "unit", "each", "la piece", "l'unite"),
        Unit.PIECE,
    ),
}
_PACKS = frozenset(
    word
    for words in (
        "bag barquette bidon bocal boite bottle bouquet bouteille box botte brick brique bunch cagette caisse can",
        "carton colis crate douzaine dozen filet jar lot net pack panier paquet plateau plaque pot punnet sac sachet",
        "terrine tin tray tube",
    )
    for word in words.split()
)
_BASIS_WORDS = {
    **dict.fromkeys(("content", "contenu"), PriceBasis.CONTENT),
    **dict.fromkeys(("unit", "unite", "pack", "colis"), PriceBasis.UNIT),
}
_BASIS = re.compile(r"(?P<amount>[0-9][0-9 .,]*?) ?(?:€|eur)? ?(?:/|par |per |le |la |l')? ?(?P<what>[^0-9/€]+)?")


@dataclass(frozen=True)
class _Basis:
    """What a basis cell says: perhaps an amount, perhaps a unit, perhaps the word content or unit."""

    amount: int | None = None
    unit: Unit | None = None
    word: PriceBasis | None = None


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def measure(cells: dict[str, str | None]) -> tuple[dict[str, Any], list[Fault]]:
    """Fields of Terms in plain values, and faults. Cells are texts; None: the list has no such column."""
    faults: list[Fault] = []
    price, basis = _price_cells(cells, faults)
    unit = _without_fault(faults, lambda: _unit(cells.get("unit"), "unit"))
    content = _without_fault(faults, lambda: _content(cells.get("content")))
    content_unit = _without_fault(faults, lambda: _unit(cells.get("content_unit"), "content_unit"))
    if faults or price is None:
        return {}, faults
    try:
        pack = _pack(cells, unit, content, content_unit)
        return pack | _priced(price, basis, pack), []
    except _Wrong as wrong:
        return {}, [wrong.fault]


def _without_fault(faults: list[Fault], reading: Callable[[], T]) -> T | None:
    try:
        return reading()
    except _Wrong as wrong:
        faults.append(wrong.fault)
        return None


# --- the pack ---


def _pack(
    cells: dict[str, str | None], unit: Unit | None, content: int | None, content_unit: Unit | None
) -> dict[str, Any]:
    """unit, content_thousandths, content_unit: those that the list says."""
    if content is None:
        said: dict[str, Any] = {} if unit is None else {"unit": unit.value}
        if cells.get("content") is not None:
            said |= {"content_thousandths": None, "content_unit": None}
        return said
    if content_unit is None and unit is None:
        raise _Wrong(Fault("unit", _("Say the unit: kg, litre or piece.")))
    if content_unit is None:
        loose = content == 1000 and not cells.get("pack_label")
        if loose or (unit is Unit.PIECE and content == 1000):
            assert unit is not None
            return {"unit": unit.value, "content_thousandths": None, "content_unit": None}
        content_unit, unit = unit, Unit.PIECE
    assert content_unit is not None
    return {
        "unit": (unit or Unit.PIECE).value,
        "content_thousandths": content,
        "content_unit": content_unit.value,
    }


def _unit(text: str | None, field: str) -> Unit | None:
    if not text:
        return None
    word = folded(text).rstrip(".")
    if word in _UNITS:
        return _UNITS[word]
    if word.split(" ")[0] in _PACKS:
        return Unit.PIECE
    raise _Wrong(Fault(field, _("“%(text)s” is not a unit we know: write kg, litre or piece.", text=text[:40])))


def _content(text: str | None) -> int | None:
    if not text:
        return None
    try:
        content = figures.scaled(text, 3)
    except ValueError:
        content = 0
    if content <= 0:
        sentence = _("“%(text)s” is not a content: write a number above zero, for example 10 or 0.25.", text=text[:40])
        raise _Wrong(Fault("content", sentence))
    return content


# --- the price ---


def _price_cells(cells: dict[str, str | None], faults: list[Fault]) -> tuple[int | None, _Basis]:
    written, basis_text = cells.get("price") or "", cells.get("price_basis") or ""
    if not written:
        faults.append(Fault("price", _("The price is missing.")))
        return None, _Basis()
    amount_text, slash, what = written.partition("/")
    if slash and not basis_text:
        # `2,20 €/kg` in the price cell says both.
        basis_text = what.strip()
    price: int | None = None
    try:
        price = figures.cents(amount_text.strip())
        if price <= 0:
            faults.append(Fault("price", _("The price must be above zero.")))
    except figures.TooFine:
        faults.append(Fault("price", _("“%(text)s”: a price has two decimals at most.", text=written[:40])))
    except figures.NotANumber:
        faults.append(Fault("price", _("“%(text)s” is not a price: write for example 12.50.", text=written[:40])))
    try:
        return price, _basis(basis_text)
    except _Wrong as wrong:
        faults.append(wrong.fault)
        return price, _Basis()


def _basis(text: str) -> _Basis:
    written = folded(text).strip("/ ")
    if not written:
        return _Basis()
    if written in _BASIS_WORDS:
        return _Basis(word=_BASIS_WORDS[written])
    amount: int | None = None
    if written[0].isdigit():
        match = _BASIS.fullmatch(written)
        try:
            amount = figures.cents(match["amount"].strip()) if match else None
        except ValueError:
            match = None
        if match is None:
            raise _no_basis(text)
        written = (match["what"] or "").strip()
    if "/" in written:
        raise _no_basis(text)
    unit = _UNITS.get(written)
    # Any other word (can, net, bottle) is a name for the pack: the price is for the whole of it.
    return _Basis(amount, unit, None if unit or not written else PriceBasis.UNIT)


def _no_basis(text: str) -> _Wrong:
    sentence = _("“%(text)s” is not what a price is for: write for example 2.20/kg, kg or piece.", text=text[:40])
    return _Wrong(Fault("price_basis", sentence))


def _priced(price: int, basis: _Basis, pack: dict[str, Any]) -> dict[str, Any]:
    if "unit" not in pack:
        if basis.unit in (Unit.KG, Unit.LITRE):
            pack["unit"] = basis.unit.value
            return {"price_cents": _agreed(price, basis), "price_basis": PriceBasis.UNIT.value}
        said = {"price_cents": _agreed(price, basis)}
        return said if basis == _Basis() else said | {"price_basis": (basis.word or PriceBasis.UNIT).value}
    content, content_unit = pack.get("content_thousandths"), pack.get("content_unit")
    by_content = basis.word is PriceBasis.CONTENT or (
        basis.unit is not None and content_unit == basis.unit.value and basis.unit is not Unit.PIECE
    )
    if by_content:
        return {"price_cents": _of_content(price, basis, content), "price_basis": PriceBasis.CONTENT.value}
    if basis.unit is not None and basis.unit.value != pack["unit"]:
        sentence = _(
            "The price is given per %(basis)s, but this is not sold per %(basis)s: say how much one pack holds.",
            basis=basis.unit.value,
        )
        raise _Wrong(Fault("price_basis", sentence))
    return {"price_cents": _agreed(price, basis), "price_basis": PriceBasis.UNIT.value}


def _agreed(price: int, basis: _Basis) -> int:
    if basis.amount not in (None, price):
        assert basis.amount is not None
        raise _Wrong(
            Fault(
                "price_basis",
                _(
                    "The list says %(price)s and %(basis)s for the same thing.",
                    price=figures.written(price, 2),
                    basis=figures.written(basis.amount, 2),
                ),
            )
        )
    return price


def _of_content(price: int, basis: _Basis, content: int | None) -> int:
    """The price of one unit of the content; where the list gives the pack's price beside it, they must agree."""
    if content is None:
        raise _Wrong(Fault("content", _("Say how much the pack holds: its price is for one unit of its content.")))
    if basis.amount is None:
        return price
    whole = (2 * basis.amount * content + 1000) // 2000
    if price not in (whole, basis.amount):
        raise _Wrong(
            Fault(
                "price",
                _(
                    "%(price)s is not %(content)s × %(basis)s.",
                    price=figures.written(price, 2),
                    content=figures.written(content, 3),
                    basis=figures.written(basis.amount, 2),
                ),
            )
        )
    return basis.amount
