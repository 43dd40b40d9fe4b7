"""Carriers: who drives, from where to where, when, and with what."""

from coldchain.day import CarrierKind
from coldchain.part import Id, Minutes
from contracts import Cents, Part
from logistics.network.hours import Week
from logistics.network.kept import Register, kept_table


class CarrierSheet(Part):
    """`starts_at`, `ends_at`: sites. `hours`: when at the wheel or beside it; empty: at any time. `round`: pickup
    points of a fixed village list, in order. `cents_per_hour` of the whole round. `email`: where the schedule is sent,
    in `language`; a producer without one is written to at the address that catalog knows. `driver_ids`: people who
    drive for it; signed in they see its rounds, and no others."""

    name: str
    kind: CarrierKind
    producer_id: str = ""
    phone: str = ""
    email: str = ""
    language: str = "fr"
    starts_at: Id
    ends_at: Id
    hours: Week = ()
    at_most_driving: Minutes | None = None
    vehicle_ids: tuple[Id, ...] = ()
    driver_ids: tuple[Id, ...] = ()
    cents_per_hour: Cents = 0
    round: tuple[Id, ...] = ()

    @property
    def bound_to(self) -> str | None:
        return None


carrier = kept_table("carrier")
CARRIERS: Register[CarrierSheet] = Register(carrier, CarrierSheet)
