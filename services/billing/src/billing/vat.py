"""VAT, from gross prices: what members see is the price, and the tax is inside it.

A rate depends on the VAT class of the goods, the country where they are handed out, the day, and the regime of the
seller. Two dated tables say so, `data/vat_rates.csv` (code général des impôts art. 278 to 281; BOI-TVA-LIQ-30-10-10 for
food) and `data/seller_regimes.csv`. A seller whose regime charges no VAT (art. 293 B; farmers' flat rate, art. 298
quater) never carries any, whatever it sells: the rate is 0 and the regime's mention is printed instead.

A seller of another country of the Union who sells to French households owes the French rate, declared in one place for
all countries (OSS; directive 2006/112/EC art. 33). Below 10,000 € a year it may keep its own: the accountant decides,
and this table would then get that country's rates.

Rates are in hundredths of a percent: 550 is 5.5 %. Nothing here does I/O but `load`, which reads the package's tables.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import NamedTuple

from billing.shares import half_up, largest_remainder

_WHOLE = 100_00
"""100 % in the unit of rates."""


class NoRate(Exception):
    """The tables do not say what to charge: an unknown class, an unknown regime, or a day no rate is valid on."""


@dataclass(frozen=True)
class Rate:
    """`valid_until` is the last day, included; None: until further notice."""

    vat_class: str
    country: str
    hundredths: int
    valid_from: date
    valid_until: date | None

    def holds(self, vat_class: str, country: str, on: date) -> bool:
        begun = (self.vat_class, self.country) == (vat_class, country) and self.valid_from <= on
        return begun and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True)
class Regime:
    """How a seller stands to VAT. `mention` is what its papers must print, in French: the law's words."""

    code: str
    charges_vat: bool
    category: str
    mention: str


class VatShare(NamedTuple):
    """What of a sum is at one rate. gross = net + vat, in cents."""

    hundredths: int
    gross_cents: int
    vat_cents: int
    net_cents: int


class VatTables:
    def __init__(self, rates: Iterable[Rate], regimes: Iterable[Regime]) -> None:
        self.rates = tuple(rates)
        self.regimes = {regime.code: regime for regime in regimes}

    def regime(self, code: str) -> Regime:
        """Raises NoRate where nobody knows the regime."""
        if code not in self.regimes:
            raise NoRate(f"no seller regime is called {code!r}")
        return self.regimes[code]

    def rate(self, vat_class: str, country: str, on: date, regime: str) -> int:
        """The rate for goods of `vat_class` handed out in `country` on a day by a seller of `regime`. Raises NoRate."""
        if not self.regime(regime).charges_vat:
            return 0
        valid = [rate for rate in self.rates if rate.holds(vat_class, country, on)]
        if not valid:
            raise NoRate(f"no VAT rate for class {vat_class!r} in {country!r} on {on.isoformat()}")
        return max(valid, key=lambda rate: rate.valid_from).hundredths


def vat_inside(gross_cents: int, hundredths: int) -> int:
    """The VAT in a gross sum: gross × r / (100 + r), half up to the cent."""
    return half_up(gross_cents * hundredths, _WHOLE + hundredths)


def share_at(hundredths: int, gross_cents: int) -> VatShare:
    vat = vat_inside(gross_cents, hundredths)
    return VatShare(hundredths, gross_cents, vat, gross_cents - vat)


def by_rate(lines: Iterable[tuple[int, int]]) -> tuple[VatShare, ...]:
    """Lines of (rate, gross cents) summed by rate, then taxed once for each rate; in order of rate."""
    sums: dict[int, int] = {}
    for hundredths, gross in lines:
        sums[hundredths] = sums.get(hundredths, 0) + gross
    return tuple(share_at(hundredths, gross) for hundredths, gross in sorted(sums.items()))


def net_of_lines(lines: Sequence[tuple[int, int]], shares: Sequence[VatShare]) -> list[int]:
    """The net of each line of (rate, gross cents), in their order: the nets of a rate add up to that rate's net.
    `shares`: the lines `by_rate`."""
    if len(lines) == 1:
        return [shares[0].net_cents]
    if len(shares) == 1:
        return largest_remainder(shares[0].net_cents, [gross for _hundredths, gross in lines])
    nets = [0] * len(lines)
    for share in shares:
        places = [place for place, (hundredths, _gross) in enumerate(lines) if hundredths == share.hundredths]
        spread = largest_remainder(share.net_cents, [lines[place][1] for place in places])
        for place, net in zip(places, spread, strict=True):
            nets[place] = net
    return nets


def load() -> VatTables:
    """The tables of this release."""
    return VatTables(
        (
            Rate(
                row["vat_class"],
                row["country"],
                int(Decimal(row["rate_percent"]) * 100),
                date.fromisoformat(row["valid_from"]),
                date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            )
            for row in _rows("vat_rates.csv")
        ),
        (
            Regime(row["regime"], row["charges_vat"] == "yes", row["en16931_category"], row["printed_mention"])
            for row in _rows("seller_regimes.csv")
        ),
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("billing") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
