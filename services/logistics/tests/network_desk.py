"""A network as a coordinator types it: forms with what is usual filled in."""

from typing import Any

from fastapi import FastAPI
from logistics_week import LIMOUX, QUILLAN, producer, usual_week

from chassis.testing import Browser, deliver

NETWORK = "/logistics/network"

FARM = {"kind": "farm", "name": "Fromagerie du Pic", "producer_id": "pic", "latitude": "42,9", "longitude": "2,2"}
DOCK = {"kind": "dock", "name": "Quai de Limoux", "latitude": "43.05307", "longitude": "2.21735", "handling": "10"}
PICKUP = {"kind": "pickup", "name": "Foyer", "group_id": "limoux", "latitude": "43.04473", "longitude": "2.24774"}
VAN = {
    "name": "Kangoo frigo",
    "plate": "AB-123-CD",
    "payload": "600",
    "certificate": "FRC",
    "certified_until": "2027-05-31",
    "cents_per_km": "0,35",
    "co2": "160",
    "room-1-name": "Froid",
    "room-1-volume": "1500",
    "room-1-coldest": "-20",
    "room-1-warmest": "12",
    "room-2-name": "Plancher",
    "room-2-volume": "1200",
}
BOX = {
    "kind": "box",
    "number": "G-07",
    "volume": "45",
    "coldest": "0",
    "warmest": "4",
    "hold-1-outside": "25",
    "hold-1-minutes": "600",
    "hold-2-outside": "35",
    "hold-2-minutes": "360",
}

FARMS = (FARM, FARM | {"producer_id": "bio", "name": "BioEspuña", "latitude": "42,88", "longitude": "2,3"})
POINTS = (
    PICKUP | {"kind": "pickup"},
    PICKUP | {"group_id": "quillan", "name": "Halle", "latitude": "42,87", "longitude": "2,18"},
    PICKUP | {"group_id": "sigean", "name": "Sigean", "latitude": "43,03", "longitude": "2,97"},
)
MARCEL = {"name": "Marcel", "kind": "volunteer", "starts_at": "dock", "vehicles": ["van"], "hours-4": "8h-18h30"}


async def tell(app: FastAPI) -> None:
    """What the catalogue and the cycles say: two producers, three groups, a closed cycle."""
    await deliver(app, producer("pic"), producer("bio"), *usual_week().events())


async def add(browser: Browser, noun: str, form: dict[str, Any], new_id: str, **other: Any) -> None:
    said = await browser.submit(f"{NETWORK}/{noun}/new", {"id": new_id, **form, **other})
    assert said.status_code == 303, said.text


async def furnish(browser: Browser) -> None:
    """A farm, a dock, a pickup point, a van, a volunteer who drives it, and a box at the dock."""
    await add(browser, "sites", FARM, "farm")
    await add(browser, "sites", DOCK, "dock")
    await add(browser, "sites", PICKUP, "foyer")
    await add(browser, "vehicles", VAN, "van")
    await add(browser, "boxes", BOX, "g7", stands_at="dock")
    carrier = {"name": "Marcel", "kind": "volunteer", "starts_at": "dock", "vehicles": ["van"], "hours-4": "8h-18h30"}
    await add(browser, "carriers", carrier | {"stop-1": "foyer"}, "marcel")


async def furnish_all(desk: Browser) -> None:
    """All that a plan of the usual week needs."""
    for form in FARMS:
        await add(desk, "sites", form, f"farm-{form['producer_id']}")
    for form in POINTS:
        await add(desk, "sites", form, f"pickup-{form['group_id']}")
    await add(desk, "sites", DOCK, "dock")
    await add(desk, "vehicles", VAN, "van")
    await add(desk, "carriers", MARCEL | {"stop-1": "pickup-quillan", "stop-2": "pickup-limoux"}, "marcel")
    await add(desk, "boxes", BOX, "g7", stands_at="dock")


GROUPS = (LIMOUX, QUILLAN)
