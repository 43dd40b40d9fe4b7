"""The day of deliveries in the demo's week: places, vans and drivers, a plan, its publication, and a second version.

All of it goes over the pages: what a coordinator types and presses on Thursday evening.
"""

import asyncio
import html
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cabas.demo import members
from cabas.demo.forms import form_at
from cabas.demo.goods import BIOESPUNA
from cabas.demo.size import SIZES
from cabas.demo.week import NotInTime, Week, following_friday

NETWORK, DAYS, DRAFTS = "/logistics/network", "/logistics/days", "/logistics/drafts"
EGG_FARM, CENTRE = "Les Poules de Fa", "FR 11.129.001"
HOT_KITCHEN = "La Cuisine de Carcassonne"
DRIVERS = ("Marcel", "Odette", "Lucien", "Simone", "Gaston", "Yvette", "Fernand", "Raymonde", "Albert")
VANS_AT_LEAST, CARRIED = 3, 300
"""So many vans carry the orders of so many households, to at most so many villages, with an hour to spare:"""
VILLAGES = 6
HOURS, LATER = "05:00-20:00", "06:00-20:00"
SECONDS_TO_SEARCH = 3
PLANNED_SECONDS = 90.0
"""A plan is there within so long, on a machine that has other things to do."""
ROOMS = (("Congélateur", "300", "-25", "-18"), ("Sur glace", "300", "-2", "2"), ("Frais", "700", "0", "4"))
MILD, DRY = ("Tempéré", "700", "4", "15"), ("Sec", "3000", "", "")

DOCK = {"kind": "dock", "name": "Quai de Limoux", "latitude": "43.05307", "longitude": "2.21735", "handling": "5"}
DEPOT = {"kind": "farm", "name": f"{BIOESPUNA}, dépôt de Narbonne", "latitude": "43.184", "longitude": "3.004"}
"""Where what comes from Spain waits: nobody drives to Mula for it."""


