"""Orders as people look at them: one, a household's, a cycle's; and saying them all again to a service that asks."""

from collections.abc import Collection

from sqlalchemy import RowMapping, Select, and_, select

from chassis.database import Reader, Writer
from chassis.timers import Timer, TimerHandler
from contracts import billing, logistics
from ordering import allocated_line, announcing
from ordering.cycle import State as CycleState
from ordering.cycle import by_id as cycle_by_id
from ordering.cycle import cycle
from ordering.cycle_offer import cycle_offer
from ordering.offer import columns_of, offer_from, plain
from ordering.order import Line, Order, State, household_order, order_from
from ordering.order_line import half_up, order_line
from ordering.wanted import Terms

SAY_AGAIN = "say_again"
PORTION = 500
"""Orders said again in one transaction."""


async def by_id(reader: Reader, order_id: str) -> Order | None:
    return await _one(reader, select(household_order).where(household_order.c.id == order_id))


async def of_household(reader: Reader, cycle_id: str, household_id: str) -> Order | None:
    """The household's order in the cycle, placed or withdrawn."""
    o = household_order.c
    return await _one(reader, select(household_order).where(o.cycle_id == cycle_id, o.household_id == household_id))


async def of_households(reader: Reader, household_ids: Collection[str], limit: int = 100) -> list[Order]:
    """All orders of some households, newest first, without their lines."""
    if not household_ids:
        return []
    mine = select(household_order).where(household_order.c.household_id.in_(list(household_ids)))
    rows = await reader.all(mine.order_by(household_order.c.changed_at.desc()).limit(limit))
    return [order_from(row, ()) for row in rows]


async def ordered(reader: Reader, cycle_ids: Collection[str], household_ids: Collection[str]) -> set[tuple[str, str]]:
    """Cycle and household of those among them that ask for something. No line is read."""
    if not cycle_ids or not household_ids:
        return set()
    o = household_order.c
    theirs = o.cycle_id.in_(list(cycle_ids)) & o.household_id.in_(list(household_ids))
    rows = await reader.all(select(o.cycle_id, o.household_id).where(theirs, o.lines > 0))
    return {(row["cycle_id"], row["household_id"]) for row in rows}


async def deposits_of(reader: Reader, order_ids: Collection[str]) -> dict[str, int]:
    """Order -> cents of the deposits on what it gets, beside its sum; 0 of those without any. Their lines are not read:
    few goods have a deposit."""
    if not order_ids:
        return {}
    lines, given, offers = order_line.c, allocated_line.allocated_line.c, cycle_offer.c
    each = offers.article["deposit_cents"].as_integer()
    asked = (
        select(lines.order_id, lines.product_id, lines.quantity_thousandths.label("quantity"), each.label("each"))
        .join(cycle_offer, and_(offers.cycle_id == lines.cycle_id, offers.product_id == lines.product_id))
        .where(lines.order_id.in_(list(order_ids)), each > 0)
    )
    got = (
        select(given.order_id, given.product_id, given.given_thousandths.label("quantity"), each.label("each"))
        .join(cycle_offer, and_(offers.cycle_id == given.cycle_id, offers.product_id == given.product_id))
        .join(cycle, and_(cycle.c.id == given.cycle_id, cycle.c.revision == given.revision))
        .where(given.order_id.in_(list(order_ids)), each > 0)
    )
    cents = {}
    for row in [*await reader.all(asked), *await reader.all(got)]:
        cents[row["order_id"], row["product_id"]] = half_up(row["each"] * row["quantity"], 1000)
    found = dict.fromkeys(order_ids, 0)
    for (order_id, _), deposit in cents.items():
        found[order_id] += deposit
    return found


async def last_before(reader: Reader, household_id: str, cycle_id: str) -> Order | None:
    """What a household ordered last in another cycle than this one, without its lines."""
    o = household_order.c
    mine = select(household_order).where(
        o.household_id == household_id, o.cycle_id != cycle_id, o.state == State.PLACED.value
    )
    row = await reader.first(mine.order_by(o.changed_at.desc()).limit(1))
    return order_from(row, ()) if row else None


