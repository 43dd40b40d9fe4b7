"""What logistics hears from the other services: type of event -> function that takes it in.

Groups are not among them: a cycle's event says where and when each of its groups collects, and who wants bags.
What was delivered logistics hears from itself: costs are shared on it, whichever page it was noted on.
"""

from chassis.listening import Listening, Together
from contracts.catalog import ProducerChanged, ProducerRegistered
from contracts.logistics import DeliveryRecorded
from contracts.ordering import (
    CycleChanged,
    CycleClosed,
    CycleOpened,
    CycleRevised,
    OrderAllocated,
    OrderPlaced,
    OrderWithdrawn,
)
from logistics.closing import Dispatch
from logistics.cost.portion import keep_delivered
from logistics.producer import keep_producer


def listening(dispatch: Dispatch) -> Listening:
    take_orders = Together(dispatch.take_orders)
    return Listening(
        "logistics",
        {
            ProducerRegistered: keep_producer,
            ProducerChanged: keep_producer,
            CycleOpened: dispatch.take_cycle,
            CycleChanged: dispatch.take_cycle,
            CycleClosed: dispatch.take_cycle,
            CycleRevised: dispatch.take_cycle,
            OrderPlaced: take_orders,
            OrderAllocated: take_orders,
            OrderWithdrawn: take_orders,
            DeliveryRecorded: keep_delivered,
        },
    )
