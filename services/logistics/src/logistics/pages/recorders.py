"""Recorders: how each writes its file, and taking a file in."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from chassis.identity import Person
from chassis.service import Service
from chassis.web import Refused
from coldchain.words import degrees
from logistics.cold import recorder_file
from logistics.cold.recorder import HUB, RECORDERS, ZONES, RecorderSheet, files_of, take_file
from logistics.cold.recorder_file import Fault, Line, Order, Wrong
from logistics.cold.recording import Contradiction
from logistics.pages.cold import URL as TEMPERATURES
from logistics.pages.cold_choices import place_choices
from logistics.pages.instruments import COORDINATES, Instrument
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading as eyes_of

router = APIRouter()

URL = f"{TEMPERATURES}/recorders"

ZONE_WORDS = {
    HUB: _("the hub's time, with summer time"),
    "UTC": _("universal time (UTC)"),
    "Etc/GMT-1": _("French winter time all year"),
    "Etc/GMT-2": _("French summer time all year"),
}
ORDERS = {
    Order.DAY_FIRST: _("day, month, year"),
    Order.MONTH_FIRST: _("month, day, year"),
    Order.YEAR_FIRST: _("year, month, day"),
}
LABELS = {
    "name": _("Name"),
    "place": _("Where it stands"),
    "zone": _("Whose time it writes"),
    "order": _("Order of the date"),
    "date_column": _("Heading of the date"),
    "time_column": _("Heading of the time"),
    "temperature_column": _("Heading of the temperature"),
    "file": _("File of the recorder (CSV)"),
}
OTHERWISE = _("This recorder said %(held)s of “%(text)s” before: the file does not fit what is kept.")


def _read(form: Form, places: Mapping[str, str]) -> RecorderSheet | None:
    name = form.text("name", required=True, max_length=80)
    place, zone = form.choice("place", places), form.choice("zone", ZONES)
    order = form.choice("order", Order)
    columns = {each: form.text(each, max_length=80) for each in ("date_column", "time_column", "temperature_column")}
    if form.errors:
        return None
    return RecorderSheet(name=name, place=place, zone=zone, order=Order(order), **columns)


RECORDER = Instrument(
    url=URL,
    register=RECORDERS,
    form_page="recorder_form.html",
    read=_read,
    labels=LABELS,
    taken=_("Another recorder in use has this name."),
    empty={"zone": HUB, "order": Order.DAY_FIRST},
    choices={"zones": ZONE_WORDS, "orders": ORDERS},
)
RECORDER.serve(router)


@router.get(URL)
async def listing(request: Request, person: Person = COORDINATES) -> Response:
    async with Service.of(request).database.read() as reader:
        found = [*await RECORDERS.all(reader), *await RECORDERS.all(reader, retired=True)]
        places = await place_choices(reader)
    rows = [(one, places.get(one.sheet.place, one.sheet.place)) for one in found]
    return Pages.of(request).render(request, "recorders.html", rows=rows, url=URL, up=TEMPERATURES)


@router.get(URL + "/{wanted}")
async def show(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    return await _page(request, wanted, Form(None, request.state.translate))


async def _page(
    request: Request, wanted: str, form: Form, status: int = 200, faults: Sequence[tuple[int, str]] = ()
) -> Response:
    async with Service.of(request).database.read() as reader:
        one = await RECORDER.known(reader, wanted)
        places, files = await place_choices(reader), await files_of(reader, wanted)
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "recorder.html",
        status,
        one=one,
        place=places.get(one.sheet.place, one.sheet.place),
        zone=t(ZONE_WORDS[one.sheet.zone]),
        order=t(ORDERS[one.sheet.order]),
        files=files,
        form=form,
        faults=faults,
        labels={name: t(word) for name, word in LABELS.items()},
        url=f"{URL}/{wanted}",
        up=URL,
    )


@router.post(URL + "/{wanted}/file")
async def take(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    """All of a file, or nothing of it with the lines that are wrong."""
    service, t = Service.of(request), request.state.translate
    sent = await request.form()
    form, file = Form(None, t), sent.get("file")
    content = await file.read(recorder_file.MOST_BYTES + 1) if isinstance(file, UploadFile) else b""
    name = (file.filename or "")[:120] if isinstance(file, UploadFile) else ""
    await sent.close()
    async with service.database.read() as reader:
        one = await RECORDER.known(reader, wanted)
    if one.retired_at:
        raise Refused(t(_("This recorder is retired: bring it back first.")))
    if not content:
        form.error("file", t(_("Choose the file that the recorder's program wrote.")))
        return await _page(request, wanted, form, 422)
    zone = Pages.of(request).zone
    lines: list[Line] = []
    try:
        # In a thread: of a year's readings it takes a while, and pages are to be answered meanwhile.
        layout, now = one.sheet.layout(zone), service.clock.now()
        lines = await asyncio.to_thread(recorder_file.read, content, layout, now)
        async with service.database.write() as writer:
            done = await take_file(writer, one, name, content, lines, person.name, zone)
    except Wrong as wrong:
        return await _refused(request, wanted, form, [(fault.line, _said(fault, t)) for fault in wrong.faults])
    except Contradiction as other:
        line = next(each for each in lines if each.at == other.measured.at)
        eyes = eyes_of(request)
        values = {"held": degrees(other.said, eyes.words), "text": eyes.words.short_moment(line.at)}
        return await _refused(request, wanted, form, [(line.number, t(OTHERWISE) % values)])
    if not done.kept:
        return Pages.of(request).go(f"{URL}/{wanted}", t(_("All readings of this file were here: nothing changed.")))
    said = t.plural("%(num)s reading was taken.", "%(num)s readings were taken.", done.kept) % {"num": done.kept}
    if done.broke:
        broke = t.plural("%(num)s breaks its limit.", "%(num)s break their limit.", done.broke) % {"num": done.broke}
        said = f"{said} {broke}"
    return Pages.of(request).go(f"{URL}/{wanted}", said)


def _said(fault: Fault, t: Any) -> str:
    sentence = t(fault.sentence)
    return str(sentence % {"text": fault.text[:80]} if "%(text)s" in sentence else sentence)


async def _refused(request: Request, wanted: str, form: Form, faults: list[tuple[int, str]]) -> Response:
    form.error("file", request.state.translate(_("Nothing of this file was taken: see below what is wrong in it.")))
    return await _page(request, wanted, form, 422, faults)
