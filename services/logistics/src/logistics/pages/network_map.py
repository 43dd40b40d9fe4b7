"""The map on the page of the network: twice, with names where there is room and with numbers on a phone."""

from collections.abc import Sequence
from typing import Any

from logistics.network.carrier import CarrierSheet
from logistics.network.drawing import Drawing, Spot, draw
from logistics.network.kept import Kept
from logistics.network.site import SiteSheet
from logistics.pages.network_nouns import SITE_KINDS
from ui.forms import Translate


def spots_of(sites: Sequence[Kept[SiteSheet]]) -> list[Spot]:
    """Those with coordinates, numbered in the order they come in."""
    found: list[Spot] = []
    for one in sites:
        sheet = one.sheet
        if sheet.latitude is not None and sheet.longitude is not None:
            found.append(Spot(one.id, len(found) + 1, sheet.name, sheet.kind, sheet.latitude, sheet.longitude))
    return found


def map_context(
    sites: Sequence[Kept[SiteSheet]], carriers: Sequence[Kept[CarrierSheet]], t: Translate
) -> dict[str, Any]:
    """What the template of the map needs; no maps where no place has coordinates."""
    spots = spots_of(sites)
    rounds = [
        (one.sheet.name, (one.sheet.starts_at, *one.sheet.round, one.sheet.ends_at))
        for one in carriers
        if one.sheet.round
    ]
    maps: list[tuple[str, Drawing]] = []
    if spots:
        wide = draw(spots, rounds, width=960, letters=13, named=True)
        maps = [("wide", wide), ("narrow", draw(spots, rounds, width=340, letters=12, named=False))]
    drawn = {spot.kind for spot in spots}
    legend = [(kind.value, t(word)) for kind, word in SITE_KINDS.items() if kind in drawn]
    return {"maps": maps, "legend": legend}
