"""What ordering hears from the other services: type of event -> function that keeps it."""

from chassis.listening import Handler, Listening
from contracts import Event, billing, catalog, logistics, mandate, network
from contracts.fee import FeeSet
from ordering import claim, covering, fee, household_balance, order_book, producer
from ordering.shortage import Answers

HANDLERS: dict[type[Event], Handler] = {
    # producers, who may sign in
    catalog.ProducerRegistered: producer.keep,
    catalog.ProducerChanged: producer.keep,
    # products, which cycles offer
    catalog.ProductOffered: claim.keep_product,
    catalog.ProductWithdrawn: claim.keep_product,
    # mandates, without which what is sold under them is not offered
    mandate.MandateProposed: covering.hear_mandate,
    mandate.MandateSigned: covering.hear_mandate,
    mandate.MandateChanged: covering.hear_mandate,
    mandate.MandateEndsSoon: covering.hear_mandate,
    mandate.MandateEnded: covering.hear_mandate,
    # what can be received where, without which it is not ordered there
    network.NetworkDescribed: covering.hear_network,
    # what households have left to pay, which their groups may ask for first
    billing.HouseholdBalanceChanged: household_balance.keep,
    # what comes to the goods, told before anybody orders
    FeeSet: fee.keep,
    # services that miss orders of a closed cycle
    billing.RepublicationRequested: order_book.republish,
    logistics.RepublicationRequested: order_book.republish,
}
"""Beside what `Answers` keeps."""

IGNORED: tuple[type[Event], ...] = (logistics.PickListIssued,)
"""Events of the same aggregates that are known and not needed."""


def listening(answers: Answers) -> Listening:
    return Listening("ordering", HANDLERS | {logistics.PickListAnswered: answers.hear}, IGNORED)
