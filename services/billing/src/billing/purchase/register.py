"""Purchases as they are kept: costs, what came of a cycle, the bills of suppliers.

A supplier is a producer whose goods the hub sells again, and has its id. A purchase that is not billed yet is put right
as often as what came is another; each time is a `version`, and an entry of its own.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from billing.schema import metadata
from billing.shares import half_up
from chassis.database import Reader, Writer
from chassis.tables import Utc

cost = Table(
    "purchase_cost",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("supplier_id", String(100), nullable=False),
    Column("product_id", String(100), nullable=False),
    Column("since", Date, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
    Column("per_thousandths", BigInteger, nullable=False),
    Column("rate_hundredths", Integer, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", Text, nullable=False),
)
"""Rows are only added. `net_cents` without VAT for `per_thousandths` of the unit that is billed: of a case of twelve it
is the price of the case, for 12000. The newest `since` holds, of one day the one set last."""
Index("ix_purchase_cost_product_id", cost.c.product_id)

purchase = Table(
    "purchase",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("supplier_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("lines", Text, nullable=False),
    Column("bill_id", String(36), nullable=False),
    Column("booked_at", Utc, nullable=False),
    Column("booked_by", Text, nullable=False),
)
"""What came and is booked as still to be billed. `lines`: JSON, a list of `Came`; `bill_id`: "" until it is billed."""

bill = Table(
    "supplier_bill",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("supplier_id", String(100), nullable=False),
    Column("number", String(60), nullable=False),
    Column("standing", String(36), nullable=False),
    Column("credit_note", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("vat_number", String(20), nullable=False),
    Column("rates", Text, nullable=False),
    Column("owed_cents", BigInteger, nullable=False),
    Column("expected", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("paid_on", Date),
    Column("kept_at", Utc, nullable=False),
    Column("kept_by", Text, nullable=False),
    # A supplier numbers no two bills alike: what is typed in twice is the same.
    UniqueConstraint("supplier_id", "number", "standing"),
)
"""`id`: the form's own. `standing`: "" of one that holds, else its id: it was taken back. `rates`: JSON, a list of
`Rate`, below zero on a credit note; `expected`: the same of what came, empty where the bill is of nothing that is
booked; `reason`: why it is another sum. `owed_cents`: to the supplier: with VAT, or without where the hub owes the VAT
itself. `vat_number`: of a supplier of another country."""
Index("ix_supplier_bill_supplier_id", bill.c.supplier_id)


class Rate(NamedTuple):
    """Cents at one rate of VAT."""

    rate_hundredths: int
    net_cents: int
    vat_cents: int


class Cost(NamedTuple):
    """Without VAT, for so many thousandths of the unit."""

    net_cents: int
    per_thousandths: int
    rate_hundredths: int

    def of(self, thousandths: int) -> int:
        """Half up to the cent."""
        return half_up(self.net_cents * thousandths, self.per_thousandths)


class Came(NamedTuple):
    """Of one product, what households were handed of it. `cost_cents`: without VAT; None while its cost is not known.
    `sold_cents`: what it was sold for, without VAT."""

    product_id: str
    name: str
    unit: str
    thousandths: int
    rate_hundredths: int
    cost_cents: int | None
    sold_cents: int

    @property
    def margin_cents(self) -> int | None:
        return None if self.cost_cents is None else self.sold_cents - self.cost_cents


class Standing(StrEnum):
    TO_PAY = "to_pay"
    PAID = "paid"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True)
class Purchase:
    cycle_id: str
    supplier_id: str
    version: int
    lines: tuple[Came, ...]
    bill_id: str

    @property
    def key(self) -> str:
        """Of its entry."""
        return f"purchase:{self.cycle_id}:{self.supplier_id}:{self.version}"


@dataclass(frozen=True)
class Bill:
    id: str
    supplier_id: str
    number: str
    standing: str
    credit_note: bool
    day: date
    due_on: date
    vat_number: str
    rates: tuple[Rate, ...]
    owed_cents: int
    expected: tuple[Rate, ...]
    reason: str
    paid_on: date | None
    kept_at: datetime
    kept_by: str

    @property
    def net_cents(self) -> int:
        return sum(each.net_cents for each in self.rates)

    @property
    def vat_cents(self) -> int:
        return sum(each.vat_cents for each in self.rates)

    @property
    def stage(self) -> Standing:
        if self.standing:
            return Standing.TAKEN_BACK
        return Standing.PAID if self.paid_on else Standing.TO_PAY


# Costs


async def costs_on(reader: Reader, product_ids: Collection[str], day: date) -> dict[str, Cost]:
    """What holds that day, by product; who has none yet is left out."""
    c = cost.c
    columns = (c.product_id, c.net_cents, c.per_thousandths, c.rate_hundredths)
    mine = select(*columns).where(c.product_id.in_(sorted(product_ids)), c.since <= day)
    rows = await reader.all(mine.order_by(c.since, c.set_at, c.id))
    return {row["product_id"]: Cost(row["net_cents"], row["per_thousandths"], row["rate_hundredths"]) for row in rows}


async def keep_costs(writer: Writer, supplier_id: str, since: date, costs: dict[str, Cost], by: str) -> None:
    for product_id, one in sorted(costs.items()):
        row = {"id": writer.ids.new(), "supplier_id": supplier_id, "product_id": product_id, "since": since}
        await writer.execute(cost.insert().values(**row, **one._asdict(), set_at=writer.now, set_by=by))


# Purchases and bills


async def purchases(reader: Reader, supplier_id: str = "", cycle_ids: Collection[str] | None = None) -> list[Purchase]:
    chosen = select(purchase).order_by(purchase.c.cycle_id, purchase.c.supplier_id)
    if supplier_id:
        chosen = chosen.where(purchase.c.supplier_id == supplier_id)
    if cycle_ids is not None:
        chosen = chosen.where(purchase.c.cycle_id.in_(sorted(cycle_ids)))
    return [
        Purchase(
            row["cycle_id"],
            row["supplier_id"],
            row["version"],
            tuple(Came(*each) for each in json.loads(row["lines"])),
            row["bill_id"],
        )
        for row in await reader.all(chosen)
    ]


async def find_bill(reader: Reader, bill_id: str) -> Bill | None:
    return next(iter(_bills(await reader.all(select(bill).where(bill.c.id == bill_id)))), None)


async def numbered(reader: Reader, supplier_id: str, number: str) -> Bill | None:
    """The bill of this number that holds."""
    mine = bill.c.supplier_id == supplier_id, bill.c.number == number, bill.c.standing == ""
    return next(iter(_bills(await reader.all(select(bill).where(*mine)))), None)


async def to_pay(reader: Reader) -> list[Bill]:
    """The first due first."""
    mine = select(bill).where(bill.c.standing == "", bill.c.paid_on.is_(None))
    return _bills(await reader.all(mine.order_by(bill.c.due_on, bill.c.supplier_id, bill.c.number)))


async def newest_bills(reader: Reader, most: int) -> list[Bill]:
    return _bills(await reader.all(select(bill).order_by(bill.c.kept_at.desc(), bill.c.id).limit(most)))


def _bills(rows: Iterable[RowMapping]) -> list[Bill]:
    found = []
    for row in rows:
        rates = {name: tuple(Rate(*each) for each in json.loads(row[name])) for name in ("rates", "expected")}
        said: dict[str, Any] = {**row, **rates, "credit_note": bool(row["credit_note"])}
        found.append(Bill(**said))
    return found
