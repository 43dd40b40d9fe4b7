"""How a producer packs: by who fetches it and when, then by village as it goes into the vehicle, then by class."""

from dataclasses import dataclass
from datetime import datetime

from coldchain.day import Carrier, Consignment, Day, Site
from coldchain.plan import LeftBehind, Plan
from logistics.papers.route import Halt, Route, Taken, routes


@dataclass(frozen=True)
class Fetching:
    """A carrier takes these on at `site`, in this order. `until`: when it drives off. `by_producer`: the producer
    carries them itself; then `brings_to` is where it puts the first of them down, `there_at` when."""

    site: Site
    at: datetime
    until: datetime
    carrier: Carrier
    on: tuple[Taken, ...]
    by_producer: bool
    brings_to: Site
    there_at: datetime


@dataclass(frozen=True)
class Packing:
    """All that a producer packs on a day. `left`: what no way was found for."""

    producer_id: str
    fetchings: tuple[Fetching, ...]
    left: tuple[tuple[Consignment, LeftBehind], ...]

    @property
    def consignments(self) -> list[Consignment]:
        return [one.consignment for each in self.fetchings for one in each.on] + [one for one, _why in self.left]


def packings(day: Day, plan: Plan) -> dict[str, Packing]:
    """By producer: each consignment once, where it is taken on for the first time."""
    goods = {one.id: one for one in day.consignments}
    found: dict[str, list[Fetching]] = {one.producer_id: [] for one in day.consignments}
    taken: set[str] = set()
    halts = [(halt, route, rest) for route in routes(day, plan) for halt, rest in _with_rest(route)]
    for halt, route, rest in sorted(halts, key=lambda one: (one[0].departs_at, one[1].carrier.id)):
        fresh = [one for one in halt.on if one.consignment.id not in taken]
        for producer_id in dict.fromkeys(one.consignment.producer_id for one in fresh):
            mine = tuple(one for one in fresh if one.consignment.producer_id == producer_id)
            taken |= {one.consignment.id for one in mine}
            ids = {one.consignment.id for one in mine}
            first = next(each for each in rest if ids & {one.consignment.id for one in each.off})
            found[producer_id].append(
                Fetching(
                    site=halt.site,
                    at=halt.arrives_at,
                    until=halt.departs_at,
                    carrier=route.carrier,
                    on=mine,
                    by_producer=route.carrier.producer_id == producer_id,
                    brings_to=first.site,
                    there_at=first.arrives_at,
                )
            )
    left: dict[str, list[tuple[Consignment, LeftBehind]]] = {}
    for why in plan.left_behind:
        left.setdefault(goods[why.consignment_id].producer_id, []).append((goods[why.consignment_id], why))
    return {
        producer_id: Packing(producer_id, tuple(sorted(each, key=lambda one: one.at)), tuple(left.get(producer_id, ())))
        for producer_id, each in sorted(found.items())
    }


def _with_rest(route: Route) -> list[tuple[Halt, list[Halt]]]:
    """Every halt with those that come after it on the same way."""
    return [(halt, list(way.halts[number + 1 :])) for way in route.ways for number, halt in enumerate(way.halts)]
