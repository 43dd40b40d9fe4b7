"""A plan of a day: who drives where and when, with what in which compartment.

It says only what people do. What follows from it (how long goods stood uncooled, what stands in a room at ten) is
reckoned by the checker, so that a plan cannot claim it.
"""

from typing import Annotated, Literal

from pydantic import Field

from coldchain.part import Decidegrees, Id, Part
from contracts import Moment


class Setting(Part):
    """At what temperature a cooled room of the vehicle is kept on the whole round, or a site's on the whole day."""

    room_id: Id
    set_to: Decidegrees


class Load(Part):
    """A consignment that is taken on at a stop.

    `room_id`: the vehicle's compartment it goes to. `box_ids`: the cool boxes it travels in, empty: in none. What is
    already in boxes and is taken on in the same ones stays closed; a box that is named here for the first time is
    filled now. A box may hold several consignments that are filled at the same stop, in the same boxes, and are put
    down together.
    """

    consignment_id: Id
    room_id: Id
    box_ids: tuple[Id, ...] = ()


class Unload(Part):
    """A consignment that is put down at a stop. `room_id`: the site's room it goes to; None: it stands on the floor, in
    its boxes where it came in some. `unpacked`: it is taken out of them."""

    consignment_id: Id
    room_id: Id | None = None
    unpacked: bool = False


class Stop(Part):
    """What was unloaded is put down first. Goods are handled between arrival and departure."""

    site_id: Id
    arrives_at: Moment
    departs_at: Moment
    unloads: tuple[Unload, ...] = ()
    loads: tuple[Load, ...] = ()


class Round(Part):
    """One way of one carrier with one vehicle. The first stop is where it starts, the last where it ends; a carrier
    may drive several rounds, one after another."""

    id: Id
    carrier_id: Id
    vehicle_id: Id
    settings: tuple[Setting, ...] = ()
    stops: Annotated[tuple[Stop, ...], Field(min_length=1)]


class SiteSettings(Part):
    site_id: Id
    settings: tuple[Setting, ...]


class LeftBehind(Part):
    """A consignment for which no way was found, and why: one of the sentences of `coldchain.sentences.WHY`, which are
    translated, or the planner's own words. `rule`: of the checker, where every way that was found breaks it."""

    consignment_id: Id
    why: str
    rule: str = ""


class Plan(Part):
    """`day_id`: of which day. `left_behind`: told, never silent; a plan that leaves goods behind breaks a rule."""

    format: Literal[1] = 1
    day_id: Id
    rounds: tuple[Round, ...]
    rooms: tuple[SiteSettings, ...] = ()
    left_behind: tuple[LeftBehind, ...] = ()
