"""What a plan comes to: kilometres, hours, cost, CO2, and what it leaves behind."""

from dataclasses import dataclass

from coldchain.day import Day
from coldchain.plan import Plan
from logistics.solver.costs import costs


@dataclass(frozen=True)
class Sums:
    """Metres by road, seconds on the way and at stops, cents, grams. `carried`, `left`: consignments."""

    metres: int
    seconds: int
    cents: int
    co2_grams: int
    carried: int
    left: int


def sums(day: Day, plan: Plan) -> Sums:
    found = costs(day, plan)
    left = {one.consignment_id for one in plan.left_behind}
    return Sums(
        metres=sum(one.metres for one in found),
        seconds=sum(one.seconds for one in found),
        cents=sum(one.cents for one in found),
        co2_grams=sum(one.co2_grams for one in found),
        carried=len(day.consignments) - len(left),
        left=len(left),
    )
