"""What the search could not place whole is tried again: one by one, without the dock, at last on ways that a person may
accept. What then has no way is left behind, wholly: nobody fetches goods that nobody brings."""

from collections.abc import Iterable
from dataclasses import replace

from logistics.solver.draft import Draft, nothing_to_do
from logistics.solver.errand import Errand, Stage
from logistics.solver.grouping import Work, group

WHY = {
    Stage.COLLECT: "no carrier can fetch it from the farm in time, with room for it and cold enough",
    Stage.DELIVER: "no carrier can bring it from the dock in time, with room for it and cold enough",
    Stage.DIRECT: "no carrier can bring it from the farm in time, with room for it and cold enough",
}


def one_by_one(draft: Draft, stage: Stage) -> None:
    """Each consignment of an open errand on its own, the largest last."""
    for errand in [one for one in draft.open.values() if one.stage is stage and len(one.consignments) > 1]:
        del draft.open[errand.number]
        for consignment in sorted(errand.consignments, key=lambda one: (one.volume, one.id)):
            draft.insert(only(errand, {consignment.id}, draft.next_number()))


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
                draft.why.setdefault(one.id, WHY[errand.stage])
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
            draft.why.setdefault(identity, WHY[Stage.DELIVER])
        if not lost and not draft.open:
            return
        leave(draft, lost | draft.why.keys())


def open_goods(draft: Draft) -> set[str]:
    return {one.id for errand in draft.open.values() for one in errand.consignments}
