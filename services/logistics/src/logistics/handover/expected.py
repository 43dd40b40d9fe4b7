"""The hand-overs that a plan expects: every loading and unloading once, by whom, to whom, where and when. No I/O."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from coldchain.day import Consignment, Day, SiteKind
from coldchain.plan import Load, Plan, Stop, Unload
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


class _Reading:
    def __init__(self, day: Day, producers: Mapping[str, str]) -> None:
        self._producers = producers
        self._sites = {one.id: one for one in day.sites}
        self._carriers = {one.id: one for one in day.carriers}
        self._consignments = {one.id: one for one in day.consignments}
        self._on_the_way: set[str] = set()
        self._boxes: dict[tuple[str, str], tuple[str, ...]] = {}

    def read(self, plan: Plan) -> Iterator[Expected]:
        """What is put down happens when the carrier comes, what is taken on when it leaves: so a carrier that waits at
        a dock takes what another brought meanwhile."""
        acts: list[tuple[tuple[datetime, int, int, int], str, Stop, Unload | Load]] = []
        for number, one in enumerate(plan.rounds):
            for at, stop in enumerate(one.stops):
                acts += [((stop.arrives_at, 0, number, at), one.carrier_id, stop, each) for each in stop.unloads]
                acts += [((stop.departs_at, 1, number, at), one.carrier_id, stop, each) for each in stop.loads]
        for _when, carrier_id, stop, act in sorted(acts, key=lambda one: one[0]):
            yield (
                self._taken_on(stop, carrier_id, act)
                if isinstance(act, Load)
                else self._put_down(stop, carrier_id, act)
            )

    def _put_down(self, stop: Stop, carrier_id: str, act: Unload) -> Expected:
        boxes = self._boxes.get((carrier_id, act.consignment_id), ())
        return self._of(act.consignment_id, self._carrier(carrier_id), self._site(stop.site_id), stop, boxes)

    def _taken_on(self, stop: Stop, carrier_id: str, act: Load) -> Expected:
        consignment = self._consignments[act.consignment_id]
        first = consignment.id not in self._on_the_way
        gives = self._producer(consignment.producer_id) if first else self._site(stop.site_id)
        self._on_the_way.add(consignment.id)
        self._boxes[carrier_id, consignment.id] = act.box_ids
        return self._of(consignment.id, gives, self._carrier(carrier_id), stop, act.box_ids)

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

    def _producer(self, producer_id: str) -> Party:
        return Party(PartyKind.PRODUCER, producer_id, self._producers.get(producer_id, producer_id))

    def _site(self, site_id: str) -> Party:
        site = self._sites[site_id]
        kind = PartyKind.PLACE if site.kind is SiteKind.PICKUP else PartyKind.DOCK
        return Party(kind, site_id, site.name)
