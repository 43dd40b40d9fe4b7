"""What the rounds of a plan cost, and who bears which part of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from coldchain.day import Consignment, Day
from coldchain.plan import Plan, Round
from coldchain.road import DayRoads


@dataclass(frozen=True)
class RoundCost:
    """Of one round: metres, seconds from its start to its end, grams of CO2, cents for the vehicle and the carrier."""

    round_id: str
    metres: int
    seconds: int
    co2_grams: int
    cents: int


class Rule(StrEnum):
    """By what a round's cents are shared: each bearer the same, or by volume, weight or value of what it had on it."""

    EQUAL = "equal"
    VOLUME = "volume"
    WEIGHT = "weight"
    VALUE = "value"


def costs(day: Day, plan: Plan) -> tuple[RoundCost, ...]:
    """In the order of the plan. Half a gram or a cent is rounded up, once per round."""
    roads = DayRoads(day)
    vehicles = {vehicle.id: vehicle for vehicle in day.vehicles}
    carriers = {carrier.id: carrier for carrier in day.carriers}
    found = []
    for one in plan.rounds:
        vehicle, carrier = vehicles[one.vehicle_id], carriers[one.carrier_id]
        metres = sum(roads.way(a.site_id, b.site_id).metres for a, b in pairwise(one.stops))
        seconds = int((one.stops[-1].departs_at - one.stops[0].arrives_at).total_seconds())
        # Thousandths of cents: per kilometre times metres, per hour times seconds.
        thousandths = vehicle.cents_per_km * metres + carrier.cents_per_hour * seconds * 1000 // 3600
        co2 = half_up(vehicle.co2_grams_per_km * metres, 1000)
        found.append(RoundCost(one.id, metres, seconds, co2, half_up(thousandths, 1000)))
    return tuple(found)


def half_up(amount: int, parts: int) -> int:
    return (2 * amount + parts) // (2 * parts)


def shared(
    day: Day,
    plan: Plan,
    rule: Rule,
    bearer_of: Callable[[Consignment], str],
    value_of: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Cents by bearer (a producer, a group): each round's own cost among those whose goods were on it, the cents that
    are over to the largest remainders. `value_of`: cents of each consignment's goods, for Rule.VALUE. The sum is that
    of the rounds which carried something; what nobody had goods on is borne by nobody."""
    consignments = {one.id: one for one in day.consignments}
    found: dict[str, int] = {}
    rounds = {one.id: one for one in plan.rounds}
    for cost in costs(day, plan):
        weights: dict[str, int] = {}
        for one in carried(rounds[cost.round_id], consignments):
            bearer = bearer_of(one)
            weights[bearer] = weights.get(bearer, 0) + weight(one, rule, value_of or {})
        if rule is Rule.EQUAL:
            weights = dict.fromkeys(weights, 1)
        for bearer, cents in by_largest_remainder(cost.cents, weights).items():
            found[bearer] = found.get(bearer, 0) + cents
    return found


def carried(one: Round, consignments: Mapping[str, Consignment]) -> Iterable[Consignment]:
    ids = dict.fromkeys(load.consignment_id for stop in one.stops for load in stop.loads)
    return [consignments[identity] for identity in ids]


def weight(one: Consignment, rule: Rule, value_of: Mapping[str, int]) -> int:
    if rule is Rule.VOLUME:
        return one.volume
    if rule is Rule.WEIGHT:
        return one.weight
    return value_of.get(one.id, 0) if rule is Rule.VALUE else 1


def by_largest_remainder(cents: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Exactly `cents` in all. Where nothing weighs anything, all weigh the same; of equal remainders the first id."""
    total = sum(weights.values())
    if not total:
        weights, total = dict.fromkeys(weights, 1), len(weights)
    shares = {bearer: cents * parts // total for bearer, parts in weights.items()}
    over = cents - sum(shares.values())
    ranked = sorted(weights, key=lambda bearer: (-(cents * weights[bearer] % total), bearer)) if total else []
    for bearer in ranked[:over]:
        shares[bearer] += 1
    return shares
