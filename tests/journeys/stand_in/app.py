"""An empty service: it says its name and path, streams for ever, and dies when told to."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from cabas.parts import NAMES, Part
from chassis.identity import PUBLIC, serves
from chassis.service import Service
from chassis.settings import Settings
from chassis.tables import metadata_for

log = structlog.get_logger()


def app_called(name: str) -> Callable[[Settings], FastAPI]:
    def create_app(settings: Settings) -> FastAPI:
        if os.environ.get("STAND_IN_BROKEN") == name:
            raise RuntimeError("this one does not start")
        service = Service(name, settings, metadata=metadata_for(name), migrations="stand_in.migrations")
        app = service.app

        async def ticks() -> AsyncIterator[str]:
            while not service.stopping.is_set():
                yield "data: tick\n\n"
                try:
                    await asyncio.wait_for(service.stopping.wait(), 1)
                except TimeoutError:
                    continue

        @app.get(f"/{name}/stream", dependencies=[serves(PUBLIC)])
        async def stream() -> StreamingResponse:
            return StreamingResponse(ticks(), media_type="text/event-stream")

        @app.get(f"/{name}/die", dependencies=[serves(PUBLIC)])
        async def die() -> JSONResponse:
            log.critical("provisioning refused", service=name, error="stream is not as wanted")
            os.kill(os.getpid(), signal.SIGTERM)
            return JSONResponse({})

        @app.get("/{rest:path}", dependencies=[serves(PUBLIC)])
        async def anything(request: Request) -> JSONResponse:
            known = request.url.path in ("/ordering/home", f"/{name}/page")
            return JSONResponse({"service": name, "path": request.url.path}, status_code=200 if known else 404)

        return app

    return create_app


PARTS = tuple(Part(name, app_called(name)) for name in NAMES)
