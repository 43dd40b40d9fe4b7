"""What must come together before a producer delivers, or brings a product: an amount of money, a weight, or cases.

A minimum is typed by people and decides over whole deliveries, so what is written is understood or refused, never
guessed: `€ 50,00` is fifty euros, `50 € HT` is net, `5O €` is an error and not zero.
"""

import re

from catalog.price_list import figures
from catalog.sentence import Fault, _
from contracts.catalog import Minimum, MinimumKind

MOST = {MinimumKind.MONEY: 100_000_00, MinimumKind.WEIGHT: 10_000_000, MinimumKind.CASES: 10_000}
"""Cents, thousandths of a kilo, cases."""

_KINDS: dict[str, MinimumKind] = {
    **dict.fromkeys(("€", "eur", "euro", "euros"), MinimumKind.MONEY),
    **dict.fromkeys(("kg", "kilo", "kilos"), MinimumKind.WEIGHT),
    **dict.fromkeys(
        ("caisse", "caisses", "colis", "carton", "cartons", "case", "cases", "crate", "crates", "cagette", "cagettes"),
        MinimumKind.CASES,
    ),
}
_QUALIFIERS: tuple[tuple[re.Pattern[str], dict[str, bool]], ...] = tuple(
    (re.compile(rf"(?<![\w])(?:{pattern})(?![\w])", re.IGNORECASE), says)
    for pattern, says in (
        (r"hors consignes?|sans (?:les )?consignes?|without deposits?", {"with_deposits": False}),
        (r"(?:avec (?:les )?consignes?|consignes? comprises?|with deposits?)", {"with_deposits": True}),
        (r"h\.?t\.?|hors taxes?|net|excl(?:uding|\.)? vat|without vat", {"net": True}),
        (r"t\.?t\.?c\.?|toutes taxes comprises|brut|gross|incl(?:uding|\.)? vat|vat included", {"net": False}),
    )
)
_WORDS = sorted((word for word in _KINDS if word != "€"), key=len, reverse=True)
_UNIT = re.compile(rf"€|(?<![\w])(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)


_NOT_MONEY = _("Net, gross and deposits are about money: a weight or a number of cases has none.")


class NotAMinimum(ValueError):
    """What was typed is no minimum; `fault.field` is `minimum`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault.sentence))
        self.fault = fault


def read(
    text: str, kind: MinimumKind | None = None, *, net: bool | None = None, with_deposits: bool | None = None
) -> Minimum | None:
    """The minimum somebody wrote; None where nothing is written. Raises NotAMinimum.

    `kind`, `net` and `with_deposits` are what was chosen beside the text: they count where the text does not say, and
    where both say different things neither is believed.
    """
    rest = text.strip()
    if not rest:
        return None
    said: dict[str, bool] = {}
    for pattern, says in _QUALIFIERS:
        rest, found = pattern.subn(" ", rest)
        for name, value in says.items():
            if found and said.setdefault(name, value) is not value:
                raise _contradiction(text)
    units = {_KINDS[word.casefold()] for word in _UNIT.findall(rest)}
    if len(units) > 1 or (units and kind is not None and units != {kind}):
        raise _contradiction(text)
    number = " ".join(_UNIT.sub(" ", rest, count=1).split())
    meant = units.pop() if units else kind
    if meant is None:
        raise _unreadable(text)
    amount = _amount(number, meant, text)
    if net and said.get("net") is False:
        raise _contradiction(text)
    chosen = {"net": said.get("net", bool(net)), "with_deposits": said.get("with_deposits", bool(with_deposits))}
    if meant is not MinimumKind.MONEY:
        if any(chosen.values()):
            raise NotAMinimum(Fault("minimum", _NOT_MONEY))
        chosen = {}
    return Minimum(kind=meant, amount=amount, **chosen)


def _amount(number: str, kind: MinimumKind, text: str) -> int:
    places = {MinimumKind.MONEY: 2, MinimumKind.WEIGHT: 3, MinimumKind.CASES: 0}[kind]
    try:
        amount = figures.scaled(number, places)
    except figures.TooFine as error:
        sentence = (
            _("Cases are counted in whole numbers.")
            if kind is MinimumKind.CASES
            else _("“%(text)s” has too many decimals.", text=text[:40])
        )
        raise NotAMinimum(Fault("minimum", sentence)) from error
    except figures.NotANumber as error:
        raise _unreadable(text) from error
    if amount <= 0:
        raise NotAMinimum(Fault("minimum", _("A minimum is above zero; leave the field empty where there is none.")))
    if amount > MOST[kind]:
        raise NotAMinimum(Fault("minimum", _("“%(text)s” is more than a minimum can be.", text=text[:40])))
    return amount


def _unreadable(text: str) -> NotAMinimum:
    return NotAMinimum(
        Fault("minimum", _("“%(text)s” is not a minimum: write for example 50,00 €, 25 kg or 3 cases.", text=text[:40]))
    )


def _contradiction(text: str) -> NotAMinimum:
    return NotAMinimum(
        Fault("minimum", _("“%(text)s” and what is chosen beside it say different things.", text=text[:40]))
    )


def check(minimum: Minimum | None) -> list[Fault]:
    """What is wrong with a minimum that was not read from a text: one that a program sent."""
    if minimum is None:
        return []
    if minimum.amount > MOST[minimum.kind]:
        return [Fault("minimum", _("“%(text)s” is more than a minimum can be.", text=minimum.amount))]
    if minimum.kind is not MinimumKind.MONEY and (minimum.net or minimum.with_deposits):
        return [Fault("minimum", _NOT_MONEY)]
    return []


def typed(minimum: Minimum | None, language: str) -> str:
    """The text to put in the field: the figure alone, as the unit is chosen beside it."""
    if minimum is None:
        return ""
    places = {MinimumKind.MONEY: 2, MinimumKind.WEIGHT: 3, MinimumKind.CASES: 0}[minimum.kind]
    figure = figures.written(minimum.amount, places)
    return figure.replace(".", ",") if language == "fr" else figure
