"""Whether orders are held to the network: a coordinator's decision, on the page of the places."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import Refused
from contracts import Role
from logistics.network import describing
from logistics.pages.network_nouns import URL
from logistics.settings import LogisticsSettings
from ui import Pages
from ui.forms import Form
from ui.i18n import marked as _

router = APIRouter()

DECIDES: Any = serves(Role.COORDINATOR)


def warmest(request: Request) -> int:
    """What the hub reckons with outside, in tenths of a degree."""
    settings = Service.of(request).settings
    assert isinstance(settings, LogisticsSettings)
    return settings.outside_degrees * 10


@router.post(URL + "/binding")
async def decide(request: Request, person: Person = DECIDES) -> Response:
    """`on`: hold orders to the network; without it, only tell what can never be received."""
    form, t = Form(await request.form(), request.state.translate), request.state.translate
    binding, last_seen = form.boolean("on"), form.integer("last", required=True) or 0
    try:
        async with Service.of(request).database.write() as writer:
            await describing.decide(writer, binding, last_seen, warmest(request), person.name)
    except describing.Outrun as error:
        raise Refused(t(_("Somebody changed this meanwhile: look at it again first."))) from error
    said = _("Orders are held to the network from now on.") if binding else _("Nothing is refused any more.")
    return Pages.of(request).go(URL, t(said))
