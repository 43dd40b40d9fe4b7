"""What catalog hears from the other services: what logistics can do. Producers and products are its own facts."""

from catalog import reception
from chassis.listening import Listening
from contracts.network import NetworkDescribed


def listening() -> Listening:
    return Listening("catalog", {NetworkDescribed: reception.keep})
