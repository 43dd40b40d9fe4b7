"""(j) Planning a day: the reference day in five seconds, and how far from the best plan where that one is known.

Where each place takes goods at one minute only, who can follow whom is given: the fewest metres are then a matching of
visits to those before them, which the Hungarian method finds exactly. The planner is not told of it.
"""

import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from figures import Row, Table, median, spread
from processes import Bench

from coldchain.checker import check
from coldchain.day import Carrier, CarrierKind, Consignment, Day, Line, Room, Site, SiteKind, Vehicle, Window
from coldchain.road import DayRoads
from coldchain.violation import Weight
from logistics.solver import for_seconds, plan

sys.path.append(str(Path(__file__).parents[2] / "services" / "logistics" / "tests"))
from baselines import driven, nearest_neighbour, one_producer_one_trip
from reference_day import reference_day

MORNING = datetime(2026, 11, 27, 6, tzinfo=UTC)
HANDLING = timedelta(minutes=5)
FARM = "farm"


async def measure(bench: Bench, _databases: tuple[str, ...]) -> list[Table]:
    seconds, seeds = (1.0, (1,)) if bench.quick else (5.0, (1, 2, 3, 4, 5))
    return [_reference(seconds, seeds), _gap(2 * seconds, seeds, 12 if bench.quick else 60)]


