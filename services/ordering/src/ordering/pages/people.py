"""Pages of the people of the hub and of what they may do: the coordinators' own."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy import RowMapping

from chassis.database import Reader
from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound, Refused
from contracts import Role
from ordering import group, household, person, producer, role, session
from ordering.conflict import AlreadySent, ChangedMeanwhile, EmailTaken, Missing
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
from ui.i18n import marked as _marked

router = APIRouter()

URL = "/ordering/people"
PER_PAGE = 50

ROLE_NAMES = {
    Role.COORDINATOR: _marked("Coordinator"),
    Role.BOOKKEEPER: _marked("Bookkeeper"),
    Role.REFERENT: _marked("Referent"),
    Role.MEMBER: _marked("Member"),
    Role.PRODUCER: _marked("Producer"),
    Role.DRIVER: _marked("Driver"),
    Role.OPERATOR: _marked("Operator of the machine"),
}

_COORDINATOR = serves(Role.COORDINATOR)


@router.get(URL)
async def show_all(request: Request, q: str = "", kind: str = "", asker: Person = _COORDINATOR) -> Response:
    number, q = page_of(request), q[:100]
    kind = kind if kind in set(Role) else ""
    async with Service.of(request).database.read() as reader:
        people, total = await role.people(reader, text=q, kind=kind, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
        roles = await role.given_to_all(reader, [row["id"] for row in people])
        names = await _names(reader)
    return Pages.of(request).render(
        request,
        "people.html",
        people=people,
        total=total,
        roles=roles,
        names=names,
        role_names=ROLE_NAMES,
        q=q,
        kind=kind,
        number=number,
        last=max(1, -(-total // PER_PAGE)),
    )


@router.get(f"{URL}/new")
async def new(request: Request, asker: Person = _COORDINATOR) -> Response:
    form = Form(values={"id": Service.of(request).ids.new()})
    return Pages.of(request).render(request, "person_new.html", form=form)


@router.post(f"{URL}/new")
async def add(request: Request, asker: Person = _COORDINATOR) -> Response:
    pages, form = Pages.of(request), await sent(request)
    details, person_id = read_person(form), id_of(request, form)
    if not form.ok:
        return pages.render(request, "person_new.html", 422, form=form)
    try:
        async with Service.of(request).database.write() as writer:
            await person.add(writer, person_id, details)
    except EmailTaken as error:
        say_email_taken(request, form, error.holder)
        return pages.render(request, "person_new.html", 422, form=form)
    except AlreadySent as error:
        say_sent_before(request, form, error.made)
        return pages.render(request, "person_new.html", 409, form=form)
    said = request.state.translate("%(name)s is known now. Say what %(name)s may do.") % {"name": details.name}
    return pages.go(f"{URL}/{person_id}", said)


@router.get(f"{URL}/{{person_id}}")
async def show(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    return await _render(request, person_id)


@router.post(f"{URL}/{{person_id}}")
async def change(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    form, _ = await sent(request), request.state.translate
    details = read_person(form)
    if not form.ok:
        return await _render(request, person_id, form, 422)
    try:
        async with Service.of(request).database.write() as writer:
            await household.change_person(writer, person_id, version_of(form), details)
    except Missing as error:
        raise NotFound from error
    except EmailTaken as error:
        say_email_taken(request, form, error.holder)
        return await _render(request, person_id, form, 422)
    except ChangedMeanwhile as error:
        shown = {"name": _("Name"), "email": _("E-mail"), "phone": _("Telephone")}
        say_changed(request, form, error.now, {field: (label, error.now[field]) for field, label in shown.items()})
        return await _render(request, person_id, form, 409)
    return Pages.of(request).go(f"{URL}/{person_id}", _("Saved."))


@router.post(f"{URL}/{{person_id}}/roles")
async def give_role(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    form, service, _ = await sent(request), Service.of(request), request.state.translate
    async with service.database.read() as reader:
        groups = [row["id"] for row in await group.all_groups(reader)]
        producers = [row["id"] for row in await producer.all_producers(reader)]
    wanted = form.choice("role", role.GIVEN)
    group_id = producer_id = ""
    if wanted == Role.REFERENT:
        group_id = form.choice("group_id", groups, required=False)
        producer_id = form.choice("producer_id", producers, required=False)
        if form.ok and bool(group_id) == bool(producer_id):
            form.error("group_id", _("Choose a group, or a producer: a role for each."))
    elif wanted == Role.PRODUCER:
        producer_id = form.choice("producer_id", producers)
    if not form.ok:
        return await _render(request, person_id, giving=form, status=422)
    try:
        async with service.database.write() as writer:
            await person.locked(writer, person_id)
            await role.give(
                writer, person_id, Role(wanted), group_id=group_id, producer_id=producer_id, given_by=asker.id
            )
    except Missing as error:
        raise NotFound from error
    return Pages.of(request).go(f"{URL}/{person_id}", _("The role is given. It counts in ten minutes at the latest."))


@router.post(f"{URL}/{{person_id}}/roles/{{role_id}}/take")
async def take_role(request: Request, person_id: str, role_id: str, asker: Person = _COORDINATOR) -> Response:
    _ = request.state.translate
    try:
        async with Service.of(request).database.write() as writer:
            await role.take(writer, person_id, role_id)
    except role.LastCoordinator as error:
        raise Refused(_last_coordinator(request)) from error
    said = _("The role is taken away. It stops counting in ten minutes at the latest.")
    return Pages.of(request).go(f"{URL}/{person_id}", said)


@router.post(f"{URL}/{{person_id}}/rest")
async def let_rest(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await role.let_rest(writer, person_id)
            await session.end_all(writer, person_id)
            await household.person_changed(writer, person_id)
    except Missing as error:
        raise NotFound from error
    except role.LastCoordinator as error:
        raise Refused(_last_coordinator(request)) from error
    said = request.state.translate("This person cannot sign in any more.")
    return Pages.of(request).go(f"{URL}/{person_id}", said)


@router.post(f"{URL}/{{person_id}}/return")
async def let_return(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    try:
        async with Service.of(request).database.write() as writer:
            await role.let_return(writer, person_id)
            await household.person_changed(writer, person_id)
    except Missing as error:
        raise NotFound from error
    return Pages.of(request).go(f"{URL}/{person_id}", request.state.translate("This person can sign in again."))


@router.post(f"{URL}/{{person_id}}/sessions/end")
async def end_sessions(request: Request, person_id: str, asker: Person = _COORDINATOR) -> Response:
    async with Service.of(request).database.write() as writer:
        await session.end_all(writer, person_id)
    return Pages.of(request).go(f"{URL}/{person_id}", request.state.translate("All sessions have ended."))


def _last_coordinator(request: Request) -> str:
    sentence: str = request.state.translate(
        "This is the last coordinator: nobody could run the hub any more. Make somebody else a coordinator first."
    )
    return sentence


async def _names(reader: Reader) -> dict[str, str]:
    """Names of groups and producers by id, for telling what a role is held for."""
    rows = [*await group.all_groups(reader), *await producer.all_producers(reader)]
    return {row["id"]: row["name"] for row in rows}


async def _render(
    request: Request, person_id: str, form: Form | None = None, status: int = 200, giving: Form | None = None
) -> Response:
    async with Service.of(request).database.read() as reader:
        row: RowMapping | None = await person.find(reader, person_id)
        if row is None:
            raise NotFound
        home = await household.find(reader, row["household_id"]) if row["household_id"] else None
        roles = await role.given_to(reader, person_id)
        sessions = await session.of_person(reader, person_id)
        groups = [g for g in await group.all_groups(reader) if g["active"]]
        producers = await producer.all_producers(reader)
        names = await _names(reader)
    return Pages.of(request).render(
        request,
        "person.html",
        status,
        form=form or Form(values={**row}),
        giving=giving or Form(),
        somebody=row,
        home=home,
        roles=roles,
        given=role.GIVEN,
        role_names=ROLE_NAMES,
        names=names,
        sessions=sessions,
        groups=groups,
        producers=producers,
    )
