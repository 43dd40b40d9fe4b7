"""Probes: where each measures, its keys, when it spoke last."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person
from chassis.service import Service
from chassis.web import NotFound
from logistics.cold import probe
from logistics.cold.probe import PROBE_REGISTER, PROBES, ProbeSheet
from logistics.network.kept import NotKept
from logistics.pages.cold import URL as TEMPERATURES
from logistics.pages.cold_choices import place_choices
from logistics.pages.instruments import COORDINATES, Instrument
from logistics.pages.own_id import own_id
from logistics.pages.probe_readings import URL as SEND_TO
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

URL = PROBES
LABELS = {
    "name": _("Name"),
    "place": _("Where it measures"),
    "every": _("Minutes between two readings"),
}


def _read(form: Form, places: Mapping[str, str]) -> ProbeSheet | None:
    name, place = form.text("name", required=True, max_length=80), form.choice("place", places)
    every = form.integer("every", required=True, minimum=1, maximum=1440)
    return None if form.errors or every is None else ProbeSheet(name=name, place=place, every=every)


PROBE = Instrument(
    url=URL,
    register=PROBE_REGISTER,
    form_page="probe_form.html",
    read=_read,
    labels=LABELS,
    taken=_("Another probe in use has this name."),
    empty={"every": "15"},
    add=probe.add_probe,
    bring_back=probe.bring_back,
)
PROBE.serve(router)


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


@router.get(URL + "/{wanted}")
async def show(request: Request, wanted: str, person: Person = COORDINATES) -> Response:
    return await _page(request, wanted)


async def _page(request: Request, wanted: str, secret: str = "") -> Response:
    """`secret`: a key that was made just now, to be shown this once."""
    service = Service.of(request)
    async with service.database.read() as reader:
        one = await PROBE.known(reader, wanted)
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
        await PROBE.known(writer, wanted)
        await probe.revoke_key(writer, wanted, key_id, person.name)
    return Pages.of(request).go(f"{URL}/{wanted}", request.state.translate(_("The key opens nothing any more.")))
