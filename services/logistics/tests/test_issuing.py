"""When pick lists are made: never from a part of a cycle, never twice, always the same."""

import asyncio
from itertools import count

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logistics_week import LIMOUX, ORANGES, PELARDON, QUILLAN, Week, line, producer, usual_week

from chassis.envelope import Received, headers_of
from chassis.listening import DONE, Delivery
from chassis.testing import FrozenClock, announced, call_due, deliver
from chassis.trace import Trace
from contracts import Event
from contracts.logistics import PickListIssued, RepublicationRequested
from contracts.ordering import OrderPlaced
from logistics.cycle import cycle_of
from logistics.pick_list import PickList, kept_list, list_id, lists_of_cycles


async def lists_in(app: FastAPI, cycle_id: str = "cycle-1") -> list[PickList]:
    async with app.state.service.database.read() as reader:
        summaries = (await lists_of_cycles(reader, [cycle_id]))[cycle_id]
        found = [await kept_list(reader, one.id) for one in summaries]
    return [one.pick_list for one in found if one is not None]


async def said(app: FastAPI, kind: type[Event] = PickListIssued) -> list[Event]:
    return [event for event in await announced(app) if isinstance(event, kind)]


async def ring(app: FastAPI) -> None:
    """Make the timers' calls that are due."""
    await call_due(app)


async def test_a_complete_cycle_gets_one_list_for_each_producer(app: FastAPI) -> None:
    week = usual_week()
    await deliver(app, producer("pic"), *week.events())
    lists = {one.producer_id: one for one in await lists_in(app)}
    assert set(lists) == {"pic", "bio"}
    for total in week.manifest().producers:
        mine = lists[total.producer_id]
        assert (mine.order_lines, mine.quantity_thousandths, mine.gross_cents) == (
            total.lines,
            total.quantity_thousandths,
            total.gross_cents,
        )


async def test_lines_run_from_frozen_to_ambient_and_groups_by_time_of_pickup(app: FastAPI) -> None:
    await deliver(app, *usual_week().events())
    cheese = next(one for one in await lists_in(app) if one.producer_id == "pic")
    assert [each.article.name.fr for each in cheese.lines] == [
        "Glace au lait de chèvre",
        "Faisselle de chèvre",
        "Pélardon affiné",
        "Tomme de brebis",
    ]
    assert [each.group_name for each in cheese.pickups] == ["Groupe de Limoux", "Groupe de Quillan", "Groupe de Sigean"]
    ice = cheese.lines[0]
    assert [(s.group_id, s.quantity_thousandths) for s in ice.splits] == [("quillan", 1000), ("sigean", 2000)]


async def test_only_a_group_with_bags_names_households_in_alphabetical_order(app: FastAPI) -> None:
    await deliver(app, *usual_week().events())
    for one in await lists_in(app):
        for each in one.lines:
            for split in each.splits:
                assert split.quantity_thousandths > 0
                if split.group_id == "quillan":
                    assert sum(h.quantity_thousandths for h in split.households) == split.quantity_thousandths
                    names = [h.household_name for h in split.households]
                    assert names == sorted(names, key=["Foyer Abadie", "Foyer Éboué"].index)
                else:
                    assert split.households == ()
            assert sum(split.quantity_thousandths for split in each.splits) == each.quantity_thousandths


async def test_the_list_is_announced_with_all_that_is_on_it(app: FastAPI) -> None:
    await deliver(app, *usual_week().events())
    events = {event.producer_id: event for event in await said(app) if isinstance(event, PickListIssued)}
    for one in await lists_in(app):
        event = events[one.producer_id]
        assert (event.id, event.lines, event.gross_cents) == (one.id, one.lines, one.gross_cents)
        assert event.path.startswith("/logistics/pick-lists/open/")
        assert "." not in event.path


