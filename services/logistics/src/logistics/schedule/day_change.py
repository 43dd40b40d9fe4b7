"""What a day is now that it was not when a plan of it was made: an order revised, a place edited, a van sold."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from coldchain.day import Consignment, Day


class Kind(StrEnum):
    """`OTHER`: how ways are reckoned, limits, fixed rounds, dispensations."""

    GOODS_NEW = "goods_new"
    GOODS_GONE = "goods_gone"
    GOODS_CHANGED = "goods_changed"
    PLACE = "place"
    VEHICLE = "vehicle"
    CARRIER = "carrier"
    BOX = "box"
    OTHER = "other"


class Differs(NamedTuple):
    """`name`: of the goods or the thing. `from_site`, `to_site`: names, of goods."""

    kind: Kind
    name: str = ""
    from_site: str = ""
    to_site: str = ""


class Thing(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def differences(before: Day, now: Day) -> tuple[Differs, ...]:
    """None where both hold the same."""
    return (
        *_goods(before, now),
        *_things(Kind.PLACE, before.sites, now.sites),
        *_things(Kind.VEHICLE, before.vehicles, now.vehicles),
        *_things(Kind.CARRIER, before.carriers, now.carriers),
        *_things(Kind.BOX, before.boxes, now.boxes),
        *_rest(before, now),
    )


def _goods(before: Day, now: Day) -> Iterator[Differs]:
    names = {site.id: site.name for site in (*before.sites, *now.sites)}
    old, new = ({one.id: one for one in day.consignments} for day in (before, now))

    def told(kind: Kind, one: Consignment) -> Differs:
        lines = ", ".join(sorted({line.name for line in one.lines}))
        return Differs(kind, lines, names[one.from_site], names[one.to_site])

    for identity, one in new.items():
        if identity not in old:
            yield told(Kind.GOODS_NEW, one)
        elif old[identity] != one:
            yield told(Kind.GOODS_CHANGED, one)
    for identity, one in old.items():
        if identity not in new:
            yield told(Kind.GOODS_GONE, one)


def _things(kind: Kind, before: Sequence[Thing], now: Sequence[Thing]) -> Iterator[Differs]:
    old, new = {one.id: one for one in before}, {one.id: one for one in now}
    for identity in dict.fromkeys((*old, *new)):
        if old.get(identity) != new.get(identity):
            yield Differs(kind, (new.get(identity) or old[identity]).name or identity)


_TOLD = {"id", "sites", "vehicles", "carriers", "boxes", "consignments"}


def _rest(before: Day, now: Day) -> Iterator[Differs]:
    if before.model_dump(exclude=_TOLD) != now.model_dump(exclude=_TOLD):
        yield Differs(Kind.OTHER)