@dataclass
class Deliveries:
    """`told`: what happened, for who looks on; `faults`: what should not be."""

    week: Week
    told: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hours: str = HOURS
    """Of drivers, on Fridays; empty: on all days, at any time."""
    on: str = ""
    versions: int = 0

    @property
    def wanted(self) -> bool:
        """A larger week would need more vans than there are drivers here."""
        return self.week.size.groups <= VILLAGES and self.week.size.orders <= CARRIED * len(DRIVERS) // VANS_AT_LEAST

    @property
    def drivers(self) -> Sequence[str]:
        """Each with a van."""
        return DRIVERS[: VANS_AT_LEAST * -(-self.week.size.orders // CARRIED)]

    async def name_the_packing_centre(self) -> None:
        """Else the farmer would have to hand over each egg herself (order of 8 June 2006)."""
        if not self.wanted:
            return
        for product in self.week.products:
            if (product["producer_name"], product["temperature_class"]) == (EGG_FARM, "EGGS"):
                path = f"/catalog/products/{product['id']}/edit"
                form = form_at(await self.week.api.page(path), path)
                await self.week.api.submit(path, form | {"packing_centre": [CENTRE]})

    async def plan_and_publish(self) -> None:
        """Publish the day, and once more after something changed."""
        if not self.wanted:
            return
        await self.publish()
        await self.change()

    async def publish(self) -> None:
        """The first version; what the day carries is what is on the pick lists."""
        totals = await self.week.totals("logistics")
        self.on = str(following_friday((self.week.now + timedelta(days=3)).date()))
        await self.furnish()
        day = await self.week.api.get(f"{DAYS}/{self.on}.json")
        carried = sum(line["quantity"] for one in day["consignments"] for line in one["lines"])
        if carried != totals["quantity_thousandths"]:
            self.faults.append(f"pick lists hold {totals['quantity_thousandths']}, the day carries {carried}")
        await self._publish("")
        farms = len({one["from_site"] for one in day["consignments"]})
        self.told.append(
            f"The day of {self.on} is published: {len(day['consignments'])} consignments of {farms} places, "
            f"{len(self.drivers)} vans. It keeps every rule of the cold chain."
        )

    async def change(self) -> None:
        """One starts later: another version, that changes as little as it can."""
        marcel = f"{NETWORK}/carriers/{self._id(DRIVERS[0])}/edit"
        await self.week.api.submit(marcel, self._driver(DRIVERS[0], LATER) | {"version": "1"})
        await self._publish("published")
        self.told.append(f"{DRIVERS[0]} starts an hour later: it is published again, and each is told what changed.")

    async def furnish(self) -> None:
        """Dock, pickup points with their fridges, farms, vans and drivers. Sent twice, each is there once."""
        api, week = self.week.api, self.week
        await self._add("sites", "dock", DOCK | _rooms((*ROOMS, MILD), 3))
        villages = {sheet["name"]: sheet["pickup_place"] for sheet in members.groups(week.size.groups)}
        for name, group_id in week.group_ids.items():
            where = {axis: str(villages[name][axis]) for axis in ("latitude", "longitude")}
            sheet = {"kind": "pickup", "name": name, "group_id": group_id, **where}
            await self._add("sites", f"place of {name}", sheet | _rooms((*ROOMS, MILD)))
        farms = {product["producer_name"]: product["producer_id"] for product in week.products}
        await self._add("sites", "depot", DEPOT | {"producer_id": farms[BIOESPUNA]})
        # The other farms, from what the catalogue knows.
        await api.submit(f"{NETWORK}/known", {})
        if HOT_KITCHEN in farms:
            stands_at = f"farm-{farms[HOT_KITCHEN]}"[:60]
            for number in range(1, 1 + self._hot_boxes()):
                await self._add("boxes", f"hot box {number}", _hot_box(number) | {"stands_at": stands_at})
        for number, name in enumerate(self.drivers, start=1):
            await self._add("vehicles", f"van of {name}", _van(number))
            await self._add("carriers", name, self._driver(name, self.hours))

    async def _add(self, noun: str, what: str, sheet: dict[str, Any]) -> None:
        await self.week.api.submit(f"{NETWORK}/{noun}/new", {"id": self._id(what), **sheet})

    def _driver(self, name: str, hours: str) -> dict[str, Any]:
        sheet: dict[str, Any] = {"name": name, "kind": "volunteer", "starts_at": self._id("dock")}
        sheet |= {"vehicles": [self._id(f"van of {name}")]}
        return (
            sheet
            | {"email": f"{name.lower()}@chauffeurs.example", "language": "fr"}
            | ({"hours-4": hours} if hours else {})
        )

    def _hot_boxes(self) -> int:
        """Four carry the hot meals of a guide's week."""
        return 4 * -(-self.week.size.orders // SIZES["guide"].orders)

    def _id(self, what: str) -> str:
        """Ours, so that asking twice makes one."""
        return str(uuid5(NAMESPACE_URL, f"{self.week.cycle_id}/{what}"))

    async def _publish(self, after: str) -> None:
        """Plan, starting from `after`, and publish what comes of it."""
        api = self.week.api
        asked = {"outside": "12", "seconds": str(SECONDS_TO_SEARCH), "seed": str(self.week.seed), "after": after}
        draft = await api.submit(f"{DAYS}/{self.on}/drafts", asked | {"id": self._id(f"draft {self.versions}")})
        deadline = time.monotonic() + PLANNED_SECONDS
        while "http-equiv" in (page := await api.page(draft)):
            if time.monotonic() > deadline:
                raise NotInTime(f"no plan of {self.on} within {PLANNED_SECONDS:.0f} s")
            await asyncio.sleep(0.3)
        if f"{draft}/publish" not in page:
            raise NotInTime(f"the plan of {self.on} cannot be published: {_words(page)}")
        await api.submit(f"{draft}/publish", {"after": str(self.versions)})
        self.versions += 1


def _rooms(rooms: tuple[tuple[str, str, str, str], ...], times: int = 1) -> dict[str, str]:
    sheet: dict[str, str] = {}
    for number, (name, litres, coldest, warmest) in enumerate(rooms, start=1):
        sheet |= {f"room-{number}-name": name, f"room-{number}-volume": str(int(litres) * times)}
        sheet |= {f"room-{number}-coldest": coldest, f"room-{number}-warmest": warmest}
    return sheet


def _van(number: int) -> dict[str, str]:
    sheet = {"name": f"Fourgon {number}", "plate": f"AA-{number}{number}{number}-AA", "payload": "1200"}
    sheet |= {"certificate": "FRC", "certified_until": "2032-12-31", "cents_per_km": "0,40", "co2": "200"}
    return sheet | _rooms((*ROOMS, MILD, DRY))


def _hot_box(number: int) -> dict[str, str]:
    sheet = {"kind": "box", "number": f"Caisson chaud {number}", "volume": "60", "coldest": "63", "warmest": "85"}
    return sheet | {"hold-1-outside": "35", "hold-1-minutes": "900"}


def _words(page: str) -> str:
    """What a page says."""
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", page))).strip()[:600]
