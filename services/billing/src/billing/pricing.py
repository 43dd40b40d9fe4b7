"""What amounts are made with beside the orders: prices, rates and fees of a cycle, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from billing.fee.charged import SERVICE, Share
from billing.fee.fee import Fee
from billing.ledger.chart import HUB
from billing.order import Goods
from billing.price import Came, Spoiled
from billing.seller import Seller
from billing.vat import VatTables


class Pricing:
    """What turns orders into amounts, the same for every household of a cycle: goods by key, sellers by id, and the
    rates of VAT where (`country`) and when (`on`) the goods are handed out. `fees`: those that are charged; `shares`:
    by fee and household, of those whose sum is shared."""

    def __init__(
        self,
        goods: Mapping[str, Goods],
        sellers: Mapping[str, Seller],
        vat: VatTables,
        country: str,
        on: date,
        fees: Sequence[Fee] = (),
        shares: Mapping[tuple[str, str], Share] = {},
    ) -> None:
        self.goods = goods
        self.sellers = sellers
        self.fees = fees
        self.shares = shares
        self._vat = vat
        self._country = country
        self._on = on
        self._rates: dict[str, int] = {}

    def rate(self, key: str) -> int:
        """In hundredths of a percent. Raises NoRate; KeyError for an unknown producer."""
        rate = self._rates.get(key)
        if rate is None:
            of = self.goods[key]
            regime = self.sellers[of.payee].regime
            rate = self._rates[key] = self._vat.rate(of.vat_class, self._country, self._on, regime)
        return rate

    def service_rate(self) -> int:
        """Of a fee of the hub. Raises NoRate."""
        return self._vat.rate(SERVICE, self._country, self._on, self.sellers[HUB].regime)

    def mention(self, seller: Seller) -> str:
        return self._vat.regime(seller.regime).mention


class Handed(NamedTuple):
    """What a household was handed in a cycle, by product id. `records`: how many there are of it, those that do not
    hold any more too, and where a bill is shared those of its other buyers. `shared`: cents of its part of such a
    bill; `spoiled`: what claims make of its lines, each of which counts as a record."""

    records: int
    came: Mapping[str, Came]
    shared: Mapping[str, int] = {}
    spoiled: Mapping[str, Spoiled] = {}

    @property
    def known(self) -> bool:
        """Whether anything is that may change what is paid."""
        return self.records > 0 or bool(self.shared or self.spoiled)


AS_EXPECTED = Handed(0, {})
