"""From the docks to the pickup points: rounds of the hub, and producers who pass there on their way home."""

from collections.abc import Sequence

from logistics.solver.budget import Stopping
from logistics.solver.collection import adopt, any_tour_has, insert_all
from logistics.solver.draft import Draft
from logistics.solver.errand import Errand
from logistics.solver.routing import Crew, routes
from logistics.solver.tour import Call


def deliver(draft: Draft, errands: Sequence[Errand], seed: int, stop: Stopping) -> None:
    ground = draft.ground
    for dock in ground.docks:
        there = [errand for errand in errands if errand.take_at == dock.id]
        crews = [crew for carrier_id in draft.tours if (crew := crew_from(draft, carrier_id, dock.id)) is not None]
        for carrier_id, trips in routes(ground, there, crews, dock.id, seed, stop).items():
            adopt(
                draft, carrier_id, [calls_from_dock(trip, dock.id) for trip in in_fixed_order(draft, carrier_id, trips)]
            )
    insert_all(draft, [errand for errand in errands if not any_tour_has(draft, errand)])


def crew_from(draft: Draft, carrier_id: str, dock: str) -> Crew | None:
    """A carrier that stands at the dock when it has done what it does before, or can come there first."""
    ground, judged = draft.ground, draft.tours[carrier_id]
    carrier, vehicle = judged.tour.carrier, judged.tour.vehicle
    free_at = int(carrier.hours.opens_at.timestamp())
    driving = draft.at_most_driving(judged.tour)
    home = ground.way(dock, carrier.ends_at_site)
    if judged.tour.calls:
        if judged.tour.calls[-1].site != dock:
            return None
        free_at, coming = judged.times.calls[-1][1], 0
        driving = None if driving is None else driving - judged.times.driven + home.seconds
    else:
        way = ground.way(carrier.starts_at_site, dock)
        free_at, coming = free_at + way.seconds, way.metres * (vehicle.cents_per_km + 1)
        driving = None if driving is None else driving - way.seconds
    return Crew(
        carrier,
        vehicle,
        dock,
        carrier.ends_at_site,
        free_at + ground.handling[dock],
        int(carrier.hours.closes_at.timestamp()),
        None if driving is None else max(0, driving),
        coming,
    )


def calls_from_dock(trip: Sequence[Errand], dock: str) -> list[Call]:
    calls: list[Call] = [Call(dock, takes=tuple(trip))]
    for errand in trip:
        if calls[-1].site == errand.bring_to:
            calls[-1] = Call(errand.bring_to, brings=(*calls[-1].brings, errand))
        else:
            calls.append(Call(errand.bring_to, brings=(errand,)))
    return calls


def in_fixed_order(draft: Draft, carrier_id: str, trips: Sequence[Sequence[Errand]]) -> list[list[Errand]]:
    """The places of a fixed round change places among themselves until they are in its order."""
    found = [list(trip) for trip in trips]
    for fixed in draft.ground.day.fixed_rounds:
        if fixed.carrier_id != carrier_id:
            continue
        order = {site: index for index, site in enumerate(fixed.site_ids)}
        where = [(t, i) for t, trip in enumerate(found) for i, one in enumerate(trip) if one.bring_to in order]
        bound = sorted((found[t][i] for t, i in where), key=lambda one: (order[one.bring_to], one.number))
        for (t, i), errand in zip(where, bound, strict=True):
            found[t][i] = errand
    return found
