"""Addresses under `/ui/`: static files, the choice of language, the gallery of components (development)."""

import re
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from chassis.identity import PUBLIC, serves
from chassis.service import Service
from chassis.web import NotFound, local_path
from ui import i18n
from ui.environment import STATIC, STATIC_URL

_VERSIONED = re.compile(r"[0-9a-f]{12}/")

site = APIRouter()


class Static(StaticFiles):
    """Files whose address carries a version (see `environment.static_url`) never change: browsers keep them."""

    def get_path(self, scope: Scope) -> str:
        return _VERSIONED.sub("", super().get_path(scope), count=1)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = _VERSIONED.search(scope["path"]) is not None
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


@site.get("/ui/language/{language}", dependencies=[serves(PUBLIC)])
async def choose_language(request: Request, language: str, next: str = "/") -> Response:  # noqa: A002 its name in the address
    """Remember the choice on this device, and go back to where it was made."""
    if language not in i18n.LANGUAGES:
        raise NotFound
    response = RedirectResponse(local_path(next), status_code=303)
    response.set_cookie(
        i18n.COOKIE,
        language,
        max_age=int(timedelta(days=365).total_seconds()),
        samesite="lax",
        secure=Service.of(request).settings.secure,
    )
    return response


def register(service: Service) -> None:
    service.app.mount(STATIC_URL, Static(directory=STATIC, check_dir=False), name="ui-static")
    service.serve(site)
    if service.settings.development:
        from ui.gallery import gallery

        service.serve(gallery)
