"""From a published day to the sheets that people read, in their language and in the hub's time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import quote

from coldchain.day import Box, Consignment, Line, Room, Site
from coldchain.temperature import carried_at, temperature_class
from logistics.handover import code
from logistics.network.carrier import CarrierSheet
from logistics.network.site import SiteSheet
from logistics.network.vehicle import VehicleSheet
from logistics.pages.network_nouns import SITE_KINDS
from logistics.pages.network_show import degrees, kilos, litres
from logistics.papers.dock import Arrival, Bound, Departure, DockPlan, bound_for
from logistics.papers.goods import Goods
from logistics.papers.packing import Fetching, Packing
from logistics.papers.route import Halt, PutDown, Route, Taken, Way
from logistics.papers.sheets import (
    ClassPart,
    Contact,
    DockSheet,
    FetchSheet,
    HaltSheet,
    Item,
    MoveSheet,
    PackingSheet,
    PieceSheet,
    RoomSheet,
    RouteSheet,
    VillageSheet,
    WaySheet,
)
from ui.i18n import Translate, translator
from ui.i18n import marked as _
from ui.words import NO_BREAK, Words

MARK = 6
"""Letters of a code that are printed beside it."""


def mark_of(text: str) -> str:
    """`C7KQ-2M`: for eyes that compare a label with a list."""
    short = text[:MARK].upper()
    return f"{short[:4]}-{short[4:]}"


def dialled(phone: str) -> str:
    """`+33468000000` of `+33 4 68 00 00 00`; empty where it is no number one can dial."""
    bare = re.sub(r"[\s.\-()/]", "", phone)
    return bare if re.fullmatch(r"\+?[0-9]{3,15}", bare) else ""


@dataclass(frozen=True)
class Known:
    """What the network says of those who are in the plan, by id: phones change, plans do not. `producers`: phones."""

    sites: Mapping[str, SiteSheet]
    carriers: Mapping[str, CarrierSheet]
    vehicles: Mapping[str, VehicleSheet]
    producers: Mapping[str, str]


class PaperWords:
    """Says what is on the papers."""

    def __init__(self, goods: Goods, known: Known, words: Words, t: Translate, on: datetime) -> None:
        """`on`: an instant of the day of deliveries, by which others are told apart."""
        self.goods = goods
        self.known = known
        self.words = words
        self.t = t
        self.day = on.astimezone(words.zone).date()

    # --- places, hours, temperatures ---

    def at(self, value: datetime) -> str:
        """`8 h 23`; with its day where that is another one."""
        local = value.astimezone(self.words.zone)
        return self.words.clock_time(value) if local.date() == self.day else self.words.short_moment(value)

    def hours(self, begins: datetime, ends: datetime) -> str:
        return self.at(begins) if self.at(begins) == self.at(ends) else f"{self.at(begins)} – {self.at(ends)}"

    def km(self, metres: int) -> str:
        """In whole kilometres, rounded up: nobody reckons fuel by the metre."""
        return f"{self.words.number(-(-metres // 1000))}{NO_BREAK}km" if metres else ""

    def room(self, room: Room | None) -> str:
        """One without a name has the number its place or vehicle gives it."""
        if room is None:
            return self.t(_("on the floor"))
        return room.name or self.t(_("Room %(number)s")) % {"number": room.id.rpartition(":")[2]}

    def setting(self, room: Room, set_to: int | None) -> RoomSheet:
        said = degrees(set_to, self.words.language) if set_to is not None else self.t(_("not cooled"))
        if set_to is None and room.cooled:
            said = self.t(_("switched off"))
        return RoomSheet(self.room(room), said)

    def contact(self, site: Site) -> Contact:
        sheet = self.known.sites.get(site.id)
        phone = (sheet.phone or self.known.producers.get(sheet.producer_id, "")) if sheet else ""
        return Contact(
            name=sheet.contact if sheet else "",
            phone=phone,
            dial=dialled(phone),
            address=sheet.address if sheet else "",
            access=sheet.access if sheet else "",
            key=sheet.key if sheet else "",
            map=f"geo:{site.latitude:.5f},{site.longitude:.5f}",
        )

    def _phone(self, carrier_id: str) -> str:
        sheet = self.known.carriers.get(carrier_id)
        return sheet.phone if sheet else ""

    # --- goods ---

    def item(self, line: Line, thousandths: int | None = None) -> Item:
        """`thousandths`: of a share of the line; None: all of it."""
        origin, quantity = self.goods.origins.get(line.id), line.quantity if thousandths is None else thousandths
        if origin is None:
            return Item(str(self.words.number(quantity // 1000)), line.name)
        return Item(self.words.quantity(quantity, origin.article.unit), self.words.goods_name(origin.article))

    def limits(self, line: Line) -> str:
        """`de 0 °C à 4 °C`, with what the packer's label says."""
        band, language = carried_at(line.temperature_class, line.label_max), self.words.language
        if band.lowest is not None and band.highest is not None:
            said = {"lowest": degrees(band.lowest, language), "highest": degrees(band.highest, language)}
            return self.t("%(lowest)s to %(highest)s") % said
        if band.highest is not None:
            return self.t("%(degrees)s at most") % {"degrees": degrees(band.highest, language)}
        return self.t("%(degrees)s at least") % {"degrees": degrees(band.lowest, language)} if band.lowest else ""

    def classes(self, lines: Iterable[tuple[Line, int]]) -> tuple[ClassPart, ...]:
        """`lines` with the share of each; the coldest first."""
        parted = sorted(lines, key=lambda pair: (self._rank(pair[0]), self.item(pair[0]).name))
        return tuple(
            ClassPart(name, limits, tuple(self.item(line, share) for line, share in part))
            for (_rank, name, limits), part in groupby(parted, key=lambda pair: self._rank(pair[0]))
        )

    def _rank(self, line: Line) -> tuple[int, str, str]:
        kind = temperature_class(line.temperature_class)
        return kind.rank, self.words.in_language(kind.name), self.limits(line)

    def piece(
        self,
        goods: Consignment,
        origin: Site,
        goal: Site,
        *,
        room: str = "",
        boxes: str = "",
        stands: str = "",
        to: str = "",
    ) -> PieceSheet:
        language = self.words.language
        return PieceSheet(
            producer=self.goods.producer(goods) or origin.name,
            origin=origin.name,
            goal=goal.name,
            group=self.goods.group(goods),
            mark=mark_of(code.of_consignment(self.day, goods.id)),
            room=room,
            boxes=boxes,
            stands=stands,
            next=to,
            size=f"{litres(goods.volume, language)} · {kilos(goods.weight, language)}",
            classes=self.classes((line, line.quantity) for line in goods.lines),
        )

    def boxes(self, boxes: Iterable[Box], *, filled: bool = False, unpacked: bool = False) -> str:
        names = [box.name or box.id for box in boxes]
        if not names:
            return ""
        sentence = _("In box %(boxes)s, that stays closed") if not filled else _("Fill box %(boxes)s now")
        if unpacked:
            sentence = _("Take out of box %(boxes)s")
        return self.t(sentence) % {"boxes": self.words.listing(names)}

    def taken(self, one: Taken, stands: str = "") -> PieceSheet:
        boxes = self.boxes(one.boxes, filled=one.filled)
        return self.piece(
            one.consignment,
            one.origin,
            one.goal,
            room=self.room(one.room),
            boxes=boxes,
            stands=stands,
            to=one.off_at.name,
        )

    def put_down(self, one: PutDown) -> PieceSheet:
        return self.piece(
            one.consignment,
            one.origin,
            one.goal,
            room=self.room(one.room),
            boxes=self.boxes(one.boxes, unpacked=one.unpacked),
            stands=self.room(one.stands_in),
        )

    # --- the sheets ---

    def route(self, one: Route, maps: Mapping[str, str]) -> RouteSheet:
        """`maps`: drawings by id of the round."""
        phone = self._phone(one.carrier.id)
        return RouteSheet(
            carrier=one.carrier.name,
            phone=phone,
            dial=dialled(phone),
            hours=self.hours(one.starts_at, one.ends_at),
            km=self.km(one.metres),
            ways=tuple(self._way(way, maps.get(way.id, "")) for way in one.ways),
        )

    def _way(self, way: Way, drawing: str) -> WaySheet:
        sheet = self.known.vehicles.get(way.vehicle.id)
        return WaySheet(
            vehicle=way.vehicle.name,
            plate=sheet.plate if sheet else "",
            hours=self.hours(way.halts[0].arrives_at, way.halts[-1].departs_at),
            km=self.km(way.metres),
            rooms=tuple(self.setting(room, set_to) for room, set_to in way.rooms),
            halts=tuple(self._halt(number, halt) for number, halt in enumerate(way.halts, start=1)),
            map=drawing,
        )

    def _halt(self, number: int, halt: Halt) -> HaltSheet:
        site, collected = halt.site, halt.site.handover
        return HaltSheet(
            number=number,
            site=quote(site.id, safe=""),
            place=site.name,
            kind=self.t(SITE_KINDS[site.kind]),
            at=self.at(halt.arrives_at),
            hours=self.hours(halt.arrives_at, halt.departs_at),
            km=self.km(halt.metres),
            handover=self.hours(collected.opens_at, collected.closes_at) if collected else "",
            contact=self.contact(site),
            off=tuple(self.put_down(one) for one in halt.off),
            on=tuple(self.taken(one) for one in halt.on),
        )

    def dock(self, one: DockPlan) -> DockSheet:
        return DockSheet(
            place=one.site.name,
            contact=self.contact(one.site),
            rooms=tuple(self.setting(room, set_to) for room, set_to in one.settings),
            villages=tuple(self._village(each) for each in bound_for(one)),
            arrivals=tuple(
                self._move(each.at, each.at, each, [self.put_down(piece) for piece in each.off])
                for each in one.arrivals
            ),
            departures=tuple(
                self._move(each.from_, each.at, each, [self._fetched(each, piece) for piece in each.on])
                for each in one.departures
            ),
        )

    def _village(self, one: Bound) -> VillageSheet:
        language, goods = self.words.language, [each.consignment for each in one.on]
        boxes = {box.id: box.name or box.id for each in one.on for box in each.boxes}
        volume, weight = sum(each.volume for each in goods), sum(each.weight for each in goods)
        return VillageSheet(
            place=one.goal.name,
            carrier=one.departure.carrier.name,
            at=self.at(one.departure.at),
            consignments=self.words.number(len(goods)),
            boxes=self.words.listing(list(boxes.values())) or "–",
            size=f"{litres(volume, language)} · {kilos(weight, language)}",
        )

    def _fetched(self, departure: Departure, piece: Taken) -> PieceSheet:
        known = piece.consignment.id in departure.stands_in
        return self.taken(piece, self.room(departure.stands_in[piece.consignment.id]) if known else "")

    def _move(self, at: datetime, until: datetime, one: Arrival | Departure, pieces: list[PieceSheet]) -> MoveSheet:
        phone = self._phone(one.carrier.id)
        return MoveSheet(
            self.at(at), self.at(until), one.carrier.name, dialled(phone), phone, one.vehicle.name, tuple(pieces)
        )

    def packing(self, one: Packing, sites: Mapping[str, Site]) -> PackingSheet:
        every, language = one.consignments, self.words.language
        volume, weight = sum(each.volume for each in every), sum(each.weight for each in every)
        return PackingSheet(
            producer_id=one.producer_id,
            producer=next((name for each in every if (name := self.goods.producer(each))), one.producer_id),
            sums=f"{litres(volume, language)} · {kilos(weight, language)}",
            fetchings=tuple(self._fetching(each) for each in one.fetchings),
            left=tuple(
                self.piece(
                    goods,
                    sites[goods.from_site],
                    sites[goods.to_site],
                    stands=translator("coldchain", self.words.language)(why.why),
                )
                for goods, why in one.left
            ),
        )

    def _fetching(self, one: Fetching) -> FetchSheet:
        phone = "" if one.by_producer else self._phone(one.carrier.id)
        said = {"carrier": one.carrier.name, "place": one.site.name}
        if one.by_producer:
            sentence = _("Brought by the producer: loads at %(place)s, is at %(goal)s at %(time)s")
            said |= {"goal": one.brings_to.name, "time": self.at(one.there_at)}
        else:
            sentence = _("%(carrier)s fetches it at %(place)s")
        return FetchSheet(
            self.at(one.at), self.t(sentence) % said, phone, dialled(phone), tuple(self.taken(each) for each in one.on)
        )