async def say_again(writer: Writer, cycle_id: str, after: str = "") -> None:
    """Announce every order of a cycle at the version it has, and then its closing: who holds them ignores them.

    So many at a time, by id and behind `after`; a timer says the others. All orders of a large cycle in one
    transaction would fill the memory, and keep members from ordering while they are read.
    """
    held = await cycle_by_id(writer, cycle_id)
    if held is None:
        return
    o = household_order.c
    behind = select(household_order).where(o.cycle_id == cycle_id, o.id > after).order_by(o.id)
    orders = await _with_lines(writer, cycle_id, await writer.all(behind.limit(PORTION)))
    await writer.announce(*(announcing.order(order, held.name, held.closes_at) for order in orders))
    if len(orders) == PORTION:
        await writer.call_at(SAY_AGAIN, cycle_id, writer.now, {"after": orders[-1].id})
    elif held.state is CycleState.CLOSED:
        await writer.announce(announcing.cycle_ended(held))


async def republish(writer: Writer, event: billing.RepublicationRequested | logistics.RepublicationRequested) -> None:
    """A service does not hold every order of a manifest: say them again."""
    await say_again(writer, event.id)


async def _go_on(writer: Writer, timer: Timer) -> None:
    await say_again(writer, timer.key, timer.payload["after"])


TIMERS: dict[str, TimerHandler] = {SAY_AGAIN: _go_on}


async def with_lines(reader: Reader, cycle_id: str, order_ids: Collection[str]) -> list[Order]:
    """These orders of the cycle, by id."""
    rows = await reader.all(
        select(household_order).where(household_order.c.id.in_(list(order_ids))).order_by(household_order.c.id)
    )
    return await _with_lines(reader, cycle_id, rows)


async def _one(reader: Reader, statement: "Select[tuple[object, ...]]") -> Order | None:
    row = await reader.first(statement)
    if row is None:
        return None
    return (await _with_lines(reader, row["cycle_id"], [row]))[0]


async def _with_lines(reader: Reader, cycle_id: str, rows: list[RowMapping]) -> list[Order]:
    lines = select(order_line).where(order_line.c.order_id.in_([row["id"] for row in rows]))
    offers = select(*columns_of(cycle_offer)).where(cycle_offer.c.cycle_id == cycle_id)
    allocated = [row["id"] for row in rows if row["allocated_at"] is not None]
    given = await allocated_line.given_to(reader, cycle_id, allocated) if allocated else {}
    if len(rows) == 1:
        its = cycle_offer.c.product_id.in_(
            select(order_line.c.product_id).where(order_line.c.order_id == rows[0]["id"])
        )
        offers = offers.where(its | cycle_offer.c.product_id.in_(list(given.get(rows[0]["id"], {}))))
    known = {row["product_id"]: offer_from(row) for row in await reader.all(offers)}
    theirs: dict[str, list[Line]] = {row["id"]: [] for row in rows}
    for row in await reader.all(lines):
        offer = known[row["product_id"]]
        terms = Terms(row["tolerance_thousandths"], row["least_thousandths"], row["substitute"])
        line = Line(
            offer.article,
            offer.producer_name,
            row["quantity_thousandths"],
            row["gross_cents"],
            terms,
            given.get(row["order_id"], {}).pop(row["product_id"], None),
        )
        theirs[row["order_id"]].append(line)
    for order_id, unasked in given.items():
        for product_id, one in unasked.items():
            offer = known[product_id]
            theirs[order_id].append(Line(offer.article, offer.producer_name, 0, 0, given=one))
    return [order_from(row, tuple(sorted(theirs[row["id"]], key=_by_producer))) for row in rows]


def _by_producer(line: Line) -> tuple[str, str, str]:
    return plain(line.producer_name), line.article.producer_id, plain(line.article.name.fr)
