"""Which day it is where the hub is, for who asks a page."""

from datetime import date

from fastapi import Request

from chassis.service import Service
from ui import Pages


def today_of(request: Request) -> date:
    return Service.of(request).clock.now().astimezone(Pages.of(request).zone).date()
