"""Members' orders as ordering says them: what amounts are made of. Copies, replaced whole by every newer version."""

from sqlalchemy import BigInteger, Column, Integer, RowMapping, String, Table, Text, func, select

from billing.schema import metadata
from chassis.database import Reader, Writer
from contracts import ordering

PLACED, WITHDRAWN = "placed", "withdrawn"

order = Table(
    "household_order",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(100), nullable=False, index=True),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
)

order_line = Table(
    "order_line",
    metadata,
    Column("order_id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("producer_id", String(100), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("product_id", String(100), nullable=False),
    Column("name_fr", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", String(20), nullable=False),
    Column("vat_class", String(40), nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
)


async def keep_placed(writer: Writer, said: ordering.OrderPlaced) -> bool:
    """True when it was news."""
    if not await writer.keep_newest(order, _head(said, PLACED, said.gross_cents)):
        return False
    if said.version > 1:
        await writer.execute(order_line.delete().where(order_line.c.order_id == said.id))
    rows = [
        {
            "order_id": said.id,
            "number": number,
            "producer_id": line.article.producer_id,
            "producer_name": line.producer_name,
            "product_id": line.article.product_id,
            "name_fr": line.article.name.fr,
            "name_en": line.article.name.en,
            "unit": line.article.unit.value,
            "vat_class": line.article.vat_class,
            "quantity_thousandths": line.quantity_thousandths,
            "gross_cents": line.gross_cents,
        }
        for number, line in enumerate(said.lines, start=1)
    ]
    await writer.execute(order_line.insert(), rows)
    return True


async def keep_withdrawn(writer: Writer, said: ordering.OrderWithdrawn) -> bool:
    """True when it was news."""
    if not await writer.keep_newest(order, _head(said, WITHDRAWN, 0)):
        return False
    await writer.execute(order_line.delete().where(order_line.c.order_id == said.id))
    return True


def _head(said: ordering.Order, state: str, gross_cents: int) -> dict[str, object]:
    return {
        "id": said.id,
        "version": said.version,
        "cycle_id": said.cycle_id,
        "household_id": said.household_id,
        "household_name": said.household_name,
        "group_id": said.group_id,
        "group_name": said.group_name,
        "state": state,
        "gross_cents": gross_cents,
    }


async def count_placed(reader: Reader, cycle_id: str) -> int:
    statement = select(func.count()).select_from(order).where(order.c.cycle_id == cycle_id, order.c.state == PLACED)
    return int(await reader.scalar(statement))


async def versions_placed(reader: Reader, cycle_id: str) -> list[tuple[str, int]]:
    """(order id, version) of every placed order, for the manifest's digest."""
    placed = select(order.c.id, order.c.version).where(order.c.cycle_id == cycle_id, order.c.state == PLACED)
    return [(row["id"], row["version"]) for row in await reader.all(placed)]


async def lines_placed(reader: Reader, cycle_id: str) -> list[RowMapping]:
    """Every line of a cycle's placed orders with household and group, by household then line."""
    statement = (
        select(
            order.c.household_id,
            order.c.household_name,
            order.c.group_id,
            order.c.group_name,
            *(column for column in order_line.c if column.name != "order_id"),
        )
        .join(order_line, order_line.c.order_id == order.c.id)
        .where(order.c.cycle_id == cycle_id, order.c.state == PLACED)
        .order_by(order.c.household_id, order_line.c.number)
    )
    return await reader.all(statement)
