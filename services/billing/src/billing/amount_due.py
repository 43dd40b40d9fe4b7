"""What a household owes for one cycle: a sum for each producer, because each producer gets a cheque of its own.

Computed once, when the cycle is closed, and never changed: it copies every name, price and rate it prints. Whoever is
not charged VAT by a producer sees that producer's mention instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, Column, Integer, RowMapping, String, Table, Text, UniqueConstraint

from billing.schema import metadata
from billing.seller import Seller
from billing.vat import VatShare, VatTables, by_rate, net_of_lines
from chassis.database import Writer
from chassis.tables import Utc

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
    # The business key: whatever is delivered twice, a household owes once for a cycle.
    UniqueConstraint("cycle_id", "household_id"),
)

cheque = Table(
    "cheque",
    metadata,
    Column("amount_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("cycle_id", String(100), nullable=False, index=True),
    Column("producer_name", Text, nullable=False),
    Column("mention", Text, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
)
"""The share of one producer in an amount due; `mention` is printed where its seller charges no VAT."""

cheque_vat = Table(
    "cheque_vat",
    metadata,
    Column("amount_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("rate_hundredths", Integer, primary_key=True),
    Column("cycle_id", String(100), nullable=False, index=True),
    Column("gross_cents", BigInteger, nullable=False),
    Column("vat_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
)

cheque_line = Table(
    "cheque_line",
    metadata,
    Column("amount_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name_fr", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", String(20), nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("rate_hundredths", Integer, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
)


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

    @property
    def gross_cents(self) -> int:
        return sum(line.gross_cents for line in self.lines)

    @property
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

    @property
    def gross_cents(self) -> int:
        return sum(cheque.gross_cents for cheque in self.cheques)

    @property
    def quantity_thousandths(self) -> int:
        return sum(cheque.quantity_thousandths for cheque in self.cheques)


def amounts_due(
    lines: Iterable[RowMapping], sellers: Mapping[str, Seller], vat: VatTables, country: str, on: date
) -> list[AmountDue]:
    """The amounts of all households from the lines of `order.lines_placed`, in order of household id.

    `country` and `on`: where and when the goods are handed out. Raises NoRate; KeyError for an unknown producer.
    """
    baskets: dict[str, dict[str, list[RowMapping]]] = {}
    for line in lines:
        baskets.setdefault(line["household_id"], {}).setdefault(line["producer_id"], []).append(line)
    found = []
    for household_id, basket in sorted(baskets.items()):
        cheques = [_cheque(sellers[producer], bought, vat, country, on) for producer, bought in basket.items()]
        cheques.sort(key=lambda cheque: (cheque.producer_name.casefold(), cheque.producer_id))
        head = next(iter(basket.values()))[0]
        found.append(
            AmountDue(household_id, head["household_name"], head["group_id"], head["group_name"], tuple(cheques))
        )
    return found


def _cheque(seller: Seller, bought: list[RowMapping], vat: VatTables, country: str, on: date) -> Cheque:
    # By product, so that the cents of rounding fall on the same line whatever order the basket was filled in.
    bought = sorted(bought, key=lambda line: (line["product_id"], line["number"]))
    taxed = [(vat.rate(line["vat_class"], country, on, seller.regime), line["gross_cents"]) for line in bought]
    nets = net_of_lines(taxed)
    lines = tuple(
        Line(
            line["name_fr"],
            line["name_en"],
            line["unit"],
            line["quantity_thousandths"],
            hundredths,
            gross,
            net,
        )
        for line, (hundredths, gross), net in zip(bought, taxed, nets, strict=True)
    )
    return Cheque(seller.id, seller.name, vat.regime(seller.regime).mention, lines, by_rate(taxed))


async def write_amounts(writer: Writer, cycle_id: str, written: Mapping[str, AmountDue]) -> None:
    """Write amounts down for good, by their new ids: one statement for each table.

    Raises IntegrityError where a household has one for this cycle.
    """
    amounts = [
        {
            "id": amount_id,
            "cycle_id": cycle_id,
            "household_id": due.household_id,
            "household_name": due.household_name,
            "group_id": due.group_id,
            "group_name": due.group_name,
            "quantity_thousandths": due.quantity_thousandths,
            "gross_cents": due.gross_cents,
            "computed_at": writer.now,
        }
        for amount_id, due in written.items()
    ]
    of_each = [
        ({"amount_id": amount_id, "producer_id": cheque.producer_id}, cheque)
        for amount_id, due in written.items()
        for cheque in due.cheques
    ]
    heads = [
        key
        | {
            "cycle_id": cycle_id,
            "producer_name": each.producer_name,
            "mention": each.mention,
            "quantity_thousandths": each.quantity_thousandths,
            "gross_cents": each.gross_cents,
        }
        for key, each in of_each
    ]
    rates = [
        key
        | {
            "cycle_id": cycle_id,
            "rate_hundredths": share.hundredths,
            "gross_cents": share.gross_cents,
            "vat_cents": share.vat_cents,
            "net_cents": share.net_cents,
        }
        for key, each in of_each
        for share in each.vat
    ]
    lines = [
        key | {"number": number} | vars(line)
        for key, each in of_each
        for number, line in enumerate(each.lines, start=1)
    ]
    for table, rows in ((amount_due, amounts), (cheque, heads), (cheque_vat, rates), (cheque_line, lines)):
        if rows:
            await writer.execute(table.insert(), rows)
