"""What a household owes for one cycle: a sum for each producer, because each producer gets a cheque of its own, and one
for what the hub buys and sells again.

Computed once, when the cycle is closed, and never changed: it copies every name, price and rate it prints, and is kept
as one row for each household, as it is read. When the closing is revised, the households that owe something else get
the next revision; each is kept, and the newest holds. Its revision is that of the cycle. Whoever is not charged VAT by
a producer sees that producer's mention instead.

Amounts are made twice: as they are expected, when the cycle is closed, and on what was delivered and weighed, as often
as that is recorded. A line of which something else came names what was expected beside it, and why it differs.

Deposits on returnable containers are a line of their own on the cheque, outside the prices and outside VAT: what is
given back on return of the packing is no part of what is taxed (code général des impôts art. 267 II 2°). Fees stand on
the cheque of who earns them, with their VAT.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Column, Integer, RowMapping, String, Table, Text, UniqueConstraint, select

from billing.fee.charged import Charged
from billing.fee.charged import as_read as fee_as_read
from billing.fee.on_basket import NOTHING, Bought, bought_of, fees_of, with_nets
from billing.ledger.chart import HUB
from billing.many import among
from billing.order import PLACED, deposits_of, lines_of, order
from billing.order import Line as BasketLine
from billing.price import Expected
from billing.pricing import AS_EXPECTED, Handed, Pricing
from billing.producer_sums import add, producer_due, producer_vat, summed
from billing.schema import metadata
from billing.seller import Seller
from billing.sold import ByClass, classes_of, producer_class, summed_by_class
from billing.vat import VatShare, by_rate, net_of_lines
from chassis.database import Reader, Writer
from chassis.tables import Utc

amount_due = Table(
    "amount_due",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("delivery", Integer, primary_key=True, autoincrement=False, server_default="0"),
    Column("version", Integer, nullable=False),
    Column("replaced_by", Integer),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("deposit_cents", BigInteger, nullable=False),
    Column("expected_gross_cents", BigInteger, nullable=False, server_default="0"),
    Column("expected_deposit_cents", BigInteger, nullable=False, server_default="0"),
    Column("computed_at", Utc, nullable=False),
    Column("by_producer", Text, nullable=False, server_default="{}"),
    Column("cheques", Text, nullable=False, server_default="[]"),
    Column("by_class", Text, nullable=False, server_default=""),
    # The business key: whatever is said twice, a household owes once for a revision of a cycle and what was delivered.
    UniqueConstraint("cycle_id", "household_id", "revision", "delivery"),
)
"""`id` is the same for all revisions; `version`: with which one was announced; `replaced_by`: the revision that took
its place, None for the one that holds. `delivery`: how often it was made on what was delivered, 0 as it is expected;
`expected_…`: what it had come to without them. `gross_cents` is the goods and their fees, to which `deposit_cents`
come. `by_producer`: JSON, cents by producer id, what is to be paid. `cheques`: JSON, the cheques as the household reads
them, each an object of producer_id ("hub" where the hub sells), producer_name, mention (printed where its seller
charges no VAT), gross_cents, vat and lines, and where there are any deposit_cents and fees (`fee.charged.as_read`). A
cheque on which something else came names expected_cents, what it had come to with its deposits, and each such line
`expected`: its quantity_thousandths and gross_cents, why (`price.Why`), the rule and what spoiled. `by_class`: JSON, by
producer id and VAT class [gross cents, net cents] of the goods; empty where an earlier release wrote it."""

HOLDS = amount_due.c.replaced_by.is_(None)
OWED = HOLDS & (amount_due.c.by_producer != "{}")
"""Of a household that owes nothing any more a row without cheques holds."""


class Line(NamedTuple):
    """One article of a household, taxed. Money in cents, quantity in thousandths of `unit`. `expected`: None where it
    came as expected, or is not known to have come otherwise. `vat_class`: for those who reckon by it; papers do not
    print it. `made_by`: the producer's name, where another sells it."""

    name_fr: str
    name_en: str
    unit: str
    quantity_thousandths: int
    rate_hundredths: int
    gross_cents: int
    net_cents: int
    vat_class: str = ""
    expected: Expected | None = None
    made_by: str = ""


