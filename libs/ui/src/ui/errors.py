"""What a person reads when something cannot be done: a sentence and a way on, never a stack trace."""

from collections.abc import Callable
from http import HTTPStatus
from socket import gaierror

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from chassis.identity import SAFE_METHODS, Forbidden, Serves
from chassis.listening import database_is_away
from chassis.web import NotFound, Refused, TooMany, wants_json
from ui.i18n import marked as _
from ui.pages import Pages, reading

log = structlog.get_logger()

TITLES = {
    400: _("This request is not understood"),
    401: _("Sign in first"),
    403: _("This page is not for you"),
    404: _("Nothing here"),
    405: _("This cannot be done here"),
    409: _("Not possible any more"),
    413: _("This file is too large"),
    422: _("Something is missing or wrong"),
    429: _("A little too fast"),
    500: _("Something broke on our side"),
    503: _("This part of the hub is resting"),
}

SENTENCES = {
    400: _("What was sent is incomplete or damaged. Go back, and try again."),
    401: _("Ask for a sign-in link, then come back to this page."),
    403: _("Your roles do not include this page. If you think they should, ask a coordinator of your hub."),
    404: _("The page does not exist, has moved, or is not yours to see. Check the address, or start again from home."),
    405: _("This address does not take what was sent. Start again from home."),
    409: _("Somebody or something was faster. Look at the page again, then decide."),
    413: _("Send a smaller file."),
    422: _("Go back and check what you typed."),
    429: _("Wait a minute, then try again."),
    500: _("Nothing you typed is at fault. Try again in a minute; if it stays so, tell us the number below."),
    503: _("It comes back by itself. The other pages work; try this one again in a minute."),
}

EXPIRED = _("This form has expired")
FORGED = _(
    "This form was open for too long, or was not one of ours. Nothing was changed. Go back, load the page again, then "
    "send the form again."
)

_ICONS = {403: "lock", 404: "map-pin-off", 409: "clock-alert", 429: "hourglass", 500: "wrench", 503: "moon-star"}


def answer(request: Request, status: int, sentence: str = "", heading: str = "") -> Response:
    """The error as JSON (for programs), as a small notice (into a page that htmx changes), or as a page."""
    translate = reading(request).translate
    known = status if status in TITLES else (400 if status < 500 else 500)
    title, text = translate(heading or TITLES[known]), translate(sentence or SENTENCES[known])
    request_id = getattr(request.state, "request_id", "")
    if wants_json(request):
        body = {"status": status, "title": title, "detail": text, "request_id": request_id}
        return JSONResponse(body, status_code=status)
    pages = Pages.of(request)
    if request.headers.get("hx-request"):
        return pages.fragment(request, "error_notice.html", status, title=title, sentence=text)
    return pages.render(
        request,
        "error.html",
        status,
        number=status,
        title=title,
        sentence=text,
        symbol=_ICONS.get(known, "circle-alert"),
    )


async def _not_found(request: Request, _error: Exception) -> Response:
    return answer(request, 404)


async def _refused(request: Request, error: Exception) -> Response:
    return answer(request, 409, str(error))


async def _too_many(request: Request, error: Exception) -> Response:
    return answer(request, 429, str(error))


async def _forbidden(request: Request, error: Exception) -> Response:
    if isinstance(error, Forbidden) and error.forged:
        return answer(request, 403, FORGED, EXPIRED)
    return answer(request, 403)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # At an address without a route nobody has asked yet who is there; the menu depends on it.
    if not hasattr(request.state, "person") and request.method in SAFE_METHODS:
        await Serves(frozenset(), public=True)(request)
    # Starlette fills `detail` with the standard phrase where a route gave no sentence of its own.
    standard = {status.phrase for status in HTTPStatus}
    detail = error.detail if isinstance(error.detail, str) and error.detail not in standard else ""
    response = answer(request, error.status_code, detail)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = [item["loc"] for item in error.errors()]
    if all(place and place[0] == "path" for place in places):
        return answer(request, 404)
    if wants_json(request):
        wrong = [{"field": ".".join(map(str, item["loc"][1:])), "problem": item["msg"]} for item in error.errors()]
        body = {
            "status": 422,
            "title": reading(request).translate(TITLES[422]),
            "detail": "; ".join(f"{item['field']}: {item['problem']}" for item in wrong),
            "errors": wrong,
            "request_id": getattr(request.state, "request_id", ""),
        }
        return JSONResponse(body, status_code=422)
    return answer(request, 422)


AWAY_SECONDS = 5


def broken(request: Request, error: Exception) -> Response:
    """For what no route meant to raise. A database that starts again is no fault of ours: come back in a moment."""
    # Of what the system says only what is said of connections: a file that is missing does not come back by itself.
    connects = not isinstance(error, OSError) or isinstance(error, ConnectionError | TimeoutError | gaierror)
    if database_is_away(error) and connects:
        log.warning("the database does not answer", path=request.url.path, error=repr(error))
        response = answer(request, 503)
        response.headers["retry-after"] = str(AWAY_SECONDS)
        return response
    log.error("request failed", path=request.url.path, exc_info=error)
    return answer(request, 500)


def register(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[[Request, Exception], object]] = {
        NotFound: _not_found,
        Refused: _refused,
        TooMany: _too_many,
        Forbidden: _forbidden,
        HTTPException: _http,
        RequestValidationError: _invalid,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]
