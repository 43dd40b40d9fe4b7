"""Probes: where each measures, its keys, when it spoke last."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from logistics.cold import probe
from logistics.cold.probe import PROBE_REGISTER, PROBES, ProbeSheet
from logistics.network.kept import Kept, NotKept, Stale, Taken
from logistics.pages.cold import URL as TEMPERATURES
from logistics.pages.cold_choices import place_choices
from logistics.pages.own_id import own_id
from logistics.pages.probe_readings import URL as SEND_TO
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = PROBES
COORDINATES: Any = serves(Role.COORDINATOR)
LABELS = {
    "name": _("Name"),
    "place": _("Where it measures"),
    "every": _("Minutes between two readings"),
}
TAKEN = _("Another probe in use has this name.")
STALE = _("Somebody changed this since you opened the page: compare, then save again.")


@router.get(URL)
async def listing(request: Request, person: Person = COORDINATES) -> Response:
    async with Service.of(request).database.read() as reader:
        found = [*await PROBE_REGISTER.all(reader), *await PROBE_REGISTER.all(reader, retired=True)]
        places = await place_choices(reader)
        heard = await probe.last_heard(reader, [one.id for one in found])
        now = reader.now
    rows = [
        {
            "one": one,
            "place": places.get(one.sheet.place, one.sheet.place),
            "heard": heard.get(one.id),
            "silent": not one.retired_at and (one.id not in heard or now - heard[one.id] > one.sheet.patience),
        }
        for one in found
    ]
    return Pages.of(request).render(request, "probes.html", rows=rows, url=URL, up=TEMPERATURES)


@router.get(URL + "/new")
async def new(request: Request, person: Person = COORDINATES) -> Response:
    service = Service.of(request)
    async with service.database.read() as reader:
        places = await place_choices(reader)
    values = {"id": service.ids.new(), "every": "15"}
    return _form(request, Form(None, request.state.translate, values=values), places)


@router.post(URL + "/new")
async def add(request: Request, person: Person = COORDINATES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    new_id = own_id(form, longest=36)
    async with service.database.read() as reader:
        places = await place_choices(reader)
    sheet = _read(form, places)
    if sheet is None:
        return _form(request, form, places, status=422)
    try:
        async with service.database.write() as writer:
            await probe.add_probe(writer, new_id, sheet, person.name)
    except Taken:
        form.error("name", t(TAKEN))
        return _form(request, form, places, status=422)
    return Pages.of(request).go(f"{URL}/{new_id}", t(_("%(name)s is kept.")) % {"name": sheet.name})


def _read(form: Form, places: dict[str, str]) -> ProbeSheet | None:
    name, place = form.text("name", required=True, max_length=80), form.choice("place", places)
    every = form.integer("every", required=True, minimum=1, maximum=1440)
    return None if form.errors or every is None else ProbeSheet(name=name, place=place, every=every)


async def _known(reader: Reader, wanted: str) -> Kept[ProbeSheet]:
    try:
        return await PROBE_REGISTER.find(reader, wanted)
    except NotKept as error:
        raise NotFound from error


@router.get(URL + "/{wanted}")
async def show(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    return await _page(request, wanted)


async def _page(request: Request, wanted: str, secret: str = "") -> Response:
    """`secret`: a key that was made just now, to be shown this once."""
    service = Service.of(request)
    async with service.database.read() as reader:
        one = await _known(reader, wanted)
        places, keys = await place_choices(reader), await probe.keys_of(reader, wanted)
        heard = (await probe.last_heard(reader, [wanted])).get(wanted)
        silences = await probe.silences(reader, wanted)
        now = reader.now
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "probe.html",
        one=one,
        place=places.get(one.sheet.place, one.sheet.place),
        keys=keys,
        heard=heard,
        silent=not one.retired_at and (heard is None or now - heard > one.sheet.patience),
        silences=silences,
        secret=secret,
        send_to=f"{service.settings.public_url.rstrip('/')}{SEND_TO}/{wanted}/readings",
        new_key=service.ids.new(),
        labels={name: t(word) for name, word in LABELS.items()},
        url=f"{URL}/{wanted}",
        up=URL,
    )


@router.post(URL + "/{wanted}/keys")
async def make_key(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    """Answered with the page itself, not by sending on: the secret is kept nowhere."""
    form = Form(await request.form(), request.state.translate)
    new_id = own_id(form, "key", longest=36)
    try:
        async with Service.of(request).database.write() as writer:
            secret = await probe.make_key(writer, wanted, new_id, person.name)
    except NotKept as error:
        raise NotFound from error
    if not secret:
        said = request.state.translate(_("This key was shown already. Lost it? Make another one, and revoke it."))
        return Pages.of(request).go(f"{URL}/{wanted}", said)
    return await _page(request, wanted, secret)


@router.post(URL + "/{wanted}/keys/{key_id}/revoke")
async def revoke(request: Request, wanted: str, key_id: str, person: Person = COORDINATES) -> Response:
    async with Service.of(request).database.write() as writer:
        await _known(writer, wanted)
        await probe.revoke_key(writer, wanted, key_id, person.name)
    return Pages.of(request).go(f"{URL}/{wanted}", request.state.translate(_("The key opens nothing any more.")))


@router.get(URL + "/{wanted}/edit")
async def edit(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    async with Service.of(request).database.read() as reader:
        one, places = await _known(reader, wanted), await place_choices(reader)
    values = one.sheet.model_dump(mode="json") | {"version": one.version}
    return _form(request, Form(None, request.state.translate, values=values), places, one)


@router.post(URL + "/{wanted}/edit")
async def change(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    service, t = Service.of(request), request.state.translate
    form = Form(await request.form(), t)
    version = form.integer("version", required=True)
    async with service.database.read() as reader:
        one, places = await _known(reader, wanted), await place_choices(reader)
    sheet = _read(form, places)
    if sheet is None or version is None:
        return _form(request, form, places, one, status=422)
    try:
        async with service.database.write() as writer:
            await PROBE_REGISTER.change(writer, wanted, version, sheet, person.name)
    except Stale:
        form.values["version"] = str(one.version)
        form.error("", t(STALE))
        return _form(request, form, places, one, status=409)
    except Taken:
        form.error("name", t(TAKEN))
        return _form(request, form, places, one, status=422)
    return Pages.of(request).go(f"{URL}/{wanted}", t(_("Saved.")))


@router.post(URL + "/{wanted}/retire")
async def retire(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    t, form = request.state.translate, Form(await request.form(), request.state.translate)
    version, back = form.integer("version", required=True) or 0, form.boolean("back")
    do = probe.bring_back if back else PROBE_REGISTER.retire
    try:
        async with Service.of(request).database.write() as writer:
            await do(writer, wanted, version, person.name)
    except NotKept as error:
        raise NotFound from error
    except Stale as error:
        raise Refused(t(_("Somebody changed this meanwhile: look at it again first."))) from error
    except Taken as error:
        raise Refused(t(TAKEN)) from error
    return Pages.of(request).go(f"{URL}/{wanted}", t(_("It is back.")) if back else t(_("It is retired.")))


def _form(
    request: Request, form: Form, places: dict[str, str], one: Kept[ProbeSheet] | None = None, status: int = 200
) -> Response:
    t = request.state.translate
    return Pages.of(request).render(
        request,
        "probe_form.html",
        status,
        one=one,
        form=form,
        labels={name: t(word) for name, word in LABELS.items()},
        places=sorted(places.items(), key=lambda pair: pair[1].casefold()),
        url=f"{URL}/{one.id}/edit" if one else f"{URL}/new",
        back=f"{URL}/{one.id}" if one else URL,
        up=URL,
    )
