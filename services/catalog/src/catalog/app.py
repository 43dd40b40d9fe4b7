"""The catalog service, put together."""

from fastapi import FastAPI

from catalog import api, certificate, pages, price_lock
from catalog.announcing import ANNOUNCES
from catalog.listening import listening
from catalog.price_list import preview
from catalog.restatement import restate
from catalog.schema import metadata
from catalog.settings import CatalogSettings
from chassis.clock import Clock, Ids
from chassis.service import Service
from ui import Pages


def create_app(settings: CatalogSettings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    service = Service(
        "catalog",
        settings,
        metadata=metadata,
        migrations="catalog.migrations",
        announces=ANNOUNCES,
        listening=listening(),
        timers={
            preview.FORGET: preview.forget,
            certificate.EXPIRES: certificate.expire,
            certificate.ENDS_SOON: certificate.ends_soon,
            price_lock.ENDS: price_lock.ended,
        },
        clock=clock,
        ids=ids,
    )
    Pages(service, package="catalog")
    service.on_start.append(lambda: restate(service.database))
    service.serve(*pages.ROUTERS, api.router)
    return service.app
