"""From a day to a plan of it."""

from collections.abc import Callable
from random import Random

from coldchain.day import Day
from coldchain.plan import Plan
from logistics.solver.budget import Budget, Meter, Progress
from logistics.solver.checking import held
from logistics.solver.collection import collect, insert_all
from logistics.solver.delivery import deliver
from logistics.solver.draft import Draft, fresh
from logistics.solver.errand import Stage
from logistics.solver.ground import Ground
from logistics.solver.grouping import NEVER, Work, group
from logistics.solver.improving import improve
from logistics.solver.means import vehicles_of
from logistics.solver.repairing import come_to_dock, directly, finish, in_the_place_of_others, one_by_one, open_goods
from logistics.solver.resuming import resumed

SHARES = (60, 50, 70)
"""Of the time before the first hand-over, and of the hours at the wheel: what those whose base is a dock collect in;
they bring in the rest. Tried one after the other, none is best for every network."""

STEPS = 150
"""Of PyVRP's search, in each half of an attempt."""

ATTEMPTS = 8

USUAL = Budget()


def plan(
    day: Day,
    *,
    seed: int = 0,
    budget: Budget = USUAL,
    previous: Plan | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """The best plan found within the budget. What has no way is told in `left_behind`; nothing is carried against a
    hard rule, and against a soft one (a certificate) only what would else be left."""
    ground = Ground(day)
    meter = Meter(budget)
    work = group(ground)
    if previous is not None:
        return held(settled(resumed(ground, work, previous), work), work)
    best = attempted(ground, work, SHARES[0], seed, meter)
    tell(progress, meter, best)
    for attempt in range(1, ATTEMPTS):
        if meter.over:
            break
        draft = attempted(ground, work, SHARES[attempt % len(SHARES)], seed + attempt, meter)
        best = min(best, draft, key=lambda one: one.score)
        tell(progress, meter, best)
    random = Random(seed)  # noqa: S311 - a search, not a secret
    while not meter.over and best.strict:
        improve(best, random, meter)
        tell(progress, meter, best)
    return held(best, work)


def tell(progress: Callable[[Progress], None] | None, meter: Meter, best: Draft) -> None:
    if progress is not None:
        left, cost = best.score
        progress(Progress(meter.done, meter.of, left, cost // 1000))


def attempted(ground: Ground, work: Work, share: int, seed: int, meter: Meter) -> Draft:
    """A whole draft: goods that go directly first, for they leave no choice; then to the docks, then from them."""
    draft = fresh(ground, vehicles_of(ground), len(work.errands))
    draft.share, draft.until = share, collected_by(ground, share)
    insert_all(draft, work.of(Stage.DIRECT))
    collect(draft, work.of(Stage.COLLECT), draft.until, seed, meter.steps(STEPS))
    one_by_one(draft, Stage.COLLECT)
    draft.arrivals()
    draft.collecting = False
    deliver(draft, come_to_dock(draft, work.of(Stage.DELIVER)), seed, meter.steps(STEPS))
    return settled(draft, work)


def settled(draft: Draft, work: Work) -> Draft:
    """Each open consignment has found its way, or is given up."""
    in_the_place_of_others(draft, Stage.DELIVER)
    one_by_one(draft, Stage.DELIVER)
    one_by_one(draft, Stage.DIRECT)
    directly(draft, work)
    if open_goods(draft):
        draft.strict = False
        for errand in list(draft.open.values()):
            draft.insert(errand)
        directly(draft, work)
    finish(draft)
    return draft


def collected_by(ground: Ground, share: int) -> int:
    """When those whose base is a dock end collecting."""
    opens = min((opens for opens, _ in ground.handover.values()), default=NEVER)
    starts = min((int(one.hours.opens_at.timestamp()) for one in ground.day.carriers), default=0)
    return NEVER if opens == NEVER else starts + (opens - starts) * share // 100
