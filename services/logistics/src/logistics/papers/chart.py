"""The timeline as a drawing: one row for each compartment and room, hours across. No words but those it is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from logistics.papers.timeline import Lane, Span, Timeline

LETTER = 0.56
"""Mean width of a letter, as part of its height."""
NIGHT = timedelta(hours=20)
"""A day that is longer is drawn until here: goods that wait for the next morning would leave no room for the rest."""


@dataclass(frozen=True)
class Bar:
    """`text`: empty where it finds no room. `beyond`: it goes on after the end of the drawing."""

    x: int
    width: int
    text: str
    title: str
    beyond: bool


@dataclass(frozen=True)
class Row:
    """`cooled`: by its room; `boxed`: in cool boxes."""

    y: int
    title: str
    cooled: bool
    boxed: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """`hours`: (x, label) of the full hours that find room."""

    width: int
    height: int
    letters: int
    bar_height: int
    hours: tuple[tuple[int, str], ...]
    rows: tuple[Row, ...]


def chart(
    found: Timeline,
    *,
    width: int,
    letters: int,
    hour: Callable[[datetime], str],
    title: Callable[[Lane], str],
    said: Callable[[Span], str],
) -> Chart:
    """`hour`, `title` and `said` give the words for an hour, a row and what is in a bar."""
    begins = found.begins.replace(minute=0, second=0, microsecond=0)
    ends = min(found.ends, begins + NIGHT)
    side, bar_height = letters, round(letters * 1.4)
    step = bar_height + round(letters * 2.2)
    long = max((ends - begins).total_seconds(), 3600)

    def x_of(at: datetime) -> int:
        share = (min(max(at, begins), ends) - begins).total_seconds() / long
        return side + round(share * (width - 2 * side))

    rows = []
    for number, lane in enumerate(lane for lane in found.lanes if lane.spans[0].begins < ends):
        bars = []
        for span in lane.spans:
            if span.begins >= ends:
                continue
            left = x_of(span.begins)
            across = max(2, x_of(span.ends) - left)
            text = str(len(span.goods))
            fits = len(text) * LETTER * letters + 4 <= across
            bars.append(Bar(left, across, text if fits else "", said(span), span.ends > ends))
        named = _cut(title(lane), round((width - letters) / (LETTER * letters)))
        rows.append(Row(2 * letters + number * step, named, lane.set_to is not None, lane.boxed, tuple(bars)))
    height = 2 * letters + len(rows) * step + letters
    return Chart(
        width, height, letters, bar_height, tuple(_hours(begins, ends, x_of, hour, letters, width)), tuple(rows)
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _hours(
    begins: datetime,
    ends: datetime,
    x_of: Callable[[datetime], int],
    hour: Callable[[datetime], str],
    letters: int,
    width: int,
) -> Iterator[tuple[int, str]]:
    free, at = 0, begins
    while at <= ends:
        label, x = hour(at), x_of(at)
        across = round(len(label) * LETTER * letters)
        if free <= x <= width - across:
            yield x, label
            free = x + across + letters
        at += timedelta(hours=1)
