"""The ordering service put together."""

from chassis.clock import Clock, Ids
from chassis.identity import TokenIssuer
from chassis.service import Service
from chassis.timers import TimerHandler
from fastapi import APIRouter, FastAPI
from ui import Pages

from ordering.announcing import ANNOUNCES
from ordering.listening import listening
from ordering.settings import OrderingSettings
from ordering.tables import metadata

ROUTERS: tuple[APIRouter, ...] = (
    # people
    # cycles and orders
)

TIMERS: dict[str, TimerHandler] = {
    # people
    # cycles and orders
}


def create_app(settings: OrderingSettings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    service = Service(
        "ordering",
        settings,
        metadata=metadata,
        migrations="ordering.migrations",
        announces=ANNOUNCES,
        listening=listening(),
        timers=TIMERS,
        clock=clock,
        ids=ids,
    )
    app = service.app
    app.state.issuer = TokenIssuer(settings.token_private_key())
    Pages(service, package="ordering")
    for router in ROUTERS:
        app.include_router(router)
    return app
