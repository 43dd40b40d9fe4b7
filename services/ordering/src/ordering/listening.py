"""What ordering hears from the other services: type of event -> function that keeps it."""

from chassis.listening import Handler, Listening
from contracts import Event, catalog
from ordering import producer

HANDLERS: dict[type[Event], Handler] = {
    # producers, who may sign in
    catalog.ProducerRegistered: producer.keep,
    catalog.ProducerChanged: producer.keep,
    # products, which cycles offer
}

IGNORED: tuple[type[Event], ...] = ()
"""Events of the same aggregates that are known and not needed."""


def listening() -> Listening:
    return Listening("ordering", HANDLERS, IGNORED)
