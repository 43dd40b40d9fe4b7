"""The last word is the checker's: goods with which a plan would break a hard rule are left behind, and it is told."""

from coldchain.checker import check
from coldchain.faults import Wrong
from coldchain.plan import Plan
from coldchain.sentences import BREAKS_A_RULE
from coldchain.violation import Violation, Weight
from logistics.solver.draft import Draft
from logistics.solver.grouping import Work
from logistics.solver.repairing import finish, leave
from logistics.solver.writing import written

ROUNDS = 6
"""How often goods are taken off; what is left then goes wholly."""

LEFT = "left-behind"


def held(draft: Draft, work: Work) -> Plan:
    """The draft as a plan without hard violations, but for what it leaves behind. A day that is wrong in itself (a name
    that leads nowhere) cannot be checked: its plan is what could be made of it."""
    for attempt in range(ROUNDS + 1):
        plan = written(draft, work)
        try:
            broken = [one for one in check(draft.ground.day, plan) if one.weight is Weight.HARD and one.rule != LEFT]
        except Wrong:
            return plan
        if not broken:
            return plan
        why = culprits(plan, broken) if attempt < ROUNDS else {}
        carried = {load.consignment_id for one in plan.rounds for stop in one.stops for load in stop.loads}
        why = {identity: rule for identity, rule in why.items() if identity in carried} or dict.fromkeys(
            carried, broken[0].rule
        )
        if not why:
            return plan
        for identity, rule in sorted(why.items()):
            draft.gave_up(identity, BREAKS_A_RULE, rule)
        leave(draft, set(why))
        finish(draft)
    return plan


def culprits(plan: Plan, broken: list[Violation]) -> dict[str, str]:
    """The rule by consignment; all goods of a round whose rule names none."""
    found: dict[str, str] = {}
    for one in broken:
        ids = list(one.consignment_ids) or [
            load.consignment_id
            for tour in plan.rounds
            if tour.id == one.round_id
            for stop in tour.stops
            for load in stop.loads
        ]
        for identity in ids:
            found.setdefault(identity, one.rule)
    return found
