"""Handlers that take many events at once, and what they write with."""

import pytest
from counter.app import Refusal, counter, create_app, group
from sqlalchemy import MetaData, func, select

from chassis.database import Database
from chassis.envelope import Received, headers_of
from chassis.listening import DONE, Delivery, Intake, Listening, Together
from chassis.repeated import Repeated, contents_of, repeated_table
from chassis.settings import Settings
from chassis.tables import inbox, outbox
from chassis.testing import START, announced
from chassis.trace import Trace
from contracts import ordering


@pytest.fixture
async def service(started):
    return (await started(create_app, Settings)).state.service


@pytest.fixture
def taken():
    """What the handlers were given: a list of ids for each call."""
    return []


@pytest.fixture
def intake(service, taken):
    async def take_changes(writer, events):
        taken.append([event.id for event in events])
        if any(event.name == "poison" for event in events):
            raise Refusal("this one cannot be swallowed")
        await writer.keep_newest_of(counter, [{"id": event.id, "version": event.version} for event in events])
        await writer.announce(group(f"said-{events[0].id}", 1))

    async def take_registration(writer, event):
        taken.append(event.id)

    changes = Together(take_changes)
    handlers = {ordering.GroupChanged: changes, ordering.GroupRegistered: take_registration}
    return Intake(Listening("ordering", handlers), service.database, service.settings, service.metrics)


def delivery(event, attempt=1):
    event_id = f"{event.type_name()}-{event.id}-{event.version}"
    headers = headers_of(event, event_id, START, Trace(correlation_id=f"because-{event.id}"))
    return Delivery(Received(event.subject, headers, event.model_dump_json().encode()), attempt)


def registered(group_id):
    return ordering.GroupRegistered(**group(group_id, 1).model_dump())


async def kept(service):
    async with service.database.read() as reader:
        return {row["id"]: row["version"] for row in await reader.all(select(counter))}


async def test_a_batch_is_handled_in_one_call(intake, service, taken):
    events = [group("a", 1), group("b", 1), group("a", 2)]
    assert await intake.take("c", [delivery(event) for event in events]) == [DONE] * 3
    assert taken == [["a", "b", "a"]]
    assert await kept(service) == {"a": 2, "b": 1}


async def test_events_of_other_handlers_keep_their_place(intake, taken):
    events = [group("a", 1), group("b", 1), registered("c"), registered("d"), group("e", 1)]
    await intake.take("c", [delivery(event) for event in events])
    assert taken == [["a", "b"], "c", "d", ["e"]]


async def test_what_was_handled_before_is_left_out(intake, taken):
    one, two = delivery(group("a", 1)), delivery(group("b", 1))
    await intake.take("c", [one, one])
    await intake.take("c", [one, two, one])
    assert taken == [["a"], ["b"]]


async def test_one_that_cannot_be_handled_holds_up_nothing(intake, service, taken):
    events = [group("a", 1), group("b", 1, name="poison"), group("c", 1)]
    verdicts = await intake.take("c", [delivery(event) for event in events])
    assert [verdict.retry_after is None for verdict in verdicts] == [True, False, True]
    assert await kept(service) == {"a": 1, "c": 1}
    async with service.database.read() as reader:
        assert await reader.scalar(select(func.count()).select_from(inbox)) == 2


async def test_what_a_batch_says_is_caused_by_its_last_event(intake, service):
    await intake.take("c", [delivery(group("a", 1)), delivery(group("b", 1))])
    async with service.database.read() as reader:
        headers = await reader.scalar(select(outbox.c.headers))
    assert headers["cabas-correlation"] == "because-b"
    assert len(await announced(service.app)) == 1


async def test_of_many_rows_only_the_newest_are_kept(service):
    database: Database = service.database

    def rows(*versions):
        return [{"id": name, "version": version, "heard": 0} for name, version in versions]

    async with database.write() as writer:
        assert await writer.keep_newest_of(counter, []) == set()
        assert await writer.keep_newest_of(counter, rows(("b", 2), ("a", 1), ("b", 3), ("b", 1))) == {"a", "b"}
        assert await writer.keep_newest_of(counter, rows(("b", 3), ("a", 2), ("c", 1))) == {"a", "c"}
    assert await kept(service) == {"a": 2, "b": 3, "c": 1}


async def test_rows_come_some_at_a_time(service):
    rows = [{"id": f"{n:03}", "version": 1, "heard": 0} for n in range(25)]
    async with service.database.write() as writer:
        await writer.execute(counter.insert(), rows)
    async with service.database.read() as reader:
        sizes = [len(some) async for some in reader.portions(select(counter).order_by(counter.c.id), 10)]
    assert sizes == [10, 10, 5]


async def test_what_is_repeated_is_written_once_and_again_when_it_was_undone(service):
    table = repeated_table("word", MetaData())
    async with service.database.engine.begin() as connection:
        await connection.run_sync(table.metadata.create_all)
    words: Repeated[str] = Repeated(table, content=str.upper, mark=len)

    async def fails():
        async with service.database.write() as writer:
            await words.keys(writer, ["goat"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    async with service.database.write() as writer:
        goat, hens, again = await words.keys(writer, ["goat", "hens", "goat"])
        assert (goat, hens) == (again, *await words.keys(writer, ["hens"]))
    async with service.database.write() as writer:
        other: Repeated[str] = Repeated(table, content=str.upper, mark=len)
        assert await other.keys(writer, ["hens", "cow"]) == [hens, (await words.keys(writer, ["cow"]))[0]]
    async with service.database.read() as reader:
        assert await contents_of(reader, table, [goat, hens, "none"]) == {goat: "GOAT", hens: "HENS"}
        assert await reader.scalar(select(func.count()).select_from(table)) == 3
