"""Pages of the households and their people. A referent works on the households of their own groups."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ordering import group, household, person, role
from ordering.conflict import AlreadySent, ChangedMeanwhile, EmailTaken, Missing, NameTaken
from ordering.pages.forms import (
    id_of,
    page_of,
    read_person,
    say_changed,
    say_email_taken,
    say_sent_before,
    sent,
    version_of,
)
from ui import Pages
from ui.forms import Form

router = APIRouter()

URL = "/ordering/households"
PER_PAGE = 50

_READS = serves(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR, Role.REFERENT)
_WRITES = serves(Role.COORDINATOR, Role.REFERENT)


def _sees_all(asker: Person) -> bool:
    return asker.has(Role.COORDINATOR, Role.BOOKKEEPER, Role.OPERATOR)


def _may_change(asker: Person, group_id: str) -> bool:
    return asker.has(Role.COORDINATOR) or group_id in asker.group_ids(Role.REFERENT)


@router.get(URL)
async def show_all(request: Request, group_id: str = "", q: str = "", asker: Person = _READS) -> Response:
    mine = None if _sees_all(asker) else asker.group_ids(Role.REFERENT)
    wanted = mine if not group_id else frozenset({group_id}) if mine is None else mine & {group_id}
    number, q = page_of(request), q[:100]
    async with Service.of(request).database.read() as reader:
        groups = [row for row in await group.all_groups(reader) if mine is None or row["id"] in mine]
        found, total = await household.search(
            reader, group_ids=wanted, text=q, offset=(number - 1) * PER_PAGE, limit=PER_PAGE
        )
    return Pages.of(request).render(
        request,
        "households.html",
        found=found,
        total=total,
        groups=groups,
        group_id=group_id,
        q=q,
        number=number,
        last=max(1, -(-total // PER_PAGE)),
        may_add=asker.has(Role.COORDINATOR, Role.REFERENT),
    )


@router.get(f"{URL}/new")
async def new(request: Request, group_id: str = "", asker: Person = _WRITES) -> Response:
    ids = Service.of(request).ids
    return await _render_new(
        request, asker, Form(values={"id": ids.new(), "person_id": ids.new(), "group_id": group_id})
    )


@router.post(f"{URL}/new")
async def add(request: Request, asker: Person = _WRITES) -> Response:
    form, _ = await sent(request), request.state.translate
    details = await _read(request, form, asker)
    people = []
    if form.value("person_name") or form.value("email") or form.value("phone"):
        newcomer = read_person(form, name="person_name")
        people = [household.Newcomer(id_of(request, form, "person_id"), newcomer)]
    if not form.ok:
        return await _render_new(request, asker, form, 422)
    household_id = id_of(request, form)
    try:
        async with Service.of(request).database.write() as writer:
            await household.register(writer, household_id, details, people, known_may_join=asker.has(Role.COORDINATOR))
    except (NameTaken, EmailTaken, household.InAnotherHousehold, Missing) as error:
        _say(request, form, asker, error)
        return await _render_new(request, asker, form, 422)
    except AlreadySent as error:
        say_sent_before(request, form, error.made)
        form.values["person_id"] = Service.of(request).ids.new()
        return await _render_new(request, asker, form, 409)
    said = _("The household %(name)s is there.") % {"name": details.name}
    return Pages.of(request).go(f"{URL}/{household_id}", said)


@router.get(f"{URL}/{{household_id}}")
async def show(request: Request, household_id: str, asker: Person = _READS) -> Response:
    row = await _found(request, household_id, asker)
    return await _render(request, asker, row, Form(values={**row}))


@router.post(f"{URL}/{{household_id}}")
async def change(request: Request, household_id: str, asker: Person = _WRITES) -> Response:
    row, form, _ = await _found(request, household_id, asker), await sent(request), request.state.translate
    details = await _read(request, form, asker, active=form.boolean("active"))
    if not form.ok:
        return await _render(request, asker, row, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await household.change(writer, household_id, version_of(form), details)
    except (NameTaken, Missing) as error:
        _say(request, form, asker, error)
        return await _render(request, asker, row, form, 422)
    except ChangedMeanwhile as error:
        say_changed(request, form, error.now, await _shown(request, error.now))
        return await _render(request, asker, error.now, form, 409)
    return Pages.of(request).go(f"{URL}/{household_id}", _("Saved."))


@router.post(f"{URL}/{{household_id}}/marks")
async def mark(request: Request, household_id: str, asker: Person = serves(Role.COORDINATOR)) -> Response:
    """What only coordinators say of a household, and see: a solidarity basket, the hub's own shelf."""
    form = await sent(request)
    solidarity, takes_surplus = form.boolean("solidarity"), form.boolean("takes_surplus")
    try:
        async with Service.of(request).database.write() as writer:
            await household.mark(writer, household_id, solidarity=solidarity, takes_surplus=takes_surplus)
    except Missing as error:
        raise NotFound from error
    return Pages.of(request).go(f"{URL}/{household_id}", request.state.translate("Saved."))


