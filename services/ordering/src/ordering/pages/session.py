"""The cookies of a session, and the way round by which a browser gets a fresh token."""

from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from chassis.identity import SAFE_METHODS, TOKEN_COOKIE, Person, Serves, TokenIssuer, serves
from chassis.service import Service
from chassis.web import SESSION_URL, local_path
from contracts import Role
from ordering import session
from ordering.pages import kept
from ui import Pages

router = APIRouter()

SIGN_IN_URL = "/ordering/sign-in"
SESSION_COOKIE = "cabas_session"
SESSION_COOKIE_PATH = "/ordering"


class _PassingBy(Serves):
    """Anybody, and no check of a form that passes by: nothing is read from it here, it is checked where it goes."""

    async def __call__(self, request: Request) -> Person | None:
        return None


_passing_by = Depends(_PassingBy(frozenset(), public=True))


@router.api_route(SESSION_URL, methods=["GET", "POST", "PUT", "PATCH", "DELETE"], dependencies=[_passing_by])
async def renew(request: Request) -> Response:
    """A fresh token for the session, and back to where the browser was going; a form goes on with all it holds."""
    service = Service.of(request)
    goal = next_of(request.query_params.get("next", "/"))
    secret = request.cookies.get(SESSION_COOKIE, "")
    person: Person | None = None
    if secret:
        async with service.database.write() as writer:
            person = await session.renew(writer, secret)
    if person is None:
        if request.method not in SAFE_METHODS:
            goal = _page_behind(request)
        response = RedirectResponse(f"{SIGN_IN_URL}?next={quote(goal, safe='')}", status_code=303)
        forget(response, service)
        if request.method not in SAFE_METHODS:
            await kept.keep(request, response, goal)
        return response
    response = RedirectResponse(goal, status_code=303 if request.method in SAFE_METHODS else 307)
    remember_token(request, response, person)
    if secret:
        remember_session(response, secret, service)
    return response


@router.post("/ordering/sign-out")
async def sign_out(request: Request, person: Person = serves(*Role)) -> Response:
    service = Service.of(request)
    async with service.database.write() as writer:
        await session.end(writer, person.id, person.session_id)
        await session.end_by_secret(writer, request.cookies.get(SESSION_COOKIE, ""))
    response = Pages.of(request).go(SIGN_IN_URL, request.state.translate("You are signed out."))
    forget(response, service)
    return response


def next_of(path: str) -> str:
    """Where to go afterwards: a path of this site, and never round in a circle."""
    path = local_path(path[:500])
    return "/" if path.startswith((SESSION_URL, SIGN_IN_URL, "/ordering/sign-out")) else path


def _page_behind(request: Request) -> str:
    """The page a form was on: who must sign in again comes back there, since a form's own address shows nothing."""
    behind = urlsplit(request.headers.get("referer", ""))
    if behind.netloc != request.headers.get("host", ""):
        return "/"
    return next_of(behind.path + (f"?{behind.query}" if behind.query else ""))


def remember_token(request: Request, response: Response, person: Person) -> None:
    service = Service.of(request)
    issuer: TokenIssuer = request.app.state.issuer
    response.set_cookie(
        TOKEN_COOKIE,
        issuer.issue(person, service.clock.now()),
        # Longer than the token lasts: what ran out tells pages for everybody that here is somebody to recognise again.
        max_age=int(session.KEPT.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=service.settings.secure,
    )


def remember_session(response: Response, secret: str, service: Service) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(session.KEPT.total_seconds()),
        path=SESSION_COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=service.settings.secure,
    )


def forget(response: Response, service: Service) -> None:
    for name, path in ((SESSION_COOKIE, SESSION_COOKIE_PATH), (TOKEN_COOKIE, "/")):
        response.delete_cookie(name, path=path, httponly=True, samesite="lax", secure=service.settings.secure)
