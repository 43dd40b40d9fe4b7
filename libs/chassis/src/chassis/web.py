"""What every answer over HTTP has: ids, a log line, security headers, a limit on size, and no stack trace."""

import time
from collections.abc import Iterable
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.clock import Ids
from chassis.identity import FORM_COOKIE, SAFE_METHODS, SignInNeeded
from chassis.metrics import Metrics
from chassis.settings import Settings
from chassis.trace import tracing

log = structlog.get_logger()

REQUEST_ID = "x-request-id"
_REQUEST_ID = REQUEST_ID.encode()
_Header = tuple[bytes, bytes]
SECRET_PARAMETERS = frozenset({"secret", "token"})
"""Names of path parameters whose values let somebody in."""
SESSION_URL = "/ordering/session"
"""Where a browser without a valid token is sent: it gets a new one there, or the sign-in page."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}


class NotFound(Exception):
    """There is no such thing, or it is not the asker's to know: both look alike."""


class Refused(Exception):
    """Understood, and cannot be done as things stand (409). The message is for the person, translated."""


class TooMany(Exception):
    """Too many requests of this kind (429). The message is for the person, translated."""


def wants_json(request: Request) -> bool:
    return "/api/" in request.url.path or "application/json" in request.headers.get("accept", "")


def local_path(path: str) -> str:
    """`path` when it stays on this site, else "/": a link must not lead a person who just signed in elsewhere."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe else "/"


async def _sign_in(request: Request, _error: Exception) -> Response:
    if wants_json(request):
        return JSONResponse({"detail": "sign in first"}, status_code=401, headers={"www-authenticate": "Bearer"})
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    # 307 keeps method and body: a form sent a minute too late goes round by the session and is not lost.
    status = 303 if request.method in SAFE_METHODS else 307
    return RedirectResponse(f"{SESSION_URL}?next={quote(here, safe='')}", status_code=status)


def handle_sign_in(app: FastAPI) -> None:
    app.add_exception_handler(SignInNeeded, _sign_in)


class Edge:
    """The outermost layer of a service's app."""

    def __init__(self, app: ASGIApp, *, service: str, settings: Settings, ids: Ids, metrics: Metrics) -> None:
        self.app = app
        self.service = service
        self.settings = settings
        self.ids = ids
        self.metrics = metrics
        secure = {"strict-transport-security": "max-age=31536000; includeSubDomains"} if settings.secure else {}
        self._always = [(name.encode(), value.encode()) for name, value in {**SECURITY_HEADERS, **secure}.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # An id given by our own front server or by another service of ours goes on; strangers' text does not.
        request_id = _plain_id(headers.get(REQUEST_ID, "")) or self.ids.new()
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 500

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._dressed(scope, message.get("headers", ()), request_id)
            await send(message)

        with (
            tracing(correlation_id=request_id, causation_id=request_id),
            structlog.contextvars.bound_contextvars(
                service=self.service, request_id=request_id, correlation_id=request_id
            ),
        ):
            try:
                if int(headers.get("content-length") or 0) > self.settings.max_body_bytes:
                    answer = JSONResponse({"detail": "too large"}, status_code=413)
                    await answer(scope, receive, send_dressed)
                else:
                    await self.app(scope, _limited(receive, self.settings.max_body_bytes), send_dressed)
            finally:
                # A stream is answered when it begins: how long somebody looks at it says nothing of us.
                seconds = scope["state"].get("stream_began", time.perf_counter()) - started
                route = getattr(scope.get("route"), "path", "none")
                self.metrics.observe_request(scope["method"], route, status, seconds)
                # Whoever reads the log must not be able to sign in with a link that is in it.
                path = route if SECRET_PARAMETERS & scope.get("path_params", {}).keys() else scope["path"]
                log.info("request", method=scope["method"], path=path, status=status, ms=round(seconds * 1000, 1))

    def _dressed(self, scope: Scope, given: Iterable[_Header], request_id: str) -> list[_Header]:
        """Headers with those every answer has, where the route did not say otherwise."""
        headers = [header for header in given if header[0] != _REQUEST_ID]
        said = {name for name, _ in headers}
        headers.append((_REQUEST_ID, request_id.encode()))
        headers += [header for header in self._always if header[0] not in said]
        if b"cache-control" not in said and "/static/" not in scope["path"]:
            headers.append((b"cache-control", b"no-store"))
        token = scope["state"].get("form_cookie")
        if token:
            secure = "; Secure" if self.settings.secure else ""
            cookie = f"{FORM_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"
            headers.append((b"set-cookie", cookie.encode("latin-1")))
        return headers


def _plain_id(text: str) -> str:
    return text if text.replace("-", "").isalnum() and text.isascii() and len(text) <= 64 else ""


def _limited(receive: Receive, limit: int) -> Receive:
    """A body without a declared length is cut off at the limit: the connection ends as if the client had left."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > limit else message

    return limited
