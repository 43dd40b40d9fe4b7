"""Groups, for programs: the same rules as the pages."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from ordering import group
from ordering.api.answer import Wrong, form_of, located, objects, refuse
from ordering.conflict import AlreadySent, NameTaken
from ordering.pages.forms import id_of
from ordering.pages.groups import read

router = APIRouter()

URL = "/ordering/api/groups"


@router.get(URL)
async def show_all(
    request: Request, asker: Person = serves(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
) -> Response:
    async with Service.of(request).database.read() as reader:
        rows = await group.all_groups(reader)
    return JSONResponse([{"id": row["id"], "name": row["name"], "active": row["active"]} for row in rows])


@router.post(URL)
async def register(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """One group, or a list: `{name, place: {name, postcode, insee, latitude, longitude} or "name", address, weekday
    (Monday = 0), pickup_from, pickup_until ("HH:MM"), bags, id}` -> `{"id"}`.

    Sent again with the same id or the same name it answers the group that is there.
    """
    try:
        items, many = await objects(request)
        made = await _register_all(request, items, many)
    except Wrong as wrong:
        return wrong.response()
    return JSONResponse(made if many else made[0])


async def _register_all(request: Request, items: list[dict[str, Any]], many: bool) -> list[dict[str, str]]:
    made = []
    async with Service.of(request).database.write() as writer:
        for position, item in enumerate(items):
            form = form_of(request, _flat(item))
            details = read(form)
            if details is None:
                raise refuse(located(form.errors, position, many))
            try:
                row = await group.register(writer, id_of(request, form), details)
            except (NameTaken, AlreadySent) as error:
                known = error.made if isinstance(error, AlreadySent) else await group.named(writer, details.name)
                assert known is not None
                row = known
            made.append({"id": row["id"]})
    return made


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """The object as a page's form names its fields; the names of the event are taken too."""
    flat = {name.removeprefix("pickup_") if name in _EVENT_NAMES else name: value for name, value in item.items()}
    place = flat.get("place")
    if isinstance(place, dict):
        flat |= {name: place.get(name) for name in ("postcode", "insee", "latitude", "longitude")}
        flat["place"] = place.get("name")
    for short, long in (("from", "pickup_from"), ("until", "pickup_until")):
        if short in flat:
            flat[long] = flat.pop(short)
    return flat


_EVENT_NAMES = {"pickup_place", "pickup_address", "pickup_weekday"}
