"""Nonconformities: which goods are held and why, and what the coordinator decides becomes of them."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from coldchain.temperature import Band
from coldchain.words import degrees
from contracts import Role
from logistics.cold import nonconformity
from logistics.cold.nonconformity import Breach, CoreBreaks, Decided, Decision, Nonconformity, NotMeasured, Stale, Step
from logistics.cold.recording import Days
from logistics.cold.telling import NONCONFORMITIES as URL
from logistics.pages.cold import URL as TEMPERATURES
from logistics.pages.cold import chart_url, day_of
from logistics.pages.cold_lots import lots_by_list, said_lots
from logistics.pages.cold_take import typed_temperature
from logistics.pages.cold_words import DECISIONS, listed, place_name, said_limit, said_range, said_source
from logistics.producer import producers_in_use
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import Reading
from ui.pages import reading as eyes_of

router = APIRouter()

DECIDES: Any = serves(Role.COORDINATOR)
READS: Any = serves(Role.COORDINATOR, Role.OPERATOR)
LABELS = {
    "lines": _("Which goods"),
    "decision": _("What becomes of them"),
    "why": _("Why"),
    "temperature": _("Temperature in the product"),
    "measured_by": _("Who measured it"),
}
CHANGED = _("Something came since you opened the page: read it below, then decide again. Nothing you typed is lost.")
MEASURE_FIRST = _(
    "The law limits this temperature: it can be accepted only where somebody measured in the product itself. Type what "
    "the thermometer said there."
)
WHO_MEASURED = _("Say who held the thermometer in the product.")
CORE_BREAKS = _("%(name)s bears %(limit)s, and this breaks it: it cannot be accepted.")


async def _names(request: Request, reader: Reader, found: list[Nonconformity]) -> dict[str, str]:
    """What people call the places, by nonconformity."""
    days, eyes = Days(reader, Pages.of(request).zone), eyes_of(request)
    names = {}
    for one in found:
        followed = await days.of_date(one.on)
        names[one.id] = one.place.id if followed is None else place_name(followed, one.place, eyes)
    return names


@router.get(URL)
async def listing(request: Request, person: Person = READS) -> Response:
    eyes, day = eyes_of(request), request.query_params.get("day", "")
    async with Service.of(request).database.read() as reader:
        if day:
            waiting = await nonconformity.of_day(reader, day_of(day))
            older = []
        else:
            waiting = await nonconformity.undecided(reader)
            older = [one for one in await nonconformity.newest(reader) if not one.undecided]
        names = await _names(request, reader, [*waiting, *older])
    return Pages.of(request).render(
        request,
        "nonconformities.html",
        waiting=[_row(one, names[one.id], eyes) for one in waiting],
        older=[_row(one, names[one.id], eyes) for one in older],
        day=day_of(day) if day else None,
        url=URL,
        up=TEMPERATURES,
    )


def _row(one: Nonconformity, name: str, eyes: Reading) -> dict[str, Any]:
    return {
        "url": f"{URL}/{one.id}",
        "on": one.on,
        "name": name,
        "since": one.since,
        "temperature": said_range(one.coldest, one.warmest, eyes),
        "goods": listed(line.name for line in one.lines.values()),
        "waits": bool(one.undecided),
        "decided": listed(
            eyes.translate(DECISIONS[found.decision]) for found in map(one.decision_of, one.lines) if found
        ),
    }


@router.get(URL + "/{wanted}")
async def show(request: Request, wanted: str, person: Person = READS) -> Response:
    return await _page(request, wanted, person)


@router.post(URL + "/{wanted}")
async def decide(request: Request, wanted: str, person: Person = DECIDES) -> Response:
    service, eyes = Service.of(request), eyes_of(request)
    t, form = eyes.translate, Form(await request.form(), eyes.translate)
    async with service.database.read() as reader:
        one = await nonconformity.find(reader, wanted)
    if one is None:
        raise NotFound
    decided = _read(form, one, eyes)
    seen = form.integer("seen", required=True)
    if decided is None or seen is None:
        return await _page(request, wanted, person, form, 422)
    try:
        async with service.database.write() as writer:
            await nonconformity.decide(writer, wanted, seen, decided, person.name)
    except Stale:
        if _same(one, decided, person.name):
            return Pages.of(request).go(f"{URL}/{wanted}", t(_("The decision is kept.")))
        form.values["seen"] = str(one.seen)
        form.error("", t(CHANGED))
        return await _page(request, wanted, person, form, 409)
    except NotMeasured:
        form.error(*(("temperature", t(MEASURE_FIRST)) if decided.core is None else ("measured_by", t(WHO_MEASURED))))
        return await _page(request, wanted, person, form, 422)
    except CoreBreaks as broken:
        values = {"name": broken.line.name, "limit": said_limit(broken.line.band, eyes)}
        form.error("temperature", t(CORE_BREAKS) % values)
        return await _page(request, wanted, person, form, 422)
    return Pages.of(request).go(f"{URL}/{wanted}", t(_("The decision is kept.")))


def _read(form: Form, one: Nonconformity, eyes: Reading) -> Decided | None:
    lines = form.choices("lines", one.lines, at_least=1)
    decision = form.choice("decision", Decision)
    why = form.lines("why", required=True, max_length=1000)
    core = typed_temperature(form, eyes) if form.value("temperature").strip() else None
    measured_by = form.text("measured_by", max_length=120)
    if form.errors:
        return None
    return Decided(line_ids=tuple(lines), decision=Decision(decision), why=why, core=core, measured_by=measured_by)


def _same(one: Nonconformity, decided: Decided, by: str) -> bool:
    """The form was sent twice: the last step is this very decision."""
    return bool(one.steps) and one.steps[-1].what == decided and one.steps[-1].by == by


async def _page(request: Request, wanted: str, person: Person, form: Form | None = None, status: int = 200) -> Response:
    eyes = eyes_of(request)
    async with Service.of(request).database.read() as reader:
        one = await nonconformity.find(reader, wanted)
        if one is None:
            raise NotFound
        names = await _names(request, reader, [one])
        producers = {row["id"]: row["name"] for row in await producers_in_use(reader)}
        lots = await lots_by_list(reader, one.lines)
        followed = await Days(reader, Pages.of(request).zone).of_date(one.on)
    products = {} if followed is None else {key: line.product_id for key, line in followed.scene.lines.items()}
    waiting = [line.line_id for line in one.undecided]
    form = form or Form(None, eyes.translate, values={"seen": one.seen})
    return Pages.of(request).render(
        request,
        "nonconformity.html",
        status,
        one=one,
        name=names[one.id],
        temperature=said_range(one.coldest, one.warmest, eyes),
        limit=said_limit(_strictest(one), eyes),
        sources=list(dict.fromkeys(said_source(line.source, eyes) for line in one.lines.values())),
        law=any(line.law for line in one.undecided or one.lines.values()),
        lines=[
            _line(one, line, producers, eyes)
            | {"lots": said_lots(lots, line.line_id, products.get(line.line_id, ""), eyes)}
            for line in one.lines.values()
        ],
        history=[_said(step, one, eyes) for step in one.steps],
        choices=[(line.line_id, line.name) for line in one.lines.values()],
        ticked=waiting,
        decisions=[(each.value, eyes.translate(word)) for each, word in DECISIONS.items()],
        form=form,
        labels={name: eyes.translate(word) for name, word in LABELS.items()},
        writes=person.has(Role.COORDINATOR),
        readings=chart_url(one.on, one.place) if person.has(Role.COORDINATOR) else "",
        lasted=_lasted(one, eyes),
        url=f"{URL}/{one.id}",
        up=URL,
    )


def _lasted(one: Nonconformity, eyes: Reading) -> str:
    """How long by the readings; empty where there is one moment only."""
    length = one.last - one.since if one.since and one.last else timedelta()
    return eyes.words.span(length) if length else ""


def _strictest(one: Nonconformity) -> Band:
    lows = [line.lowest for line in one.lines.values() if line.lowest is not None]
    highs = [line.highest for line in one.lines.values() if line.highest is not None]
    return Band(max(lows, default=None), min(highs, default=None))


def _line(one: Nonconformity, line: Any, producers: dict[str, str], eyes: Reading) -> dict[str, Any]:
    decided = one.decision_of(line.line_id)
    return {
        "name": line.name,
        "producer": producers.get(line.producer_id, line.producer_id),
        "limit": said_limit(line.band, eyes),
        "decision": eyes.translate(DECISIONS[decided.decision]) if decided else "",
    }


def _said(step: Step, one: Nonconformity, eyes: Reading) -> dict[str, Any]:
    """A line of the history."""
    t, what = eyes.translate, step.what
    if isinstance(what, Breach):
        sentence = t(_("Readings from %(begins)s to %(ends)s: %(temperature)s. %(goods)s")) % {
            "begins": eyes.words.clock_time(what.first_at),
            "ends": eyes.words.clock_time(what.last_at),
            "temperature": said_range(what.coldest, what.warmest, eyes),
            "goods": listed(line.name for line in what.lines),
        }
        return {"at": step.at, "by": step.by, "what": sentence, "again": what.reopens}
    goods = listed(one.lines[line].name for line in what.line_ids if line in one.lines)
    sentence = f"{t(DECISIONS[what.decision])}{t(_(': '))}{goods}. {what.why}"
    if what.core is not None:
        sentence += " " + t(_("In the product: %(temperature)s, measured by %(who)s.")) % {
            "temperature": degrees(what.core, eyes.words),
            "who": what.measured_by or t(_("nobody named")),
        }
    return {"at": step.at, "by": step.by, "what": sentence, "again": False}
