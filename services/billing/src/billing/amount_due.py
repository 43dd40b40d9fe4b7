"""What a household owes for one cycle: a sum for each producer, because each producer gets a cheque of its own.

Computed once, when the cycle is closed, and never changed: it copies every name, price and rate it prints, and is kept
as one row for each household, as it is read. Whoever is
not charged VAT by a producer sees that producer's mention instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Column, Integer, RowMapping, String, Table, Text, UniqueConstraint

from billing.order import Goods, lines_of
from billing.order import Line as BasketLine
from billing.schema import metadata
from billing.seller import Seller
from billing.vat import VatShare, VatTables, by_rate, net_of_lines
from chassis.database import Writer
from chassis.tables import Row, Utc

amount_due = Table(
    "amount_due",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("computed_at", Utc, nullable=False),
    Column("by_producer", Text, nullable=False, server_default="{}"),
    Column("cheques", Text, nullable=False, server_default="[]"),
    # The business key: whatever is delivered twice, a household owes once for a cycle.
    UniqueConstraint("cycle_id", "household_id"),
)
"""`by_producer`: JSON, cents by producer id. `cheques`: JSON, the cheques as the household reads them, each an object
of producer_id, producer_name, mention (printed where its seller charges no VAT), gross_cents, vat and lines."""

producer_due = Table(
    "producer_due",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("group_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("producer_name", Text, nullable=False),
    Column("mention", Text, nullable=False),
    Column("cheques", Integer, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
)
"""What the cheques of one group to one producer come to."""

producer_vat = Table(
    "producer_vat",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("group_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("rate_hundredths", Integer, primary_key=True),
    Column("gross_cents", BigInteger, nullable=False),
    Column("vat_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
)
"""The same by rate of VAT: sums of what is on the cheques, so that they agree with what every household holds."""


@dataclass(frozen=True)
class Line:
    """One article of a household, taxed. Money in cents, quantity in thousandths of `unit`."""

    name_fr: str
    name_en: str
    unit: str
    quantity_thousandths: int
    rate_hundredths: int
    gross_cents: int
    net_cents: int


@dataclass(frozen=True)
class Cheque:
    """What one household owes one producer."""

    producer_id: str
    producer_name: str
    mention: str
    lines: tuple[Line, ...]
    vat: tuple[VatShare, ...]

    @cached_property
    def gross_cents(self) -> int:
        return sum(line.gross_cents for line in self.lines)

    @cached_property
    def quantity_thousandths(self) -> int:
        return sum(line.quantity_thousandths for line in self.lines)


@dataclass(frozen=True)
class AmountDue:
    """What one household owes, cheque by cheque in the order of the producers' names."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    cheques: tuple[Cheque, ...]

    @cached_property
    def gross_cents(self) -> int:
        return sum(cheque.gross_cents for cheque in self.cheques)

    @cached_property
    def quantity_thousandths(self) -> int:
        return sum(cheque.quantity_thousandths for cheque in self.cheques)


class Pricing:
    """What turns orders into amounts, the same for every household of a cycle: goods by key, sellers by id, and the
    rates of VAT where (`country`) and when (`on`) the goods are handed out."""

    def __init__(
        self, goods: Mapping[str, Goods], sellers: Mapping[str, Seller], vat: VatTables, country: str, on: date
    ) -> None:
        self.goods = goods
        self.sellers = sellers
        self._vat = vat
        self._country = country
        self._on = on
        self._rates: dict[str, int] = {}

    def rate(self, key: str) -> int:
        """In hundredths of a percent. Raises NoRate; KeyError for an unknown producer."""
        if key not in self._rates:
            of = self.goods[key]
            regime = self.sellers[of.producer_id].regime
            self._rates[key] = self._vat.rate(of.vat_class, self._country, self._on, regime)
        return self._rates[key]

    def mention(self, seller: Seller) -> str:
        return self._vat.regime(seller.regime).mention


def amounts_due(orders: Iterable[RowMapping], pricing: Pricing) -> list[AmountDue]:
    """The amounts of the households of some orders (rows of `order.order`), in their order. Raises NoRate; KeyError
    for an unknown producer."""
    heads: dict[str, RowMapping] = {}
    baskets: dict[str, dict[str, list[BasketLine]]] = {}
    for row in orders:
        heads[row["household_id"]] = row
        basket = baskets.setdefault(row["household_id"], {})
        for key, quantity, gross in lines_of(row):
            basket.setdefault(pricing.goods[key].producer_id, []).append((key, quantity, gross))
    found = []
    for household_id, basket in baskets.items():
        cheques = [_cheque(pricing.sellers[producer], bought, pricing) for producer, bought in basket.items()]
        cheques.sort(key=lambda cheque: (cheque.producer_name.casefold(), cheque.producer_id))
        head = heads[household_id]
        found.append(
            AmountDue(household_id, head["household_name"], head["group_id"], head["group_name"], tuple(cheques))
        )
    return found


