"""What is left over of a case that was ordered all the same: it goes to the hub's own shelf.

A household can stand for the hub: a shelf, a grocery, a solidarity fund. Where one takes part in a cycle, a case that
is not full can be ordered, and what nobody asked for is that household's: on the list of its group, and on its bill.
Nothing is ordered that nobody pays.
"""

from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import RowMapping, select

from chassis.database import Reader, Writer
from ordering import order_book
from ordering.cycle import Cycle
from ordering.group import group
from ordering.household import household
from ordering.order import State, household_order


async def shelf(reader: Reader, of: Cycle) -> RowMapping | None:
    """The household that takes what is left over in the cycle, with `group_name`: the first by name. None: there is
    none, and nothing may be left over."""
    h = household.c
    its = (
        select(h.id, h.name, h.group_id, group.c.name.label("group_name"))
        .join(group, group.c.id == h.group_id)
        .where(h.takes_surplus, h.active, h.group_id.in_(list(of.group_ids)))
    )
    return await reader.first(its.order_by(h.name_key, h.id).limit(1))


async def order_of(reader: Reader, of: Cycle, home: RowMapping) -> str:
    """The id of its order in the cycle, or the one that it will have: the same for every decision about it."""
    held = await order_book.of_household(reader, of.id, home["id"])
    return held.id if held is not None else str(uuid5(NAMESPACE_OID, f"{of.id} {home['id']}"))


async def open_order(writer: Writer, of: Cycle, home: RowMapping, order_id: str) -> None:
    """Have an order of the shelf in a locked cycle, if there is none: nothing was asked in it. Its first version is
    that in which it gets something."""
    row = {
        "id": order_id,
        "version": 0,
        "cycle_id": of.id,
        "household_id": home["id"],
        "state": State.PLACED.value,
        "household_name": home["name"],
        "group_id": home["group_id"],
        "group_name": home["group_name"],
        "gross_cents": 0,
        "lines": 0,
        "changed_at": writer.now,
        "entered_by": "",
        "entered_by_name": "",
        "on_behalf": True,
    }
    await writer.execute(writer.insert(household_order).values(row).on_conflict_do_nothing())
