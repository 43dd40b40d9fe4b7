"""The logistics service put together."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from chassis.clock import Clock, Ids
from chassis.service import Service
from logistics import api
from logistics.announcing import ANNOUNCES
from logistics.closing import ASK_AGAIN, Dispatch
from logistics.cold import retention
from logistics.cold.probe import LISTEN, Listener
from logistics.cost.portion import SHARE
from logistics.cost.register import SWEEP, sharing_timer
from logistics.facts import FACTS
from logistics.link import Links
from logistics.listening import listening
from logistics.lot.forgetting import forget
from logistics.lot.tracing import FORGET, TRACE, trace
from logistics.network import describing
from logistics.pages import (
    binding,
    cold_routes,
    costs,
    cycles,
    days,
    dispensations,
    draft_changes,
    draft_compare,
    draft_edits,
    drafts,
    handover_day,
    handover_link,
    handover_paper,
    handover_people,
    handover_scan,
    handovers,
    home,
    lot_routes,
    network,
    open_links,
    paper_routes,
    pick_lists,
    publishing,
    told,
    ways,
)
from logistics.press import Press
from logistics.road.asking import Engine
from logistics.road.engine import DIALECTS
from logistics.road.survey import Surveyor
from logistics.schedule.planners import Planners
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
        listening=listening(dispatch, settings.outside_degrees * 10),
        timers={
            ASK_AGAIN: dispatch.patience_ended,
            LISTEN: Listener(ZoneInfo(settings.time_zone)).listen,
            SHARE: sharing_timer(ZoneInfo(settings.time_zone)),
            TRACE: trace,
            FORGET: forget,
            retention.CLEAR: retention.clear,
        },
        facts=FACTS,
        clock=clock,
        ids=ids,
    )
    app = service.app
    app.state.dispatch = dispatch
    app.state.press = Press()
    app.state.round_links = RoundLinks(links.seal)
    app.state.surveyor = _surveyor(service, settings)
    app.state.planners = Planners(service.database)
    service.on_stop.append(app.state.planners.close)
    service.on_start.append(_keeping_to_retention(service))
    service.on_start.append(_preparing(service, links, app.state.press, app.state.surveyor))
    service.on_start.append(lambda: describing.tell_first(service.database, settings.outside_degrees * 10))
    Pages(service, package="logistics")
    service.serve(open_links.router, pick_lists.router, cycles.router, home.router, api.router)
    service.serve(binding.router, network.router, days.router, dispensations.router, ways.router, costs.router)
    service.serve(drafts.router, draft_changes.router, draft_edits.router, draft_compare.router, publishing.router)
    service.serve(told.router)
    service.serve(*cold_routes.ROUTERS)
    service.serve(*lot_routes.ROUTERS)
    service.serve(handover_link.router, handover_scan.router)
    service.serve(handover_paper.router, handover_day.router)
    service.serve(handovers.router, handover_people.router)
    service.serve(*paper_routes.ROUTERS)
    app.mount("/logistics/static", StaticFiles(directory=STATIC), name="logistics-static")
    return app


def _keeping_to_retention(service: Service) -> Callable[[], Awaitable[None]]:
    async def begin() -> None:
        async with service.database.write() as writer:
            await retention.begin(writer)

    return begin


def _surveyor(service: Service, settings: LogisticsSettings) -> Surveyor | None:
    """None: the operator names no road engine."""
    if not settings.road_engine_url:
        return None
    engine = Engine(DIALECTS[settings.road_engine], settings.road_engine_url, settings.road_timeout)
    return Surveyor(service.database, engine, settings.road_data, timedelta(days=settings.road_days))


def _preparing(
    service: Service, links: Links, press: Press, surveyor: Surveyor | None
) -> Callable[[], Awaitable[None]]:
    """What start and stop need beyond the chassis: the key of the links, the survey of ways, the sharing of
    costs, and an end for the press."""
    ending: set[asyncio.Task[None]] = set()

    async def close_press() -> None:
        await service.stopping.wait()
        press.close()

    async def prepare() -> None:
        links.prepare()
        ending.add(asyncio.create_task(close_press()))
        if surveyor is not None:
            service.background("survey of ways", surveyor.run)
        async with service.database.write() as writer:
            await writer.call_at(SHARE, SWEEP, writer.now)

    return prepare
