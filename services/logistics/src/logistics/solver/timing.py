"""When a tour is where."""

from collections.abc import Mapping
from dataclasses import dataclass

from logistics.solver.errand import Errand, Stage
from logistics.solver.ground import Ground
from logistics.solver.tour import Call, Tour


@dataclass(frozen=True)
class Timetable:
    """Seconds. `calls`: arrival and departure of each."""

    starts: int
    calls: tuple[tuple[int, int], ...]
    ends: int
    metres: int
    driven: int


def timetable(ground: Ground, tour: Tour, ready: Mapping[int, int], *, late: bool = False) -> Timetable | None:
    """As early as its goods and doors allow, then as late as that leaves its end; None: it cannot be in time. `late`:
    its end, too, as late as may be, for boxes that keep cold only so long before households come.

    `ready`: from when an errand's goods can be loaded, by its number, where the errand itself does not say.
    """
    carrier = tour.carrier
    closes = int(carrier.hours.closes_at.timestamp())
    opens = open_from(ground, carrier.starts_at_site, int(carrier.hours.opens_at.timestamp()))
    if opens is None:
        return None
    now, here, metres, driven = opens, carrier.starts_at_site, 0, 0
    times: list[tuple[int, int]] = []
    for call in tour.calls:
        way = ground.way(here, call.site)
        now, here, metres, driven = now + way.seconds, call.site, metres + way.metres, driven + way.seconds
        begins = begin(ground, call, now, ready)
        if begins is None:
            return None
        now = begins + length(ground, call, begins)
        if any(now > errand.due for errand in call.brings if not errand.stays) or now > closes:
            return None
        times.append((begins, now))
    way = ground.way(here, carrier.ends_at_site)
    ends, metres, driven = (
        open_from(ground, carrier.ends_at_site, now + way.seconds),
        metres + way.metres,
        driven + way.seconds,
    )
    if ends is None or ends > closes or (carrier.at_most_driving is not None and driven > carrier.at_most_driving * 60):
        return None
    if not times:
        return Timetable(now, (), ends, metres, driven)
    if late:
        ends = open_until(ground, carrier.ends_at_site, closes)
    times = later(ground, tour, times, ends)
    starts = times[0][0] - ground.way(carrier.starts_at_site, tour.calls[0].site).seconds
    starts = open_until(ground, carrier.starts_at_site, starts)
    if late:
        ends = open_from(ground, carrier.ends_at_site, times[-1][1] + way.seconds)
        assert ends is not None
    return Timetable(starts, tuple(times), ends, metres, driven)


def open_from(ground: Ground, site: str, at: int) -> int | None:
    """The first moment from then on at which its door is open; None: it stays closed."""
    return next((max(at, opens) for opens, closes in ground.windows[site] if at <= closes), None)


def open_until(ground: Ground, site: str, at: int) -> int:
    """The last moment up to then at which its door is open; one that is known to exist."""
    return max(min(at, closes) for opens, closes in ground.windows[site] if opens <= at)


def length(ground: Ground, call: Call, begins: int) -> int:
    """How long a call takes that begins then."""
    handling = ground.handling[call.site]
    if any(errand.stays for errand in call.brings):
        return max(handling, ground.handover[call.site][1] - begins)
    return handling


def begin(ground: Ground, call: Call, now: int, ready: Mapping[int, int]) -> int | None:
    """The first moment from `now` at which the door is open for as long as the call takes."""
    for errand in call.takes:
        now = max(now, errand.ready, ready.get(errand.number, 0))
    for opens, closes in ground.windows[call.site]:
        start = max(now, opens)
        present = any(errand.stays for errand in call.brings)
        if present and start + ground.handling[call.site] > ground.handover[call.site][0]:
            return None
        if start + length(ground, call, start) <= closes:
            return start
    return None


def later(ground: Ground, tour: Tour, times: list[tuple[int, int]], ends: int) -> list[tuple[int, int]]:
    """Each call as late as the next one allows: nobody waits at a door, and cold boxes are filled late. What a dock
    waits for comes as early as it can."""
    moved = list(times)
    here, at_latest = tour.carrier.ends_at_site, ends
    for index in range(len(moved) - 1, -1, -1):
        call, (begins, departs) = tour.calls[index], moved[index]
        latest = at_latest - ground.way(call.site, here).seconds
        if any(errand.stays for errand in call.brings):
            # Who must hand over itself need not be there all day.
            begins = max(begins, min(ground.handover[call.site][0] - ground.handling[call.site], departs))
            moved[index] = (begins, departs)
        elif not any(errand.stage is Stage.COLLECT for errand in call.brings):
            taken = departs - begins
            latest = min([latest, *(errand.due for errand in call.brings)])
            closes = max(closes for opens, closes in ground.windows[call.site] if opens <= begins)
            begins = max(begins, min(latest, closes) - taken)
            moved[index] = (begins, begins + taken)
        here, at_latest = call.site, moved[index][0]
    return moved


def calls_of(tour: Tour, errand: Errand) -> tuple[int, int]:
    """Where it is taken and where it is brought."""
    takes = next(index for index, call in enumerate(tour.calls) if errand in call.takes)
    brings = next(index for index, call in enumerate(tour.calls) if errand in call.brings)
    return takes, brings
