"""Every event notify listens to, and what it does with it."""

from collections.abc import Sequence

from chassis.database import Writer
from chassis.listening import Listening, Together
from contracts import billing, catalog, claim, logistics, mandate, ordering, schedule
from notify.account import Accounts
from notify.allocation import Allocations
from notify.certificate import Certificates
from notify.claim import Claims
from notify.cold import ColdChain
from notify.confirmation import Confirmations
from notify.coordinator import keep_coordinators
from notify.debit import Debits
from notify.household import keep_household
from notify.household_transfer import HouseholdTransfers
from notify.invoice import Invoices
from notify.mandate import Mandates
from notify.new_sum import NewSums
from notify.payment_reminder import PaymentReminders
from notify.pick_list import PickLists
from notify.producer import keep_producer
from notify.recall import Recalls
from notify.reminder import Reminders
from notify.schedule import Schedules
from notify.seal import Seals
from notify.sign_in import hear_sign_in


def listening(
    confirmations: Confirmations,
    allocations: Allocations,
    reminders: Reminders,
    pick_lists: PickLists,
    certificates: Certificates,
    mandates: Mandates,
    accounts: Accounts,
    invoices: Invoices,
    payment_reminders: PaymentReminders,
    debits: Debits,
    claims: Claims,
    new_sums: NewSums,
    household_transfers: HouseholdTransfers,
    seals: Seals,
    schedules: Schedules,
    cold_chain: ColdChain,
    recalls: Recalls,
) -> Listening:
    async def hear_orders(
        writer: Writer, events: Sequence[ordering.OrderPlaced | ordering.OrderAllocated | ordering.OrderWithdrawn]
    ) -> None:
        ordered = [said for said in events if not isinstance(said, ordering.OrderAllocated)]
        allocated = [said for said in events if isinstance(said, ordering.OrderAllocated)]
        if ordered:
            await confirmations.hear_orders(writer, ordered)
        if allocated:
            await allocations.hear(writer, allocated)
        if withdrawn := [said for said in ordered if isinstance(said, ordering.OrderWithdrawn)]:
            await allocations.hear_withdrawn(writer, withdrawn)

    take_orders = Together(hear_orders)
    return Listening(
        "notify",
        {
            ordering.HouseholdRegistered: keep_household,
            ordering.HouseholdChanged: keep_household,
            ordering.CycleOpened: reminders.hear_cycle,
            ordering.CycleChanged: reminders.hear_cycle,
            ordering.CycleClosed: reminders.hear_closing,
            ordering.CycleRevised: reminders.hear_closing,
            ordering.OrderPlaced: take_orders,
            ordering.OrderAllocated: take_orders,
            ordering.OrderWithdrawn: take_orders,
            ordering.SignInRequested: hear_sign_in,
            ordering.CoordinatorsChanged: keep_coordinators,
            ordering.ReferentsChanged: schedules.hear_referents,
            billing.AccountRendered: accounts.hear,
            billing.InvoicesIssued: invoices.hear,
            billing.PaymentReminded: payment_reminders.hear,
            billing.MembershipReminded: payment_reminders.hear_membership,
            billing.HouseholdTransfersDrawn: household_transfers.hear,
            billing.DirectDebitAnnounced: debits.hear,
            billing.DirectDebitCalledOff: debits.hear,
            billing.AmountsDueComputed: new_sums.hear,
            billing.BooksSealed: seals.hear,
            claim.ClaimChanged: claims.hear,
            catalog.ProducerRegistered: keep_producer,
            catalog.ProducerChanged: keep_producer,
            catalog.CertificateEndsSoon: certificates.hear,
            catalog.CertificateExpired: certificates.hear,
            logistics.NonconformityOpened: cold_chain.hear_nonconformity,
            logistics.LotRecalled: recalls.hear,
            logistics.LotRecallUndone: recalls.hear_undone,
            logistics.PickListIssued: pick_lists.hear_issued,
            schedule.SchedulePublished: schedules.hear,
            schedule.ScheduleChanged: schedules.hear,
            logistics.ProbeFellSilent: cold_chain.hear_silence,
            mandate.MandateProposed: mandates.hear_proposal,
            mandate.MandateSigned: mandates.hear_change,
            mandate.MandateChanged: mandates.hear_change,
            mandate.MandateEndsSoon: mandates.hear_warning,
            mandate.MandateEnded: mandates.hear_change,
        },
        ignored=(logistics.PickListAnswered,),
        # Mail takes longer on its way.
        gathers=0.25,
    )
