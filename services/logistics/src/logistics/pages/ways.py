"""Ways: how far places are from one another by road, how that is known, and correcting one by hand."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.day import Roads
from coldchain.road import Way, crow_flies, reckoned
from contracts import Role
from logistics.network.day_of import Made
from logistics.network.kept import names_of
from logistics.network.site import SITES, planned
from logistics.pages.way_fields import read_correction
from logistics.pages.way_words import Words, trouble
from logistics.road.survey import Surveyor, last_survey
from logistics.road.way import Outrun, Pair, correct, corrections, point, ways_between
from logistics.settings import LogisticsSettings
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _
from ui.pages import reading

router = APIRouter()

URL = "/logistics/ways"
PLANS: Any = serves(Role.COORDINATOR)
SHOWN = 100
"""Ways without an answer that the page lists."""


def url_of(pair: Pair) -> str:
    return f"{URL}/{quote(pair[0], safe='')}/{quote(pair[1], safe='')}"


@router.get(URL)
async def overview(request: Request, person: Person = PLANS) -> Response:
    return await _overview(request, Form(dict(request.query_params) or None, request.state.translate))


async def _overview(request: Request, form: Form) -> Response:
    surveyor: Surveyor | None = request.app.state.surveyor
    async with Service.of(request).database.read() as reader:
        sites = await SITES.all(reader)
        ways = await ways_between(reader, sites)
        last = await last_survey(reader, surveyor.engine.dialect.name) if surveyor else None
    names, write = names_of(sites), Words.of(request)
    pairs = ways.pairs(ways.spots)
    by_hand = [pair for pair in pairs if ways.correction(pair)]
    open_ = [pair for pair in pairs if ways.way(pair) is None]
    site = form.choice("site", ways.spots, required=False)
    placed = {one.id: planned(one) for one in sites if one.id in ways.spots}
    roads = _roads(request)

    def plainly(pair: Pair) -> Way:
        return reckoned(placed[pair[0]], placed[pair[1]], roads)

    rows = [
        [_link(pair, f"{names[pair[0]]} → {names[pair[1]]}"), *write.known(ways, pair, plainly(pair))]
        for pair in pairs
        if site in pair
    ]
    return Pages.of(request).render(
        request,
        "ways.html",
        200 if form.ok else 422,
        form=form,
        places=[(one, names[one]) for one in ways.spots],
        facts=write.counted(len(pairs), len(by_hand), len(pairs) - len(by_hand) - len(open_), len(open_)),
        engine=surveyor.engine.dialect.name if surveyor else "",
        trouble=trouble(request, last, len(open_)) if surveyor else "",
        last=last,
        rows=rows,
        by_hand=[
            [_link(pair, f"{names[pair[0]]} → {names[pair[1]]}"), *write.corrected(found)]
            for pair in by_hand
            if (found := ways.correction(pair))
        ],
        unanswered=[_link(pair, f"{names[pair[0]]} → {names[pair[1]]}") for pair in open_[:SHOWN]] if surveyor else [],
        more=len(open_) - SHOWN,
        url=URL,
    )


def _roads(request: Request) -> Roads:
    """How ways are reckoned where nothing else is known."""
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    return Roads(detour_percent=settings.detour_percent)


async def told_of(request: Request, reader: Reader, made: Made) -> str:
    """What a day's page says of its ways; empty where none is reckoned that an engine should have measured."""
    surveyor: Surveyor | None = request.app.state.surveyor
    if surveyor is None or made.day is None or made.ways is None:
        return ""
    pairs = made.ways.pairs(site.id for site in made.day.sites)
    left = sum(made.ways.way(pair) is None for pair in pairs)
    return trouble(request, await last_survey(reader, surveyor.engine.dialect.name), left) if left else ""


def _link(pair: Pair, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url_of(pair), text)


@router.post(URL + "/measure")
async def measure(request: Request, person: Person = PLANS) -> Response:
    """Ask the engine for what is missing now, and wait for it."""
    surveyor: Surveyor | None = request.app.state.surveyor
    t = request.state.translate
    if surveyor is None:
        raise Refused(t(_("No road engine is named: your operator can name one.")))
    done = await surveyor.survey()
    if done is None:
        return Pages.of(request).go(URL, t(_("Every way was measured already.")))
    if done.failing_since is not None:
        return Pages.of(request).go(
            URL, t(_("The road engine did not answer everything: this page says how far it came."))
        )
    said = t.plural("%(num)s way was measured.", "%(num)s ways were measured.", done.measured)
    return Pages.of(request).go(URL, said % {"num": done.measured})


@router.get(URL + "/{from_site}/{to_site}")
async def one(request: Request, from_site: str, to_site: str, person: Person = PLANS) -> Response:
    return await _one(request, (from_site, to_site))


async def _one(request: Request, pair: Pair, form: Form | None = None, status: int = 200) -> Response:
    service = Service.of(request)
    async with service.database.read() as reader:
        sites = {each.id: each for each in await SITES.all(reader)}
        ways = await ways_between(reader, sites.values())
        history = await corrections(reader, pair)
    if pair not in ways.pairs(pair):
        raise NotFound
    write, t = Words.of(request), request.state.translate
    here, there = planned(sites[pair[0]]), planned(sites[pair[1]])
    by_crow = crow_flies(point(ways.spots[pair[0]]), point(ways.spots[pair[1]]))
    plainly = reckoned(here, there, _roads(request))
    form = form or Form(None, t, values={"id": service.ids.new()})
    return Pages.of(request).render(
        request,
        "way.html",
        status,
        title=f"{here.name} → {there.name}",
        facts=write.facts(ways, pair, by_crow, plainly),
        history=[[*write.corrected(each), reading(request).words.short_moment(each.corrected_at)] for each in history],
        seen=history[0].number if history else 0,
        holds=ways.correction(pair) is not None,
        form=form,
        back=url_of((pair[1], pair[0])),
        url=url_of(pair),
        up=URL,
    )


@router.post(URL + "/{from_site}/{to_site}")
async def change(request: Request, from_site: str, to_site: str, person: Person = PLANS) -> Response:
    """A correction of one way, or with `both_ways` of the way back too; `take_back`: what was measured holds again."""
    pair, t, service = (from_site, to_site), request.state.translate, Service.of(request)
    async with service.database.read() as reader:
        ways = await ways_between(reader, await SITES.all(reader))
        back = await corrections(reader, (pair[1], pair[0]))
    if pair not in ways.pairs(pair):
        raise NotFound
    form = Form(await request.form(), t)
    spots = (ways.spots[pair[0]], ways.spots[pair[1]])
    typed = read_correction(form, t, crow_flies(point(spots[0]), point(spots[1])))
    if typed is None:
        return await _one(request, pair, form, 422)
    way: Way | None = typed.way
    try:
        async with service.database.write() as writer:
            said = {"why": typed.why, "by": person.name}
            await correct(writer, typed.id, pair, spots, way, seen=typed.seen, **said)
            if typed.both_ways:
                number = back[0].number if back else 0
                turned = (pair[1], pair[0])
                await correct(writer, f"{typed.id}-back", turned, (spots[1], spots[0]), way, seen=number, **said)
    except Outrun:
        form.error("", t(_("Somebody corrected this way since you opened the page: look at it again first.")))
        return await _one(request, pair, form, 409)
    return Pages.of(request).go(url_of(pair), t(_("Noted. Days that are planned from now on reckon with it.")))
