"""The network: its lists, the page of one thing, and changing it."""

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from coldchain.day import SiteKind
from contracts import Role
from logistics.cycle import newest_cycles
from logistics.network import box, describing, known
from logistics.network.carrier import CARRIERS
from logistics.network.driver import driven_by, drivers_by_id
from logistics.network.kept import Kept, NotKept, Stale, Taken, names_of
from logistics.network.site import SITES, SiteSheet
from logistics.network.vehicle import VEHICLES
from logistics.pages import network_show as showing
from logistics.pages.binding import warmest
from logistics.pages.network_fields import Choices, room_numbers, stop_numbers
from logistics.pages.network_map import map_context, spots_of
from logistics.pages.network_nouns import NOUNS, URL, Noun
from logistics.pages.own_id import own_id
from logistics.producer import producers_in_use
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

WRITES: Any = serves(Role.COORDINATOR)
SEES: tuple[Role, ...] = (Role.COORDINATOR, Role.OPERATOR, Role.DRIVER, Role.REFERENT)
READS: Any = serves(*SEES)
READS_OWN: Any = serves(*SEES, Role.PRODUCER)
STALE = _(
    "Somebody changed this since you opened the page. Nothing you typed is lost: compare, then save again to have it "
    "your way."
)
MOVED = _("Somebody noted a move of this box since you opened the page: look where it is now, then say it again.")


def noun_of(name: str) -> Noun:
    """Raises NotFound."""
    try:
        return NOUNS[name]
    except KeyError:
        raise NotFound from None


async def choices_of(reader: Reader) -> Choices:
    sites = await SITES.all(reader)
    groups = {
        pickup.group_id: pickup.group_name
        for cycle in reversed(await newest_cycles(reader, known.CYCLES))
        for pickup in cycle.pickups
    }
    return Choices(
        producers={row["id"]: row["name"] for row in await producers_in_use(reader)},
        groups=groups,
        sites=names_of(sites),
        pickups=names_of(one for one in sites if one.sheet.kind is SiteKind.PICKUP),
        vehicles=names_of(await VEHICLES.all(reader)),
        drivers=await drivers_by_id(reader),
    )


async def homes_of(reader: Reader, person: Person) -> frozenset[str]:
    """Where the carriers that this person drives for start and end."""
    mine = await driven_by(reader, person)
    sheets = [one.sheet for one in await CARRIERS.all(reader) if one.id in mine]
    return frozenset(end for sheet in sheets for end in (sheet.starts_at, sheet.ends_at))


def may_see(person: Person, one: Kept[Any], homes: Collection[str]) -> bool:
    """A producer sees its own farm only. Where a carrier lives is for those who plan, and for who drives from there."""
    sheet = one.sheet
    if isinstance(sheet, SiteSheet) and sheet.kind is SiteKind.HOME:
        return person.has(Role.COORDINATOR) or one.id in homes
    own = isinstance(sheet, SiteSheet) and sheet.kind is SiteKind.FARM and sheet.producer_id in person.producer_ids
    return person.has(*SEES) or own


@router.get(URL)
async def overview(request: Request, person: Person = READS_OWN) -> Response:
    return await _list(request, NOUNS["sites"], person)


@router.post(URL + "/known")
async def take_over(request: Request, person: Person = WRITES) -> Response:
    """Farms and pickup points that events told of become places of the network, all at once."""
    async with Service.of(request).database.write() as writer:
        added = await known.take_over(writer, person.name)
        await describing.tell(writer, warmest(request))
    said = request.state.translate.plural("%(num)s place was added.", "%(num)s places were added.", added)
    return Pages.of(request).go(URL, said % {"num": added})


@router.get(URL + "/{name}")
async def list_of(request: Request, name: str, person: Person = READS) -> Response:
    return await _list(request, noun_of(name), person)


async def _list(request: Request, noun: Noun, person: Person) -> Response:
    retired = request.query_params.get("retired") == "1"
    async with Service.of(request).database.read() as reader:
        things = await noun.register.all(reader, retired=retired)
        names = await showing.names_for(reader)
        where = await box.whereabouts(reader) if noun.name == "boxes" else {}
        waiting = await known.not_in_network(reader) if noun.name == "sites" else []
        carriers = await CARRIERS.all(reader) if noun.name == "sites" else []
        decided = await describing.decided(reader)
        homes = await homes_of(reader, person)
    things = [one for one in things if may_see(person, one, homes)]
    eyes = showing.Eyes.of(request, names, coordinates=person.has(Role.COORDINATOR))
    drawn = map_context(things, carriers, eyes.translate) if noun.name == "sites" and not retired else {"maps": []}
    numbers = {spot.id: spot.number for spot in spots_of(things)} if drawn["maps"] else {}
    headings, rows = eyes.table(noun, things, where, numbers)
    return Pages.of(request).render(
        request,
        "network.html",
        noun=noun,
        nouns=NOUNS.values() if person.has(*SEES) else [NOUNS["sites"]],
        headings=headings,
        rows=rows,
        retired=retired,
        waiting=waiting if person.has(Role.COORDINATOR) else [],
        writes=person.has(Role.COORDINATOR),
        decided=decided,
        declares=person.has(Role.COORDINATOR, Role.PRODUCER),
        url=URL,
        **drawn,
    )


