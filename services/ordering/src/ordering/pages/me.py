"""What a person says of themselves, and the browsers they are signed in with."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import household, person, session
from ordering.conflict import ChangedMeanwhile, EmailTaken
from ordering.pages.forms import read_person, say_changed, say_email_taken, sent, version_of
from ordering.pages.session import SESSION_COOKIE, remember_token
from ordering.sign_in import FIRST_NAME
from ui import Pages
from ui.forms import Form
from ui.i18n import COOKIE as LANGUAGE_COOKIE

router = APIRouter()


@router.get("/ordering/me")
async def me(request: Request, welcome: str = "", asker: Person = serves(*Role)) -> Response:
    return await _render(request, asker, welcome=bool(welcome))


async def _render(
    request: Request, asker: Person, form: Form | None = None, status: int = 200, *, welcome: bool = False
) -> Response:
    async with Service.of(request).database.read() as reader:
        row = await person.find(reader, asker.id)
        if row is None:
            raise NotFound
        home = await household.find(reader, row["household_id"]) if row["household_id"] else None
        sessions = await session.of_person(reader, asker.id)
    # What the first coordinator is called until they say their name is nothing to keep.
    name = "" if row["name"] == FIRST_NAME else row["name"]
    return Pages.of(request).render(
        request,
        "me.html",
        status,
        form=form or Form(values={**row, "name": name}),
        me=row,
        home=home,
        sessions=sessions,
        welcome=welcome,
    )


@router.post("/ordering/me")
async def say(request: Request, asker: Person = serves(*Role)) -> Response:
    pages, service, _ = Pages.of(request), Service.of(request), request.state.translate
    form = await sent(request)
    async with service.database.read() as reader:
        row = await person.find(reader, asker.id)
    if row is None:
        raise NotFound
    # The address is the key to the door: who has one cannot change it from a browser left open.
    details = read_person(form, email=not row["email"])
    if row["email"]:
        details = person.Details(details.name, row["email"], details.phone, details.language)
    if not form.ok:
        return await _render(request, asker, form, 422)
    try:
        async with service.database.write() as writer:
            await household.change_person(writer, asker.id, version_of(form), details)
            renewed = await session.renew(writer, request.cookies.get(SESSION_COOKIE, ""))
    except ChangedMeanwhile as error:
        shown = {field: (label, error.now[field]) for field, label in (("name", _("Name")), ("phone", _("Telephone")))}
        say_changed(request, form, error.now, shown)
        return await _render(request, asker, form, 409)
    except EmailTaken:
        say_email_taken(request, form)
        return await _render(request, asker, form, 422)
    response = pages.go("/ordering/me", _("Saved."))
    # What is chosen here counts for this device too, whatever was chosen at the foot of a page before.
    response.set_cookie(
        LANGUAGE_COOKIE, details.language, max_age=365 * 86400, samesite="lax", secure=service.settings.secure
    )
    if renewed is not None:
        remember_token(request, response, renewed)
    return response


@router.post("/ordering/me/sessions/end-others")
async def end_others(request: Request, asker: Person = serves(*Role)) -> Response:
    async with Service.of(request).database.write() as writer:
        await session.end_all(writer, asker.id, but=asker.session_id)
    return Pages.of(request).go("/ordering/me", request.state.translate("All other sessions have ended."))


@router.post("/ordering/me/sessions/{session_id}/end")
async def end(request: Request, session_id: str, asker: Person = serves(*Role)) -> Response:
    async with Service.of(request).database.write() as writer:
        await session.end(writer, asker.id, session_id)
    return Pages.of(request).go("/ordering/me", request.state.translate("The session has ended."))
