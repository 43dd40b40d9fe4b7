"""Every event notify listens to, and what it does with it."""

from chassis.listening import Listening, Together
from contracts import catalog, logistics, ordering
from notify.confirmation import Confirmations
from notify.household import keep_household
from notify.pick_list import PickLists
from notify.producer import keep_producer
from notify.reminder import Reminders
from notify.sign_in import hear_sign_in


def listening(confirmations: Confirmations, reminders: Reminders, pick_lists: PickLists) -> Listening:
    hear_orders = Together(confirmations.hear_orders)
    return Listening(
        "notify",
        {
            ordering.HouseholdRegistered: keep_household,
            ordering.HouseholdChanged: keep_household,
            ordering.CycleOpened: reminders.hear_cycle,
            ordering.CycleChanged: reminders.hear_cycle,
            ordering.CycleClosed: reminders.hear_closing,
            ordering.OrderPlaced: hear_orders,
            ordering.OrderWithdrawn: hear_orders,
            ordering.SignInRequested: hear_sign_in,
            catalog.ProducerRegistered: keep_producer,
            catalog.ProducerChanged: keep_producer,
            logistics.PickListIssued: pick_lists.hear_issued,
        },
    )