# --- people of a household ---


@router.get(f"{URL}/{{household_id}}/people/new")
async def new_person(request: Request, household_id: str, asker: Person = _WRITES) -> Response:
    row = await _found(request, household_id, asker)
    return _render_person(request, row, Form(values={"id": Service.of(request).ids.new()}))


@router.post(f"{URL}/{{household_id}}/people/new")
async def add_person(request: Request, household_id: str, asker: Person = _WRITES) -> Response:
    row, form = await _found(request, household_id, asker), await sent(request)
    newcomer = household.Newcomer(id_of(request, form), read_person(form))
    if not form.ok:
        return _render_person(request, row, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await household.add_person(writer, household_id, newcomer, known_may_join=asker.has(Role.COORDINATOR))
    except (EmailTaken, household.InAnotherHousehold, Missing) as error:
        _say(request, form, asker, error)
        return _render_person(request, row, form, 422)
    except AlreadySent as error:
        say_sent_before(request, form, error.made)
        return _render_person(request, row, form, 409)
    said = request.state.translate("%(name)s belongs to the household now.") % {"name": newcomer.details.name}
    return Pages.of(request).go(f"{URL}/{household_id}", said)


@router.get(f"{URL}/{{household_id}}/people/{{person_id}}")
async def edit_person(request: Request, household_id: str, person_id: str, asker: Person = _WRITES) -> Response:
    row, somebody, guarded = await _found_person(request, household_id, person_id, asker)
    return _render_person(request, row, Form(values={**somebody}), somebody=somebody, guarded=guarded)


@router.post(f"{URL}/{{household_id}}/people/{{person_id}}")
async def change_person(request: Request, household_id: str, person_id: str, asker: Person = _WRITES) -> Response:
    row, somebody, guarded = await _found_person(request, household_id, person_id, asker)
    form, _ = await sent(request), request.state.translate
    details = read_person(form, email=not guarded)
    if guarded:
        details = person.Details(details.name, somebody["email"], details.phone, details.language)
    if not form.ok:
        return _render_person(request, row, form, 422, somebody=somebody, guarded=guarded)
    try:
        async with Service.of(request).database.write() as writer:
            await household.change_person(writer, person_id, version_of(form), details)
    except EmailTaken as error:
        _say(request, form, asker, error)
        return _render_person(request, row, form, 422, somebody=somebody, guarded=guarded)
    except ChangedMeanwhile as error:
        shown = {"name": _("Name"), "email": _("E-mail"), "phone": _("Telephone")}
        say_changed(request, form, error.now, {field: (label, error.now[field]) for field, label in shown.items()})
        return _render_person(request, row, form, 409, somebody=error.now, guarded=guarded)
    return Pages.of(request).go(f"{URL}/{household_id}", _("Saved."))


@router.get(f"{URL}/{{household_id}}/people/{{person_id}}/leave")
async def ask_leave(request: Request, household_id: str, person_id: str, asker: Person = _WRITES) -> Response:
    row, somebody, _guarded = await _found_person(request, household_id, person_id, asker)
    return Pages.of(request).render(request, "household_leave.html", household=row, somebody=somebody)


@router.post(f"{URL}/{{household_id}}/people/{{person_id}}/leave")
async def leave(request: Request, household_id: str, person_id: str, asker: Person = _WRITES) -> Response:
    await _found(request, household_id, asker)
    try:
        async with Service.of(request).database.write() as writer:
            await household.leave(writer, person_id, household_id)
    except Missing as error:
        raise NotFound from error
    said = request.state.translate("The person does not belong to this household any more.")
    return Pages.of(request).go(f"{URL}/{household_id}", said)


# --- what these pages have in common ---


async def _found(request: Request, household_id: str, asker: Person) -> RowMapping:
    """The household, if the asker may see it."""
    async with Service.of(request).database.read() as reader:
        row = await household.find(reader, household_id)
    if row is None or not (_sees_all(asker) or _may_change(asker, row["group_id"])):
        raise NotFound
    if request.method not in ("GET", "HEAD") and not _may_change(asker, row["group_id"]):
        raise NotFound
    return row


async def _found_person(
    request: Request, household_id: str, person_id: str, asker: Person
) -> tuple[RowMapping, RowMapping, bool]:
    """The household, its person, and whether the asker must leave the person's address alone.

    Who may change the address of somebody with a role could sign in as them: coordinators only.
    """
    row = await _found(request, household_id, asker)
    if not _may_change(asker, row["group_id"]):
        raise NotFound
    async with Service.of(request).database.read() as reader:
        somebody = await person.find(reader, person_id)
        guarded = not asker.has(Role.COORDINATOR) and await role.holds_any(reader, person_id)
    if somebody is None or somebody["household_id"] != household_id:
        raise NotFound
    return row, somebody, guarded


async def _groups_for(reader: Reader, asker: Person, now: str = "") -> list[RowMapping]:
    """Groups the asker may put a household into, and the one it is in."""
    return [
        row
        for row in await group.all_groups(reader)
        if _may_change(asker, row["id"]) and (row["active"] or row["id"] == now)
    ]


async def _read(request: Request, form: Form, asker: Person, *, active: bool = True) -> household.Details:
    async with Service.of(request).database.read() as reader:
        allowed = [row["id"] for row in await group.all_groups(reader) if _may_change(asker, row["id"])]
    return household.Details(
        group_id=form.choice("group_id", allowed), name=form.text("name", required=True, max_length=100), active=active
    )


def _say(request: Request, form: Form, asker: Person, error: Exception) -> None:
    """Put into words, at the right field, why it cannot be. A referent learns of nobody outside their groups."""
    _, known = request.state.translate, asker.has(Role.COORDINATOR)
    match error:
        case NameTaken():
            form.error(
                "name", _("There is a household of this name in the group already. Add a first name or a street.")
            )
        case EmailTaken():
            say_email_taken(request, form, error.holder if known else None)
        case household.InAnotherHousehold():
            if known:
                sentence = _("%(name)s belongs to another household already.") % {"name": error.somebody["name"]}
                form.error("email", sentence)
            else:
                say_email_taken(request, form)
        case Missing():
            form.error("group_id", _("Choose one of the list."))
        case _:
            raise Refused(str(error)) from error


async def _shown(request: Request, row: RowMapping) -> Mapping[str, tuple[str, Any]]:
    _ = request.state.translate
    async with Service.of(request).database.read() as reader:
        its_group = await group.find(reader, row["group_id"])
    return {
        "name": (_("Name"), row["name"]),
        "group_id": (_("Group"), its_group["name"] if its_group else ""),
        "active": (_("The household orders"), _("yes") if row["active"] else _("no")),
    }


async def _render_new(request: Request, asker: Person, form: Form, status: int = 200) -> Response:
    async with Service.of(request).database.read() as reader:
        groups = await _groups_for(reader, asker)
    return Pages.of(request).render(request, "household_new.html", status, form=form, groups=groups)


async def _render(request: Request, asker: Person, row: RowMapping, form: Form, status: int = 200) -> Response:
    async with Service.of(request).database.read() as reader:
        its_group = await group.find(reader, row["group_id"])
        groups = await _groups_for(reader, asker, row["group_id"])
        people = await household.people_of(reader, row["id"])
    return Pages.of(request).render(
        request,
        "household.html",
        status,
        form=form,
        household=row,
        group=its_group,
        groups=groups,
        people=people,
        may_change=_may_change(asker, row["group_id"]),
        coordinates=asker.has(Role.COORDINATOR),
    )


def _render_person(
    request: Request,
    row: RowMapping,
    form: Form,
    status: int = 200,
    somebody: RowMapping | None = None,
    *,
    guarded: bool = False,
) -> Response:
    return Pages.of(request).render(
        request, "household_person.html", status, form=form, household=row, somebody=somebody, guarded=guarded
    )
