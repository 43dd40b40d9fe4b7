"""What the search could not place whole is tried again: one by one, without the dock, at last on ways that a person may
accept. What then has no way is left behind, wholly: nobody fetches goods that nobody brings."""

from collections.abc import Iterable
from dataclasses import replace

from coldchain.sentences import NOT_FROM_THE_DOCK, NOT_FROM_THE_FARM
from logistics.solver.draft import Draft, nothing_to_do
from logistics.solver.errand import Errand, Stage
from logistics.solver.grouping import Work, group
from logistics.solver.tour import Tour

MOST_EXCHANGES = 8
"""Open errands for which room is made: beyond, the day has too few carriers."""

WHY = {
    Stage.COLLECT: NOT_FROM_THE_FARM,
    Stage.DELIVER: NOT_FROM_THE_DOCK,
    Stage.DIRECT: NOT_FROM_THE_FARM,
}


def one_by_one(draft: Draft, stage: Stage) -> None:
    """Each consignment of an open errand on its own, the largest last."""
    for errand in [one for one in draft.open.values() if one.stage is stage and len(one.consignments) > 1]:
        del draft.open[errand.number]
        for consignment in sorted(errand.consignments, key=lambda one: (one.volume, one.id)):
            draft.insert(only(errand, {consignment.id}, draft.next_number()))


def in_the_place_of_others(draft: Draft, stage: Stage) -> None:
    """An open errand takes the place of goods that others can bring: who is bound to a carrier first."""
    wanted = [one for one in draft.open.values() if one.stage is stage]
    for errand in sorted(wanted, key=lambda one: (one.carriers is None, -one.volume, one.number))[:MOST_EXCHANGES]:
        exchange(draft, errand)


def exchange(draft: Draft, errand: Errand) -> None:
    for carrier_id, judged in list(draft.tours.items()):
        if errand.carriers is not None and carrier_id not in errand.carriers:
            continue
        for moved in movable(judged.tour):
            other = draft.copy()
            shorter = other.judge(judged.tour.without(frozenset(one.number for one in moved)))
            if shorter is None:
                continue
            other.put(shorter)
            bound = replace(errand, carriers=frozenset({carrier_id}))
            if other.best_with(bound) is not None and other.insert(errand) and all(other.insert(one) for one in moved):
                draft.tours, draft.open = other.tours, other.open
                return


def movable(tour: Tour) -> list[list[Errand]]:
    """What is brought to one site, where others may bring it, too."""
    by_site: dict[str, list[Errand]] = {}
    for errand in tour.errands:
        if errand.stage is not Stage.COLLECT and errand.carriers is None:
            by_site.setdefault(errand.bring_to, []).append(errand)
    return list(by_site.values())


def only(errand: Errand, ids: Iterable[str], number: int) -> Errand:
    """With these of its consignments."""
    wanted = frozenset(ids)
    rest = tuple(one for one in errand.consignments if one.id in wanted)
    return replace(
        errand,
        number=number,
        consignments=rest,
        volume=sum(one.volume for one in rest),
        weight=sum(one.weight for one in rest),
    )


def come_to_dock(draft: Draft, errands: Iterable[Errand]) -> list[Errand]:
    """The errands from a dock, less what does not come there."""
    found = []
    for errand in errands:
        there = [one.id for one in errand.consignments if one.id in draft.at_dock]
        if len(there) == len(errand.consignments):
            found.append(errand)
        elif there:
            found.append(only(errand, there, draft.next_number()))
    return found


def directly(draft: Draft, work: Work) -> None:
    """Open goods go from the farm to the pickup point in one vehicle, where one passes."""
    wanted = frozenset(one.id for errand in draft.open.values() for one in errand.consignments)
    if not wanted:
        return
    others = frozenset(one.id for one in draft.ground.day.consignments) - wanted
    for errand in group(draft.ground, direct=wanted, without=others, kept=work.kept).of(Stage.DIRECT):
        numbered = replace(errand, number=draft.next_number())
        found = draft.best_with(numbered)
        if found is not None:
            leave(draft, {one.id for one in errand.consignments})
            again = draft.best_with(numbered)
            draft.put(found if again is None else again)


def leave(draft: Draft, ids: set[str]) -> None:
    """Takes these consignments off every tour and from what is open."""
    for judged in list(draft.tours.values()):
        swap = {errand.number: without(draft, errand, ids) for errand in judged.tour.errands if ids & errand.ids}
        if swap:
            shorter = (judged.tour.swapped(swap), judged.tour.without(frozenset(swap)), judged.tour.emptied())
            draft.put(
                next(found for tour in shorter if (found := draft.judge(tour) or nothing_to_do(tour)) is not None)
            )
    for errand in [one for one in draft.open.values() if ids & one.ids]:
        del draft.open[errand.number]
        rest = without(draft, errand, ids)
        if rest is not None:
            draft.open[rest.number] = rest


def without(draft: Draft, errand: Errand, ids: set[str]) -> Errand | None:
    rest = errand.ids - ids
    return only(errand, rest, draft.next_number()) if rest else None


def finish(draft: Draft) -> None:
    """Gives up what has no whole way, from the farm to the pickup point."""
    while True:
        for errand in draft.open.values():
            for one in errand.consignments:
                draft.gave_up(one.id, WHY[errand.stage])
        arrived = {
            one.id
            for judged in draft.tours.values()
            for errand in judged.tour.errands
            if errand.stage is not Stage.COLLECT
            for one in errand.consignments
        }
        aboard = {
            one.id for judged in draft.tours.values() for errand in judged.tour.errands for one in errand.consignments
        }
        lost = (aboard - arrived) | (aboard & draft.why.keys())
        for identity in lost:
            draft.gave_up(identity, WHY[Stage.DELIVER])
        if not lost and not draft.open:
            return
        leave(draft, lost | draft.why.keys())


def open_goods(draft: Draft) -> set[str]:
    return {one.id for errand in draft.open.values() for one in errand.consignments}