@dataclass(frozen=True)
class Cheque:
    """What one household owes one producer."""

    producer_id: str
    producer_name: str
    mention: str
    lines: tuple[Line, ...]
    vat: tuple[VatShare, ...]
    deposit_cents: int = 0
    less_deposit_cents: int = 0
    """The deposits on what was expected and did not come; below zero where more came."""
    fees: tuple[Charged, ...] = ()

    gross_cents: int = field(init=False)
    expected_gross_cents: int = field(init=False)
    quantity_thousandths: int = field(init=False)
    to_write: bool = field(init=False)
    """Whether there is a cheque at all: nobody writes one of nothing, where nothing came or all of it was spoiled."""
    came_otherwise: bool = field(init=False)
    """Whether anything on it is not as it was expected."""

    def __post_init__(self) -> None:
        gross = expected = quantity = 0
        otherwise = False
        for line in self.lines:
            gross += line.gross_cents
            quantity += line.quantity_thousandths
            if line.expected is None:
                expected += line.gross_cents
            else:
                expected += line.expected.gross_cents
                otherwise = True
        for fee in self.fees:
            of_fee = fee.gross_cents
            gross, expected = gross + of_fee, expected + fee.expected_cents
            otherwise = otherwise or of_fee != fee.expected_cents
        # Asked for many times, so reckoned once, past the freezing.
        vars(self).update(
            gross_cents=gross,
            expected_gross_cents=expected,
            quantity_thousandths=quantity,
            to_write=gross + self.deposit_cents != 0,
            came_otherwise=otherwise,
        )

    @property
    def expected_deposit_cents(self) -> int:
        return self.deposit_cents + self.less_deposit_cents

    @property
    def to_pay_cents(self) -> int:
        return self.gross_cents + self.deposit_cents

    @property
    def expected_cents(self) -> int:
        return self.expected_gross_cents + self.expected_deposit_cents

    def asked_cents(self, ask_from: int) -> int:
        """As `statement.Statement.asked_cents` says of a cheque that is read, of which nobody else pays a part."""
        expected = self.expected_cents
        return expected if self.to_write and abs(self.to_pay_cents - expected) < ask_from else self.to_pay_cents

    @property
    def by_class(self) -> dict[str, tuple[int, int]]:
        sums: dict[str, tuple[int, int]] = {}
        for line in self.lines:
            gross, net = sums.get(line.vat_class, (0, 0))
            sums[line.vat_class] = gross + line.gross_cents, net + line.net_cents
        return sums


