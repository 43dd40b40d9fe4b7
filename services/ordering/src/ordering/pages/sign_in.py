"""Pages for signing in by a link."""

from datetime import datetime, timedelta
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from chassis.identity import PUBLIC, Person, serves
from chassis.service import Service
from chassis.web import SESSION_URL, TooMany
from ordering import session, sign_in
from ordering.pages.forms import sent
from ordering.pages.session import SESSION_COOKIE, SIGN_IN_URL, next_of, remember_session, remember_token
from ui import Pages
from ui.forms import Form
from ui.pages import words

router = APIRouter()


@router.get(SIGN_IN_URL)
async def ask(request: Request, person: Person | None = serves(PUBLIC)) -> Response:
    goal = next_of(request.query_params.get("next", "/"))
    if person is not None:
        return RedirectResponse(goal, status_code=303)
    if request.cookies.get(SESSION_COOKIE):
        # The token ran out, the session perhaps did not.
        return RedirectResponse(f"{SESSION_URL}?next={quote(goal, safe='')}", status_code=303)
    return Pages.of(request).render(request, "sign_in.html", form=Form(), goal=goal)


@router.post(SIGN_IN_URL)
async def send_link(request: Request, person: Person | None = serves(PUBLIC)) -> Response:
    """The same answer whether or not the address is known."""
    pages, service, _ = Pages.of(request), Service.of(request), request.state.translate
    form = await sent(request)
    email, goal = form.email("email", required=True), next_of(form.value("next") or "/")
    if not form.ok:
        return pages.render(request, "sign_in.html", 422, form=form, goal=goal)
    client = request.client.host if request.client else ""
    try:
        async with service.database.write() as writer:
            await sign_in.ask(writer, email, client, goal, request.app.state.counting_key)
    except sign_in.TooOften as error:
        sentence = _(
            "Too many links were asked for. You can ask again after %(time)s; until then, look into your mail."
        )
        told = sentence % {"time": words(request).clock_time(_next_minute(error))}
        raise TooMany(told) from error
    return pages.render(request, "sign_in_sent.html", email=email)


@router.get("/ordering/sign-in/{secret}")
async def show_link(request: Request, secret: str, person: Person | None = serves(PUBLIC)) -> Response:
    """A page with one button: programs that look into mails open links, and must not use them up."""
    pages = Pages.of(request)
    async with Service.of(request).database.read() as reader:
        owner = await sign_in.usable(reader, secret)
    if owner is None:
        return pages.render(request, "sign_in_spent.html", 410, form=Form())
    return pages.render(request, "sign_in_link.html", owner=owner, secret=secret)


@router.post("/ordering/sign-in/{secret}")
async def use_link(request: Request, secret: str, person: Person | None = serves(PUBLIC)) -> Response:
    pages, service = Pages.of(request), Service.of(request)
    async with service.database.write() as writer:
        used = await sign_in.use(writer, secret, request.headers.get("user-agent", "")[:500])
        somebody = await session.renew(writer, used.session.secret) if used else None
    if used is None or somebody is None:
        return pages.render(request, "sign_in_spent.html", 410, form=Form())
    response = RedirectResponse("/ordering/me?welcome=1" if used.unnamed else used.next_path, status_code=303)
    remember_session(response, used.session.secret, service)
    remember_token(request, response, somebody)
    return response


def _next_minute(error: sign_in.TooOften) -> datetime:
    """The minute after: at the minute that is told it works."""
    return error.until.replace(second=0, microsecond=0) + timedelta(minutes=1)
