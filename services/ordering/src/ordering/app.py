"""The ordering service put together."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI

from chassis.clock import Clock, Ids
from chassis.identity import TokenIssuer
from chassis.service import Service
from chassis.timers import TimerHandler
from ordering import household, order_book, planning, rhythm_book, role, sign_in
from ordering.announcing import ANNOUNCES
from ordering.api import cycles as cycles_api
from ordering.api import decisions as decisions_api
from ordering.api import groups as groups_api
from ordering.api import households as households_api
from ordering.api import orders as orders_api
from ordering.closing import Closing
from ordering.days_off import days_off
from ordering.facts import FACTS
from ordering.listening import listening
from ordering.order_desk import OrderDesk
from ordering.pages import (
    assets,
    calendars,
    crates,
    cycles,
    decisions,
    ending,
    entry,
    groups,
    home,
    household_import,
    households,
    me,
    order_form,
    orders,
    payment_gate,
    people,
    producer_hours,
    rhythms,
    session,
    shop,
)
from ordering.pages import sign_in as sign_in_pages
from ordering.pages.reasons import told
from ordering.pages.tags import Tags
from ordering.settings import OrderingSettings
from ordering.shortage import Answers
from ordering.tables import metadata
from ui import Pages
from ui.i18n import LANGUAGES

ROUTERS: tuple[APIRouter, ...] = (
    orders_api.router,  # first, because routes are tried in this order and on Sunday evening most requests are orders
    # people
    session.router,
    sign_in_pages.router,
    me.router,
    groups.router,
    payment_gate.router,
    household_import.router,  # before the pages of one household, whose path would take its own
    households.router,
    people.router,
    groups_api.router,
    households_api.router,
    # cycles and orders
    home.router,
    assets.router,
    shop.router,
    orders.router,
    decisions.router,
    ending.router,
    crates.router,
    entry.router,
    order_form.router,
    cycles.router,
    rhythms.router,
    producer_hours.router,
    calendars.router,
    cycles_api.router,
    decisions_api.router,
)

TIMERS: dict[str, TimerHandler] = {
    # people
    sign_in.SEND: sign_in.send,
    sign_in.FORGET: sign_in.forget,
    household.SAY_AGAIN: household.say_again,
    # cycles and orders
    **planning.TIMERS,
    **order_book.TIMERS,
}
"""Beside those of the closing, which knows the settings."""


def create_app(settings: OrderingSettings, *, clock: Clock | None = None, ids: Ids | None = None) -> FastAPI:
    closing = Closing(told, timedelta(hours=settings.decide_within_hours), settings.country)
    regional = {language: days_off(settings.holiday_region, language) for language in LANGUAGES}
    service = Service(
        "ordering",
        settings,
        metadata=metadata,
        migrations="ordering.migrations",
        announces=ANNOUNCES,
        listening=listening(Answers(told)),
        timers={**TIMERS, **closing.timers, **rhythm_book.timers(ZoneInfo(settings.time_zone), regional["fr"])},
        facts=FACTS,
        clock=clock,
        ids=ids,
    )
    app = service.app
    app.state.closing = closing
    app.state.issuer = TokenIssuer(settings.token_private_key())
    app.state.counting_key = sign_in.counting_key(settings.token_private_key())
    app.state.days_off = regional
    desk = app.state.desk = OrderDesk(service.database, ZoneInfo(settings.time_zone))
    service.on_start.append(lambda: role.say_first(service.database))
    service.on_stop.append(desk.close)
    app.state.tags = Tags(Pages(service, package="ordering"))
    service.serve(*ROUTERS)
    return app
