"""Every event billing listens to, and what it does with it."""

from billing import cycle, household, seller
from billing.final_amount import Deliveries
from billing.mandate import catalogue
from billing.settlement import Settlement
from billing.transport.register import keep_costs
from chassis.database import Writer
from chassis.listening import Listening, Together
from contracts import catalog, logistics, ordering


def listening(settlement: Settlement, deliveries: Deliveries) -> Listening:
    async def hear_closing(writer: Writer, said: cycle.Closing) -> None:
        if await cycle.keep_closed(writer, said):
            await settlement.await_orders(writer, said.id)
        await settlement.settle(writer, said.id)

    async def hear_producer(writer: Writer, said: catalog.ProducerRegistered | catalog.ProducerChanged) -> None:
        await catalogue.keep_principal(writer, said)
        if await seller.keep_seller(writer, said):
            await settlement.settle_all(writer)

    hear_orders = Together(settlement.hear_orders)
    return Listening(
        "billing",
        {
            ordering.GroupRegistered: household.keep_group,
            ordering.GroupChanged: household.keep_group,
            ordering.HouseholdRegistered: household.keep_household,
            ordering.HouseholdChanged: household.keep_household,
            ordering.CycleOpened: cycle.keep_open,
            ordering.CycleChanged: cycle.keep_open,
            ordering.CycleClosed: hear_closing,
            ordering.CycleRevised: hear_closing,
            ordering.OrderPlaced: hear_orders,
            ordering.OrderAllocated: hear_orders,
            ordering.OrderWithdrawn: hear_orders,
            catalog.ProducerRegistered: hear_producer,
            catalog.ProducerChanged: hear_producer,
            catalog.ProductOffered: catalogue.keep_goods,
            catalog.ProductWithdrawn: catalogue.keep_goods,
            logistics.DeliveryRecorded: Together(deliveries.hear),
            logistics.TransportCostsShared: keep_costs,
        },
        # An order is money only when its cycle has closed.
        gathers=0.25,
    )