@router.get(URL + "/{name}/new")
async def new(request: Request, name: str, person: Person = WRITES) -> Response:
    """`known`: id of a place that events told of, whose words fill the form."""
    noun, service = noun_of(name), Service.of(request)
    values = noun.empty | {"id": service.ids.new()}
    wanted = request.query_params.get("known", "")
    async with service.database.read() as reader:
        choices = await choices_of(reader)
        told = {one.id: one for one in await known.not_in_network(reader)} if noun.name == "sites" and wanted else {}
    if wanted in told:
        values = noun.typed(told[wanted].sheet, request.state.translate.language) | {"id": wanted}
    return _form(request, noun, Form(None, request.state.translate, values=values), choices)


@router.post(URL + "/{name}/new")
async def add(request: Request, name: str, person: Person = WRITES) -> Response:
    noun, t, service = noun_of(name), request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    new_id = own_id(form)
    async with service.database.read() as reader:
        choices = await choices_of(reader)
    stands_at = form.choice("stands_at", choices.sites) if noun.name == "boxes" else ""
    sheet = noun.read(form, choices, t)
    if sheet is None:
        return _form(request, noun, form, choices, status=422)
    try:
        async with service.database.write() as writer:
            if noun.name == "boxes":
                await box.add_box(writer, new_id, sheet, stands_at, person.name)
            else:
                await noun.register.add(writer, new_id, sheet, person.name)
            await describing.tell(writer, warmest(request))
    except Taken as taken:
        return _form(request, noun, form, choices, taken=taken)
    return Pages.of(request).go(one_url(noun.name, new_id), t(_("%(name)s is kept.")) % {"name": sheet.name})


def one_url(name: str, wanted: str) -> str:
    return f"{URL}/{name}/{quote(wanted, safe='')}"


async def _found(request: Request, noun: Noun, wanted: str) -> Kept[Any]:
    async with Service.of(request).database.read() as reader:
        return await _known(reader, noun, wanted)


async def _known(reader: Reader, noun: Noun, wanted: str) -> Kept[Any]:
    try:
        return await noun.register.find(reader, wanted)
    except NotKept as error:
        raise NotFound from error


@router.get(URL + "/{name}/{wanted}")
async def show(request: Request, name: str, wanted: str, person: Person = READS_OWN) -> Response:
    return await show_one(request, noun_of(name), wanted, person)


async def show_one(
    request: Request, noun: Noun, wanted: str, person: Person, form: Form | None = None, status: int = 200
) -> Response:
    """`form`: of a move of a box that was refused."""
    async with Service.of(request).database.read() as reader:
        one = await _known(reader, noun, wanted)
        if not may_see(person, one, await homes_of(reader, person)):
            raise NotFound
        names = await showing.names_for(reader)
        moves = await box.history(reader, wanted) if noun.name == "boxes" else []
        sites = names_of(await SITES.all(reader)) if noun.name == "boxes" else {}
    eyes = showing.Eyes.of(request, names, coordinates=person.has(Role.COORDINATOR))
    return Pages.of(request).render(
        request,
        "network_one.html",
        status,
        noun=noun,
        one=one,
        facts=eyes.facts(one.sheet),
        told=eyes.told(one.sheet),
        rooms=eyes.rooms(getattr(one.sheet, "rooms", ())),
        hours=eyes.hours(getattr(one.sheet, "hours", ())),
        round=eyes.round(getattr(one.sheet, "round", ())),
        moves=[(move, eyes.moved(move)) for move in moves],
        last=moves[0].number if moves else 0,
        sites=list(sites.items()),
        move_kinds=[(kind.value, eyes.translate(word)) for kind, word in showing.MOVES.items()],
        form=form or Form(None, eyes.translate, values={"move": box.Move.PUT}),
        writes=person.has(Role.COORDINATOR),
        url=one_url(noun.name, one.id),
        up=URL,
    )


