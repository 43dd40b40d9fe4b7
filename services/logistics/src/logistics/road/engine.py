"""Road engines: how OSRM and Valhalla are asked for many ways at once, and how far their answers are believed.

OSRM: `GET /table/v1/driving/<lon>,<lat>;...`. Valhalla: `POST /sources_to_targets`. No I/O here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from coldchain.road import Point, Way, crow_flies

FASTEST_KMH = 150
"""Nobody drives faster on average: an answer that says so is nonsense."""
SNAP_M = 2_000
"""An engine begins on the next road it knows. A way may be shorter than as the crow flies by this much at each end."""
LONGEST_M = 2_000_000


class Nonsense(ValueError):
    """What the engine answered is not what it was asked for. The text says what is wrong."""


@dataclass(frozen=True)
class Question:
    """One request. `path` is put behind the address of the engine; `json` is the body of a POST."""

    method: str
    path: str
    params: dict[str, str]
    json: dict[str, Any] | None = None


Row = list[Way | None]
"""The ways from one source, in the order of the targets. None: no road leads there."""


@dataclass(frozen=True)
class Dialect:
    """`at_most`: sources, and as many targets, in one request."""

    name: str
    at_most: int
    ask: Callable[[Sequence[Point], Sequence[Point]], Question]
    read: Callable[[Any], tuple[Any, Any, str]]
    """From the JSON of an answer: metres and seconds as rows, and the name that the engine gives its data."""


def read_table(
    dialect: Dialect, answer: Any, sources: Sequence[Point], targets: Sequence[Point]
) -> tuple[list[Row], str]:
    """A row for each source, and the name of the data. Raises Nonsense."""
    metres, seconds, data = dialect.read(answer)
    return [
        [
            _way(source, target, _cell(metres, i, j, sources, targets), _cell(seconds, i, j, sources, targets))
            for j, target in enumerate(targets)
        ]
        for i, source in enumerate(sources)
    ], data


def _cell(rows: Any, i: int, j: int, sources: Sequence[Point], targets: Sequence[Point]) -> Any:
    if not isinstance(rows, list) or len(rows) != len(sources):
        raise Nonsense("not as many rows as places")
    if not isinstance(rows[i], list) or len(rows[i]) != len(targets):
        raise Nonsense("not as many columns as places")
    return rows[i][j]


def _way(source: Point, target: Point, metres: Any, seconds: Any) -> Way | None:
    """Whole metres and seconds, rounded up: nobody comes too late by rounding."""
    if metres is None or seconds is None:
        return None
    for number in (metres, seconds):
        if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number) or number < 0:
            raise Nonsense("a way that is not a number")
    if metres > LONGEST_M:
        raise Nonsense("a way that is longer than any")
    if metres < crow_flies(source, target) - 2 * SNAP_M:
        raise Nonsense("a way that is shorter than as the crow flies")
    if metres > SNAP_M and metres * 3600 > FASTEST_KMH * 1000 * seconds:
        raise Nonsense("a way that nobody drives so fast")
    return Way(-int(-metres // 1), -int(-seconds // 1))


def _osrm_asks(sources: Sequence[Point], targets: Sequence[Point]) -> Question:
    spots = ";".join(f"{longitude:.4f},{latitude:.4f}" for latitude, longitude in (*sources, *targets))
    from_, to = range(len(sources)), range(len(sources), len(sources) + len(targets))
    params = {
        "sources": ";".join(map(str, from_)),
        "destinations": ";".join(map(str, to)),
        "annotations": "duration,distance",
    }
    return Question("GET", f"/table/v1/driving/{spots}", params)


def _osrm_says(answer: Any) -> tuple[Any, Any, str]:
    if not isinstance(answer, dict) or answer.get("code") != "Ok":
        code = answer.get("code") if isinstance(answer, dict) else None
        raise Nonsense(f"code {str(code)[:40]}")
    return answer.get("distances"), answer.get("durations"), str(answer.get("data_version") or "")[:80]


def _valhalla_asks(sources: Sequence[Point], targets: Sequence[Point]) -> Question:
    body = {
        "sources": [{"lat": round(lat, 4), "lon": round(lon, 4)} for lat, lon in sources],
        "targets": [{"lat": round(lat, 4), "lon": round(lon, 4)} for lat, lon in targets],
        "costing": "auto",
        "units": "kilometers",
    }
    return Question("POST", "/sources_to_targets", {}, body)


def _valhalla_says(answer: Any) -> tuple[Any, Any, str]:
    rows = answer.get("sources_to_targets") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise Nonsense("no table")
    metres: list[list[Any]] = []
    seconds: list[list[Any]] = []
    for row in rows:
        if not isinstance(row, list) or not all(isinstance(cell, dict) for cell in row):
            raise Nonsense("no table")
        metres.append([_thousandfold(cell.get("distance")) for cell in row])
        seconds.append([cell.get("time") for cell in row])
    return metres, seconds, ""


def _thousandfold(kilometres: Any) -> Any:
    """Valhalla counts in kilometres."""
    known = isinstance(kilometres, int | float) and not isinstance(kilometres, bool) and isfinite(kilometres)
    return round(kilometres * 1000, 3) if known else kilometres


OSRM = Dialect("osrm", 50, _osrm_asks, _osrm_says)
"""osrm-routed refuses more than 100 coordinates in a table unless it is told otherwise (`--max-table-size`)."""
VALHALLA = Dialect("valhalla", 25, _valhalla_asks, _valhalla_says)
"""valhalla_service refuses more than 50 locations, or 2500 pairs, unless it is told otherwise (`service_limits`)."""
DIALECTS = {each.name: each for each in (OSRM, VALHALLA)}
