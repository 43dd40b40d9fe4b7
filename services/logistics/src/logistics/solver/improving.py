"""Small changes that make a draft better: a few errands that end near each other are taken off their tours and put in
again where they cost least."""

from random import Random

from logistics.solver.budget import Meter
from logistics.solver.draft import Draft
from logistics.solver.errand import Errand, Stage

FEW = 5


def improve(draft: Draft, random: Random, meter: Meter) -> bool:
    """One try; the draft is as it was unless it became better. Whether it did."""
    meter.step()
    movable = sorted(
        (one for judged in draft.tours.values() for one in judged.tour.errands if one.stage is not Stage.COLLECT),
        key=lambda one: one.number,
    )
    if not movable:
        return False
    first = random.choice(movable)
    near = sorted(movable, key=lambda one: (draft.ground.way(first.bring_to, one.bring_to).metres, one.number))
    moved = near[: random.randint(1, FEW)]
    random.shuffle(moved)
    other = moved_in(draft, moved)
    if other is None or other.score >= draft.score:
        return False
    draft.tours = other.tours
    return True


def moved_in(draft: Draft, errands: list[Errand]) -> Draft | None:
    """None: one of them finds no place any more."""
    other = draft.copy()
    numbers = frozenset(errand.number for errand in errands)
    for judged in draft.tours.values():
        if any(errand.number in numbers for errand in judged.tour.errands):
            shorter = other.judge(judged.tour.without(numbers))
            if shorter is None:
                return None
            other.put(shorter)
    return other if all(other.insert(errand) for errand in errands) else None