def _reference(seconds: float, seeds: tuple[int, ...]) -> Table:
    table = Table(
        "j", "planning", f"The reference day planned within {seconds:g} s",
        {"day": "day", "goods": "consignments", "first": "first whole plan, s", "seconds": "in all, s",
         "left": "left behind", "hard": "hard rules broken", "km": "km", "alone": "km, one producer one trip",
         "nearest": "km, nearest neighbour", "nearest_left": "it leaves behind"},
    )  # fmt: skip
    for seed in seeds:
        day, first = reference_day(seed), []
        began = time.perf_counter()
        done = plan(
            day,
            seed=1,
            budget=for_seconds(seconds, time.monotonic),
            progress=lambda _told, began=began, first=first: first.append(time.perf_counter() - began),
        )
        took = time.perf_counter() - began
        broken = [one for one in check(day, done) if one.weight is Weight.HARD and one.rule != "left-behind"]
        left, metres = nearest_neighbour(day)
        table.rows.append(
            {"day": f"seed {seed}", "goods": len(day.consignments), "first": first[0], "seconds": took,
             "left": len(done.left_behind), "hard": len(broken), "km": driven(day, done) // 1000,
             "alone": one_producer_one_trip(day) // 1000, "nearest": metres // 1000, "nearest_left": left}
        )  # fmt: skip
    return table


def _gap(seconds: float, seeds: tuple[int, ...], visits: int) -> Table:
    table = Table(
        "j", "gap", f"{visits} visits whose best plan is known, after {seconds:g} s",
        {"vehicles": "vehicles", "days": "days", "best": "fewest km", "km": "planned km", "gap": "gap, median",
         "worst": "gap, worst", "left": "left behind", "spread": "spread of km"},
    )  # fmt: skip
    rows: list[Row] = []
    for seed in seeds:
        day = timed_visits(seed, visits)
        done = plan(day, seed=1, budget=for_seconds(seconds, time.monotonic))
        assert all(one.rule == "left-behind" for one in check(day, done) if one.weight is Weight.HARD)
        rows.append({"best": fewest_metres(day), "km": driven(day, done), "left": len(done.left_behind)})
    gaps = [(row["km"] - row["best"]) / row["best"] * 100 for row in rows if not row["left"]]
    table.rows.append(
        {"vehicles": visits // 2, "days": len(rows), "best": round(median(row["best"] for row in rows) / 1000),
         "km": round(median(row["km"] for row in rows) / 1000), "left": sum(row["left"] for row in rows),
         "gap": f"{median(gaps):.1f} %" if gaps else "", "worst": f"{max(gaps):.1f} %" if gaps else "",
         "spread": spread([row["km"] for row in rows])}
    )  # fmt: skip
    return table


def timed_visits(seed: int, visits: int) -> Day:
    """Dry goods of one farm for places around it, each of which can be reached at one moment of the day only."""
    chance = Random(seed)
    sites = [Site(id=FARM, kind=SiteKind.FARM, name="Ferme", latitude=43.1, longitude=2.3, handling=0)]
    goods = []
    for number in range(visits):
        at = MORNING + timedelta(hours=2, minutes=chance.randrange(9 * 60))
        sites.append(
            Site(
                id=f"place-{number}", kind=SiteKind.PICKUP, name=f"Village {number}",
                latitude=43.1 + chance.uniform(-0.35, 0.35), longitude=2.3 + chance.uniform(-0.45, 0.45),
                windows=(Window(opens_at=at, closes_at=at + HANDLING),),
                handover=Window(opens_at=at + HANDLING, closes_at=at + HANDLING + timedelta(hours=1)),
            )
        )  # fmt: skip
        line = Line(
            id=f"line-{number}", product_id="flour", name="Farine", producer_id="miller", quantity=1000,
            temperature_class="AMBIENT", volume=1000, weight=1000,
        )  # fmt: skip
        goods.append(
            Consignment(
                id=f"goods-{number}", producer_id="miller", from_site=FARM, to_site=f"place-{number}", lines=(line,)
            )
        )
    numbers = range(visits // 2)
    room = Room(id="floor", volume=10_000_000)
    return Day(
        id=f"timed-{seed}", date=date(2026, 11, 27), outside=150, sites=tuple(sites), consignments=tuple(goods),
        vehicles=tuple(
            Vehicle(id=f"van-{n}", name="Van", rooms=(room,), payload=10_000_000, cents_per_km=100) for n in numbers
        ),
        carriers=tuple(
            Carrier(
                id=f"driver-{n}", name=f"Driver {n}", kind=CarrierKind.EMPLOYEE, starts_at_site=FARM,
                ends_at_site=FARM, vehicle_ids=(f"van-{n}",),
                hours=Window(opens_at=MORNING, closes_at=MORNING + timedelta(hours=14)),
            )
            for n in numbers
        ),
    )  # fmt: skip


def fewest_metres(day: Day) -> int:
    """Of all ways to share the visits out, with as many vehicles as one likes."""
    roads = DayRoads(day)
    places = sorted((site for site in day.sites if site.id != FARM), key=lambda site: site.windows[0].opens_at)
    out = {site.id: roads.way(FARM, site.id).metres for site in places}
    back = {site.id: roads.way(site.id, FARM).metres for site in places}
    never = 10**9
    costs = []
    for before in places:
        row = []
        for after in places:
            way = roads.way(before.id, after.id)
            leaves = before.windows[0].closes_at + timedelta(seconds=way.seconds)
            follows = before is not after and leaves <= after.windows[0].opens_at
            row.append(way.metres - back[before.id] - out[after.id] if follows else never)
        # Or nobody: home, one column for each.
        costs.append(row + [0] * len(places))
    return sum(out.values()) + sum(back.values()) + assigned(costs)


def assigned(costs: list[list[int]]) -> int:
    """The least sum of one cost per row, each from another column (Hungarian method; rows are no more than columns)."""
    columns = len(costs[0])
    of_row, of_column, row_of = [0] * (len(costs) + 1), [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, len(costs) + 1):
        row_of[0], here = row, 0
        least: list[float] = [float("inf")] * (columns + 1)
        came, seen = [0] * (columns + 1), [False] * (columns + 1)
        while row_of[here]:
            seen[here], tried, delta, best = True, row_of[here], float("inf"), 0
            for column in range(1, columns + 1):
                if seen[column]:
                    continue
                cost = costs[tried - 1][column - 1] - of_row[tried] - of_column[column]
                if cost < least[column]:
                    least[column], came[column] = cost, here
                if least[column] < delta:
                    delta, best = least[column], column
            for column in range(columns + 1):
                if seen[column]:
                    of_row[row_of[column]] += int(delta)
                    of_column[column] -= int(delta)
                else:
                    least[column] -= delta
            here = best
        while here:
            row_of[here], here = row_of[came[here]], came[here]
    return sum(costs[row_of[column] - 1][column - 1] for column in range(1, columns + 1) if row_of[column])
