from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

from chassis.clock import Clock, Ids
from chassis.identity import PUBLIC, Person, serves
from chassis.listening import Listening
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import metadata_for
from chassis.web import NotFound, Refused, TooMany
from contracts import Role
from contracts.catalog import ProducerRegistered
from ui import Pages
from ui.forms import Form
from ui.pages import words

MISHAPS: dict[str, Exception] = {
    "not-found": NotFound(),
    "refused": Refused("The cycle closed on Sunday."),
    "too-many": TooMany("Wait a minute, then try again."),
    "unavailable": HTTPException(503),
    "teapot": HTTPException(418, "I make tea."),
    "broken": RuntimeError("the secret of the kitchen"),
    "database-away": ConnectionRefusedError(111, "the kitchen is closed"),
    "file-gone": FileNotFoundError(2, "no such kitchen"),
}


async def keep(_writer: object, event: ProducerRegistered) -> None:
    if event.name == "Rotten":
        raise ValueError("cannot keep this")


def create_app(settings: Settings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    service = Service(
        "stall",
        settings,
        metadata=metadata_for("stall"),
        migrations="stall.migrations",
        listening=Listening(service="stall", handlers={ProducerRegistered: keep}),
        clock=clock,
        ids=ids,
    )
    app = service.app
    pages = Pages(service, package="stall")

    @app.get("/stall/hello", dependencies=[serves(PUBLIC)])
    async def hello(request: Request) -> Response:
        return pages.render(request, "hello.html", price=words(request).money(123456))

    @app.get("/stall/mine")
    async def mine(request: Request, person: Person = serves(Role.COORDINATOR)) -> Response:
        return pages.render(request, "hello.html", price="")

    @app.post("/stall/hello", dependencies=[serves(PUBLIC)])
    async def say(request: Request) -> Response:
        form = Form(await request.form(), request.state.translate)
        name = form.text("name", required=True)
        return pages.go("/stall/hello", f"Bonjour {name} !") if form.ok else Response(form.errors["name"], 422)

    @app.get("/stall/mishap/{kind}", dependencies=[serves(PUBLIC)])
    @app.get("/stall/api/mishap/{kind}", dependencies=[serves(PUBLIC)])
    async def mishap(kind: str) -> Response:
        raise MISHAPS[kind]

    @app.get("/stall/number/{number}", dependencies=[serves(PUBLIC)])
    async def number(number: int, least: int = 0) -> Response:
        return Response(str(number))

    return app
