"""What is claimed of goods (organic, a label of origin) and the certificates that prove it: true now, or gone."""

from sqlalchemy import Text, cast, select

from chassis.database import Writer
from contracts.catalog import ProductOffered, ProductWithdrawn
from ordering import offer
from ordering.cycle import State, all_locked, cycle
from ordering.cycle_offer import cycle_offer
from ordering.offer import Details

RUNNING = (State.OPEN, State.COMPLETING)


async def keep_product(writer: Writer, event: ProductOffered | ProductWithdrawn) -> None:
    """Take in what the catalog says of a product.

    A cycle freezes prices and articles; what is claimed of the goods it does not freeze: a label whose certificate
    has expired leaves the open cycles too, at once.
    """
    if not await offer.keep_product(writer, event):
        return
    said = cast(cycle_offer.c.details, Text).label("details")
    its = select(cycle_offer.c.cycle_id, cycle_offer.c.labels, said).join(cycle, cycle.c.id == cycle_offer.c.cycle_id)
    open_now = its.where(cycle_offer.c.product_id == event.id, cycle.c.state.in_(RUNNING))
    held = {row["cycle_id"]: (row["labels"], Details.read(row["details"])) for row in await writer.all(open_now)}
    stale = [
        cycle_id
        for cycle_id, (labels, details) in sorted(held.items())
        if (tuple(labels), details.claims) != (event.labels, event.claims)
    ]
    if not stale:
        return
    # The cycle before its goods, as everybody takes them: an order that holds the one waits for nothing else of ours.
    # All that are open: other events of this transaction may be about those with smaller ids.
    running = select(cycle.c.id).where(cycle.c.state.in_(RUNNING))
    await all_locked(writer, {row["id"] for row in await writer.all(running)})
    # Again behind the lock: the coordinator may have changed how much there is of its pool.
    held = {row["cycle_id"]: (row["labels"], Details.read(row["details"])) for row in await writer.all(open_now)}
    for cycle_id in (one for one in stale if one in held):
        mine = (cycle_offer.c.cycle_id == cycle_id) & (cycle_offer.c.product_id == event.id)
        details = held[cycle_id][1].model_copy(update={"claims": event.claims}).stored()
        await writer.execute(cycle_offer.update().where(mine).values(labels=list(event.labels), details=details))
        # Another version: sheets of this one are kept in memory (offer_sheet.py).
        await writer.execute(cycle.update().where(cycle.c.id == cycle_id).values(version=cycle.c.version + 1))
