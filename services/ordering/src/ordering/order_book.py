"""Orders as people look at them: one, a household's, a cycle's; and saying them all again to a service that asks."""

from collections.abc import Collection

from sqlalchemy import RowMapping, Select, select

from chassis.database import Reader, Writer
from contracts import billing, logistics
from ordering import announcing
from ordering.cycle import State as CycleState
from ordering.cycle import by_id as cycle_by_id
from ordering.cycle_offer import cycle_offer
from ordering.offer import offer_from, plain
from ordering.order import Line, Order, household_order, order_from
from ordering.order_line import order_line


async def by_id(reader: Reader, order_id: str) -> Order | None:
    return await _one(reader, select(household_order).where(household_order.c.id == order_id))


async def of_household(reader: Reader, cycle_id: str, household_id: str) -> Order | None:
    """The household's order in the cycle, placed or withdrawn."""
    o = household_order.c
    return await _one(reader, select(household_order).where(o.cycle_id == cycle_id, o.household_id == household_id))


async def of_households(reader: Reader, household_ids: Collection[str], limit: int = 100) -> list[Order]:
    """All orders of some households, newest first, without their lines."""
    mine = select(household_order).where(household_order.c.household_id.in_(list(household_ids)))
    rows = await reader.all(mine.order_by(household_order.c.changed_at.desc()).limit(limit))
    return [order_from(row, ()) for row in rows]


async def of_cycle(reader: Reader, cycle_id: str) -> list[Order]:
    """All orders of a cycle with their lines, placed and withdrawn, by id."""
    its = select(household_order).where(household_order.c.cycle_id == cycle_id).order_by(household_order.c.id)
    return await _with_lines(reader, cycle_id, await reader.all(its))


async def say_again(writer: Writer, cycle_id: str) -> int:
    """Announce every order of a cycle at the version it has, and its closing: who holds them ignores them.
    Returns the number of orders."""
    held = await cycle_by_id(writer, cycle_id)
    if held is None:
        return 0
    orders = await of_cycle(writer, cycle_id)
    for order in orders:
        await writer.announce(announcing.order(order, held.name, held.closes_at))
    if held.state is CycleState.CLOSED:
        await writer.announce(announcing.cycle_closed(held))
    return len(orders)


async def republish(writer: Writer, event: billing.RepublicationRequested | logistics.RepublicationRequested) -> None:
    """A service does not hold every order of a manifest: say them again."""
    await say_again(writer, event.id)


async def _one(reader: Reader, statement: "Select[tuple[object, ...]]") -> Order | None:
    row = await reader.first(statement)
    if row is None:
        return None
    return (await _with_lines(reader, row["cycle_id"], [row]))[0]


async def _with_lines(reader: Reader, cycle_id: str, rows: list[RowMapping]) -> list[Order]:
    lines = select(order_line).where(order_line.c.cycle_id == cycle_id)
    offers = select(cycle_offer).where(cycle_offer.c.cycle_id == cycle_id)
    if len(rows) == 1:
        lines = lines.where(order_line.c.order_id == rows[0]["id"])
        its = select(order_line.c.product_id).where(order_line.c.order_id == rows[0]["id"])
        offers = offers.where(cycle_offer.c.product_id.in_(its))
    known = {row["product_id"]: offer_from(row) for row in await reader.all(offers)}
    theirs: dict[str, list[Line]] = {row["id"]: [] for row in rows}
    for row in await reader.all(lines):
        offer = known[row["product_id"]]
        line = Line(offer.article, offer.producer_name, row["quantity_thousandths"], row["gross_cents"])
        theirs[row["order_id"]].append(line)
    return [order_from(row, tuple(sorted(theirs[row["id"]], key=_by_producer))) for row in rows]


def _by_producer(line: Line) -> tuple[str, str, str]:
    return plain(line.producer_name), line.article.producer_id, plain(line.article.name.fr)
