"""Rendering of pages for one service: templates, language, menu, errors in human sentences.

`Pages(service, package="ordering")` in `create_app` is all a service does; its routes then call
`Pages.of(request).render(request, "cycle.html", cycle=cycle)`.
"""

from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.identity import Person, form_token
from chassis.service import Service
from ui import i18n, navigation
from ui.environment import environment
from ui.live import Live
from ui.words import Words

SAID_COOKIE = "cabas_said"
_MOST_SAID = 300


class Pages:
    """What a service renders its pages with. Registers error pages, static files, language and gallery on its app."""

    def __init__(self, service: Service, package: str) -> None:
        from ui import errors, operations, site

        self.service = service
        self.package = package
        self.zone = ZoneInfo(service.settings.time_zone)
        self.live = Live(service)
        self._environments: dict[str, Environment] = {
            language: environment(
                package,
                language,
                self.zone,
                hub_name=service.settings.hub_name,
                development=service.settings.development,
            )
            for language in i18n.LANGUAGES
        }
        app = service.app
        app.state.pages = self
        # Innermost: what it answers for a broken route still gets the headers of the chassis' Edge.
        app.user_middleware.append(Middleware(Reader, pages=self))
        errors.register(app)
        site.register(service)
        operations.register(service)

    @staticmethod
    def of(request: Request) -> "Pages":
        pages: Pages = request.app.state.pages
        return pages

    def render(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page."""
        person: Person | None = getattr(request.state, "person", None)
        entries = navigation.entries_for({grant.role for grant in person.grants} if person else ())
        said = unquote(request.cookies.get(SAID_COOKIE, ""))[:_MOST_SAID]
        html = self._html(
            request,
            template,
            {
                "entries": entries,
                "docked": navigation.docked(entries),
                "current_entry": navigation.current(entries, request.url.path),
                "sign_in_url": navigation.SIGN_IN,
                "sign_out_url": navigation.SIGN_OUT,
                "me_url": navigation.ME,
                "said": said,
                **context,
            },
        )
        response = HTMLResponse(html, status_code=status, headers={"vary": "cookie, accept-language"})
        if said:
            response.delete_cookie(SAID_COOKIE)
        return response

    def fragment(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A piece of a page, without the frame."""
        return HTMLResponse(self._html(request, template, context), status_code=status)

    def piece(self, language: str, template: str, **context: Any) -> str:
        """A piece of a page that several readers share (ui.live): it knows neither request nor person."""
        return self._environments[language].get_template(template).render(**context)

    def go(self, url: str, said: str = "") -> RedirectResponse:
        """After a form was taken: on to the page at `url`, which says `said` (already translated) once."""
        response = RedirectResponse(url, status_code=303)
        if said:
            response.set_cookie(
                SAID_COOKIE,
                quote(said[:_MOST_SAID], safe=""),
                max_age=60,
                httponly=True,
                samesite="lax",
                secure=self.service.settings.secure,
            )
        return response

    def _html(self, request: Request, template: str, context: dict[str, Any]) -> str:
        state = reading(request)
        return (
            self._environments[state.language]
            .get_template(template)
            .render(
                request=request,
                person=getattr(request.state, "person", None),
                path=request.url.path,
                here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                request_id=getattr(request.state, "request_id", ""),
                csrf_token=lambda: form_token(request),
                **context,
            )
        )


class Reading:
    """Whose eyes a request is for. The language is decided at first use: who is asking is known only in the route."""

    def __init__(self, request: Request, pages: Pages) -> None:
        self._request = request
        self._pages = pages
        self._language: str | None = None

    @property
    def language(self) -> str:
        if self._language is None:
            person: Person | None = getattr(self._request.state, "person", None)
            self._language = i18n.language_of(
                self._request.cookies.get(i18n.COOKIE),
                person.language if person else None,
                self._request.headers.get("accept-language", ""),
            )
        return self._language

    @property
    def translate(self) -> i18n.Translate:
        return i18n.translator(self._pages.package, self.language)

    @property
    def words(self) -> Words:
        return Words(self.language, self._pages.zone)


class Spoken:
    """`request.state.translate`: a Translate that waits for the language to be known."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def language(self) -> str:
        return self._reading.language

    def __call__(self, sentence: str) -> str:
        return self._reading.translate(sentence)

    def plural(self, one: str, many: str, n: int) -> str:
        return self._reading.translate.plural(one, many, n)

    def context(self, context: str, sentence: str) -> str:
        return self._reading.translate.context(context, sentence)


class Reader:
    """Middleware that puts `reading` and `translate` into the state of every request, and answers for broken routes."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self.app = app
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.reading = Reading(request, self.pages)
        request.state.translate = Spoken(request.state.reading)
        begun = False

        async def send_watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except Exception as error:
            if begun:
                raise
            from ui.errors import broken

            await broken(request, error)(scope, receive, send)


def reading(request: Request) -> Reading:
    found: Reading | None = getattr(request.state, "reading", None)
    return found or Reading(request, Pages.of(request))


def words(request: Request) -> Words:
    """The reader's Words, for sentences made in Python."""
    return reading(request).words
