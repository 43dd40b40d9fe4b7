"""A plan while it is being made: judged tours, and what has found no place in one yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from coldchain.plan import LeftBehind
from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.grouping import NEVER
from logistics.solver.loading import Cargo, load
from logistics.solver.timing import Timetable, timetable
from logistics.solver.tour import Call, Tour

CO2_THOUSANDTHS_OF_CENTS = 10
"""What a gram of CO2 weighs beside money when two plans are compared: 100 euros a tonne."""

TRIES = 10
"""How many places in one tour are judged for an errand, the shortest first."""


@dataclass(frozen=True)
class Judged:
    """A tour that can be driven. `cost`: thousandths of cents."""

    tour: Tour
    times: Timetable
    cargo: Cargo
    cost: int


@dataclass
class Draft:
    """`tours`: by carrier. `open`: errands without a tour, by number. `at_dock`: from when a consignment is there.
    `collecting`: nobody waits at a dock yet, so what is fetched may still change what comes there when.
    `share`, `until`: while collecting, whoever has its base at a dock keeps the rest of the hundred of its time at the
    wheel and of the day for bringing: it is back by then.
    `strict`: nothing is carried without a certificate where one is due; else a person may accept it. `why`: of each
    consignment that is given up."""

    ground: Ground
    tours: dict[str, Judged]
    open: dict[int, Errand] = field(default_factory=dict)
    at_dock: dict[str, int] = field(default_factory=dict)
    collecting: bool = True
    share: int = 100
    until: int = NEVER
    strict: bool = True
    why: dict[str, LeftBehind] = field(default_factory=dict)
    numbers: int = 0

    def copy(self) -> "Draft":
        return replace(
            self, tours=dict(self.tours), open=dict(self.open), at_dock=dict(self.at_dock), why=dict(self.why)
        )

    def gave_up(self, consignment_id: str, why: str, rule: str = "") -> None:
        """The first reason counts: later ones follow from it."""
        self.why.setdefault(consignment_id, LeftBehind(consignment_id=consignment_id, why=why, rule=rule))

    def next_number(self) -> int:
        """For an errand that is made while searching."""
        self.numbers += 1
        return self.numbers

    @property
    def score(self) -> tuple[int, int]:
        """What is left first, then what it costs."""
        left = {one.id for errand in self.open.values() for one in errand.consignments} | self.why.keys()
        return len(left), sum(judged.cost for judged in self.tours.values())

    def taken(self, but: str) -> frozenset[str]:
        """Boxes that other tours than that carrier's use."""
        boxes: set[str] = set()
        for carrier_id, judged in self.tours.items():
            if carrier_id != but:
                boxes |= judged.cargo.boxes
        return frozenset(boxes)

    def judge(self, tour: Tour) -> Judged | None:
        """None: it comes too late, does not fit, would not stay cold, or leaves the order of a fixed round."""
        ready = self.ready(tour)
        if ready is None or not keeps_fixed_rounds(self.ground, tour):
            return None
        taken = self.taken(tour.carrier.id)
        for late in (False, True) if any(errand.boxed for errand in tour.errands) else (False,):
            times = timetable(self.ground, tour, ready, late=late)
            if times is None or not self.leaves_time(tour, times):
                return None
            cargo = load(self.ground, tour, times, taken, strict=self.strict)
            if cargo is not None:
                return Judged(tour, times, cargo, cost_of(tour, times))
        return None

    def at_most_driving(self, tour: Tour) -> int | None:
        """Seconds at the wheel in this stage."""
        minutes = tour.carrier.at_most_driving
        share = self.share if self.collecting and based_at_dock(self.ground, tour) else 100
        return None if minutes is None else minutes * 60 * share // 100

    def leaves_time(self, tour: Tour, times: Timetable) -> bool:
        driving = self.at_most_driving(tour)
        early = not self.collecting or times.ends <= self.until or not based_at_dock(self.ground, tour)
        return early and (driving is None or times.driven <= driving)

    def ready(self, tour: Tour) -> dict[int, int] | None:
        """When what it takes at docks is there; None: something never comes there."""
        ready: dict[int, int] = {}
        for errand in tour.errands:
            if errand.stage is Stage.DELIVER:
                if any(one.id not in self.at_dock for one in errand.consignments):
                    return None
                ready[errand.number] = max(self.at_dock[one.id] for one in errand.consignments)
        return ready

    def put(self, judged: Judged) -> None:
        self.tours[judged.tour.carrier.id] = judged
        for errand in judged.tour.errands:
            self.open.pop(errand.number, None)

    def arrivals(self) -> None:
        """Learns from the tours when what they collect is at its dock: when it has been put down."""
        self.at_dock = {
            one.id: judged.times.calls[index][1]
            for judged in self.tours.values()
            for index, call in enumerate(judged.tour.calls)
            for errand in call.brings
            if errand.stage is Stage.COLLECT
            for one in errand.consignments
        }

    def best_with(self, errand: Errand) -> Judged | None:
        """The tour that takes it on at the least added cost."""
        best: tuple[int, Judged] | None = None
        for carrier_id, judged in self.tours.items():
            if errand.carriers is not None and carrier_id not in errand.carriers:
                continue
            for added, tour in ways_to_insert(self.ground, judged.tour, errand, self.first_free(judged.tour))[:TRIES]:
                if best is not None and least_cost(judged, added) >= best[0]:
                    break
                found = self.judge(tour)
                if found is not None:
                    if best is None or found.cost - judged.cost < best[0]:
                        best = found.cost - judged.cost, found
                    break
        return None if best is None else best[1]

    def first_free(self, tour: Tour) -> int:
        return 0 if self.collecting else tour.first_free

    def insert(self, errand: Errand) -> bool:
        found = self.best_with(errand)
        if found is None:
            self.open[errand.number] = errand
            return False
        self.put(found)
        return True


