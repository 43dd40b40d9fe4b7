"""What changed of what somebody must know: who reads it knows what holds, and nobody reads it for nothing."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.schedule import (
    ScheduleChanged,
    ScheduledCarrier,
    ScheduledConsignment,
    ScheduledProducer,
    ScheduledRound,
    ScheduledSite,
    ScheduledStop,
)
from notify.schedule_part import changed, heard, of_carrier, of_group, of_member, of_producer

DAY = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
FARMS, POINTS, CARRIERS = ("pic", "bio", "roc"), ("limoux", "quillan"), ("marcel", "odette", "lola")


@st.composite
def schedules(draw):
    """A small day: consignments between farms and points, each on one carrier's round, at any minutes."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(FARMS), st.sampled_from(POINTS)), unique=True, max_size=6))
    consignments = tuple(
        ScheduledConsignment(
            consignment_id=f"{farm}/{point}", producer_id=farm, from_site=f"farm-{farm}", to_site=f"point-{point}"
        )
        for farm, point in pairs
    )
    carried: dict[str, list[int]] = {}
    for at in range(len(pairs)):
        carried.setdefault(draw(st.sampled_from(CARRIERS)), []).append(at)
    rounds = []
    for carrier, goods in carried.items():
        minute = draw(st.integers(0, 200))
        stops = []
        for at in goods:
            minute += draw(st.integers(1, 30))
            stops.append((consignments[at].from_site, minute, {"loads": (at,)}))
        for at in goods:
            minute += draw(st.integers(1, 30))
            stops.append((consignments[at].to_site, minute, {"unloads": (at,)}))
        rounds.append(
            ScheduledRound(
                round_id=f"{carrier}-1",
                carrier_id=carrier,
                vehicle_name=draw(st.sampled_from(("Kangoo", "Berlingo"))),
                stops=tuple(_stop(site, minute, goods) for site, minute, goods in stops),
            )
        )
    opens = draw(st.integers(600, 620))
    return ScheduleChanged(
        id="2026-11-27",
        version=draw(st.integers(1, 9)),
        delivers_on=date(2026, 11, 27),
        published_at=DAY,
        published_by="Nadia",
        sites=(
            *(ScheduledSite(site_id=f"farm-{farm}", name=f"Ferme {farm}") for farm in FARMS),
            *(
                ScheduledSite(
                    site_id=f"point-{point}",
                    name=f"Foyer {point}",
                    group_id=point,
                    opens_at=DAY + timedelta(minutes=opens),
                    closes_at=DAY + timedelta(minutes=opens + 90),
                )
                for point in POINTS
            ),
        ),
        producers=tuple(ScheduledProducer(producer_id=farm, name=f"Ferme {farm}") for farm in FARMS),
        carriers=tuple(
            ScheduledCarrier(carrier_id=one, name=one.title(), producer_id="bio" if one == "lola" else "")
            for one in CARRIERS
        ),
        consignments=consignments,
        rounds=tuple(rounds),
    )


def _stop(site, minute, goods):
    at = DAY + timedelta(minutes=minute)
    return ScheduledStop(site_id=site, arrives_at=at, departs_at=at + timedelta(minutes=1), **goods)


def everybody(said):
    """What each person must know of a day."""
    return {
        **{f"producer {one}": of_producer(said, one) for one in FARMS},
        **{f"group {one}": of_group(said, one) for one in POINTS},
        **{f"members of {one}": of_member(said, one) for one in POINTS},
        **{f"carrier {one}": of_carrier(said, one) for one in CARRIERS},
    }


@given(st.lists(schedules(), min_size=1, max_size=4))
def test_who_reads_every_change_knows_what_holds_and_nobody_reads_for_nothing(versions):
    knows = {person: {} for person in everybody(versions[0])}
    for said in versions:
        for person, now in everybody(said).items():
            told = changed(knows[person], now)
            assert bool(told) == (knows[person] != now)
            assert not set(told.new) & set(told.moved) | set(told.gone) & set(now)
            assert all(before != after for before, after in told.moved.values())
            knows[person] = heard(knows[person], told)
            assert knows[person] == now


@given(schedules(), schedules())
def test_who_missed_what_lay_between_is_told_from_what_they_knew(first, last):
    for person, knew in everybody(first).items():
        now = everybody(last)[person]
        assert heard(knew, changed(knew, now)) == now


@given(schedules())
def test_each_consignment_is_told_to_its_producer_its_group_and_who_carries_it(said):
    told = everybody(said)
    for at, one in enumerate(said.consignments):
        key = f"goods:{one.consignment_id}"
        fetched = told[f"producer {one.producer_id}"][key]
        arrives = told[f"group {one.to_site.removeprefix('point-')}"][key]
        [round_] = [each for each in said.rounds if any(at in stop.loads for stop in each.stops)]
        loaded, unloaded = (
            next(stop for stop in round_.stops if at in getattr(stop, name)) for name in ("loads", "unloads")
        )
        own = round_.carrier_id == "lola" and one.producer_id == "bio"
        assert fetched["how"] == ("brought" if own else "fetched")
        assert fetched["at"] == (unloaded if own else loaded).arrives_at.isoformat()
        assert arrives["at"] == unloaded.arrives_at.isoformat()
        assert arrives["by"] == round_.carrier_id.title()
        stops = told[f"carrier {round_.carrier_id}"]
        pair = [f"Ferme {one.producer_id}", next(each.name for each in said.sites if each.site_id == one.to_site)]
        there = [fact for fact in stops.values() if fact["at"] == loaded.arrives_at.isoformat()]
        assert any(pair in fact.get("loads", ()) for fact in there)
    keys = {f"goods:{one.consignment_id}" for one in said.consignments}
    assert keys == {key for one in FARMS for key in told[f"producer {one}"]}


@given(schedules(), st.integers(1, 30))
def test_only_who_is_concerned_is_told(said, later):
    """One round leaves later: its producers, groups and carrier are told, and nobody else."""
    if not said.rounds:
        return
    first, *others = said.rounds
    by = timedelta(minutes=later)
    moved = tuple(
        stop.model_copy(update={"arrives_at": stop.arrives_at + by, "departs_at": stop.departs_at + by})
        for stop in first.stops
    )
    then = said.model_copy(update={"rounds": (first.model_copy(update={"stops": moved}), *others)})
    before, now = everybody(said), everybody(then)
    carried = {said.consignments[at] for stop in first.stops for at in stop.loads}
    told = {person for person in now if changed(before[person], now[person])}
    groups = {one.to_site.removeprefix("point-") for one in carried}
    assert told == {
        f"carrier {first.carrier_id}",
        *(f"producer {one.producer_id}" for one in carried),
        *(f"group {one}" for one in groups),
    }
