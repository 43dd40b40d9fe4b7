"""A month of deliveries: what was driven, what it cost, and for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.database import Reader
from contracts.logistics import TransportShare
from logistics.cost.register import Shared, shared_between
from logistics.pick_list import alphabetical


@dataclass(frozen=True)
class Month:
    """`producers`, `groups`: over all days, by name; each comes to what was carried for somebody."""

    first: date
    days: Sequence[Shared]
    producers: tuple[TransportShare, ...]
    groups: tuple[TransportShare, ...]

    @property
    def last(self) -> date:
        return following(self.first) - timedelta(days=1)

    @property
    def metres(self) -> int:
        return sum(one.content.metres for one in self.days)

    @property
    def alone_metres(self) -> int:
        return sum(sum(one.content.alone_metres.values()) for one in self.days)

    @property
    def co2_grams(self) -> int:
        return sum(one.content.co2_grams for one in self.days)

    @property
    def cents(self) -> int:
        return sum(one.content.cents for one in self.days)


async def month_of(reader: Reader, first: date) -> Month:
    """`first`: its first day."""
    days = await shared_between(reader, first, following(first) - timedelta(days=1))
    producers = _together(share for one in days for share in one.content.producers)
    return Month(first, days, producers, _together(share for one in days for share in one.content.groups))


def following(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _together(shares: Iterable[TransportShare]) -> tuple[TransportShare, ...]:
    found: dict[str, TransportShare] = {}
    for one in shares:
        held = found.get(one.bearer_id)
        if held is None:
            found[one.bearer_id] = one
            continue
        sums = {name: getattr(held, name) + getattr(one, name) for name in ("cents", "metres", "co2_grams")}
        found[one.bearer_id] = one.model_copy(update=sums | {"rounds": held.rounds + one.rounds})
    return tuple(sorted(found.values(), key=lambda one: (alphabetical(one.name), one.bearer_id)))
