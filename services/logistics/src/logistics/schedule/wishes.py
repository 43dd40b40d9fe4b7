"""What the coordinator wants of a day's plan, beyond what the network and the orders say.

Wishes are kept apart from the day, so that they still hold when the day is made anew.
"""

import hashlib
from enum import StrEnum

from coldchain.day import Carrier, Day, Pin
from coldchain.part import Id, Part


class Wishes(Part):
    """`without_*`: ids of what falls out. Of a place, its goods fall out: nobody fetches them there, nobody brings them
    there. `locked`: carriers whose rounds stay as they are when the rest is planned again."""

    pins: tuple[Pin, ...] = ()
    without_carriers: tuple[Id, ...] = ()
    without_vehicles: tuple[Id, ...] = ()
    without_sites: tuple[Id, ...] = ()
    locked: tuple[Id, ...] = ()

    def pinned(self, consignment_id: str, carrier_id: str) -> "Wishes":
        rest = self.unpinned(consignment_id).pins
        return self.model_copy(update={"pins": (*rest, Pin(consignment_id=consignment_id, carrier_id=carrier_id))})

    def unpinned(self, consignment_id: str) -> "Wishes":
        return self.model_copy(update={"pins": tuple(pin for pin in self.pins if pin.consignment_id != consignment_id)})

    def without(self, kind: "Kind", identity: str) -> "Wishes":
        rest = getattr(self.with_again(kind, identity), FIELDS[kind])
        return self.model_copy(update={FIELDS[kind]: (*rest, identity)})

    def with_again(self, kind: "Kind", identity: str) -> "Wishes":
        held: tuple[str, ...] = getattr(self, FIELDS[kind])
        return self.model_copy(update={FIELDS[kind]: tuple(one for one in held if one != identity)})


class Kind(StrEnum):
    """What can fall out; and what can be held fast (the rounds of a carrier)."""

    CARRIER = "carrier"
    VEHICLE = "vehicle"
    SITE = "site"
    LOCKED = "locked"


FIELDS = {
    Kind.CARRIER: "without_carriers",
    Kind.VEHICLE: "without_vehicles",
    Kind.SITE: "without_sites",
    Kind.LOCKED: "locked",
}

NONE = Wishes()


def wished(day: Day, wishes: Wishes) -> Day:
    """The day as it is planned. Wishes that name what the day does not have are passed over."""
    vehicles = tuple(one for one in day.vehicles if one.id not in wishes.without_vehicles)
    driven = frozenset(one.id for one in vehicles)
    carriers = tuple(
        able for one in day.carriers if one.id not in wishes.without_carriers and (able := _able(one, driven))
    )
    driving = frozenset(one.id for one in carriers)
    gone = frozenset(wishes.without_sites)
    consignments = tuple(one for one in day.consignments if not {one.from_site, one.to_site} & gone)
    there = frozenset(one.id for one in consignments)
    pins = tuple(pin for pin in wishes.pins if pin.consignment_id in there and pin.carrier_id in driving)
    changed = day.model_copy(
        update={
            "vehicles": vehicles,
            "carriers": carriers,
            "consignments": consignments,
            "fixed_rounds": tuple(one for one in day.fixed_rounds if one.carrier_id in driving),
            "pins": pins,
        }
    )
    return changed.model_copy(update={"id": identity_of(changed)})


def identity_of(day: Day) -> str:
    """Of one content there is one id: the date, and a mark of all that the day holds."""
    date = day.date.isoformat()
    mark = hashlib.sha256(day.model_copy(update={"id": date}).model_dump_json().encode()).hexdigest()[:12]
    return f"{date}-{mark}"


def _able(carrier: Carrier, vehicles: frozenset[str]) -> Carrier | None:
    """The carrier with the vehicles that are left; None: none is."""
    left = tuple(one for one in carrier.vehicle_ids if one in vehicles)
    return carrier.model_copy(update={"vehicle_ids": left}) if left else None
