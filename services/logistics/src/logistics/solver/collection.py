"""From the farms to the docks: what producers bring themselves, and milk-runs past those who do not."""

from collections.abc import Sequence

from logistics.solver.budget import Stopping
from logistics.solver.draft import Draft
from logistics.solver.errand import Errand
from logistics.solver.ground import Ground
from logistics.solver.routing import Crew, routes
from logistics.solver.tour import Call, Tour


def collect(draft: Draft, errands: Sequence[Errand], until: int, seed: int, stop: Stopping) -> None:
    """Puts the errands on tours that are back at their dock by `until`, where the goods' own time allows it."""
    ground = draft.ground
    for dock in ground.docks:
        there = [errand for errand in errands if errand.bring_to == dock.id]
        crews = [crew for carrier_id in draft.tours if (crew := crew_to(draft, carrier_id, dock.id, until)) is not None]
        for carrier_id, trips in routes(ground, there, crews, dock.id, seed, stop).items():
            adopt(draft, carrier_id, [calls_to_dock(trip, dock.id) for trip in trips])
    insert_all(draft, [errand for errand in errands if not any_tour_has(draft, errand)])


def crew_to(draft: Draft, carrier_id: str, dock: str, until: int) -> Crew | None:
    """A carrier that has nothing to do yet."""
    ground, tour = draft.ground, draft.tours[carrier_id].tour
    if tour.calls:
        return None
    carrier = tour.carrier
    opens, closes = int(carrier.hours.opens_at.timestamp()), int(carrier.hours.closes_at.timestamp())
    home = ground.way(dock, carrier.ends_at_site)
    driving = draft.at_most_driving(tour)
    return Crew(
        carrier,
        tour.vehicle,
        carrier.starts_at_site,
        dock,
        opens,
        min(until, closes - home.seconds) - ground.handling[dock],
        None if driving is None else max(0, driving - home.seconds),
        home.metres * (tour.vehicle.cents_per_km + 1) + home.seconds * carrier.cents_per_hour * 1000 // 3600,
    )


def calls_to_dock(trip: Sequence[Errand], dock: str) -> list[Call]:
    calls: list[Call] = []
    for errand in trip:
        if calls and calls[-1].site == errand.take_at:
            calls[-1] = Call(errand.take_at, takes=(*calls[-1].takes, errand))
        else:
            calls.append(Call(errand.take_at, takes=(errand,)))
    return [*calls, Call(dock, brings=tuple(trip))]


def adopt(draft: Draft, carrier_id: str, trips: Sequence[Sequence[Call]]) -> None:
    """Adds trips to a tour, less the errands with which it could not be driven."""
    tour = draft.tours[carrier_id].tour
    wanted = Tour(tour.carrier, tour.vehicle, (*tour.calls, *(call for trip in trips for call in trip)))
    kept = {errand.number for errand in tour.errands}
    while True:
        judged = draft.judge(wanted)
        if judged is not None:
            draft.put(judged)
            return
        others = [errand for errand in wanted.errands if errand.number not in kept]
        # Those that others can do go first, and the last of them when no single one makes the difference.
        spare = [one.number for one in sorted(others, key=lambda one: one.carriers is None)][::-1]
        if not spare:
            return
        shorter = [wanted.without(frozenset({number})) for number in spare]
        wanted = next((one for one in shorter if draft.judge(one) is not None), shorter[0])


def any_tour_has(draft: Draft, errand: Errand) -> bool:
    return any(errand in judged.tour.errands for judged in draft.tours.values())


def insert_all(draft: Draft, errands: Sequence[Errand]) -> None:
    """The farthest first: they leave the fewest choices. What finds no place whole is tried in halves."""
    ways: Ground = draft.ground
    for errand in sorted(errands, key=lambda one: (-ways.way(one.take_at, one.bring_to).metres, one.number)):
        draft.insert(errand)
