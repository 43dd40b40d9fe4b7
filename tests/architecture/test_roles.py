"""Every route of every service × every role: served or refused, and every form protected.

Whose data a role may see is tested by each service, which knows what is whose.
"""

import inspect
import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from cabas.parts import five_services
from chassis.identity import SAFE_METHODS, Grant, Serves
from chassis.settings import Settings
from contracts import Role

PARTS = {part.name: part for part in five_services()}
GRANTS = {role: Grant(role, group_id="group-x", household_id="household-x", producer_id="producer-x") for role in Role}


@pytest.fixture
def database_url(tmp_path) -> str:
    """SQLite alone: who is served does not depend on the database. One file for each service."""
    return ""


@pytest.fixture(params=PARTS)
async def app(request, started, tmp_path) -> FastAPI:
    part = PARTS[request.param]
    kind: type[Settings] = inspect.get_annotations(part.create_app, eval_str=True)["settings"]
    app: FastAPI = await started(part.create_app, kind, database_url=None)
    return app


BY_THE_SESSION = "/ordering/session"
"""Sends a browser on with a fresh token, whatever it wanted. It changes nothing itself; where it sends a form, the
form is checked."""


def routes(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    for route in every(app.routes):
        for method in sorted(route.methods):
            yield method, route


def every(found: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """The routes of an app, which are all in its own list (`Service.serve`); files may lie beside them."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        else:
            assert isinstance(route, Mount), f"nobody knows whom {route} serves"
            assert isinstance(route.app, StaticFiles), f"nobody knows whom {route} serves"


def test_the_walk_finds_the_routes_of_every_router(app):
    assert len(list(routes(app))) > 10


def served(route: APIRoute) -> Serves | None:
    """What the route declares, wherever in its dependencies it stands."""
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        if isinstance(dependant.call, Serves):
            return dependant.call
        waiting += dependant.dependencies
    return None


def address(route: APIRoute) -> str:
    """The route's path with something in the place of its parameters."""
    return re.sub(r"{[^}]*}", "1", route.path)


def test_every_route_declares_whom_it_serves(app):
    missing = [route.path for _, route in routes(app) if served(route) is None]
    assert missing == []


def test_every_route_is_under_the_service_or_the_common_prefix(app):
    name = app.state.service.name
    strays = [route.path for _, route in routes(app) if not route.path.startswith((f"/{name}/", "/ui/"))]
    assert strays == []


async def test_a_role_that_a_route_does_not_serve_is_refused(app, client_for):
    wrong = []
    clients = {role: client_for(app, grant) for role, grant in GRANTS.items()}
    for method, route in routes(app):
        declared = served(route)
        assert declared
        if declared.public:
            continue
        for role in set(Role) - declared.roles:
            client = clients[role]
            answer = await client.request(method, address(route), headers={"x-csrf-token": client.csrf})
            if answer.status_code != 403:
                wrong.append((method, route.path, role.value, answer.status_code))
    assert wrong == []


async def test_a_role_that_a_route_serves_gets_an_answer(app, client_for):
    """Something about nothing (404, 422) is an answer; "who are you", "not for you" and a fault are not."""
    wrong = []
    clients = {role: client_for(app, grant) for role, grant in GRANTS.items()}
    for method, route in routes(app):
        declared = served(route)
        assert declared
        if declared.public or "stream" in route.path or "live" in route.path:
            continue  # those that never end are read by their own tests
        for role in declared.roles:
            client = clients[role]
            answer = await client.request(method, address(route), headers={"x-csrf-token": client.csrf})
            if answer.status_code in (401, 403, 405, 500) or "/session" in answer.headers.get("location", ""):
                wrong.append((method, route.path, role.value, answer.status_code))
    assert wrong == []


async def test_a_stranger_is_sent_to_sign_in(app, client_for):
    wrong = []
    for method, route in routes(app):
        declared = served(route)
        assert declared
        if declared.public:
            continue
        answer = await client_for(app).request(method, address(route))
        if answer.status_code not in (303, 307, 401):
            wrong.append((method, route.path, answer.status_code))
    assert wrong == []


async def test_no_form_is_taken_without_its_secret(app, client_for):
    wrong = []
    clients = {role: client_for(app, grant) for role, grant in GRANTS.items()}
    for method, route in routes(app):
        declared = served(route)
        assert declared
        if method in SAFE_METHODS or route.path == BY_THE_SESSION:
            continue
        client = client_for(app) if declared.public else clients[min(declared.roles)]
        answer = await client.request(method, address(route))
        if answer.status_code != 403:
            wrong.append((method, route.path, answer.status_code))
    assert wrong == []
