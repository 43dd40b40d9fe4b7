"""The logistics service put together."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from chassis.clock import Clock, Ids
from chassis.service import Service
from logistics import api
from logistics.announcing import ANNOUNCES
from logistics.closing import ASK_AGAIN, Dispatch
from logistics.facts import FACTS
from logistics.link import Links
from logistics.listening import listening
from logistics.lot.forgetting import forget
from logistics.lot.tracing import FORGET, TRACE, trace
from logistics.pages import cycles, days, home, lot_routes, network, open_links, paper_routes, pick_lists
from logistics.press import Press
from logistics.schedule.round_link import RoundLinks
from logistics.settings import LogisticsSettings
from logistics.tables import metadata
from ui import Pages

STATIC = Path(__file__).parent / "static"


def create_app(settings: LogisticsSettings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    links = Links(settings.links_key_path, timedelta(days=settings.link_days))
    dispatch = Dispatch(
        links, timedelta(seconds=settings.republication_after), timedelta(seconds=settings.republication_at_most)
    )
    service = Service(
        "logistics",
        settings,
        metadata=metadata,
        migrations="logistics.migrations",
        announces=ANNOUNCES,
        listening=listening(dispatch),
        timers={ASK_AGAIN: dispatch.patience_ended, TRACE: trace, FORGET: forget},
        facts=FACTS,
        clock=clock,
        ids=ids,
    )
    app = service.app
    app.state.dispatch = dispatch
    app.state.press = Press()
    app.state.round_links = RoundLinks(links.seal)
    service.on_start.append(_preparing(service, links, app.state.press))
    Pages(service, package="logistics")
    service.serve(open_links.router, pick_lists.router, cycles.router, home.router, api.router)
    service.serve(network.router, days.router)
    service.serve(*lot_routes.ROUTERS)
    service.serve(*paper_routes.ROUTERS)
    app.mount("/logistics/static", StaticFiles(directory=STATIC), name="logistics-static")
    return app


def _preparing(service: Service, links: Links, press: Press) -> Callable[[], Awaitable[None]]:
    """What start and stop need beyond the chassis: the key of the links, and an end for the press."""
    ending: set[asyncio.Task[None]] = set()

    async def close_press() -> None:
        await service.stopping.wait()
        press.close()

    async def prepare() -> None:
        links.prepare()
        ending.add(asyncio.create_task(close_press()))

    return prepare
