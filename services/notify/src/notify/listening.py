"""Every event notify listens to, and what it does with it."""

from chassis.listening import Listening
from contracts import catalog, logistics, ordering
from notify.confirmation import Confirmations
from notify.household import keep_household
from notify.pick_list import PickLists
from notify.producer import keep_producer
from notify.reminder import Reminders
from notify.sign_in import hear_sign_in


def listening(confirmations: Confirmations, reminders: Reminders, pick_lists: PickLists) -> Listening:
    return Listening(
        "notify",
        {
            ordering.HouseholdRegistered: keep_household,
            ordering.HouseholdChanged: keep_household,
            ordering.CycleOpened: reminders.hear_cycle,
            ordering.CycleChanged: reminders.hear_cycle,
            ordering.CycleClosed: reminders.hear_closing,
            ordering.OrderPlaced: confirmations.hear_placed,
            ordering.OrderWithdrawn: confirmations.hear_withdrawn,
            ordering.SignInRequested: hear_sign_in,
            catalog.ProducerRegistered: keep_producer,
            catalog.ProducerChanged: keep_producer,
            logistics.PickListIssued: pick_lists.hear_issued,
        },
    )
