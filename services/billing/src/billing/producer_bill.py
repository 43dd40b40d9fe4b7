"""What a producer's own bill says of a product in a cycle, where that is another sum than its buyers were expected to
pay: of a crate, or of what the producer weighed. Typed in by a coordinator; kept in versions, each with who and when.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Integer, RowMapping, String, Table, Text, select

from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc

producer_bill = Table(
    "producer_bill",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("product_id", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("producer_id", String(100), nullable=False),
    Column("cents", BigInteger),
    Column("recorded_at", Utc, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("person_id", String(100), nullable=False),
    Column("event", String(100), nullable=False),
)
"""The highest version holds. `cents`: with VAT, without deposits; None: as its buyers were expected to pay."""


@dataclass(frozen=True)
class Bill:
    cycle_id: str
    product_id: str
    producer_id: str
    cents: int | None
    recorded_by: str
    person_id: str
    event: str


@dataclass(frozen=True)
class Bills:
    """Of a cycle. `cents`: by product, of those that say a sum; `count`: by producer, those that do not hold any more
    too."""

    cents: Mapping[str, int]
    count: Mapping[str, int]


async def keep_bills(writer: Writer, bills: Iterable[Bill]) -> None:
    """The caller holds the cycle's row."""
    for bill in bills:
        c = producer_bill.c
        mine = select(c.version).where(c.cycle_id == bill.cycle_id, c.product_id == bill.product_id)
        newest = int(await writer.scalar(mine.order_by(c.version.desc()).limit(1)) or 0)
        row = {
            "cycle_id": bill.cycle_id,
            "product_id": bill.product_id,
            "version": newest + 1,
            "producer_id": bill.producer_id,
            "cents": bill.cents,
            "recorded_at": writer.now,
            "recorded_by": bill.recorded_by,
            "person_id": bill.person_id,
            "event": bill.event,
        }
        await writer.execute(writer.insert(producer_bill).values(**row))


async def bills_of(reader: Reader, cycle_id: str) -> Bills:
    c = producer_bill.c
    rows: list[RowMapping] = await reader.all(
        select(c.product_id, c.producer_id, c.cents).where(c.cycle_id == cycle_id).order_by(c.version)
    )
    holding = {row["product_id"]: row["cents"] for row in rows}
    count: dict[str, int] = {}
    for row in rows:
        count[row["producer_id"]] = count.get(row["producer_id"], 0) + 1
    return Bills({product_id: cents for product_id, cents in holding.items() if cents is not None}, count)
