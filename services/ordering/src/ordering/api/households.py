"""Households, for programs: the same rules as the pages."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from chassis.database import Writer
from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from ordering import group, household
from ordering.api.answer import Wrong, form_of, located, objects, refuse
from ordering.conflict import AlreadySent, EmailTaken, Missing, NameTaken
from ordering.pages.forms import id_of, read_person
from ordering.person import email_key

router = APIRouter()

URL = "/ordering/api/households"
MOST = 5000


@router.get(URL)
async def show_all(
    request: Request, group_id: str = "", asker: Person = serves(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)
) -> Response:
    async with Service.of(request).database.read() as reader:
        wanted = frozenset({group_id}) if group_id else None
        found, _total = await household.search(reader, group_ids=wanted, limit=MOST)
    listed = [
        {
            "id": line.row["id"],
            "name": line.row["name"],
            "group_id": line.row["group_id"],
            "active": line.row["active"],
            "people": [{"id": one["id"], "name": one["name"], "email": one["email"]} for one in line.people],
        }
        for line in found
    ]
    return JSONResponse(listed)


@router.post(URL)
async def register(request: Request, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """One household, or a list (all or none): `{group_id, name, people: [{name, email, phone, language, id}], id}`
    -> `{"id", "people": [{"id"}]}`, the people in the order they were sent.

    Sent again with the same id, or the same name in the group, it answers the household that is there.
    """
    try:
        items, many = await objects(request)
        if len(items) > MOST:
            raise Wrong(f"at most {MOST} at once")
        made = []
        async with Service.of(request).database.write() as writer:
            groups = [row["id"] for row in await group.all_groups(writer)]
            for position, item in enumerate(items):
                try:
                    made.append(await _register(request, writer, item, groups))
                except Wrong as wrong:
                    raise refuse(located(wrong.errors, position, many)) from wrong
    except Wrong as wrong:
        return wrong.response()
    return JSONResponse(made if many else made[0])


async def _register(request: Request, writer: Writer, item: dict[str, Any], groups: list[str]) -> dict[str, Any]:
    form, newcomers = _read(request, item, groups)
    details = household.Details(form.value("group_id"), form.text("name", max_length=100))
    try:
        row = await household.register(writer, id_of(request, form), details, newcomers, known_may_join=True)
    except NameTaken:
        known = await household.named(writer, details.group_id, details.name)
        assert known is not None
        row = known
    except AlreadySent as error:
        row = error.made
    except (EmailTaken, household.InAnotherHousehold) as error:
        taken = error.typed if isinstance(error, EmailTaken) else error.somebody["email"]
        raise refuse({"people": f"{taken} belongs to somebody else"}) from error
    except Missing as error:
        raise refuse({"group_id": "no such group"}) from error
    people = await household.people_of(writer, row["id"])
    # Somebody known joins under the id they have: they are told by their address.
    wanted = [next((p for p in people if _same(p, newcomer)), None) for newcomer in newcomers]
    told = [p for p in wanted if p is not None] if all(wanted) and wanted else people
    return {"id": row["id"], "people": [{"id": p["id"]} for p in told]}


def _same(known: Any, newcomer: household.Newcomer) -> bool:
    key = email_key(newcomer.details.email)
    return bool(known["id"] == newcomer.id or (key is not None and known["email_key"] == key))


def _read(request: Request, item: dict[str, Any], groups: list[str]) -> tuple[Any, list[household.Newcomer]]:
    """The household's fields, judged, and its people. Raises Wrong."""
    form = form_of(request, {name: value for name, value in item.items() if name != "people"})
    form.choice("group_id", groups)
    form.text("name", required=True, max_length=100)
    errors, newcomers = dict(form.errors), []
    people = item.get("people") or []
    if not isinstance(people, list) or not all(isinstance(one, dict) for one in people):
        raise refuse({"people": "send a list of objects"})
    for position, one in enumerate(people):
        theirs = form_of(request, one)
        newcomers.append(household.Newcomer(id_of(request, theirs), read_person(theirs)))
        errors |= {f"people.{position}.{name}": sentence for name, sentence in theirs.errors.items()}
    if errors:
        raise refuse(errors)
    return form, newcomers
