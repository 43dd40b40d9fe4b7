"""What the orders of a cycle get, as one revision of it: kept, counted, and said order by order where it changes.

The closing is revision 1. Another decision, or a producer's answer, is the next one.
"""

from dataclasses import replace

from sqlalchemy import BigInteger, bindparam, select

from chassis.database import Writer
from contracts.goods import Bilingual
from ordering import announcing, cycle, manifest, order_book
from ordering.allocated_line import COLUMNS, Change, allocated_line, by_order, changes_of
from ordering.cycle import Cycle
from ordering.order import State, household_order

PORTION = 500
"""Orders announced at a time: they are read with their lines."""


async def revise(writer: Writer, held: Cycle, changes: list[Change], because: Bilingual) -> Cycle:
    """Another revision of a closed, locked cycle: what its orders get otherwise than asked is now this."""
    revised = replace(
        held,
        version=held.version + 1,
        revision=held.revision + 1,
        revised_at=writer.now,
        because=because,
    )
    # Its revision first: what the orders get is looked up by it.
    await cycle.keep(writer, revised)
    await allot(writer, revised, changes)
    revised = replace(revised, manifest=await manifest.count(writer, held.id))
    await cycle.keep(writer, revised)
    await writer.announce(announcing.cycle_revised(revised))
    return revised


async def allot(writer: Writer, of: Cycle, changes: list[Change]) -> int:
    """Keep what orders of the cycle get otherwise than asked, as its revision, and announce each that this changes.

    The caller holds the cycle's lock, and its row says the revision. How many orders have a new version.
    """
    before = by_order(await changes_of(writer, of.id, of.revision - 1)) if of.revision > 1 else {}
    after = by_order(changes)
    if changes:
        await writer.insert_rows(allocated_line, COLUMNS, [one.row(of.id, of.revision) for one in changes])
    touched = sorted(order for order in {*before, *after} if before.get(order) != after.get(order))
    if not touched:
        return 0
    difference = {order: _cents(after.get(order, {})) - _cents(before.get(order, {})) for order in touched}
    o = household_order.c
    renewed = household_order.update().where(o.id == bindparam("its_id")).values(
        version=o.version + 1,
        allocated_at=writer.now,
        gross_cents=o.gross_cents + bindparam("difference", type_=BigInteger),
    )  # fmt: skip
    await writer.execute(renewed, [{"its_id": order, "difference": difference[order]} for order in touched])
    # An order in which nothing was asked is there for what it is given (surplus.py).
    unasked = select(o.id).where(o.cycle_id == of.id, o.lines == 0, o.allocated_at.is_not(None))
    for row in await writer.all(unasked):
        state = State.PLACED if row["id"] in after else State.WITHDRAWN
        await writer.execute(household_order.update().where(o.id == row["id"]).values(state=state.value))
    for start in range(0, len(touched), PORTION):
        for order in await order_book.with_lines(writer, of.id, touched[start : start + PORTION]):
            await writer.announce(announcing.order(order, of.name, of.closes_at))
    return len(touched)


def _cents(changes: dict[str, Change]) -> int:
    """What an order costs more than it would if it got what it asked."""
    return sum(one.given.gross_cents - one.asked_cents for one in changes.values())
