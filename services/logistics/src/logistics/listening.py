"""What logistics hears from the other services: type of event -> function that takes it in.

Groups are not among them: a cycle's event says where and when each of its groups collects, and who wants bags.
What was delivered logistics hears from itself: costs are shared on it, whichever page it was noted on.
"""

from chassis.database import Writer
from chassis.listening import Listening, Together
from contracts.catalog import ProducerChanged, ProducerRegistered
from contracts.logistics import DeliveryRecorded
from contracts.ordering import (
    CycleChanged,
    CycleClosed,
    CycleOpened,
    CycleRevised,
    DriversChanged,
    HouseholdChanged,
    HouseholdRegistered,
    OrderAllocated,
    OrderPlaced,
    OrderWithdrawn,
)
from logistics.closing import Dispatch
from logistics.cost.portion import keep_delivered
from logistics.lot.household import keep_household
from logistics.network import describing
from logistics.network.driver import keep_drivers
from logistics.producer import keep_producer


def listening(dispatch: Dispatch, outside: int) -> Listening:
    """`outside`: the warmest that is reckoned with, in tenths of a degree."""
    take_orders = Together(dispatch.take_orders)

    async def take_hours(writer: Writer, event: CycleOpened | CycleChanged) -> None:
        """A cycle that says for how long its groups collect."""
        await dispatch.take_cycle(writer, event)
        await describing.tell(writer, outside)

    return Listening(
        "logistics",
        {
            ProducerRegistered: keep_producer,
            ProducerChanged: keep_producer,
            DriversChanged: keep_drivers,
            HouseholdRegistered: keep_household,
            HouseholdChanged: keep_household,
            CycleOpened: take_hours,
            CycleChanged: take_hours,
            CycleClosed: dispatch.take_cycle,
            CycleRevised: dispatch.take_cycle,
            OrderPlaced: take_orders,
            OrderAllocated: take_orders,
            OrderWithdrawn: take_orders,
            DeliveryRecorded: keep_delivered,
        },
    )
