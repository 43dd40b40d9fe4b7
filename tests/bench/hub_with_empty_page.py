"""`cabas up`, with one page more: the frame with nothing in it. What pages are measured against."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from cabas.hub import Hub
from cabas.parts import Part, five_services
from chassis.identity import Person, serves
from contracts import Role
from ordering.settings import OrderingSettings
from ui import Pages

EMPTY = "/ordering/empty-page"


def with_empty_page(part: Part) -> Part:
    def create_app(settings: OrderingSettings, **more: Any) -> FastAPI:
        app = part.create_app(settings, **more)

        @app.get(EMPTY)
        async def empty(request: Request, asker: Person = serves(*Role)) -> Response:
            return Pages.of(request).render(request, "frame.html")

        return app

    return Part(part.name, create_app)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    parts = [with_empty_page(part) if part.name == "ordering" else part for part in five_services()]
    asyncio.run(Hub(given.data, port=given.port, parts=parts).run())
