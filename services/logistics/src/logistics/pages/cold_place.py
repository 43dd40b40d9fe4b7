"""All readings of one place and day: a chart, the table beside it, and correcting what was typed wrongly."""

from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.words import degrees
from contracts import Role
from logistics.cold import reading
from logistics.cold.chart import draw
from logistics.cold.limit import Followed
from logistics.cold.place import Kind, Place
from logistics.cold.reading import Kept, Source
from logistics.cold.recording import Corrected, record
from logistics.pages.cold import (
    MEASURES,
    URL,
    asked,
    asked_place,
    bounds,
    chart_url,
    day_of,
    may_measure,
    reach_of,
    take_url,
)
from logistics.pages.cold_take import LABELS, Doubt, read_correction
from logistics.pages.cold_words import place_name, said_reading
from ui import Pages
from ui.decimals import typed
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import Reading
from ui.pages import reading as eyes_of

router = APIRouter()

WIDE, NARROW = 900, 350
LISTED = 200


@router.get(URL + "/{day}/place")
async def show(request: Request, day: str, person: Person = MEASURES) -> Response:
    on, eyes = day_of(day), eyes_of(request)
    begins, ends = bounds(request, on)
    async with Service.of(request).database.read() as reader:
        followed, place = await asked_place(request, reader, on, person)
        found = await _readings(reader, followed, place, (begins, ends))
        corrected = {one.corrects: one for one in found if one.corrects}
        before = {key: await reading.find(reader, key) for key in corrected if key}
    charts = [(name, draw(found, followed.steps(place), width)) for name, width in (("wide", WIDE), ("narrow", NARROW))]
    rows = [_row(one, before.get(one.corrects or ""), person, on, eyes) for one in reversed(found[-LISTED:])]
    return Pages.of(request).render(
        request,
        "cold_place.html",
        on=on,
        name=place_name(followed, place, eyes),
        charts=[(name, chart) for name, chart in charts if chart is not None],
        degrees=lambda tenths: degrees(tenths, eyes.words),
        rows=rows,
        cut=LISTED if len(found) > LISTED else 0,
        take=take_url(on, place),
        up=URL,
        day_url=f"{URL}/{on.isoformat()}",
        **asked(followed, place, eyes),
    )


async def _readings(reader: Reader, followed: Followed, place: Place, of: tuple[Any, Any]) -> list[Kept]:
    if place.kind is not Kind.GOODS or place.part:
        return await reading.between(reader, *of, place)
    lines = [line.id for line in followed.scene.consignments[place.id].lines]
    found = [await reading.between(reader, *of, Place(Kind.GOODS, place.id, part)) for part in ("", *lines)]
    return sorted((one for some in found for one in some), key=lambda one: (one.at, one.id))


def _row(one: Kept, before: Kept | None, person: Person, on: date, eyes: Reading) -> dict[str, Any]:
    mine = one.source is Source.HAND and (person.has(Role.COORDINATOR) or one.by == person.name)
    said = said_reading(one, eyes)
    corrected = eyes.translate(_("instead of %(temperature)s")) % {
        "temperature": degrees(before.temperature, eyes.words) if before else ""
    }
    return said | {
        "correct": f"{URL}/{on.isoformat()}/correct?reading={quote(one.id, safe='')}" if mine else "",
        "corrected": corrected if before else "",
    }


async def _own(request: Request, reader: Reader, on: date, person: Person) -> tuple[Followed, Kept]:
    """The reading in the address, where this person may correct it: the coordinator any, others their own. Raises
    NotFound."""
    one = await reading.find(reader, request.query_params.get("reading", ""))
    if one is None or one.source is not Source.HAND:
        raise NotFound
    if not person.has(Role.COORDINATOR) and one.by != person.name:
        raise NotFound
    followed, _place = await asked_place(request, reader, on, person, one.place)
    if not may_measure(followed, one.place, await reach_of(reader, person)):
        raise NotFound
    return followed, one


@router.get(URL + "/{day}/correct")
async def ask(request: Request, day: str, person: Person = MEASURES) -> Response:
    on, service, eyes = day_of(day), Service.of(request), eyes_of(request)
    async with service.database.read() as reader:
        followed, one = await _own(request, reader, on, person)
        if await reading.corrections(reader, [one.id]):
            raise NotFound
    values = {"id": service.ids.new(), "temperature": typed(one.temperature, 1, eyes.language)}
    return _form(request, followed, one, Form(None, eyes.translate, values=values))


@router.post(URL + "/{day}/correct")
async def correct(request: Request, day: str, person: Person = MEASURES) -> Response:
    on, service, eyes = day_of(day), Service.of(request), eyes_of(request)
    form = Form(await request.form(), eyes.translate)
    async with service.database.read() as reader:
        followed, one = await _own(request, reader, on, person)
    measured, doubt = read_correction(form, one, followed, eyes, person.name, service.ids)
    if measured is None:
        return _form(request, followed, one, form, doubt, 422)
    t = eyes.translate
    said = t(_("Corrected; the first reading stays on file."))
    back = chart_url(on, _listed(one.place))
    try:
        async with service.database.write() as writer:
            done = await record(writer, [measured], Pages.of(request).zone)
    except Corrected as twice:
        if twice.by_this:
            return Pages.of(request).go(back, said)
        raise Refused(t(_("Somebody corrected this reading already: correct the newer one."))) from twice
    if done.broke:
        said = t(_("Corrected. It breaks the limit: these goods are held, and the coordinator was told."))
    return Pages.of(request).go(back, said)


def _listed(place: Place) -> Place:
    return Place(place.kind, place.id) if place.kind is Kind.GOODS else place


def _form(
    request: Request, followed: Followed, one: Kept, form: Form, doubt: Doubt | None = None, status: int = 200
) -> Response:
    eyes, on = eyes_of(request), followed.published.on
    return Pages.of(request).render(
        request,
        "cold_correct.html",
        status,
        on=on,
        name=place_name(followed, one.place, eyes),
        one=said_reading(one, eyes),
        form=form,
        labels={name: eyes.translate(label) for name, label in LABELS.items()},
        sure=list(doubt.choices) if doubt else [],
        url=f"{URL}/{on.isoformat()}/correct?reading={quote(one.id, safe='')}",
        back=chart_url(on, _listed(one.place)),
        up=URL,
    )
