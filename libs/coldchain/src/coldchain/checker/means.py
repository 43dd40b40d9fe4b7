"""Vehicles and carriers are in one place at a time, and go out and come home where they should."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from coldchain.checker.finding import at, found, hard
from coldchain.checker.scene import Scene
from coldchain.checker.trace import Trace
from coldchain.plan import Round
from coldchain.sources import HOUSE
from coldchain.violation import Rule, Violation

VEHICLE_TWICE = hard("vehicle-twice")
VEHICLE_ELSEWHERE = hard("vehicle-elsewhere")
CARRIER_TWICE = hard("carrier-twice")
CARRIER_ELSEWHERE = hard("carrier-elsewhere")
NOT_THEIR_VEHICLE = hard("not-their-vehicle", HOUSE)
WRONG_START = hard("wrong-start", HOUSE)
WRONG_END = hard("wrong-end", HOUSE)

RULES = (
    VEHICLE_TWICE, VEHICLE_ELSEWHERE, CARRIER_TWICE, CARRIER_ELSEWHERE, NOT_THEIR_VEHICLE, WRONG_START, WRONG_END,
)  # fmt: skip


def broken(scene: Scene, trace: Trace) -> Iterator[Violation]:
    for vehicle in scene.day.vehicles:
        yield from _once(scene, vehicle.name, _vehicle_of, vehicle.id, VEHICLE_TWICE, VEHICLE_ELSEWHERE)
    for carrier in scene.day.carriers:
        yield from _once(scene, carrier.name, _carrier_of, carrier.id, CARRIER_TWICE, CARRIER_ELSEWHERE)
        rounds = _rounds(scene, _carrier_of, carrier.id)
        for one in rounds:
            if one.vehicle_id not in carrier.vehicle_ids:
                yield found(
                    NOT_THEIR_VEHICLE, round_id=one.id,
                    carrier=carrier.name, vehicle=scene.vehicles[one.vehicle_id].name,
                )  # fmt: skip
        if not rounds:
            continue
        ways = (
            (WRONG_START, rounds[0], rounds[0].stops[0].site_id, carrier.starts_at_site),
            (WRONG_END, rounds[-1], rounds[-1].stops[-1].site_id, carrier.ends_at_site),
        )
        for rule, round_, is_at, should in ways:
            if is_at != should:
                yield found(
                    rule, round_id=round_.id, site_id=is_at,
                    carrier=carrier.name, site=scene.sites[is_at].name, origin=scene.sites[should].name,
                )  # fmt: skip


def _vehicle_of(round_: Round) -> str:
    return round_.vehicle_id


def _carrier_of(round_: Round) -> str:
    return round_.carrier_id


def _rounds(scene: Scene, whose: Callable[[Round], str], one: str) -> list[Round]:
    rounds = [round_ for round_ in scene.plan.rounds if whose(round_) == one]
    return sorted(rounds, key=lambda round_: (round_.stops[0].arrives_at, round_.stops[-1].departs_at))


def _once(
    scene: Scene, name: str, whose: Callable[[Round], str], one: str, twice: Rule, elsewhere: Rule
) -> Iterator[Violation]:
    for before, after in pairwise(_rounds(scene, whose, one)):
        ended, begins = before.stops[-1], after.stops[0]
        if begins.arrives_at < ended.departs_at:
            yield found(twice, round_id=after.id, what=name, at=at(begins.arrives_at), limit_at=at(ended.departs_at))
        if begins.site_id != ended.site_id:
            yield found(
                elsewhere, round_id=after.id, site_id=begins.site_id,
                what=name, site=scene.sites[begins.site_id].name, origin=scene.sites[ended.site_id].name,
            )  # fmt: skip