@dataclass(frozen=True)
class AmountDue:
    """What one household owes, cheque by cheque in the order of the producers' names."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    cheques: tuple[Cheque, ...]
    delivery: int = 0
    """How often it was made on what was delivered, at least once for each record of it; 0: as expected."""

    @property
    def gross_cents(self) -> int:
        return sum([cheque.gross_cents for cheque in self.cheques])

    @property
    def deposit_cents(self) -> int:
        return sum([cheque.deposit_cents for cheque in self.cheques])

    @property
    def expected_gross_cents(self) -> int:
        return sum([cheque.expected_gross_cents for cheque in self.cheques])

    @property
    def expected_deposit_cents(self) -> int:
        return sum([cheque.expected_deposit_cents for cheque in self.cheques])

    @property
    def quantity_thousandths(self) -> int:
        return sum([cheque.quantity_thousandths for cheque in self.cheques])


def amounts_due(
    orders: Iterable[RowMapping], pricing: Pricing, deliveries: Mapping[str, Handed] = {}
) -> list[AmountDue]:
    """The amounts of the households of some orders (rows of `order.order`), in their order, on what was handed to them
    where that is recorded (`deliveries`, by household). Raises NoRate; KeyError for an unknown producer."""
    heads: dict[str, RowMapping] = {}
    baskets: dict[str, dict[str, list[BasketLine]]] = {}
    deposits: dict[tuple[str, str], int] = {}
    for row in orders:
        heads[row["household_id"]] = row
        basket = baskets.setdefault(row["household_id"], {})
        for key, quantity, gross in lines_of(row):
            basket.setdefault(pricing.goods[key].payee, []).append((key, quantity, gross))
        for payee, cents in deposits_of(row).items() if row["deposits"] else ():
            owed = row["household_id"], payee
            deposits[owed] = deposits.get(owed, 0) + cents
    found = []
    for household_id, basket in baskets.items():
        mine, head = deliveries.get(household_id, AS_EXPECTED), heads[household_id]
        bought = {payee: bought_of(lines, pricing.goods, mine) for payee, lines in basket.items()}
        fees = fees_of(household_id, head["group_id"], bought, pricing) if pricing.fees else {}
        cheques = [
            _cheque(
                pricing.sellers[payee],
                bought.get(payee, NOTHING),
                pricing,
                deposits.get((household_id, payee), 0),
                fees.get(payee, ()),
            )
            for payee in bought | fees
        ]
        cheques.sort(key=lambda cheque: (cheque.producer_name.casefold(), cheque.producer_id))
        named = head["household_name"], head["group_id"], head["group_name"]
        found.append(AmountDue(household_id, *named, tuple(cheques), mine.records))
    return found


def _cheque(
    seller: Seller, bought: Bought, pricing: Pricing, deposit_cents: int, fees: Sequence[Charged] = ()
) -> Cheque:
    otherwise = bought.otherwise
    taxed = [
        (pricing.rate(key), otherwise[key].billed.gross_cents if key in otherwise else gross)
        for key, _quantity, gross in bought.lines
    ]
    of_fees = [(part.rate_hundredths, part.gross_cents) for fee in fees for part in fee.parts]
    shares = by_rate(taxed + of_fees)
    nets = net_of_lines(taxed + of_fees, shares) if shares else []
    lines, less_deposit = [], 0
    for (key, quantity, _gross), (hundredths, gross), net in zip(bought.lines, taxed, nets, strict=False):
        of, unit, differs = pricing.goods[key], pricing.goods[key].unit, None
        if key in otherwise:
            billed, wanted, why, rule, spoiled = otherwise[key]
            quantity, unit = billed.quantity_thousandths, billed.unit.value
            differs = Expected(wanted.quantity_thousandths, wanted.gross_cents, why, rule, spoiled)
            less_deposit += wanted.deposit_cents - billed.deposit_cents
        made_by = pricing.sellers[of.producer_id].name if of.payee == HUB else ""
        sums = quantity, hundredths, gross, net
        lines.append(Line(of.name_fr, of.name_en, unit, *sums, of.vat_class, differs, made_by))
    named = seller.id, seller.name, pricing.mention(seller)
    deposits = deposit_cents - less_deposit, less_deposit
    charged = with_nets(fees, nets[len(taxed) :]) if fees else ()
    return Cheque(*named, tuple(lines), shares, *deposits, charged)


@dataclass(frozen=True)
class Made:
    """An amount as it was written; `cheques`: as in `amount_due`."""

    amount_id: str
    version: int
    revision: int
    due: AmountDue
    cheques: str
    read: Sequence[Mapping[str, Any]]
    """The same, not written as text."""


async def write_amounts(
    writer: Writer, cycle_id: str, revision: int, amounts: Iterable[AmountDue], *, anew: bool = False
) -> list[Made]:
    """Write down for good the amounts of households that owed nothing yet or something else, and put what each producer
    is due right; those written. Raises IntegrityError where a household has one of this revision, unless they are made
    `anew`: on what was delivered, to it or to those with whom it shares a fee."""
    read = {due.household_id: ([_as_read(cheque) for cheque in due.cheques], due) for due in amounts}
    held = await _held(writer, cycle_id, read)
    made, rows, parts = [], [], []
    by_class: list[tuple[ByClass, int]] = []
    for household_id, (cheques, due) in read.items():
        before = held.get(household_id)
        owed = json.loads(before["cheques"]) if before else []
        if owed == cheques:
            continue
        amount_id, version = (before["id"], before["version"] + 1) if before else (writer.ids.new(), 1)
        if anew and before and before["revision"] == revision:
            due = replace(due, delivery=max(due.delivery, before["delivery"] + 1))
        classes: ByClass = {cheque.producer_id: cheque.by_class for cheque in due.cheques}
        made.append(Made(amount_id, version, revision, due, _json(cheques), cheques))
        parts += [(due.group_id, cheque, 1) for cheque in cheques]
        parts += [(before["group_id"], cheque, -1) for cheque in owed if before]
        rows.append(
            (
                amount_id,
                revision,
                due.delivery,
                version,
                None,
                cycle_id,
                household_id,
                due.household_name,
                due.group_id,
                due.group_name,
                due.quantity_thousandths,
                due.gross_cents,
                due.deposit_cents,
                due.expected_gross_cents,
                due.expected_deposit_cents,
                writer.now,
                _json({cheque.producer_id: cheque.to_pay_cents for cheque in due.cheques if cheque.to_write}),
                made[-1].cheques,
                _json(classes),
            )
        )
        by_class += [(classes, 1), *([(classes_of(before), -1)] if before else [])]
    if not rows:
        return []
    replaced = [each.amount_id for each in made if each.version > 1]
    if replaced:
        mine = amount_due.update().where(amount_due.c.id.in_(replaced), HOLDS)
        await writer.execute(mine.values(replaced_by=revision))
    await writer.insert_rows(amount_due, tuple(amount_due.c.keys()), rows)
    dues, rates = summed(cycle_id, parts)
    await add(writer, producer_due, ("cheques", "gross_cents", "deposit_cents", "expected_cents"), dues)
    await add(writer, producer_vat, ("gross_cents", "vat_cents", "net_cents"), rates)
    await add(writer, producer_class, ("gross_cents", "net_cents"), summed_by_class(cycle_id, by_class))
    return made


async def _held(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> dict[str, RowMapping]:
    """The amounts that hold, by household."""
    c = amount_due.c
    held = select(c.id, c.version, c.revision, c.delivery, c.household_id, c.group_id, c.cheques, c.by_class).where(
        c.cycle_id == cycle_id, among(c.household_id, household_ids), HOLDS
    )
    return {row["household_id"]: row for row in await reader.all(held)}


async def owing_without_order(reader: Reader, cycle_id: str) -> list[AmountDue]:
    """Nothing, for each household that owes something for a cycle in which no order of its stands any more."""
    stands = select(order.c.id).where(
        order.c.cycle_id == cycle_id, order.c.household_id == amount_due.c.household_id, order.c.state == PLACED
    )
    owing = select(amount_due).where(amount_due.c.cycle_id == cycle_id, OWED, ~stands.exists())
    return [
        AmountDue(row["household_id"], row["household_name"], row["group_id"], row["group_name"], ())
        for row in await reader.all(owing.order_by(amount_due.c.household_id))
    ]


_anything: TypeAdapter[Any] = TypeAdapter(Any)


def _json(value: Any) -> str:
    return _anything.dump_json(value).decode()


def _as_read(cheque: Cheque) -> dict[str, Any]:
    # Not named where there are none: what was read before there were any is still equal.
    told: dict[str, Any] = {"deposit_cents": cheque.deposit_cents} if cheque.deposit_cents else {}
    if cheque.fees:
        told["fees"] = [fee_as_read(fee) for fee in cheque.fees]
    if cheque.came_otherwise:
        told["expected_cents"] = cheque.expected_gross_cents + cheque.expected_deposit_cents
    return told | {
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
        "lines": [_line_as_read(line) for line in cheque.lines],
    }


def _line_as_read(line: Line) -> dict[str, Any]:
    read: dict[str, Any] = {
        "name_fr": line.name_fr,
        "name_en": line.name_en,
        "unit": line.unit,
        "quantity_thousandths": line.quantity_thousandths,
        "rate_hundredths": line.rate_hundredths,
        "gross_cents": line.gross_cents,
        "net_cents": line.net_cents,
    }
    if line.expected is not None:
        read["expected"] = line.expected._asdict()
        # Not named in papers that were written before it was chosen by product, or claimed.
        for name in ("rule", "spoiled_thousandths"):
            if not read["expected"][name]:
                del read["expected"][name]
    if line.made_by:
        # Nor in those that were written before others than producers sold.
        read["made_by"] = line.made_by
    return read
