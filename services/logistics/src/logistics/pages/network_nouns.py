"""The four nouns of the network as their pages need them: words, forms, and what is shown of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coldchain.day import CarrierKind, SiteKind
from logistics.network.box import BOXES, BoxKind, Move
from logistics.network.carrier import CARRIERS
from logistics.network.kept import Register
from logistics.network.site import HANDLING, SITES
from logistics.network.vehicle import VEHICLES
from logistics.pages import network_fields as fields
from ui.i18n import marked as _

URL = "/logistics/network"

SITE_KINDS = {
    SiteKind.FARM: _("Farm"),
    SiteKind.DOCK: _("Dock"),
    SiteKind.PICKUP: _("Pickup point"),
    SiteKind.HOME: _("Home of a carrier"),
}
CARRIER_KINDS = {
    CarrierKind.EMPLOYEE: _("Employee"),
    CarrierKind.VOLUNTEER: _("Volunteer"),
    CarrierKind.PRODUCER: _("Producer driving home"),
}
BOX_KINDS = {BoxKind.BOX: _("Cool box with its plates"), BoxKind.PLATE: _("Eutectic plate")}
MOVES = {Move.PUT: _("It stands at"), Move.LENT: _("Lent to"), Move.LOST: _("Nobody knows where it is")}


@dataclass(frozen=True)
class Noun:
    """`labels`: of the fields of its form, for the summary of errors. `empty`: what a new form starts with."""

    name: str
    register: Register[Any]
    title: str
    lead: str
    add: str
    none: str
    taken: str
    taken_at: str
    read: fields.Reader
    typed: Callable[[Any, str], dict[str, Any]]
    labels: dict[str, str]
    empty: dict[str, Any]


_PLACE = {"name": _("Name"), "kind": _("Kind")}
_ROOMS = {
    f"room-{at}-{name}": label
    for at in range(1, fields.MOST_ROOMS + 1)
    for name, label in (
        ("name", _("Name")),
        ("volume", _("Volume")),
        ("payload", _("Payload")),
        ("coldest", _("Coldest")),
        ("warmest", _("Warmest")),
    )
}
_HOURS = {f"hours-{weekday}": _("Hours") for weekday in fields.WEEKDAYS}

NOUNS = {
    noun.name: noun
    for noun in (
        Noun(
            name="sites",
            register=SITES,
            title=_("Places"),
            lead=_("Farms, docks, pickup points, and where carriers start."),
            add=_("Add a place"),
            none=_("No place yet"),
            taken=_("This producer’s farm, or this group’s pickup point, is in the network already."),
            taken_at="kind",
            read=fields.read_site,
            typed=fields.typed_site,
            labels=_PLACE
            | {
                "producer_id": _("Producer"),
                "group_id": _("Group"),
                "address": _("Address"),
                "latitude": _("Latitude"),
                "longitude": _("Longitude"),
                "handling": _("Minutes of each stop"),
                "floor": _("Floor without cold"),
                "access": _("Access"),
                "key": _("Key"),
                "contact": _("Contact"),
                "phone": _("Telephone"),
            }
            | _HOURS
            | _ROOMS,
            empty={"kind": SiteKind.FARM, "handling": HANDLING},
        ),
        Noun(
            name="vehicles",
            register=VEHICLES,
            title=_("Vehicles"),
            lead=_("What goods travel in, compartment by compartment."),
            add=_("Add a vehicle"),
            none=_("No vehicle yet"),
            taken=_("Another vehicle in use has this number plate."),
            taken_at="plate",
            read=fields.read_vehicle,
            typed=fields.typed_vehicle,
            labels=_PLACE
            | {
                "plate": _("Number plate"),
                "payload": _("Payload"),
                "certificate": _("ATP certificate"),
                "certified_until": _("Certified until"),
                "cents_per_km": _("Cost per kilometre"),
                "co2": _("CO2 per kilometre"),
            }
            | _ROOMS,
            empty={},
        ),
        Noun(
            name="carriers",
            register=CARRIERS,
            title=_("Carriers"),
            lead=_("Who drives: employees, volunteers, and producers on their way home."),
            add=_("Add a carrier"),
            none=_("No carrier yet"),
            taken="",
            taken_at="name",
            read=fields.read_carrier,
            typed=fields.typed_carrier,
            labels=_PLACE
            | {
                "producer_id": _("Producer"),
                "phone": _("Telephone"),
                "email": _("E-mail address"),
                "language": _("Language of mails"),
                "starts_at": _("Starts at"),
                "ends_at": _("Ends at"),
                "at_most_driving": _("At most at the wheel"),
                "vehicles": _("Vehicles"),
                "drivers": _("People who drive"),
                "cents_per_hour": _("Cost per hour"),
            }
            | {f"stop-{at}": _("Fixed round") for at in range(1, fields.STOPS + 1)}
            | _HOURS,
            empty={"kind": CarrierKind.VOLUNTEER},
        ),
        Noun(
            name="boxes",
            register=BOXES,
            title=_("Boxes and plates"),
            lead=_("Each is an object with a number: the register says where it is, and was."),
            add=_("Add a box or a plate"),
            none=_("No box yet"),
            taken=_("Another box or plate in use has this number."),
            taken_at="number",
            read=fields.read_box,
            typed=fields.typed_box,
            labels={
                "kind": _("Kind"),
                "number": _("Number"),
                "volume": _("Volume"),
                "coldest": _("Coldest"),
                "warmest": _("Warmest"),
                "note": _("Note"),
                "stands_at": _("Stands at"),
            }
            | {f"hold-{at}-outside": _("Outside") for at in range(1, fields.HOLDS + 1)}
            | {f"hold-{at}-minutes": _("Minutes") for at in range(1, fields.HOLDS + 1)},
            empty={"kind": BoxKind.BOX},
        ),
    )
}
