"""The hand-overs that a plan expects: every loading and unloading once, by whom, to whom, where and when. No I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coldchain.day import Consignment, Day, SiteKind
from coldchain.plan import Load, Plan, Stop
from coldchain.temperature import Band, carried_at


class PartyKind(StrEnum):
    """A producer at its farm; a carrier; a dock or any other place goods wait at; a pickup point, where the referent
    receives; a household."""

    PRODUCER = "producer"
    CARRIER = "carrier"
    DOCK = "dock"
    PLACE = "place"
    HOUSEHOLD = "household"


@dataclass(frozen=True)
class Party:
    """Who has the goods. `id`: of the producer, carrier, site or household."""

    kind: PartyKind
    id: str
    name: str


@dataclass(frozen=True)
class Goods:
    """One product in a hand-over. `id`: of the plan's line, or cycle and product of what a household ordered.
    `quantity` in thousandths of the order unit."""

    id: str
    product_id: str
    name: str
    quantity: int
    producer_id: str
    cycle_id: str = ""


@dataclass(frozen=True)
class Expected:
    """`step` names it in every version of the plan in which the same goods go from the same hands to the same hands at
    the same place. `thing`: id of the consignment, or of the household that collects. `carrier_id`: who comes to the
    site, empty where a household does."""

    step: str
    thing: str
    gives: Party
    takes: Party
    site_id: str
    site_name: str
    carrier_id: str
    at: datetime
    until: datetime
    goods: tuple[Goods, ...]
    box_ids: tuple[str, ...] = ()
    consignment: Consignment | None = None

    @property
    def taken_on(self) -> bool:
        """The carrier takes; else it puts down."""
        return self.takes.kind is PartyKind.CARRIER


def band_of(consignment: Consignment) -> Band:
    """Between which temperatures all of it may be on its way: the narrowest of its lines."""
    bands = [carried_at(line.temperature_class, line.label_max) for line in consignment.lines]
    lowest = max((band.lowest for band in bands if band.lowest is not None), default=None)
    highest = min((band.highest for band in bands if band.highest is not None), default=None)
    return Band(lowest, highest)


def step_of(thing: str, gives: Party, takes: Party, site_id: str) -> str:
    said = f"{thing}\n{gives.kind}\n{gives.id}\n{takes.kind}\n{takes.id}\n{site_id}"
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def expected(day: Day, plan: Plan, producers: Mapping[str, str]) -> tuple[Expected, ...]:
    """In the order in which they happen. `producers`: names by id."""
    return tuple(_Reading(day, producers).read(plan))


@dataclass
class _Leg:
    """A consignment on one vehicle: where it was taken on, and where it was put down."""

    carrier_id: str
    taken_at: Stop
    load: Load
    put_at: Stop | None = None


class _Reading:
    def __init__(self, day: Day, producers: Mapping[str, str]) -> None:
        self._producers = producers
        self._sites = {one.id: one for one in day.sites}
        self._carriers = {one.id: one for one in day.carriers}
        self._consignments = {one.id: one for one in day.consignments}

    def read(self, plan: Plan) -> list[Expected]:
        """What is taken on counts from when the carrier leaves, what is put down from when it comes: so a carrier that
        waits at a dock takes what another brought meanwhile. Of one consignment the order is that of its way, also
        where two things happen in the same minute."""
        found: list[tuple[datetime, int, Expected]] = []
        for thing, legs in self._legs(plan).items():
            for number, leg in enumerate(legs):
                gives = self._site(leg.taken_at.site_id) if number else self._producer(thing)
                carrier = self._carrier(leg.carrier_id)
                boxes = leg.load.box_ids
                taken = self._of(thing, gives, carrier, leg.taken_at, boxes)
                found.append((leg.taken_at.departs_at, 2 * number, taken))
                if leg.put_at is not None:
                    put = self._of(thing, carrier, self._site(leg.put_at.site_id), leg.put_at, boxes)
                    found.append((leg.put_at.arrives_at, 2 * number + 1, put))
        return [one for _when, _number, one in sorted(found, key=lambda each: each[:2])]

    def _legs(self, plan: Plan) -> dict[str, list[_Leg]]:
        """By consignment, in the order of its way."""
        found: dict[str, list[_Leg]] = {}
        for one in plan.rounds:
            aboard: dict[str, _Leg] = {}
            for stop in one.stops:
                for unload in stop.unloads:
                    aboard.pop(unload.consignment_id).put_at = stop
                for load in stop.loads:
                    leg = aboard[load.consignment_id] = _Leg(one.carrier_id, stop, load)
                    found.setdefault(load.consignment_id, []).append(leg)
        for legs in found.values():
            legs.sort(key=lambda leg: (leg.taken_at.departs_at, (leg.put_at or leg.taken_at).arrives_at))
        return found

    def _of(self, thing: str, gives: Party, takes: Party, stop: Stop, boxes: tuple[str, ...]) -> Expected:
        consignment = self._consignments[thing]
        carrier = gives if gives.kind is PartyKind.CARRIER else takes
        return Expected(
            step=step_of(thing, gives, takes, stop.site_id),
            thing=thing,
            gives=gives,
            takes=takes,
            site_id=stop.site_id,
            site_name=self._sites[stop.site_id].name,
            carrier_id=carrier.id,
            at=stop.arrives_at,
            until=stop.departs_at,
            goods=tuple(
                Goods(line.id, line.product_id, line.name, line.quantity, line.producer_id)
                for line in consignment.lines
            ),
            box_ids=boxes,
            consignment=consignment,
        )

    def _carrier(self, carrier_id: str) -> Party:
        return Party(PartyKind.CARRIER, carrier_id, self._carriers[carrier_id].name)

    def _producer(self, thing: str) -> Party:
        producer_id = self._consignments[thing].producer_id
        return Party(PartyKind.PRODUCER, producer_id, self._producers.get(producer_id, producer_id))

    def _site(self, site_id: str) -> Party:
        site = self._sites[site_id]
        kind = PartyKind.PLACE if site.kind is SiteKind.PICKUP else PartyKind.DOCK
        return Party(kind, site_id, site.name)
