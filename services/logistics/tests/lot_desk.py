"""Steps of tests about lots: a week whose goods are followed, lots told through the page."""

import html
import re
from typing import Any

from fastapi import FastAPI
from logistics_week import Week, producer, usual_week
from sqlalchemy import func, select

from chassis.tables import timer
from chassis.testing import Browser, deliver
from contracts.ordering import HouseholdPerson, HouseholdRegistered
from logistics.lot.tracing import lot_share, traced_share
from logistics.pick_list import list_id

CHEESE, ORANGES_LIST = list_id("cycle-1", "pic"), list_id("cycle-1", "bio")
CHEESES = f"/logistics/pick-lists/{CHEESE}"
FRUITS = f"/logistics/pick-lists/{ORANGES_LIST}"
GROUP_OF = {"vidal": "limoux", "éboué": "quillan", "abadie": "quillan", "zaragoza": "sigean"}
SAIN = "2026-12-15"


def household(name: str, version: int = 1, phone: str = "04 68 00 00 01") -> HouseholdRegistered:
    person = HouseholdPerson(
        person_id=f"p-{name}", name=f"Léa {name.title()}", email=f"{name}@example.org", phone=phone
    )
    return HouseholdRegistered(
        id=name, version=version, group_id=GROUP_OF.get(name, "limoux"), name=f"Foyer {name.title()}", people=(person,)
    )


async def timers(app: FastAPI) -> None:
    """What is due is done, by us or by the service itself beside us."""
    service = app.state.service
    due = select(func.count()).select_from(timer).where(timer.c.due_at <= service.clock.now())
    while True:
        if await service.timers.call_one():
            continue
        async with service.database.read() as reader:
            if not await reader.scalar(due):
                return


async def followed(app: FastAPI, week: Week | None = None) -> None:
    """The usual week with its pick lists out and its goods followed, and the households known."""
    told = [household(name) for name in GROUP_OF]
    await deliver(app, producer("pic"), producer("bio"), *told, *(week or usual_week()).events())
    await timers(app)


def one(product: str, number: str = "", marked: str = "", row: int = 1, **more: str) -> dict[str, str]:
    """A row of the form."""
    fields = {"number": number, "marked": marked, **more}
    return {f"{name}-{product}-{row}": typed for name, typed in fields.items()}


async def sent(browser: Browser, url: str, *rows: dict[str, str], **more: str) -> Any:
    """The form as a browser sends it: all that the page holds, and what is typed over it."""
    fields = filled_in((await browser.get(url + "/lots")).text)
    for each in rows:
        fields |= each
    return await browser.submit(url + "/lots", fields | more)


def filled_in(page: str) -> dict[str, str]:
    """What the fields of a page hold: texts, the choice each select shows, boxes that are ticked."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            fields[name[1]] = html.unescape(value[1]) if value else ""
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]*selected', inside) or re.search(r'value="([^"]*)"', inside)
        fields[name] = chosen[1] if chosen else ""
    return fields


async def reached(app: FastAPI, product: str) -> dict[str, dict[str, tuple[int, bool]]]:
    """By lot number, the households in its share with (at most, sure)."""
    from logistics.lot.lot import lot

    joined = select(lot_share, lot.c.number).join(lot, lot.c.id == lot_share.c.lot_id)
    found: dict[str, dict[str, tuple[int, bool]]] = {}
    async with app.state.service.database.read() as reader:
        for row in await reader.all(joined.where(lot_share.c.product_id == product)):
            share = (row["at_most_thousandths"], row["sure"])
            found.setdefault(row["number"], {})[row["household_id"]] = share
    return found


async def follow_rows(app: FastAPI) -> list[tuple[str, str, int]]:
    """(product, household, thousandths) of all that is followed."""
    c = traced_share.c
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(c.product_id, c.household_id, c.quantity_thousandths))
    return sorted((row["product_id"], row["household_id"], row["quantity_thousandths"]) for row in rows)
