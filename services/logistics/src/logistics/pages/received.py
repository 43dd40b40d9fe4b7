"""What a household got, with lots and dates: its own deliveries, and what of them is called back."""

from datetime import timedelta
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from contracts import Role
from logistics.lot.received import received
from ui import Pages

router = APIRouter()

URL = "/logistics/received"
SHOWN = timedelta(days=183)
"""What is older is eaten, or was called back in time."""


@router.get(URL)
async def mine(request: Request, person: Person = serves(Role.MEMBER)) -> Response:
    service = Service.of(request)
    today = service.clock.now().astimezone(Pages.of(request).zone).date()
    async with service.database.read() as reader:
        got = await received(reader, person.household_ids, today - SHOWN)
    return Pages.of(request).render(
        request,
        "received.html",
        days=[(day, list(some)) for day, some in groupby(got, key=lambda each: each.delivers_on)],
        recalled=[each for each in got if each.recalled],
    )