async def test_a_changed_price_makes_no_second_line_and_a_changed_unit_does(app: FastAPI) -> None:
    week = Week()
    dearer = PELARDON.model_copy(update={"price_cents": 350})
    smaller = PELARDON.model_copy(update={"pack_label": "pièce de 60 g"})
    week.order("vidal", LIMOUX, line(PELARDON, 1000))
    week.order("abadie", QUILLAN, line(dearer, 2000), line(smaller, 4000))
    await deliver(app, *week.events())
    (only,) = await lists_in(app)
    assert sorted(each.quantity_thousandths for each in only.lines) == [3000, 4000]
    assert only.gross_cents == 320 + 700 + 1280


async def test_without_every_order_nothing_is_made(app: FastAPI) -> None:
    week = usual_week()
    *early, late = [event for event in week.events() if isinstance(event, OrderPlaced)]
    await deliver(app, week.opening(), *early, week.closing())
    assert await lists_in(app) == []
    assert await said(app) == []
    await deliver(app, late, week.said["roux"][-1])
    assert len(await lists_in(app)) == 2
    assert len(await said(app)) == 2


async def test_an_order_in_an_older_version_is_not_enough(app: FastAPI) -> None:
    week = usual_week()
    newest = week.said["abadie"][-1]
    await deliver(app, *[event for event in week.events() if event is not newest])
    assert await lists_in(app) == []
    await deliver(app, newest)
    assert len(await lists_in(app)) == 2


async def test_an_issued_list_never_changes(app: FastAPI) -> None:
    week = usual_week()
    await deliver(app, *week.events())
    before = await lists_in(app)
    later = week.order("vidal", LIMOUX, line(ORANGES, 90_000))
    await deliver(app, later, week.closing(), *usual_week().events())
    assert await lists_in(app) == before
    assert len(await said(app)) == 2


async def test_a_cycle_nobody_ordered_in_is_done_at_once(app: FastAPI) -> None:
    week = Week()
    await deliver(app, week.opening(), week.closing())
    async with app.state.service.database.read() as reader:
        cycle = await cycle_of(reader, "cycle-1")
    assert cycle is not None
    assert cycle.state == "issued"
    assert await lists_in(app) == []


async def test_sums_that_disagree_are_an_alarm_and_no_list(app: FastAPI) -> None:
    week = usual_week()
    manifest = week.manifest()
    wrong = manifest.producers[0].model_copy(update={"gross_cents": manifest.producers[0].gross_cents + 1})
    changed = manifest.model_copy(update={"producers": (wrong, *manifest.producers[1:])})
    await deliver(app, *week.events()[:-1], week.closing(changed))
    assert await lists_in(app) == []
    async with app.state.service.database.read() as reader:
        cycle = await cycle_of(reader, "cycle-1")
    assert cycle is not None
    assert cycle.state == "disagreeing"
    assert "bio" in (cycle.disagreement or "")


async def test_missing_orders_are_asked_for_ever_more_patiently(app: FastAPI, clock: FrozenClock) -> None:
    week = usual_week()
    events = week.events()
    await deliver(app, *events[:1], *events[2:])
    await ring(app)
    assert await said(app, RepublicationRequested) == []
    asked_after = []
    for second in range(0, 31 * 60, 30):
        clock.advance(30)
        before = len(await said(app, RepublicationRequested))
        await ring(app)
        if len(await said(app, RepublicationRequested)) > before:
            asked_after.append(second + 30)
    assert asked_after == [120, 120 + 240, 120 + 240 + 480, 120 + 240 + 480 + 960]
    requests = await said(app, RepublicationRequested)
    assert [event.version for event in requests] == [1, 2, 3, 4]
    assert {(e.orders_held, e.orders_expected) for e in requests if isinstance(e, RepublicationRequested)} == {(3, 4)}
    # ordering says everything again, and the waiting ends
    await deliver(app, *events[1:])
    assert len(await lists_in(app)) == 2
    clock.advance(7200)
    await ring(app)
    assert len(await said(app, RepublicationRequested)) == 4


