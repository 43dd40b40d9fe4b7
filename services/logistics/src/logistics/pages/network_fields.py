"""What a person typed of a site, a vehicle, a carrier or a box: read into its sheet, and shown again."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from coldchain.day import CarrierKind, Hold, SiteKind
from coldchain.part import Id
from logistics.network.box import BoxKind, BoxSheet
from logistics.network.carrier import CarrierSheet
from logistics.network.hours import NotHours, Reversed, Span, Week, spans, typed
from logistics.network.site import HANDLING, RoomSheet, SiteSheet
from logistics.network.vehicle import CERTIFICATES, VehicleSheet
from ui.decimals import typed as number
from ui.decimals import typed_money
from ui.forms import Form, Translate
from ui.i18n import LANGUAGES
from ui.i18n import marked as _

COLDEST, WARMEST = Decimal(-60), Decimal(100)
LEAST_LITRES, MOST_LITRES = Decimal("0.1"), Decimal(100_000)
MOST_KILOS = 44_000
MOST_ROOMS = 12
HOLDS = 4
STOPS = 30
"""Of a fixed round."""
WEEKDAYS = range(7)

_ROOM = re.compile(r"room-([1-9][0-9]?)-(name|volume|payload|coldest|warmest)")

COLDER_THAN = _("The coldest is warmer than the warmest: type the lower one first.")
BOTH = _("Type both temperatures, or neither: without them nothing cools it.")


@dataclass(frozen=True)
class Choices:
    """What can be chosen in a form, by id."""

    producers: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    pickups: Mapping[str, str] = field(default_factory=dict)
    vehicles: Mapping[str, str] = field(default_factory=dict)
    drivers: Mapping[str, str] = field(default_factory=dict)


Reader = Callable[[Form, Choices, Translate], Any]
"""The sheet, or None with the errors in the form."""


def read_site(form: Form, choices: Choices, t: Translate) -> SiteSheet | None:
    kind = form.choice("kind", SiteKind)
    latitude = form.decimal("latitude", places=6, minimum=Decimal(-90), maximum=Decimal(90))
    longitude = form.decimal("longitude", places=6, minimum=Decimal(-180), maximum=Decimal(180))
    if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & form.errors.keys():
        form.error("longitude" if longitude is None else "latitude", t(_("Type both coordinates, or neither.")))
    if latitude == longitude == 0:
        form.error("latitude", t(_("There is only sea at 0, 0: type where the place is.")))
    producer_id = form.choice("producer_id", choices.producers, required=kind == SiteKind.FARM)
    group_id = form.choice("group_id", choices.groups, required=False)
    handling = form.integer("handling", minimum=0, maximum=240)
    fields: dict[str, Any] = {
        "name": form.text("name", required=True, max_length=120),
        "producer_id": producer_id if kind == SiteKind.FARM else "",
        "group_id": group_id if kind == SiteKind.PICKUP else "",
        "address": form.text("address"),
        "latitude": None if latitude is None else float(latitude),
        "longitude": None if longitude is None else float(longitude),
        "hours": _hours(form, t),
        "handling": HANDLING if handling is None else handling,
        "floor": _litres(form, "floor", least=Decimal(0)),
        "rooms": _rooms(form, t),
        "certified_organic": form.boolean("certified_organic"),
        "power": form.boolean("power"),
        "self_delivers": kind == SiteKind.FARM and form.boolean("self_delivers"),
        "access": form.lines("access", max_length=1000),
        "key": form.text("key"),
        "contact": form.text("contact", max_length=120),
        "phone": form.text("phone", max_length=40),
    }
    return SiteSheet(kind=SiteKind(kind), **fields) if form.ok else None


def typed_site(sheet: SiteSheet, language: str) -> dict[str, Any]:
    values: dict[str, Any] = sheet.model_dump(
        include={"name", "producer_id", "group_id", "address", "handling", "access", "key", "contact", "phone"}
    )
    for name in ("latitude", "longitude"):
        degrees = getattr(sheet, name)
        values[name] = "" if degrees is None else number(round(degrees * 10**6), 6, language)
    values |= {"kind": sheet.kind, "floor": _typed_litres(sheet.floor, language)}
    values |= {name: "on" if getattr(sheet, name) else "" for name in ("certified_organic", "power", "self_delivers")}
    return values | _typed_rooms(sheet.rooms, language) | _typed_hours(sheet.hours)


def read_vehicle(form: Form, choices: Choices, t: Translate) -> VehicleSheet | None:
    payload = form.integer("payload", required=True, minimum=1, maximum=MOST_KILOS)
    certificate = form.choice("certificate", CERTIFICATES, required=False)
    until = form.date("certified_until", required=bool(certificate))
    rooms = _rooms(form, t)
    if not rooms:
        form.error("room-1-volume", t(_("A vehicle has at least one compartment: type its volume.")))
    name, plate = form.text("name", required=True, max_length=120), form.text("plate", max_length=20)
    cents, co2 = form.cents("cents_per_km", maximum=10_000), form.integer("co2", minimum=0, maximum=5_000)
    if not form.ok or payload is None:
        return None
    return VehicleSheet(
        name=name,
        plate=plate,
        rooms=rooms,
        payload=payload * 1000,
        certificate=certificate,
        certified_until=until if certificate else None,
        cents_per_km=cents or 0,
        co2_grams_per_km=co2 or 0,
    )


def typed_vehicle(sheet: VehicleSheet, language: str) -> dict[str, Any]:
    values: dict[str, Any] = sheet.model_dump(include={"name", "plate", "certificate"})
    values |= {"payload": sheet.payload // 1000, "co2": sheet.co2_grams_per_km or ""}
    values["certified_until"] = sheet.certified_until.isoformat() if sheet.certified_until else ""
    values["cents_per_km"] = typed_money(sheet.cents_per_km, language) if sheet.cents_per_km else ""
    return values | _typed_rooms(sheet.rooms, language)


def read_carrier(form: Form, choices: Choices, t: Translate) -> CarrierSheet | None:
    kind = form.choice("kind", CarrierKind)
    producer_id = form.choice("producer_id", choices.producers, required=kind == CarrierKind.PRODUCER)
    starts = form.choice("starts_at", choices.sites)
    ends = form.choice("ends_at", choices.sites, required=False)
    vehicles = form.choices("vehicles", choices.vehicles)
    village_list = _stops(form, choices.pickups, t)
    fields: dict[str, Any] = {
        "name": form.text("name", required=True, max_length=120),
        "producer_id": producer_id if kind == CarrierKind.PRODUCER else "",
        "phone": form.text("phone", max_length=40),
        "email": form.email("email"),
        "language": form.choice("language", LANGUAGES, required=False) or "fr",
        "hours": _hours(form, t),
        "at_most_driving": form.integer("at_most_driving", minimum=1, maximum=24 * 60),
        "vehicle_ids": tuple(vehicles),
        "driver_ids": tuple(form.choices("drivers", choices.drivers)),
        "cents_per_hour": form.cents("cents_per_hour", maximum=100_000) or 0,
        "round": village_list,
    }
    if not form.ok:
        return None
    return CarrierSheet(kind=CarrierKind(kind), starts_at=starts, ends_at=ends or starts, **fields)


def typed_carrier(sheet: CarrierSheet, language: str) -> dict[str, Any]:
    values: dict[str, Any] = sheet.model_dump(
        include={"name", "producer_id", "phone", "email", "language", "starts_at", "ends_at"}
    )
    values |= {"kind": sheet.kind, "at_most_driving": sheet.at_most_driving or ""}
    values["cents_per_hour"] = typed_money(sheet.cents_per_hour, language) if sheet.cents_per_hour else ""
    values |= {f"stop-{at}": site_id for at, site_id in enumerate(sheet.round, start=1)}
    return values | _typed_hours(sheet.hours)


def read_box(form: Form, choices: Choices, t: Translate) -> BoxSheet | None:
    kind = form.choice("kind", BoxKind)
    name, volume = form.text("number", required=True, max_length=40), _litres(form, "volume", required=True)
    coldest, warmest = _temperatures(form, "coldest", "warmest", t, required=True)
    holds = _holds(form, t) if kind == BoxKind.BOX else ()
    certified, note = form.boolean("certified"), form.text("note")
    if not form.ok or volume is None or coldest is None or warmest is None:
        return None
    fields: dict[str, Any] = {"volume": volume, "coldest": coldest, "warmest": warmest, "holds": holds}
    return BoxSheet(kind=BoxKind(kind), number=name, certified=certified, note=note, **fields)


def typed_box(sheet: BoxSheet, language: str) -> dict[str, Any]:
    values: dict[str, Any] = {"kind": sheet.kind, "number": sheet.number, "note": sheet.note}
    values |= {"volume": _typed_litres(sheet.volume, language), "certified": "on" if sheet.certified else ""}
    values |= {name: number(getattr(sheet, name), 1, language) for name in ("coldest", "warmest")}
    for at, hold in enumerate(sheet.holds, start=1):
        values |= {f"hold-{at}-outside": number(hold.outside, 1, language), f"hold-{at}-minutes": hold.minutes}
    return values


def room_numbers(form: Form) -> list[int]:
    """Of the rows a form shows: those filled, and two more."""
    filled = {int(match[1]) for name, value in form.values.items() if value and (match := _ROOM.fullmatch(name))}
    free = [at for at in range(1, MOST_ROOMS + 1) if at not in filled]
    return sorted(filled | set(free[:2]))


def stop_numbers(form: Form) -> list[int]:
    filled = [at for at in range(1, STOPS + 1) if form.value(f"stop-{at}")]
    return list(range(1, min(STOPS, max(filled, default=0) + 3) + 1))


def _rooms(form: Form, t: Translate) -> tuple[RoomSheet, ...]:
    found = []
    for at in room_numbers(form):
        row = f"room-{at}-"
        if not any(form.value(row + name).strip() for name in ("name", "volume", "payload", "coldest", "warmest")):
            continue
        volume = _litres(form, row + "volume", required=True)
        payload = form.integer(row + "payload", minimum=1, maximum=MOST_KILOS)
        coldest, warmest = _temperatures(form, row + "coldest", row + "warmest", t)
        name = form.text(row + "name", max_length=60)
        fields = {"payload": None if payload is None else payload * 1000, "coldest": coldest, "warmest": warmest}
        if volume is not None:
            found.append(RoomSheet(number=at, name=name, volume=volume, **fields))
    return tuple(found)


def _typed_rooms(rooms: Iterable[RoomSheet], language: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for room in rooms:
        row = f"room-{room.number}-"
        values |= {row + "name": room.name, row + "volume": _typed_litres(room.volume, language)}
        values[row + "payload"] = "" if room.payload is None else room.payload // 1000
        for name in ("coldest", "warmest"):
            degrees = getattr(room, name)
            values[row + name] = "" if degrees is None else number(degrees, 1, language)
    return values


def _temperatures(
    form: Form, coldest: str, warmest: str, t: Translate, *, required: bool = False
) -> tuple[int | None, int | None]:
    """In tenths of a degree."""
    low, high = (
        form.decimal(name, places=1, required=required, minimum=COLDEST, maximum=WARMEST) for name in (coldest, warmest)
    )
    if coldest in form.errors or warmest in form.errors:
        return None, None
    if (low is None) != (high is None):
        form.error(coldest if low is None else warmest, t(BOTH))
    if low is None or high is None:
        return None, None
    if low > high:
        form.error(coldest, t(COLDER_THAN))
    return int(low * 10), int(high * 10)


def _holds(form: Form, t: Translate) -> tuple[Hold, ...]:
    found: dict[int, int] = {}
    for at in range(1, HOLDS + 1):
        outside = form.decimal(f"hold-{at}-outside", places=1, minimum=COLDEST, maximum=WARMEST)
        minutes = form.integer(f"hold-{at}-minutes", minimum=1, maximum=7 * 24 * 60)
        if outside is not None and minutes is not None:
            found[int(outside * 10)] = minutes
        elif (outside is None) != (minutes is None) and form.ok:
            form.error(
                f"hold-{at}-outside" if outside is None else f"hold-{at}-minutes",
                t(_("Type how warm it is outside, and for how long the box keeps the cold then.")),
            )
    if not found and form.ok:
        form.error("hold-1-outside", t(_("Type at least once how long the box keeps the cold.")))
    return tuple(Hold(outside=outside, minutes=minutes) for outside, minutes in sorted(found.items()))


def _stops(form: Form, pickups: Mapping[str, str], t: Translate) -> tuple[Id, ...]:
    found: list[Id] = []
    for at in range(1, STOPS + 1):
        chosen = form.choice(f"stop-{at}", pickups, required=False)
        if chosen in found:
            form.error(f"stop-{at}", t(_("This pickup point is on the list already.")))
        elif chosen:
            found.append(chosen)
    return tuple(found)


def _hours(form: Form, t: Translate) -> Week:
    found: list[Span] = []
    for weekday in WEEKDAYS:
        name = f"hours-{weekday}"
        try:
            found += spans(form.text(name, max_length=80), weekday)
        except NotHours:
            form.error(name, t(_("Type hours, for example 08:00-12:00, 14:00-18:00.")))
        except Reversed:
            form.error(name, t(_("These hours end before they begin, or overlap: type them in order.")))
    return tuple(found)


def _typed_hours(week: Week) -> dict[str, str]:
    return {f"hours-{weekday}": typed(week, weekday) for weekday in WEEKDAYS}


def _litres(form: Form, name: str, *, required: bool = False, least: Decimal = LEAST_LITRES) -> int | None:
    """In millilitres."""
    litres = form.decimal(name, places=1, required=required, minimum=least, maximum=MOST_LITRES)
    return None if litres is None else int(litres * 1000)


def _typed_litres(millilitres: int | None, language: str) -> str:
    return "" if millilitres is None else number(millilitres // 100, 1, language)
