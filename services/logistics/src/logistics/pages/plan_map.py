"""The rounds of a plan on the map that the hub draws itself."""

from typing import Any

from coldchain.day import Day
from logistics.network.drawing import Spot, draw
from logistics.pages.network_nouns import SITE_KINDS
from logistics.pages.plan_show import PlanWords


def map_of_plan(told: PlanWords) -> dict[str, Any]:
    """What the template of the map needs. Only places of the day are drawn, each round as one line."""
    spots = spots_of_day(told.day)
    if not spots:
        return {"maps": [], "legend": []}
    rounds = [(told.round_name(one), [stop.site_id for stop in one.stops]) for one in told.plan.rounds]
    wide = draw(spots, rounds, width=960, letters=13, named=True)
    narrow = draw(spots, rounds, width=340, letters=12, named=False)
    drawn = {spot.kind for spot in spots}
    legend = [(kind.value, told.t(word)) for kind, word in SITE_KINDS.items() if kind in drawn]
    return {"maps": [("wide", wide), ("narrow", narrow)], "legend": legend}


def spots_of_day(day: Day) -> list[Spot]:
    return [
        Spot(site.id, number, site.name, site.kind, site.latitude, site.longitude)
        for number, site in enumerate(day.sites, start=1)
    ]