def based_at_dock(ground: Ground, tour: Tour) -> bool:
    return any(dock.id == tour.carrier.starts_at_site == tour.carrier.ends_at_site for dock in ground.docks)


def least_cost(judged: Judged, metres: int) -> int:
    """What that many metres more cost at the least."""
    return metres * (judged.tour.vehicle.cents_per_km + 1)


def cost_of(tour: Tour, times: Timetable) -> int:
    """Thousandths of cents: kilometres, hours of the whole tour, CO2; a metre costs something where nothing else does.
    A tour on which nobody calls anywhere is not driven."""
    if not tour.calls:
        return 0
    vehicle = tour.vehicle
    co2 = vehicle.co2_grams_per_km * times.metres * CO2_THOUSANDTHS_OF_CENTS // 1000
    hours = (times.ends - times.starts) * tour.carrier.cents_per_hour * 1000 // 3600
    return times.metres * (vehicle.cents_per_km + 1) + hours + co2


def keeps_fixed_rounds(ground: Ground, tour: Tour) -> bool:
    for fixed in ground.day.fixed_rounds:
        if fixed.carrier_id == tour.carrier.id:
            order = {site: index for index, site in enumerate(fixed.site_ids)}
            called = [order[call.site] for call in tour.calls if call.brings and call.site in order]
            if called != sorted(called):
                return False
    return True


def ways_to_insert(ground: Ground, tour: Tour, errand: Errand, first: int) -> list[tuple[int, Tour]]:
    """Every place for it in a tour from that call on, with the metres it adds, the fewest first."""
    found: list[tuple[int, int, tuple[Call, ...]]] = []
    for metres, calls, taken in with_call(ground, tour, tour.calls, errand, first, takes=True):
        for more, both, _ in with_call(ground, tour, calls, errand, taken + 1, takes=False):
            found.append((metres + more, len(found), both))
    return [(metres, replace(tour, calls=calls)) for metres, _, calls in sorted(found)]


def with_call(
    ground: Ground, tour: Tour, calls: tuple[Call, ...], errand: Errand, first: int, *, takes: bool
) -> Iterator[tuple[int, tuple[Call, ...], int]]:
    """Added metres, the calls, and which of them it is: at a call that is made there anyway, or at one of its own."""
    site = errand.take_at if takes else errand.bring_to
    at_dock = any(dock.id == site for dock in ground.docks)
    for index in range(first, len(calls) + 1):
        if index < len(calls) and calls[index].site == site:
            call = calls[index]
            if not (at_dock and (call.brings if takes else call.takes)):
                merged = (
                    replace(call, takes=(*call.takes, errand))
                    if takes
                    else replace(call, brings=(*call.brings, errand))
                )
                yield 0, (*calls[:index], merged, *calls[index + 1 :]), index
        before = calls[index - 1].site if index else tour.carrier.starts_at_site
        after = calls[index].site if index < len(calls) else tour.carrier.ends_at_site
        added = ground.way(before, site).metres + ground.way(site, after).metres - ground.way(before, after).metres
        call = Call(site, takes=(errand,)) if takes else Call(site, brings=(errand,))
        yield added, (*calls[:index], call, *calls[index:]), index


def fresh(ground: Ground, vehicle_of: Mapping[str, str], numbers: int) -> Draft:
    """With a tour for each carrier that has a vehicle, on which nobody calls anywhere yet. `numbers`: the highest of an
    errand."""
    draft = Draft(ground, {}, numbers=numbers)
    for carrier_id, vehicle_id in vehicle_of.items():
        idle = nothing_to_do(Tour(ground.carriers[carrier_id], ground.vehicles[vehicle_id]))
        assert idle is not None
        draft.tours[carrier_id] = idle
    return draft


def nothing_to_do(tour: Tour) -> Judged | None:
    """A tour without calls is not driven, so nothing can be wrong with it; None: it has some."""
    opens = int(tour.carrier.hours.opens_at.timestamp())
    return None if tour.calls else Judged(tour, Timetable(opens, (), opens, 0, 0), Cargo(), 0)
