"""What ordering tells the other services: from the state of an aggregate to the event that carries it.

Noun files call these functions in the transaction of the change: `await writer.announce(announcing.group(...))`.
"""

from contracts import ordering

ANNOUNCES = (
    # people
    ordering.GroupRegistered,
    ordering.GroupChanged,
    ordering.HouseholdRegistered,
    ordering.HouseholdChanged,
    ordering.SignInRequested,
    # cycles and orders
)
"""Every event this service publishes; its AsyncAPI document lists them."""
