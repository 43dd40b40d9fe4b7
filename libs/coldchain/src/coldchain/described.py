"""The network as logistics describes it to the others, and whether an article can ever be received by a group.

Where something is not known (no such farm, no coordinates, no hours of collection), the goods have the benefit of it:
only what is sure is refused.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from coldchain.day import Box, Hold, Limits, Line, Room, Site, SiteKind, Vehicle, Window
from coldchain.early import Means, Refusal, why_never
from contracts import Article, Carriage, Sale
from contracts.network import NetworkDescribed, NetworkFarm, NetworkPickup, NetworkRange

EGGS = "EGGS"
SHORTEST = 15
"""Minutes that a collection takes where nobody says how long."""
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class _Goods(NamedTuple):
    """All of an article that matters here: most of a catalogue are the same few."""

    producer_id: str
    temperature_class: str
    label_max: int | None
    packing_centre: str
    resold: bool
    dispensation: str


@dataclass(frozen=True)
class _Known:
    means: Means
    farms: dict[str, NetworkFarm]
    pickups: dict[str, NetworkPickup]


class Early:
    """Judges articles by one description. What was judged once is kept."""

    def __init__(self, said: NetworkDescribed) -> None:
        self.binding = said.binding
        limits = Limits(
            uncooled=said.uncooled, eggs_metres=said.eggs_metres, dispensation_metres=said.dispensation_metres
        )
        vehicle = Vehicle(id="v", name="", rooms=(_FLOOR, *map(_room, said.compartments)), payload=0)
        self._known = _Known(
            Means(said.outside, (vehicle,), _boxes(said), limits),
            {one.producer_id: one for one in said.farms},
            {one.group_id: one for one in said.pickups},
        )
        self._judged: dict[tuple[_Goods, str, int], Refusal | None] = {}

    @property
    def group_ids(self) -> tuple[str, ...]:
        """The groups whose pickup point is known."""
        return tuple(self._known.pickups)

    def why_never(self, article: Article, group_id: str, collected_in: int | None = None) -> Refusal | None:
        """Why the group can never receive it; None where it may. `collected_in`: minutes that households have to
        collect; None: as the description says."""
        pickup = self._known.pickups.get(group_id)
        if pickup is None:
            return None
        minutes = pickup.collected_in if collected_in is None else collected_in
        key = _goods(article), group_id, SHORTEST if minutes is None else max(minutes, SHORTEST)
        if key not in self._judged:
            self._judged[key] = self._judge(key[0], pickup, key[2])
        refusal = self._judged[key]
        return refusal and replace(refusal, product=article.name.fr)

    def _judge(self, goods: _Goods, pickup: NetworkPickup, minutes: int) -> Refusal | None:
        farm, means = self._known.farms.get(goods.producer_id), self._known.means
        if farm is not None and farm.dispensation_metres is not None:
            limits = means.limits.model_copy(update={"dispensation_metres": farm.dispensation_metres})
            means = replace(means, limits=limits)
        place = _place(pickup, minutes)
        return why_never(_line(goods), _farm(farm, pickup, place), place, means)


def _goods(article: Article) -> _Goods:
    said, resold = article.carriage or Carriage(), article.sale is Sale.RESALE
    return _Goods(
        article.producer_id,
        article.temperature_class,
        said.label_max,
        said.packing_centre,
        resold,
        said.dispensation if resold else "",
    )


def _line(goods: _Goods) -> Line:
    return Line(id="l", product_id="", name="", quantity=0, volume=0, weight=0, eggs=_eggs(goods), **goods._asdict())


def _eggs(goods: _Goods) -> bool:
    return goods.temperature_class == EGGS


def _place(pickup: NetworkPickup, minutes: int) -> Site:
    return Site(
        id="p",
        kind=SiteKind.PICKUP,
        name=pickup.name,
        latitude=pickup.latitude or 0.0,
        longitude=pickup.longitude or 0.0,
        handover=Window(opens_at=_ANY_DAY, closes_at=_ANY_DAY + timedelta(minutes=minutes)),
        handling=pickup.handling,
        rooms=tuple(map(_room, pickup.rooms)),
    )


def _farm(farm: NetworkFarm | None, pickup: NetworkPickup, place: Site) -> Site:
    """Where one of the two is not known, the farm lies at the place: nothing is too far."""
    placed = place.model_copy(update={"kind": SiteKind.FARM, "handover": None})
    if farm is None or None in (farm.latitude, farm.longitude, pickup.latitude, pickup.longitude):
        return placed
    return placed.model_copy(update={"latitude": farm.latitude, "longitude": farm.longitude, "name": farm.name})


_FLOOR = Room(id="floor", volume=0)


def _room(said: NetworkRange) -> Room:
    return Room(id="r", volume=0, coldest=said.coldest, warmest=said.warmest)


def _boxes(said: NetworkDescribed) -> tuple[Box, ...]:
    return tuple(
        Box(
            id="b",
            volume=0,
            coldest=one.coldest,
            warmest=one.warmest,
            holds=tuple(Hold(outside=hold.outside, minutes=hold.minutes) for hold in one.holds),
            at_site="p",
        )
        for one in said.boxes
    )
