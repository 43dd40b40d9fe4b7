"""Whether a plan holds: each rule that it breaks, found by following all goods once. It knows nothing of solvers.

One file for each kind of rule; each says which `RULES` it has and how a plan breaks them (`broken`).
"""

from coldchain.checker import bound, box, cold, goods, hours, means, room, sale, transport
from coldchain.checker.scene import Scene
from coldchain.checker.walk import follow
from coldchain.day import Day
from coldchain.plan import Plan
from coldchain.plan_faults import check_plan
from coldchain.violation import Violation, Weight

_KINDS = (goods, hours, means, room, box, cold, transport, sale, bound)

RULES = {rule.name: rule for kind in _KINDS for rule in kind.RULES}


def check(day: Day, plan: Plan) -> tuple[Violation, ...]:
    """Hard ones first. Raises faults.Wrong where the plan names what the day does not have; the day was read by
    `reading.read_day`, or `day_faults.check_day` found nothing."""
    check_plan(day, plan)
    scene = Scene.of(day, plan)
    trace = follow(scene)
    found = {one.id: one for kind in _KINDS for one in kind.broken(scene, trace)}
    return tuple(sorted(found.values(), key=lambda one: one.weight is not Weight.HARD))
