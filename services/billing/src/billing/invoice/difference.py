"""What an invoice says of a cheque, and what the next one says where the cheque is another since. No I/O here.

An invoice is never changed: what was weighed, claimed or revised after it makes one of the difference, so that all
invoices of a sale together say what holds. Money in cents; quantities in thousandths of the unit.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from billing.fee.charged import in_cheque

T = TypeVar("T")


class Line(NamedTuple):
    """`unit`: "" for fees, which have no quantity; `made_by`: where another than the maker sells it."""

    name: str
    unit: str
    rate_hundredths: int
    made_by: str
    quantity_thousandths: int
    net_cents: int
    gross_cents: int

    @property
    def what(self) -> tuple[str, str, int, str]:
        return self[:4]


class Rate(NamedTuple):
    """gross = net + VAT, fees included, deposits not: those are outside VAT."""

    rate_hundredths: int
    net_cents: int
    vat_cents: int
    gross_cents: int


class Stand(NamedTuple):
    """A cheque as invoices say it, or what two differ by."""

    lines: tuple[Line, ...] = ()
    rates: tuple[Rate, ...] = ()
    deposit_cents: int = 0

    @property
    def net_cents(self) -> int:
        return sum(each.net_cents for each in self.rates)

    @property
    def vat_cents(self) -> int:
        return sum(each.vat_cents for each in self.rates)

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents

    @property
    def to_pay_cents(self) -> int:
        return self.gross_cents + self.deposit_cents

    @property
    def nothing(self) -> bool:
        return not (self.lines or self.rates or self.deposit_cents)


def stand_of(cheque: Mapping[str, Any]) -> Stand:
    """Of a cheque as `amount_due` keeps it; what nothing came of is left out."""
    lines = [
        Line(
            line["name_fr"],
            line["unit"],
            line["rate_hundredths"],
            line.get("made_by", ""),
            line["quantity_thousandths"],
            line["net_cents"],
            line["gross_cents"],
        )
        for line in cheque["lines"]
    ]
    lines += [
        Line(fee["name"], "", part["rate_hundredths"], "", 0, part["net_cents"], part["gross_cents"])
        for fee in in_cheque(cheque)
        for part in fee["vat"]
    ]
    rates = [
        Rate(share["rate_hundredths"], share["net_cents"], share["vat_cents"], share["gross_cents"])
        for share in cheque["vat"]
    ]
    said = tuple(each for each in lines if each.quantity_thousandths or each.gross_cents)
    return Stand(said, tuple(each for each in rates if any(each[1:])), cheque.get("deposit_cents", 0))


def between(before: Stand, now: Stand) -> Stand:
    """What is to be added to `before` that it comes to `now`; a line of the same goods at the same rate is one."""
    lines = {what: Line(*what, 0, 0, 0) for what in _in_order(now.lines, before.lines)}
    for each, sign in _signed(now.lines, before.lines):
        held = lines[each.what]
        more = (one + sign * other for one, other in zip(held[4:], each[4:], strict=True))
        lines[each.what] = Line(*each.what, *more)
    rates = {each.rate_hundredths: Rate(each.rate_hundredths, 0, 0, 0) for each in (*before.rates, *now.rates)}
    for rate, sign in _signed(now.rates, before.rates):
        held_rate = rates[rate.rate_hundredths]
        sums = (one + sign * other for one, other in zip(held_rate[1:], rate[1:], strict=True))
        rates[rate.rate_hundredths] = Rate(rate.rate_hundredths, *sums)
    return Stand(
        tuple(each for each in lines.values() if any(each[4:])),
        tuple(each for _, each in sorted(rates.items()) if any(each[1:])),
        now.deposit_cents - before.deposit_cents,
    )


def together(stands: Iterable[Stand]) -> Stand:
    """Of several deliveries, each with its own lines. VAT is what was booked of each: no cent is rounded anew."""
    lines: list[Line] = []
    rates: dict[int, Rate] = {}
    deposit_cents = 0
    for stand in stands:
        lines += stand.lines
        deposit_cents += stand.deposit_cents
        for each in stand.rates:
            held = rates.get(each.rate_hundredths, Rate(each.rate_hundredths, 0, 0, 0))
            sums = (one + other for one, other in zip(held[1:], each[1:], strict=True))
            rates[each.rate_hundredths] = Rate(each.rate_hundredths, *sums)
    return Stand(tuple(lines), tuple(each for _, each in sorted(rates.items())), deposit_cents)


def _in_order(*parts: Iterable[Line]) -> Iterable[tuple[str, str, int, str]]:
    return [each.what for part in parts for each in part]


def _signed(more: Iterable[T], less: Iterable[T]) -> Iterable[tuple[T, int]]:
    yield from ((each, 1) for each in more)
    yield from ((each, -1) for each in less)


def written(stand: Stand) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        "lines": [list(each) for each in stand.lines],
        "rates": [list(each) for each in stand.rates],
        "deposit_cents": stand.deposit_cents,
    }


def read(kept: Mapping[str, Any]) -> Stand:
    return Stand(
        tuple(Line(*each) for each in kept["lines"]),
        tuple(Rate(*each) for each in kept["rates"]),
        kept["deposit_cents"],
    )
