"""Small random days for Hypothesis: few sites and goods, and everything that makes a day hard or impossible."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from coldchain.day import (
    Box,
    Carrier,
    CarrierKind,
    Consignment,
    Day,
    FixedRound,
    Hold,
    Leg,
    Line,
    Pin,
    Roads,
    Room,
    Site,
    SiteKind,
    Vehicle,
    Window,
)
from coldchain.temperature import temperature_classes

MORNING = datetime(2026, 6, 19, 4, tzinfo=UTC)
CLASSES = [*sorted(temperature_classes()), *["AMBIENT", "PERISHABLE", "MEAT_CUTS", "EGGS"] * 5]
"""Every class; those of a usual day more often."""
CERTIFICATES: list[dict[str, Any]] = [
    {"certificate": "FRC", "certified_until": date(2026, 6, 19)},
    {"certificate": "IN", "certified_until": date(2026, 6, 18)},
    {},
]


def after(minutes: int) -> datetime:
    return MORNING + timedelta(minutes=minutes)


@st.composite
def windows(draw: st.DrawFn, *, first: int = 0, last: int = 900) -> Window:
    opens = draw(st.integers(first, last - 30))
    return Window(opens_at=after(opens), closes_at=after(draw(st.integers(opens + 30, last))))


@st.composite
def rooms(draw: st.DrawFn, identity: str) -> Room:
    ranges = [(0, 80), (None, None), (0, 80), (-250, 40), (50, 150), (600, 800)]
    coldest, warmest = draw(st.sampled_from(ranges))
    volume = draw(st.sampled_from([5_000_000, 500_000, 150_000, 20_000]))
    return Room(id=identity, volume=volume, coldest=coldest, warmest=warmest)


@st.composite
def sites(draw: st.DrawFn, identity: str, kind: SiteKind) -> Site:
    return Site(
        id=identity,
        kind=kind,
        name=identity,
        latitude=draw(st.integers(4290, 4330)) / 100,
        longitude=draw(st.integers(200, 260)) / 100,
        windows=(draw(windows(first=0)),) if draw(st.integers(0, 4)) == 4 else (),
        handover=draw(windows(first=600)) if kind is SiteKind.PICKUP else None,
        handling=draw(st.integers(1, 20)),
        rooms=(draw(rooms(f"{identity}-room")),) if draw(st.booleans()) else (),
        floor=draw(st.sampled_from([None, None, None, 100_000, None, 0])),
        certified_organic=draw(st.booleans()),
    )


@st.composite
def lines(draw: st.DrawFn, identity: str, producer: str) -> Line:
    return Line(
        id=identity,
        product_id=identity,
        name=identity,
        producer_id=producer,
        quantity=1000,
        temperature_class=draw(st.sampled_from(CLASSES)),
        label_max=draw(st.sampled_from([None, None, 20, 60])),
        volume=draw(st.integers(0, 60_000)),
        weight=draw(st.integers(0, 30_000)),
        eggs=draw(st.integers(0, 5)) == 5,
        packing_centre=draw(st.sampled_from(["", "FR11AUD01"])),
        organic_bulk=draw(st.integers(0, 5)) == 5,
        resold=draw(st.integers(0, 5)) == 5,
    )


@st.composite
def days(draw: st.DrawFn) -> Day:
    farms = [f"farm-{n}" for n in range(draw(st.integers(1, 4)))]
    docks = [f"dock-{n}" for n in range(draw(st.integers(0, 2)))]
    places = [f"place-{n}" for n in range(draw(st.integers(1, 3)))]
    every = [draw(sites(one, SiteKind.FARM)) for one in farms]
    every += [draw(sites(one, SiteKind.DOCK)) for one in docks]
    every += [draw(sites(one, SiteKind.PICKUP)) for one in places]
    vehicles = [
        Vehicle(
            id=f"vehicle-{n}",
            name=f"vehicle-{n}",
            rooms=tuple(draw(rooms(f"vehicle-{n}-{m}")) for m in range(draw(st.integers(1, 2)))),
            payload=draw(st.sampled_from([900_000, 900_000, 40_000])),
            **draw(st.sampled_from(CERTIFICATES)),
            cents_per_km=draw(st.integers(0, 60)),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    carriers = [
        Carrier(
            id=f"carrier-{n}",
            name=f"carrier-{n}",
            kind=CarrierKind.PRODUCER,
            producer_id=f"producer-{n}",
            starts_at_site=draw(st.sampled_from([*farms, *docks])),
            ends_at_site=draw(st.sampled_from([*farms, *docks])),
            hours=draw(windows()) if draw(st.integers(0, 4)) == 4 else Window(opens_at=after(0), closes_at=after(900)),
            at_most_driving=draw(st.sampled_from([None, 400, 60])),
            vehicle_ids=(draw(st.sampled_from(vehicles)).id,),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    consignments = []
    for n in range(draw(st.integers(1, 8))):
        farm = draw(st.sampled_from(farms))
        producer = f"producer-{farm[-1]}"
        consignments.append(
            Consignment(
                id=f"consignment-{n}",
                producer_id=producer,
                from_site=farm,
                to_site=draw(st.sampled_from(places)),
                lines=tuple(draw(lines(f"{n}/{m}", producer)) for m in range(draw(st.sampled_from([1, 1, 2])))),
                ready_at=draw(st.sampled_from([None, after(60), after(400)])),
                self_delivery=draw(st.integers(0, 5)) == 5,
            )
        )
    boxes = [
        Box(
            id=f"box-{n}",
            volume=draw(st.integers(1_000, 100_000)),
            coldest=0,
            warmest=draw(st.sampled_from([20, 40])),
            holds=(Hold(outside=300, minutes=draw(st.sampled_from([60, 900]))),),
            at_site=draw(st.sampled_from([*farms, *docks])),
            certified=draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    legs = [
        Leg(from_site=a, to_site=b, metres=draw(st.integers(0, 90_000)), seconds=draw(st.integers(60, 9_000)))
        for a, b in draw(st.lists(st.tuples(st.sampled_from(farms), st.sampled_from(places)), max_size=3, unique=True))
    ]
    pins = draw(st.integers(0, 3)) == 3
    fixed = draw(st.integers(0, 4)) == 4
    return Day(
        id="random",
        date=date(2026, 6, 19),
        outside=draw(st.sampled_from([-50, 100, 240, 350])),
        sites=tuple(every),
        vehicles=tuple(vehicles),
        carriers=tuple(carriers),
        boxes=tuple(boxes),
        consignments=tuple(consignments),
        pins=(Pin(consignment_id=consignments[0].id, carrier_id=carriers[0].id),) if pins else (),
        fixed_rounds=(FixedRound(carrier_id=carriers[-1].id, site_ids=tuple(places)),) if fixed else (),
        roads=Roads(legs=tuple(legs)),
    )
