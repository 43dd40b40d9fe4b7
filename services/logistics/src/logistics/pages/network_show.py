"""What pages say of the things of the network, in the words of who reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from fastapi import Request
from markupsafe import Markup

from chassis.database import Reader
from chassis.service import Service
from coldchain.day import CarrierKind
from logistics.cycle import newest_cycles
from logistics.network.box import BoxKind, BoxSheet, Move, Moved
from logistics.network.carrier import CarrierSheet
from logistics.network.driver import drivers_by_id
from logistics.network.hours import Span
from logistics.network.hours import typed as typed_hours
from logistics.network.kept import Kept, names_of
from logistics.network.known import CYCLES
from logistics.network.site import SITES, RoomSheet, SiteSheet
from logistics.network.vehicle import CERTIFICATES, VEHICLES, VehicleSheet
from logistics.pages.network_nouns import BOX_KINDS, CARRIER_KINDS, MOVES, SITE_KINDS, URL, Noun
from logistics.producer import producers_in_use
from ui import Pages
from ui.decimals import typed as number
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.pages import reading
from ui.words import NO_BREAK, Words

__all__ = ["CERTIFICATES", "KINDS", "MOVES", "Eyes", "litres", "names_for"]

KINDS: dict[str, Mapping[Any, str]] = {"sites": SITE_KINDS, "carriers": CARRIER_KINDS, "boxes": BOX_KINDS}
Facts = list[tuple[str, str]]


async def names_for(reader: Reader) -> dict[str, str]:
    """Names of sites, vehicles, producers, groups and drivers by id: those that are retired too, for a sheet may name
    them."""
    found = await drivers_by_id(reader)
    for cycle in reversed(await newest_cycles(reader, CYCLES)):
        found |= {pickup.group_id: pickup.group_name for pickup in cycle.pickups}
    found |= {row["id"]: row["name"] for row in await producers_in_use(reader)}
    for retired in (True, False):
        found |= names_of(await SITES.all(reader, retired=retired))
        found |= names_of(await VEHICLES.all(reader, retired=retired))
    return found


def litres(millilitres: int, language: str) -> str:
    return f"{number(-(-millilitres // 100), 1, language)}{NO_BREAK}L"


def kilos(grams: int, language: str) -> str:
    return f"{number(grams, 3, language)}{NO_BREAK}kg"


def degrees(tenths: int, language: str) -> str:
    return f"{number(tenths, 1, language)}{NO_BREAK}°C".replace("-", "−")


@dataclass(frozen=True)
class Eyes:
    """Of who reads. `coordinates`: sees costs too."""

    translate: Translate
    words: Words
    names: Mapping[str, str]
    today: date
    coordinates: bool

    @classmethod
    def of(cls, request: Request, names: Mapping[str, str], *, coordinates: bool) -> Self:
        eyes = reading(request)
        now = Service.of(request).clock.now()
        today = now.astimezone(Pages.of(request).zone).date()
        return cls(eyes.translate, eyes.words, names, today, coordinates)

    def table(
        self, noun: Noun, things: Sequence[Kept[Any]], where: Mapping[str, Moved], numbers: Mapping[str, int]
    ) -> tuple[list[str], list[list[Any]]]:
        """Headings and rows of the list of a noun. `where`: of boxes; `numbers`: of sites on the map."""
        t = self.translate
        headings = {
            "sites": [_("Name"), _("Kind"), _("Address"), _("Cold rooms"), _("On the map")],
            "vehicles": [_("Name"), _("Compartments"), _("Payload"), _("ATP certificate")],
            "carriers": [_("Name"), _("Kind"), _("Starts at"), _("Vehicles"), _("Fixed round")],
            "boxes": [_("Number"), _("Kind"), _("Volume"), _("Keeps between"), _("Where it is")],
        }[noun.name]
        rows = [[self._link(noun, one), *self._cells(one, where, numbers)] for one in things]
        return [t(heading) for heading in headings], rows

    def _link(self, noun: Noun, one: Kept[Any]) -> Markup:
        return Markup('<a href="{}">{}</a>').format(f"{URL}/{noun.name}/{one.id}", one.sheet.name)

    def _cells(self, one: Kept[Any], where: Mapping[str, Moved], numbers: Mapping[str, int]) -> list[str]:
        t, sheet = self.translate, one.sheet
        if isinstance(sheet, SiteSheet):
            cold = sum(room.volume for room in sheet.rooms if room.coldest is not None)
            placed = str(numbers.get(one.id, "–")) if sheet.placed else t(_("no coordinates"))
            return [t(SITE_KINDS[sheet.kind]), sheet.address, self._litres(cold) if cold else "–", placed]
        if isinstance(sheet, VehicleSheet):
            rooms = self.words.listing([self._room(room) for room in sheet.rooms])
            return [rooms, kilos(sheet.payload, self.words.language), self._certificate(sheet)]
        if isinstance(sheet, CarrierSheet):
            vehicles = self.words.listing([self._name(vehicle) for vehicle in sheet.vehicle_ids]) or "–"
            stops = t.plural("%(num)s stop", "%(num)s stops", len(sheet.round)) % {"num": len(sheet.round)}
            return [t(CARRIER_KINDS[sheet.kind]), self._name(sheet.starts_at), vehicles, stops if sheet.round else "–"]
        moved = where.get(one.id)
        between = f"{self._degrees(sheet.coldest)} – {self._degrees(sheet.warmest)}"
        return [t(BOX_KINDS[sheet.kind]), self._litres(sheet.volume), between, self.moved(moved) if moved else "–"]

    def facts(self, sheet: Any) -> Facts:
        """What the page of one thing tells, with what was said of it only."""
        t = self.translate
        if isinstance(sheet, SiteSheet):
            pairs = self._facts_of_site(sheet)
        elif isinstance(sheet, VehicleSheet):
            pairs = [
                (_("Number plate"), sheet.plate),
                (_("Payload"), kilos(sheet.payload, self.words.language)),
                (_("ATP certificate"), self._certificate(sheet)),
            ]
            if self.coordinates:
                pairs.append((_("Cost per kilometre"), self.words.money(sheet.cents_per_km)))
                pairs.append((_("CO2 per kilometre"), f"{sheet.co2_grams_per_km}{NO_BREAK}g"))
        elif isinstance(sheet, CarrierSheet):
            most = timedelta(minutes=sheet.at_most_driving or 0)
            pairs = [
                (_("Kind"), t(CARRIER_KINDS[sheet.kind])),
                (_("Producer"), self._name(sheet.producer_id)),
                (_("Telephone"), sheet.phone),
                (_("E-mail address"), sheet.email),
                (_("Starts at"), self._name(sheet.starts_at)),
                (_("Ends at"), self._name(sheet.ends_at)),
                (_("At most at the wheel"), self.words.span(most) if most else ""),
                (_("Vehicles"), self.words.listing([self._name(vehicle) for vehicle in sheet.vehicle_ids])),
                (_("People who drive"), self._drivers(sheet)),
            ]
            if self.coordinates:
                pairs.append((_("Cost per hour"), self.words.money(sheet.cents_per_hour)))
        else:
            pairs = self._facts_of_box(sheet)
        return [(t(term), value) for term, value in pairs if value]

    def _drivers(self, sheet: CarrierSheet) -> str:
        """Who still drives for the hub."""
        return self.words.listing([self.names[one] for one in sheet.driver_ids if one in self.names])

    def _facts_of_site(self, sheet: SiteSheet) -> Facts:
        t = self.translate
        where = ""
        if sheet.latitude is not None and sheet.longitude is not None:
            degrees = (
                number(round(each * 10**6), 6, self.words.language) for each in (sheet.latitude, sheet.longitude)
            )
            where = " ; ".join(degrees)
        return [
            (_("Kind"), t(SITE_KINDS[sheet.kind])),
            (_("Producer"), self._name(sheet.producer_id)),
            (_("Group"), self._name(sheet.group_id)),
            (_("Address"), sheet.address),
            (_("Latitude and longitude"), where),
            (_("Access"), sheet.access),
            (_("Key"), sheet.key),
            (_("Power for a fridge"), t(_("yes")) if sheet.power else ""),
            (_("Contact"), sheet.contact),
            (_("Telephone"), sheet.phone),
            (_("Minutes of each stop"), str(sheet.handling)),
            (_("Floor without cold"), "" if sheet.floor is None else self._litres(sheet.floor)),
            (_("Brings its goods itself"), t(_("yes")) if sheet.self_delivers else ""),
            (_("Stores organic goods in bulk"), t(_("yes")) if sheet.certified_organic else ""),
        ]

    def _facts_of_box(self, sheet: BoxSheet) -> Facts:
        t = self.translate
        holds = [
            t(_("%(time)s while it is %(outside)s outside"))
            % {"time": self.words.span(timedelta(minutes=hold.minutes)), "outside": self._degrees(hold.outside)}
            for hold in sheet.holds
        ]
        return [
            (_("Kind"), t(BOX_KINDS[sheet.kind])),
            (_("Volume"), self._litres(sheet.volume)),
            (
                _("Keeps between") if sheet.kind is BoxKind.BOX else _("Melts between"),
                f"{self._degrees(sheet.coldest)} – {self._degrees(sheet.warmest)}",
            ),
            (_("Keeps the cold"), " · ".join(holds)),
            (_("Own ATP certificate"), t(_("yes")) if sheet.certified else ""),
            (_("Note"), sheet.note),
        ]

    def told(self, sheet: Any) -> list[str]:
        """What is to be mended, or not to be forgotten."""
        t = self.translate
        found = []
        if isinstance(sheet, SiteSheet) and not sheet.placed:
            found.append(t(_("It has no coordinates: no round can come here until somebody types them.")))
        if isinstance(sheet, VehicleSheet) and sheet.expired(self.today):
            found.append(t(_("Its certificate has expired: it counts as a vehicle without one.")))
        if isinstance(sheet, CarrierSheet) and not sheet.vehicle_ids:
            found.append(t(_("This carrier has no vehicle: nothing can be planned with it.")))
        if isinstance(sheet, CarrierSheet) and sheet.kind is CarrierKind.PRODUCER and not sheet.producer_id:
            found.append(t(_("Say which producer drives.")))
        return found

    def rooms(self, rooms: Iterable[RoomSheet]) -> list[list[str]]:
        plain = self.translate(_("not cooled"))
        return [
            [
                room.name or str(room.number),
                self._litres(room.volume),
                "–" if room.payload is None else kilos(room.payload, self.words.language),
                f"{self._degrees(room.coldest)} – {self._degrees(room.warmest)}"
                if room.coldest is not None and room.warmest is not None
                else plain,
            ]
            for room in rooms
        ]

    def hours(self, week: Sequence[Span]) -> Facts:
        """By weekday; empty where no hours are said."""
        closed = self.translate(_("closed"))
        days = range(7) if week else ()
        return [(self.words.weekday_name(day), typed_hours(week, day) or closed) for day in days]

    def round(self, site_ids: Iterable[str]) -> list[str]:
        return [self._name(site_id) for site_id in site_ids]

    def moved(self, move: Moved) -> str:
        said = self.translate(MOVES[move.move])
        if move.move is Move.LOST:
            return said
        return f"{said} {self._name(move.site_id or '') if move.move is Move.PUT else move.lent_to}"

    def _certificate(self, sheet: VehicleSheet) -> str:
        if not sheet.certificate or sheet.certified_until is None:
            return "–"
        sentence = _("%(mark)s, expired on %(day)s") if sheet.expired(self.today) else _("%(mark)s until %(day)s")
        return self.translate(sentence) % {"mark": sheet.certificate, "day": self.words.day(sheet.certified_until)}

    def _room(self, room: RoomSheet) -> str:
        return f"{room.name or room.number} ({self._litres(room.volume)})"

    def _name(self, wanted: str) -> str:
        return self.names.get(wanted, wanted)

    def _litres(self, millilitres: int) -> str:
        return litres(millilitres, self.words.language)

    def _degrees(self, tenths: int) -> str:
        return degrees(tenths, self.words.language)
