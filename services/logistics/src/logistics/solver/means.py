"""Who drives which vehicle."""

from collections.abc import Mapping

from coldchain.day import Carrier
from logistics.solver.ground import Ground


def vehicles_of(ground: Ground, before: Mapping[str, str] | None = None) -> dict[str, str]:
    """By carrier: a vehicle for as many as can have one, each for itself the whole day; certified and large ones first.
    `before`: what was given out in a plan before, and stays."""
    holder = {vehicle_id: carrier_id for carrier_id, vehicle_id in (before or {}).items()}
    fixed = set(holder)

    def give(carrier: Carrier, seen: set[str]) -> bool:
        able = [ground.vehicles[one] for one in dict.fromkeys(carrier.vehicle_ids) if one in ground.vehicles]
        for vehicle in sorted(able, key=lambda one: (not ground.certified(one), -one.payload, one.id)):
            if vehicle.id in seen or vehicle.id in fixed:
                continue
            seen.add(vehicle.id)
            if vehicle.id not in holder or give(ground.carriers[holder[vehicle.id]], seen):
                holder[vehicle.id] = carrier.id
                return True
        return False

    for carrier in sorted(ground.day.carriers, key=lambda one: one.id):
        if ground.known(carrier) and carrier.id not in holder.values():
            give(carrier, set())
    return dict(sorted((carrier_id, vehicle_id) for vehicle_id, carrier_id in holder.items()))