@router.get(URL + "/{name}/{wanted}/edit")
async def edit(request: Request, name: str, wanted: str, person: Person = WRITES) -> Response:
    noun = noun_of(name)
    async with Service.of(request).database.read() as reader:
        one = await _known(reader, noun, wanted)
        choices = await choices_of(reader)
    values = noun.typed(one.sheet, request.state.translate.language) | {"version": one.version}
    return _form(request, noun, Form(None, request.state.translate, values=values), choices, one)


@router.post(URL + "/{name}/{wanted}/edit")
async def change(request: Request, name: str, wanted: str, person: Person = WRITES) -> Response:
    noun, t, service = noun_of(name), request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    version = form.integer("version", required=True)
    async with service.database.read() as reader:
        one = await _known(reader, noun, wanted)
        choices = await choices_of(reader)
    sheet = noun.read(form, choices, t)
    if sheet is None or version is None:
        return _form(request, noun, form, choices, one, status=422)
    try:
        async with service.database.write() as writer:
            await noun.register.change(writer, wanted, version, sheet, person.name)
            await describing.tell(writer, warmest(request))
    except Stale:
        one = await _found(request, noun, wanted)
        form.values["version"] = str(one.version)
        return _form(request, noun, form, choices, one, status=409, stale=t(STALE))
    except Taken as taken:
        return _form(request, noun, form, choices, one, taken=taken)
    return Pages.of(request).go(one_url(noun.name, wanted), t(_("Saved.")))


@router.post(URL + "/{name}/{wanted}/retire")
async def retire(request: Request, name: str, wanted: str, person: Person = WRITES) -> Response:
    """Retire it, or bring it back: `back` says which."""
    noun, t, service = noun_of(name), request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    version, back = form.integer("version", required=True) or 0, form.boolean("back")
    do = noun.register.bring_back if back else noun.register.retire
    try:
        async with service.database.write() as writer:
            await do(writer, wanted, version, person.name)
            await describing.tell(writer, warmest(request))
    except NotKept as error:
        raise NotFound from error
    except Stale as error:
        raise Refused(t(_("Somebody changed this meanwhile: look at it again first."))) from error
    except Taken as error:
        raise Refused(t(noun.taken)) from error
    return Pages.of(request).go(one_url(noun.name, wanted), t(_("It is back.")) if back else t(_("It is retired.")))


@router.post(URL + "/boxes/{wanted}/move")
async def move(request: Request, wanted: str, person: Person = WRITES) -> Response:
    """Lent, returned, moved, lost: a line in the register."""
    noun, t, service = NOUNS["boxes"], request.state.translate, Service.of(request)
    form = Form(await request.form(), t)
    async with service.database.read() as reader:
        sites = names_of(await SITES.all(reader))
    kind, last = form.choice("move", box.Move), form.integer("last", required=True)
    site_id = form.choice("site_id", sites, required=kind == box.Move.PUT)
    lent_to = form.text("lent_to", required=kind == box.Move.LENT, max_length=120)
    note = form.text("note")
    if not form.ok or last is None:
        return await show_one(request, noun, wanted, person, form, 422)
    put, lent = kind == box.Move.PUT, kind == box.Move.LENT
    to = box.Whereabouts(box.Move(kind), site_id if put else None, lent_to if lent else "", note)
    try:
        async with service.database.write() as writer:
            await box.move_box(writer, wanted, last, to, person.name)
    except NotKept as error:
        raise NotFound from error
    except Stale:
        form.error("move", t(MOVED))
        return await show_one(request, noun, wanted, person, form, 409)
    return Pages.of(request).go(one_url("boxes", wanted), t(_("Noted in the register.")))


def _form(
    request: Request,
    noun: Noun,
    form: Form,
    choices: Choices,
    one: Kept[Any] | None = None,
    *,
    status: int = 200,
    stale: str = "",
    taken: Taken | None = None,
) -> Response:
    t = request.state.translate
    if taken is not None:
        form.error(noun.taken_at, t(noun.taken))
        status = 422
    return Pages.of(request).render(
        request,
        "network_form.html",
        status,
        noun=noun,
        one=one,
        form=form,
        stale=stale,
        choices=choices,
        labels={name: t(label) for name, label in noun.labels.items()},
        kinds=[(kind.value, t(word)) for kind, word in showing.KINDS.get(noun.name, {}).items()],
        rooms=room_numbers(form),
        stops=stop_numbers(form),
        places=known.known_places(),
        certificates=[(mark, mark) for mark in showing.CERTIFICATES],
        ticked=list(one.sheet.vehicle_ids) if one and noun.name == "carriers" else [],
        driving=list(one.sheet.driver_ids) if one and noun.name == "carriers" else [],
        holder=one_url(noun.name, taken.holder) if taken and taken.holder else "",
        url=one_url(noun.name, one.id) if one else f"{URL}/{noun.name}",
        up=URL,
    )
