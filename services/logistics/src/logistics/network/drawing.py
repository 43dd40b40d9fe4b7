"""A map of the network, drawn by the hub itself: no page of ours asks a third party where its people live.

Places are put on a flat sheet (equirectangular, true in the middle), north above. Names are put where they collide
with nothing that is drawn already; those that find no room keep their number, which the table explains.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from statistics import median

from coldchain.day import SiteKind
from coldchain.road import EARTH_RADIUS_M

METRES_A_DEGREE = radians(1) * EARTH_RADIUS_M
SMALLEST_M = 2_000
"""One place alone is drawn on a sheet of this width."""
BARS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
FEWEST = 5
FARTHER = 5
"""Of so many places, one that is so many times farther out than three quarters of them is left off the map."""
MARK = 7
"""Half of what a mark takes, in units of the drawing."""
LETTER = 0.56
"""Mean width of a letter, as part of its height."""

_FIRST_NAMED = {SiteKind.DOCK: 0, SiteKind.PICKUP: 1, SiteKind.FARM: 2, SiteKind.HOME: 3}


@dataclass(frozen=True)
class Spot:
    """A place to draw. `number`: in the table."""

    id: str
    number: int
    name: str
    kind: SiteKind
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def within(self, other: "Area") -> bool:
        wide = other.left <= self.left and self.right <= other.right
        return wide and other.top <= self.top and self.bottom <= other.bottom


@dataclass(frozen=True)
class Mark:
    """A place on the sheet. `label`: empty where none found room; `anchor` of its text (start, end, middle)."""

    spot: Spot
    x: int
    y: int
    label: str
    label_x: int
    label_y: int
    anchor: str


@dataclass(frozen=True)
class Line:
    """A round, from place to place. `points` as SVG wants them."""

    name: str
    points: str


@dataclass(frozen=True)
class Drawing:
    """`bar`, `bar_km`: length of the bar in units of the drawing, and what it stands for. `far`: left off the map."""

    width: int
    height: int
    letters: int
    marks: tuple[Mark, ...]
    lines: tuple[Line, ...]
    bar: int
    bar_km: int
    far: tuple[Spot, ...] = ()


def near_and_far(spots: Sequence[Spot]) -> tuple[list[Spot], list[Spot]]:
    """A farm two countries away would shrink the villages to a dot: those much farther out than most are left off."""
    if len(spots) < FEWEST:
        return list(spots), []
    latitude, longitude = median(s.latitude for s in spots), median(s.longitude for s in spots)
    narrower = cos(radians(latitude))
    out = {s.id: hypot(s.latitude - latitude, (s.longitude - longitude) * narrower) for s in spots}
    most = sorted(out.values())[len(spots) * 3 // 4]
    near = [s for s in spots if out[s.id] <= FARTHER * most]
    return near, [s for s in spots if out[s.id] > FARTHER * most]


def draw(
    spots: Sequence[Spot], rounds: Iterable[tuple[str, Sequence[str]]], *, width: int, letters: int, named: bool
) -> Drawing:
    """`rounds`: name and ids of the places, in order. `letters`: height of letters; `named`: names beside the marks,
    else numbers. Raises ValueError where there is nothing to draw."""
    if not spots:
        raise ValueError("no place to draw")
    spots, far = near_and_far(spots)
    margin = 2 * letters + MARK
    middle = (min(s.latitude for s in spots) + max(s.latitude for s in spots)) / 2
    # Near a pole a degree of longitude is nothing: there the sheet would have no width.
    narrower = max(0.01, cos(radians(middle)))
    flat = {s.id: (s.longitude * narrower * METRES_A_DEGREE, s.latitude * METRES_A_DEGREE) for s in spots}
    left, right = min(x for x, _y in flat.values()), max(x for x, _y in flat.values())
    south, north = min(y for _x, y in flat.values()), max(y for _x, y in flat.values())
    # Never higher than wide: a phone shows it whole.
    per_unit = max(right - left, north - south, SMALLEST_M) / (width - 2 * margin)
    height = round(max(north - south, SMALLEST_M / 4) / per_unit) + 2 * margin + letters
    across = (width - 2 * margin - (right - left) / per_unit) / 2
    at = {
        key: (round(margin + across + (x - left) / per_unit), round(margin + (north - y) / per_unit))
        for key, (x, y) in flat.items()
    }
    sheet = Area(0, 0, width, height - 2 * letters)
    lines = [
        Line(name, " ".join(f"{at[stop][0]},{at[stop][1]}" for stop in stops if stop in at)) for name, stops in rounds
    ]
    kms = [km for km in BARS_KM if km * 1000 / per_unit <= width / 3]
    bar_km = kms[-1] if kms else BARS_KM[0]
    return Drawing(
        width=width,
        height=height,
        letters=letters,
        marks=_marks(spots, at, sheet, letters, named=named),
        lines=tuple(line for line in lines if " " in line.points),
        bar=min(width - 2 * margin, round(bar_km * 1000 / per_unit)),
        bar_km=bar_km,
        far=tuple(far),
    )


def _marks(
    spots: Sequence[Spot], at: dict[str, tuple[int, int]], sheet: Area, letters: int, *, named: bool
) -> tuple[Mark, ...]:
    taken = [Area(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in at.values()]
    found: dict[str, Mark] = {}
    for spot in sorted(spots, key=lambda one: (_FIRST_NAMED[one.kind], one.number)):
        x, y = at[spot.id]
        tries = (spot.name, str(spot.number)) if named else (str(spot.number),)
        found[spot.id] = Mark(spot, x, y, "", x, y, "middle")
        for label, (label_x, label_y, anchor) in ((each, place) for each in tries for place in _places(x, y, letters)):
            area = _area(label, label_x, label_y, anchor, letters)
            if area.within(sheet) and not any(area.meets(other) for other in taken):
                taken.append(area)
                found[spot.id] = Mark(spot, x, y, label, label_x, label_y, anchor)
                break
    return tuple(found[spot.id] for spot in spots)


def _places(x: int, y: int, letters: int) -> tuple[tuple[int, int, str], ...]:
    """Where a label can stand: right, left, above, below."""
    side, low = MARK + 3, letters // 3
    return (
        (x + side, y + low, "start"),
        (x - side, y + low, "end"),
        (x, y - MARK - 3, "middle"),
        (x, y + MARK + letters, "middle"),
    )


def _area(label: str, x: int, y: int, anchor: str, letters: int) -> Area:
    wide = LETTER * letters * len(label)
    left = {"start": x, "end": x - wide, "middle": x - wide / 2}[anchor]
    return Area(left, y - letters, left + wide, y + letters * 0.3)
