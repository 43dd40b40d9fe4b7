"""The readings of one place and day as a drawing: what was measured, what was asked, and where it was broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from logistics.cold.limit import Stay
from logistics.cold.reading import Kept

HEIGHT = 260
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 26
MARGIN = timedelta(minutes=20)
AIR = 15
"""Tenths above and below what is drawn."""
LINES = (10, 20, 50, 100, 200, 500)
HOURS = (1, 2, 3, 4, 6, 12, 24)
MOST_DOTS = 80
"""More readings than these are a line; those that broke the limit stay dots."""


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    reading: Kept


@dataclass(frozen=True)
class Bar:
    """A limit from when to when. `upper`: it must be below."""

    x: int
    width: int
    y: int
    upper: bool
    tenths: int


@dataclass(frozen=True)
class Mark:
    """A line of the grid with what is written at it: tenths of a degree, or an instant."""

    at: int
    tenths: int = 0
    moment: datetime | None = None


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]
    breaches: tuple[Dot, ...]
    bars: tuple[Bar, ...]
    stays: tuple[tuple[int, int], ...]
    degrees: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    left: int = LEFT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def draw(readings: Sequence[Kept], stays: Sequence[Stay], width: int) -> Chart | None:
    """None where there is nothing to draw. `stays`: what is asked, from change to change."""
    moments = [one.at for one in readings] + [at for stay in stays for at in (stay.begins, stay.ends)]
    bounds = [at for stay in stays for at in (stay.band.lowest, stay.band.highest) if at is not None]
    values = [one.temperature for one in readings] + bounds
    if not readings or not values:
        return None
    first, last = min(moments) - MARGIN, max(moments) + MARGIN
    low, high = min(values) - AIR, max(values) + AIR
    inner, tall = width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at: datetime) -> int:
        return LEFT + int((at - first) * inner / (last - first))

    def y(tenths: int) -> int:
        return TOP + (high - tenths) * tall // (high - low)

    dots = [Dot(x(one.at), y(one.temperature), one) for one in readings]
    bars = [
        Bar(x(stay.begins), max(1, x(stay.ends) - x(stay.begins)), y(bound), upper, bound)
        for stay in stays
        for bound, upper in ((stay.band.highest, True), (stay.band.lowest, False))
        if bound is not None
    ]
    return Chart(
        width=width,
        height=HEIGHT,
        paths=tuple(_paths(dots)),
        dots=tuple(dots) if len(dots) <= MOST_DOTS else (),
        breaches=tuple(dot for dot in dots if dot.reading.broke),
        bars=tuple(bars),
        stays=tuple((x(stay.begins), max(1, x(stay.ends) - x(stay.begins))) for stay in stays),
        degrees=tuple(Mark(y(tenths), tenths=tenths) for tenths in _round_degrees(low, high)),
        hours=tuple(Mark(x(at), moment=at) for at in _round_hours(first, last, inner)),
    )


def _paths(dots: Sequence[Dot]) -> list[str]:
    """A line for each instrument: what one measured is not joined to what another did."""
    found: dict[str, list[str]] = {}
    for dot in dots:
        series = f"{dot.reading.source}:{dot.reading.instrument}"
        found.setdefault(series, []).append(f"{dot.x},{dot.y}")
    return [" ".join(points) for points in found.values() if len(points) > 1]


def _round_degrees(low: int, high: int) -> list[int]:
    step = next((each for each in LINES if (high - low) / each <= 7), LINES[-1])
    return list(range(-(-low // step) * step, high + 1, step))


def _round_hours(first: datetime, last: datetime, inner: int) -> list[datetime]:
    """Whole hours, so many that their names do not touch."""
    length = (last - first) / timedelta(hours=1)
    step = next((each for each in HOURS if length / each * 44 <= inner), HOURS[-1])
    at = first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    found = []
    while at <= last:
        if at.hour % step == 0:
            found.append(at)
        at += timedelta(hours=1)
    return found
