"""One address for all services in one process: requests go to the app that owns the first part of the path."""

import asyncio
from collections.abc import Mapping

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from cabas.parts import FRONT, owner_of
from chassis.service import Service


class Dispatcher:
    """An ASGI app over the apps of `apps`, by service name. It runs no lifespans: the hub enters each."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("/health/live", "/health/ready"):
            await (await self._health(scope["path"].removeprefix("/health/")))(scope, receive, send)
            return
        service, path = owner_of(scope["path"])
        if path != scope["path"]:
            scope = {**scope, "path": path, "raw_path": path.encode()}
        app = self.apps.get(service) or self.apps[FRONT]
        await app(scope, receive, send)

    async def _health(self, kind: str) -> JSONResponse:
        """live: the process answers. ready: every service does its work; 503 with each one's findings otherwise."""
        if kind == "live":
            return JSONResponse({"status": "ok"})
        services: list[Service] = [app.state.service for app in self.apps.values()]
        found = await asyncio.gather(*(service.health() for service in services))
        ready = all(health["ready"] for health in found)
        body = {"ready": ready, "services": {health["service"]: health for health in found}}
        return JSONResponse(body, status_code=200 if ready else 503)
