"""What a carrier has in its hands on a day: where it measures, and nowhere else."""

from collections.abc import Collection

from logistics.cold.limit import Followed
from logistics.cold.place import Kind, Place


def carried(followed: Followed, carrier_ids: Collection[str]) -> frozenset[Place]:
    """Compartments of the vehicles that these carriers drive, the boxes and the goods they have aboard."""
    rounds = {one.id: one for one in followed.published.plan.rounds if one.carrier_id in carrier_ids}
    vehicles = {one.vehicle_id for one in rounds.values()}
    found = {one for one in followed.places() if one.kind is Kind.VEHICLE and one.id in vehicles}
    for one in followed.delicate():
        rides = [ride for ride in followed.trace.rides[one.id] if ride.round.id in rounds]
        if rides:
            found.add(Place(Kind.GOODS, one.id))
        found |= {Place(Kind.BOX, box.id) for ride in rides for box in ride.boxes}
    return frozenset(found)
