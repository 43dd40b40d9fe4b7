"""Planning a day as a coordinator does it on the pages, and looking at what came of it."""

import asyncio
import html
import re
from typing import Any

from fastapi import FastAPI
from schedule_desk import FRIDAY, planned

from chassis.testing import Browser
from logistics.schedule import draft
from logistics.schedule.draft import Draft, Wanted

DAY = f"/logistics/days/{FRIDAY.isoformat()}"
ASKED = {"outside": "25", "seconds": "1", "seed": "1"}


async def ask(desk: Browser, identity: str = "draft-a", **other: Any) -> str:
    """Plan the Friday; the address of the draft."""
    said = await desk.submit(f"{DAY}/drafts", ASKED | {"id": identity} | other)
    assert said.status_code == 303, said.text
    return said.headers["location"]


async def planned_page(desk: Browser, url: str) -> str:
    """The page of a draft, once it is not being planned any more."""
    for _ in range(1200):
        page = html.unescape((await desk.get(url)).text)
        if "http-equiv" not in page:
            return page
        await asyncio.sleep(0.05)
    raise AssertionError("the planner never came to an end")


async def drafted(app: FastAPI, identity: str = "draft-a", **update: Any) -> Draft:
    """A draft that is planned already, without waiting for a planner; `update`: of the day."""
    day, plan = await planned(app)
    day = day.model_copy(update=update)
    async with app.state.service.database.write() as writer:
        await draft.begin(writer, identity, Wanted(day=day, outside=250, plan=plan), by="Nadia")
    return await read(app, identity)


async def read(app: FastAPI, identity: str) -> Draft:
    async with app.state.service.database.read() as reader:
        return await draft.find(reader, identity)


def hidden(page: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[0]
