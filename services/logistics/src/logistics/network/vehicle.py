"""Vehicles with their compartments and what they may carry cold."""

from datetime import date

from coldchain.day import Vehicle
from coldchain.part import Grams
from contracts import Cents, Part
from logistics.network.kept import Kept, Register, kept_table
from logistics.network.site import RoomSheet

CERTIFICATES = (
    "IN",
    "IR",
    "FNA",
    "FRA",
    "FRB",
    "FRC",
    "FRD",
    "FRE",
    "FRF",
    "RNA",
    "RRA",
    "RRB",
    "RRC",
    "CNA",
    "CRA",
)
"""Marks of the ATP agreement, annex 1, appendix 4: insulated, mechanically refrigerated (F), refrigerated (R), heated
(C); N normal and R heavy insulation; class A to F."""


class VehicleSheet(Part):
    """`payload` over all compartments. `certificate`: its ATP class, empty: none; `certified_until`: its last day."""

    name: str
    plate: str = ""
    rooms: tuple[RoomSheet, ...]
    payload: Grams
    certificate: str = ""
    certified_until: date | None = None
    cents_per_km: Cents = 0
    co2_grams_per_km: Grams = 0

    @property
    def bound_to(self) -> str | None:
        return "".join(self.plate.split()).upper().replace("-", "") or None

    def expired(self, on: date) -> bool:
        return bool(self.certificate) and self.certified_until is not None and self.certified_until < on


vehicle = kept_table("vehicle")
VEHICLES: Register[VehicleSheet] = Register(vehicle, VehicleSheet)


def planned(one: Kept[VehicleSheet]) -> Vehicle:
    sheet = one.sheet
    fields = sheet.model_dump(include={"name", "payload", "certificate", "certified_until"})
    costs = sheet.model_dump(include={"cents_per_km", "co2_grams_per_km"})
    return Vehicle(id=one.id, rooms=tuple(room.room(one.id) for room in sheet.rooms), **fields, **costs)
