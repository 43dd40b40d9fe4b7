"""A plan in the words of who reads: its rounds with their stops and loads, and what it comes to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from coldchain.day import Consignment, Day, Line
from coldchain.plan import Plan, Round, Stop
from coldchain.temperature import temperature_class, temperature_classes
from logistics.pages.network_show import degrees, kilos, litres
from logistics.schedule.sums import Sums
from logistics.solver.costs import RoundCost, costs
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.words import NO_BREAK, Words


@dataclass(frozen=True)
class StopShown:
    """`index` in its round. `up`, `down`: it can change places with the one before, the one after."""

    index: int
    site_id: str
    site: str
    arrives: str
    departs: str
    puts: tuple[str, ...]
    takes: tuple[str, ...]
    up: bool
    down: bool


@dataclass(frozen=True)
class RoundShown:
    """`facts`: hours, kilometres, cost, CO2. `loads`: class, compartment, temperature, volume, weight. `departs`: as a
    form takes it. `brief`: hours, stops, kilometres."""

    id: str
    name: str
    carrier_id: str
    vehicle: str
    brief: str
    departs: str
    facts: list[tuple[str, str]]
    loads: list[list[str]]
    stops: tuple[StopShown, ...]


class PlanWords:
    """Writes one plan for one reader."""

    def __init__(self, day: Day, plan: Plan, words: Words, t: Translate) -> None:
        self.day, self.plan, self.words, self.t = day, plan, words, t
        self.sites = {one.id: one for one in day.sites}
        self.carriers = {one.id: one for one in day.carriers}
        self.vehicles = {one.id: one for one in day.vehicles}
        self.consignments = {one.id: one for one in day.consignments}
        self.boxes = {one.id: one.name or one.id for one in day.boxes}

    # Figures

    def kilometres(self, metres: int) -> str:
        return f"{self.words.number(Decimal(metres // 100) / 10)}{NO_BREAK}km"

    def span(self, seconds: int) -> str:
        minutes = -(-seconds // 60)
        if minutes < 60:
            return f"{minutes}{NO_BREAK}min"
        return f"{minutes // 60}{NO_BREAK}h{NO_BREAK}{minutes % 60:02d}"

    def co2(self, grams: int) -> str:
        return f"{self.words.number(Decimal(grams // 100) / 10)}{NO_BREAK}kg"

    def at(self, moment: datetime) -> str:
        return self.words.clock_time(moment)

    def stats(self, total: Sums, before: Sums | None) -> list[tuple[str, str, str]]:
        """Figure, label, and what the change before it added."""

        def added(value: int, old: int | None, say: str) -> str:
            if old is None or value == old:
                return ""
            return self.t(_("%(sign)s%(figure)s by this change")) % {"sign": "+" if value > old else "−", "figure": say}

        def figure(name: str, label: str, write: object) -> tuple[str, str, str]:
            assert callable(write)
            value = getattr(total, name)
            old = None if before is None else getattr(before, name)
            return write(value), label, added(value, old, write(abs(value - (old or 0))))

        t = self.t
        return [
            figure("metres", t(_("By road")), self.kilometres),
            figure("seconds", t(_("Hours of all rounds")), self.span),
            figure("cents", t(_("Cost")), self.words.money),
            figure("co2_grams", t(_("CO2")), self.co2),
            figure("carried", t(_("Consignments carried")), self.words.number),
        ]

    # Goods

    def goods(self, one: Consignment) -> str:
        return self.words.listing(sorted({line.name for line in one.lines}))

    def named(self, consignment_id: str) -> str:
        """Goods, and from where to where."""
        one = self.consignments[consignment_id]
        return f"{self.goods(one)} ({self.sites[one.from_site].name} → {self.sites[one.to_site].name})"

    def of_many(self, ids: Iterable[str]) -> str:
        return "; ".join(self.named(one) for one in ids)

    # Rounds

    def round_name(self, one: Round) -> str:
        """The carrier, and which of its rounds where there are several."""
        mine = [each.id for each in self.plan.rounds if each.carrier_id == one.carrier_id]
        name = self.carriers[one.carrier_id].name
        return name if len(mine) == 1 else f"{name} {mine.index(one.id) + 1}"

    def rounds(self) -> list[RoundShown]:
        found = {one.round_id: one for one in costs(self.day, self.plan)}
        return [self._round(one, found[one.id]) for one in self.plan.rounds]

    def _round(self, one: Round, cost: RoundCost) -> RoundShown:
        t, starts = self.t, one.stops[0].departs_at
        facts = [
            (t(_("Leaves at")), self.at(starts)),
            (t(_("Ends at")), self.at(one.stops[-1].departs_at)),
            (t(_("By road")), self.kilometres(cost.metres)),
            (t(_("Duration")), self.span(cost.seconds)),
            (t(_("Cost")), self.words.money(cost.cents)),
            (t(_("CO2")), self.co2(cost.co2_grams)),
        ]
        last = len(one.stops) - 1
        return RoundShown(
            id=one.id,
            name=self.round_name(one),
            carrier_id=one.carrier_id,
            vehicle=self.vehicles[one.vehicle_id].name,
            brief=" · ".join((f"{facts[0][1]} – {facts[1][1]}", self._calls(one), facts[2][1])),
            departs=starts.astimezone(self.words.zone).strftime("%H:%M"),
            facts=facts,
            loads=self._loads(one),
            stops=tuple(self._stop(stop, index, last) for index, stop in enumerate(one.stops)),
        )

    def _calls(self, one: Round) -> str:
        calls = sum(bool(stop.loads or stop.unloads) for stop in one.stops)
        return self.t.plural("%(num)s stop", "%(num)s stops", calls) % {"num": calls}

    def _stop(self, stop: Stop, index: int, last: int) -> StopShown:
        return StopShown(
            index=index,
            site_id=stop.site_id,
            site=self.sites[stop.site_id].name,
            arrives=self.at(stop.arrives_at),
            departs=self.at(stop.departs_at),
            puts=tuple(self._ended(self.consignments[one.consignment_id]) for one in stop.unloads),
            takes=tuple(self._begun(self.consignments[one.consignment_id], one.box_ids) for one in stop.loads),
            up=1 < index < last,
            down=0 < index < last - 1,
        )

    def _ended(self, one: Consignment) -> str:
        return f"{self.goods(one)} ({self.sites[one.from_site].name})"

    def _begun(self, one: Consignment, boxes: tuple[str, ...]) -> str:
        told = f"{self.goods(one)} → {self.sites[one.to_site].name}"
        if not boxes:
            return told
        return f"{told} · {self.t(_('in box'))} {self.words.listing([self.boxes[box] for box in boxes])}"

    def _loads(self, one: Round) -> list[list[str]]:
        """By compartment and temperature class, from the coldest: all that is aboard at one time or another."""
        vehicle, language = self.vehicles[one.vehicle_id], self.words.language
        settings = {each.room_id: each.set_to for each in one.settings}
        held: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for load in (load for stop in one.stops for load in stop.loads):
            for line in self.consignments[load.consignment_id].lines:
                held[load.room_id, line.temperature_class].append(line)
        ranks = {code: kind.rank for code, kind in temperature_classes().items()}
        rooms = {room.id: room for room in vehicle.rooms}
        return [
            [
                self.words.in_language(temperature_class(code).name),
                rooms[room_id].name or room_id,
                degrees(settings[room_id], language) if room_id in settings else self.t(_("not cooled")),
                litres(sum(line.volume for line in lines), language),
                kilos(sum(line.weight for line in lines), language),
            ]
            for (room_id, code), lines in sorted(held.items(), key=lambda pair: (ranks.get(pair[0][1], 99), pair[0]))
        ]

    # Places

    def places(self) -> list[list[str]]:
        """Number on the map, place, and who comes when."""
        visits: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for one in self.plan.rounds:
            for stop in one.stops:
                if stop.loads or stop.unloads:
                    visits[stop.site_id].append((stop.arrives_at, self.round_name(one)))
        return [
            [str(number), site.name, ", ".join(f"{self.at(at)} {who}" for at, who in sorted(visits[site.id]))]
            for number, site in enumerate(self.day.sites, start=1)
        ]