def _cheque(seller: Seller, bought: list[BasketLine], pricing: Pricing) -> Cheque:
    # By product, so that the cents of rounding fall on the same line whatever order the basket was filled in.
    bought = sorted(bought, key=lambda line: pricing.goods[line[0]].product_id)
    taxed = [(pricing.rate(key), gross) for key, _quantity, gross in bought]
    nets = net_of_lines(taxed)
    lines = []
    for (key, quantity, gross), (hundredths, _gross), net in zip(bought, taxed, nets, strict=True):
        of = pricing.goods[key]
        lines.append(Line(of.name_fr, of.name_en, of.unit, quantity, hundredths, gross, net))
    return Cheque(seller.id, seller.name, pricing.mention(seller), tuple(lines), by_rate(taxed))


async def write_amounts(writer: Writer, cycle_id: str, written: Mapping[str, AmountDue]) -> None:
    """Write amounts down for good, by their new ids, and add them to what each producer is due.

    Raises IntegrityError where a household has one for this cycle.
    """
    if not written:
        return
    amounts = [
        (
            amount_id,
            cycle_id,
            due.household_id,
            due.household_name,
            due.group_id,
            due.group_name,
            due.quantity_thousandths,
            due.gross_cents,
            writer.now,
            _json({cheque.producer_id: cheque.gross_cents for cheque in due.cheques}),
            _json([_as_read(cheque) for cheque in due.cheques]),
        )
        for amount_id, due in written.items()
    ]
    await writer.insert_rows(amount_due, tuple(amount_due.c.keys()), amounts)
    dues, rates = _summed(cycle_id, written.values())
    await _add(writer, producer_due, ("cheques", "gross_cents"), dues)
    await _add(writer, producer_vat, ("gross_cents", "vat_cents", "net_cents"), rates)


_anything: TypeAdapter[Any] = TypeAdapter(Any)


def _json(value: Any) -> str:
    return _anything.dump_json(value).decode()


def _as_read(cheque: Cheque) -> dict[str, Any]:
    return {
        "producer_id": cheque.producer_id,
        "producer_name": cheque.producer_name,
        "mention": cheque.mention,
        "gross_cents": cheque.gross_cents,
        "vat": [
            {
                "rate_hundredths": share.hundredths,
                "gross_cents": share.gross_cents,
                "vat_cents": share.vat_cents,
                "net_cents": share.net_cents,
            }
            for share in cheque.vat
        ],
        "lines": [vars(line) for line in cheque.lines],
    }


def _summed(cycle_id: str, amounts: Iterable[AmountDue]) -> tuple[list[Row], list[Row]]:
    """Rows of `producer_due` and of `producer_vat`."""
    dues: dict[tuple[str, str], Row] = {}
    rates: dict[tuple[str, str, int], Row] = {}
    for due in amounts:
        for cheque in due.cheques:
            key = {"cycle_id": cycle_id, "group_id": due.group_id, "producer_id": cheque.producer_id}
            named = {"producer_name": cheque.producer_name, "mention": cheque.mention}
            row = dues.setdefault((due.group_id, cheque.producer_id), key | named | {"cheques": 0, "gross_cents": 0})
            row["cheques"] += 1
            row["gross_cents"] += cheque.gross_cents
            for share in cheque.vat:
                of = rates.setdefault(
                    (due.group_id, cheque.producer_id, share.hundredths),
                    key | {"rate_hundredths": share.hundredths, "gross_cents": 0, "vat_cents": 0, "net_cents": 0},
                )
                of["gross_cents"] += share.gross_cents
                of["vat_cents"] += share.vat_cents
                of["net_cents"] += share.net_cents
    return list(dues.values()), list(rates.values())


async def _add(writer: Writer, table: Table, sums: tuple[str, ...], rows: list[Row]) -> None:
    """Insert rows, or add their `sums` to those of the rows that are there."""
    if not rows:
        return
    statement = writer.insert(table)
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    keys = [column.name for column in table.primary_key]
    await writer.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
