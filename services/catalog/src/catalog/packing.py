"""The four units of a product and the exact ways between them. Integers only: what does not come out even is said.

    order unit    what members order in: a piece, a kilo, a litre (`unit`, and what a piece holds)
    case unit     what the producer hands over: so many order units make a case (`case_thousandths`)
    price unit    what the price is for: one order unit, or one unit of its content
    stock unit    what the producer counts its goods in: order units, their content, or cases

A crate of 10 kg priced 2.40 € a kilo, handed over three at a time and counted in kilos has all four.
"""

from dataclasses import dataclass

from contracts import PriceBasis, StockUnit, Unit


class NotEven(ValueError):
    """The quantity does not come out even. `whole` fit, in thousandths; `rest` are left, in thousandths as given."""

    def __init__(self, whole: int, rest: int) -> None:
        super().__init__(f"{whole} fit, {rest} are left")
        self.whole = whole
        self.rest = rest


@dataclass(frozen=True)
class Cases:
    """So many full cases, and order units (thousandths) beside them; `missing` would fill the next one."""

    full: int
    rest: int
    missing: int

    @property
    def complete(self) -> bool:
        return self.rest == 0


@dataclass(frozen=True)
class Weight:
    """What something should weigh, and the least and most it may, in thousandths of its unit."""

    expected: int
    least: int
    most: int


@dataclass(frozen=True)
class Packing:
    """All quantities in thousandths. A piece without content is just a piece: its content unit is itself."""

    unit: Unit
    content_thousandths: int | None = None
    content_unit: Unit | None = None
    price_basis: PriceBasis = PriceBasis.UNIT
    case_thousandths: int | None = None
    stock_unit: StockUnit = StockUnit.ORDER

    @property
    def price_unit(self) -> Unit:
        return self.measure_unit if self.price_basis is PriceBasis.CONTENT else self.unit

    @property
    def measure_unit(self) -> Unit:
        """What the goods are measured in: kilos of a crate, litres of a can, pieces where a piece says it all."""
        return self.content_unit if self.content_unit is not None and self.content_thousandths else self.unit

    def measure(self, quantity: int) -> int:
        """Order units to what they hold: two crates of 10 kg hold 20 kg. Raises NotEven."""
        return _times(quantity, self.content_thousandths or 1000)

    def units_of(self, measure: int) -> int:
        """What they hold to order units, where that comes out even: 245 kg are no number of 10 kg crates.

        Pieces are whole; `NotEven.whole` is the number of order units that can be filled.
        """
        size = self.content_thousandths or 1000
        if self.unit is Unit.PIECE:
            whole, rest = divmod(measure, size)
            if rest:
                raise NotEven(whole * 1000, rest)
            return whole * 1000
        return _divided(measure, size)

    def cases(self, quantity: int) -> Cases:
        """How many cases a quantity fills. What has no case is handed over in any quantity: nothing is missing."""
        if self.case_thousandths is None:
            return Cases(0, 0, 0)
        full, rest = divmod(quantity, self.case_thousandths)
        return Cases(full, rest, self.case_thousandths - rest if rest else 0)

    @property
    def counted_in(self) -> Unit | None:
        """The unit of a stock figure; None: cases."""
        if self.stock_unit is StockUnit.CASE:
            return None
        return self.measure_unit if self.stock_unit is StockUnit.CONTENT else self.unit

    def from_stock(self, counted: int) -> int:
        """A stock figure (thousandths of the stock unit) in order units. Raises NotEven."""
        if self.stock_unit is StockUnit.CONTENT:
            return self.units_of(counted)
        if self.stock_unit is StockUnit.CASE:
            full, rest = divmod(counted, 1000)
            if rest:
                raise NotEven(full * (self.case_thousandths or 1000), rest)
            return full * (self.case_thousandths or 1000)
        return counted

    def to_stock(self, quantity: int) -> int:
        """Order units as the producer counts them. Cases round down: what does not fill one is none. Raises NotEven."""
        if self.stock_unit is StockUnit.CONTENT:
            return self.measure(quantity)
        if self.stock_unit is StockUnit.CASE:
            return quantity // (self.case_thousandths or 1000) * 1000
        return quantity

    def weight(self, quantity: int, margin_percent: int) -> Weight:
        """What a weighed quantity should come to, give or take. The margin is rounded outwards: a promise holds."""
        expected = self.measure(quantity)
        least = expected * (100 - margin_percent) // 100
        most = -(-expected * (100 + margin_percent) // 100)
        return Weight(expected, least, most)


def _times(quantity: int, size: int) -> int:
    whole, rest = divmod(quantity * size, 1000)
    if rest:
        raise NotEven(whole, rest)
    return whole


def _divided(measure: int, size: int) -> int:
    whole, rest = divmod(measure * 1000, size)
    if rest:
        raise NotEven(whole, rest)
    return whole


def price_of(cents: int, measure: int) -> int:
    """Cents for `measure` thousandths of the price unit, rounded half up once."""
    return (2 * cents * measure + 1000) // 2000
