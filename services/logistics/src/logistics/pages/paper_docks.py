"""The dock plan and the timeline of a published day."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person
from chassis.web import NotFound
from logistics.pages.network_show import degrees, litres
from logistics.pages.paper_day import DAYS, READS, PaperDay, day_in, load
from logistics.pages.papers import not_published, pdf
from logistics.papers.chart import Chart, chart
from logistics.papers.dock import dock_plans
from logistics.papers.sheets import DockSheet
from logistics.papers.timeline import Lane, Span, Timeline, timeline
from logistics.press import Press
from ui import Pages
from ui.i18n import marked as _

router = APIRouter()

WIDE, NARROW = (960, 13), (340, 12)
"""Width and height of letters, at a desk and on a phone."""


def _docks(found: PaperDay) -> tuple[DockSheet, ...]:
    return tuple(found.say.dock(one) for one in dock_plans(found.held.day, found.held.plan))


@router.get(DAYS + "/{day}/dock.pdf")
async def dock_pdf(request: Request, day: str, person: Person = READS) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    docks = _docks(found)
    if not docks:
        raise NotFound
    press: Press = request.app.state.press
    content = await press.paper("dock_plan.typ", found.paper(docks=docks).to_json())
    return pdf(f"{found.t('dock-plan')}_{found.held.on.isoformat()}_{found.held.version}", content)


@router.get(DAYS + "/{day}/dock")
async def dock(request: Request, day: str, person: Person = READS) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    request.app.state.press.warm()
    return Pages.of(request).render(request, "dock.html", found=found, docks=_docks(found), paper=found.paper())


@router.get(DAYS + "/{day}/timeline")
async def hours(request: Request, day: str, person: Person = READS) -> Response:
    found = await load(request, day_in(day))
    if found is None:
        return not_published(request, day_in(day))
    whole = timeline(found.held.day, found.held.plan)
    drawn = [] if whole is None else [("wide", _chart(found, whole, WIDE)), ("narrow", _chart(found, whole, NARROW))]
    return Pages.of(request).render(
        request,
        "timeline.html",
        found=found,
        charts=drawn,
        rows=[] if whole is None else _rows(found, whole),
        paper=found.paper(),
    )


def _chart(found: PaperDay, whole: Timeline, size: tuple[int, int]) -> Chart:
    width, letters = size
    return chart(
        whole,
        width=width,
        letters=letters,
        hour=found.words.clock_time,
        title=lambda lane: _title(found, lane),
        said=lambda span: f"{_hours(found, span)} · {_goods(found, span)}",
    )


def _title(found: PaperDay, lane: Lane) -> str:
    """`Kangoo frigo (Marcel) · Froid · 4 °C`."""
    drivers = f" ({found.words.listing(list(lane.carriers))})" if lane.carriers else ""
    return " · ".join((lane.name + drivers, found.say.room(lane.room), _setting(found, lane)))


def _setting(found: PaperDay, lane: Lane) -> str:
    kept = "" if lane.set_to is None else degrees(lane.set_to, found.words.language)
    if lane.boxed:
        return ", ".join(filter(None, (kept, found.t(_("in cool boxes")))))
    return kept or found.t(_("not cooled"))


def _hours(found: PaperDay, span: Span) -> str:
    return found.say.hours(span.begins, span.ends)


def _goods(found: PaperDay, span: Span) -> str:
    names = [found.say.item(line).name for one in span.goods for line in one.lines]
    return found.words.listing(list(dict.fromkeys(names)))


def _rows(found: PaperDay, whole: Timeline) -> list[list[Any]]:
    return [
        [
            lane.name + (f" ({found.words.listing(list(lane.carriers))})" if lane.carriers else ""),
            found.say.room(lane.room),
            _setting(found, lane),
            _hours(found, span),
            _goods(found, span),
            litres(span.volume, found.words.language),
        ]
        for lane in whole.lanes
        for span in lane.spans
    ]
