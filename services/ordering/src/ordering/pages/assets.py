"""The shop's own stylesheet and script. Their address carries their version: browsers keep them for ever."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from chassis.identity import PUBLIC, serves
from chassis.web import NotFound

router = APIRouter()

KINDS = {
    "plan.css": "text/css; charset=utf-8",
    "shop.css": "text/css; charset=utf-8",
    "order_form.css": "text/css; charset=utf-8",
    "shop.js": "text/javascript; charset=utf-8",
    "entry.js": "text/javascript; charset=utf-8",
}


@cache
def content(name: str) -> bytes:
    return (files("ordering") / "static" / name).read_bytes()


@cache
def asset(name: str) -> str:
    """The URL of a file of `static`."""
    return f"/ordering/static/{sha256(content(name)).hexdigest()[:12]}/{name}"


@router.get("/ordering/static/{version}/{name}", dependencies=[serves(PUBLIC)])
async def send(version: str, name: str) -> Response:
    if name not in KINDS:
        raise NotFound
    keep = "public, max-age=31536000, immutable"
    return Response(content(name), media_type=KINDS[name], headers={"cache-control": keep})