@pytest.mark.parametrize("heard_of", [True, False], ids=["cycle known", "cycle unknown"])
async def test_the_last_order_and_the_closing_at_once_do_not_miss_each_other(app: FastAPI, heard_of: bool) -> None:
    """Without the lock on the cycle each would commit without seeing the other, and nobody would issue the lists."""
    week = Week()
    order = week.order("zaragoza", LIMOUX, line(ORANGES, 1000))
    if heard_of:
        await deliver(app, week.opening())
    async with app.state.service.database.write() as writer:
        await app.state.dispatch.take_orders(writer, [order])
        meanwhile = asyncio.create_task(deliver(app, week.closing()))
        await asyncio.sleep(0.3)
        assert not meanwhile.done()
    await meanwhile
    assert len(await lists_in(app)) == 1


async def test_without_the_lock_they_do_miss_each_other(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above. SQLite has one writer at a time: nothing can go wrong there."""
    if app.state.service.database.is_sqlite:
        pytest.skip("one writer at a time needs no lock")
    monkeypatch.setattr("logistics.closing.locked_cycle", cycle_of)
    week = Week()
    order = week.order("zaragoza", LIMOUX, line(ORANGES, 1000))
    await deliver(app, week.opening())
    async with app.state.service.database.write() as writer:
        await app.state.dispatch.take_orders(writer, [order])
        await deliver(app, week.closing())
    assert await lists_in(app) == []


async def in_one_batch(app: FastAPI, events: list[Event]) -> None:
    """Take all events in, in one transaction, as a batch of JetStream's would be."""
    service = app.state.service
    deliveries = [
        Delivery(
            Received(
                event.subject,
                headers_of(event, f"batch-{event.id}-{number}", service.clock.now(), Trace()),
                event.model_dump_json().encode(),
            )
        )
        for number, event in enumerate(events)
    ]
    assert await service.intake.take("logistics-from-ordering", deliveries) == [DONE] * len(events)


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_whole_week_in_one_batch_gives_the_same_lists(app: FastAPI, backwards: bool) -> None:
    await deliver(app, *usual_week("reference").events())
    events = usual_week("batch").events()
    await in_one_batch(app, events[::-1] if backwards else events)
    wanted = [
        one.model_copy(update={"id": list_id("batch", one.producer_id), "cycle_id": "batch"})
        for one in await lists_in(app, "reference")
    ]
    assert await lists_in(app, "batch") == wanted


async def test_a_database_rebuilt_from_the_start_issues_nothing_twice(app: FastAPI) -> None:
    events = usual_week().events()
    await in_one_batch(app, events + events)
    await in_one_batch(app, events[::-1])
    assert len(await said(app)) == 2
    assert len(await lists_in(app)) == 2


_examples = count()


@pytest.fixture
async def reference(app: FastAPI) -> list[PickList]:
    """The lists of the usual week, taken in as they were said."""
    await deliver(app, *usual_week("reference").events())
    return await lists_in(app, "reference")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_and_any_duplicates_give_the_same_lists_and_none_too_early(
    app: FastAPI, reference: list[PickList], data: st.DataObject
) -> None:
    cycle_id = f"example-{next(_examples)}"
    week = usual_week(cycle_id)
    events = week.events()
    doubled = data.draw(st.lists(st.sampled_from(events), max_size=6))
    shuffled = data.draw(st.permutations(events + doubled))
    needed = {(order.id, order.version) for order in week.standing()}
    closed = False
    for event in shuffled:
        await deliver(app, event)
        needed.discard((event.id, event.version))
        closed = closed or (event.id == cycle_id and event.version == 2)
        # An order withdrawn later is not among the needed; while its older version is held, it must not count.
        lists = await lists_in(app, cycle_id)
        if needed or not closed:
            assert lists == []
    expected = [
        one.model_copy(update={"id": list_id(cycle_id, one.producer_id), "cycle_id": cycle_id}) for one in reference
    ]
    assert await lists_in(app, cycle_id) == expected
    mine = [e for e in await said(app) if isinstance(e, PickListIssued) and e.cycle_id == cycle_id]
    assert len(mine) == len(expected)
