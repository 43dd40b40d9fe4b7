"""The live totals of a cycle, pushed over real connections."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

import ui.live
from chassis.identity import TOKEN_COOKIE, Grant
from chassis.nats_server import free_port
from chassis.serve import server_for
from contracts import Role
from ordering.cycle import State
from ordering.pages import cycles

from .conftest import CLOSES, COORDINATOR, product

REFERENT = Grant(Role.REFERENT, group_id="limoux")
URL = "/ordering/cycles/c48/stream"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(ui.live, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(ui.live, "BEAT_SECONDS", 0.3)
    # Of a few milliseconds' work a busy machine makes many.
    monkeypatch.setattr(ui.live, "SHARE", 1.0)


@pytest.fixture
async def address(hub):
    """The service on a real uvicorn, with an open cycle. Ends with the test."""
    await hub.open()
    settings = hub.service.settings.model_copy(update={"port": free_port(), "graceful_timeout": 20})
    server = server_for(hub.app, settings, hub.service.stopping.set)
    server.config.lifespan = "off"
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    hub.server, hub.serving = server, serving
    yield f"http://127.0.0.1:{settings.port}"
    server.handle_exit(signal.SIGTERM, None)
    await serving


@pytest.fixture
def live(hub):
    return hub.app.state.pages.live


@pytest.fixture
def makings(monkeypatch):
    """How often the totals were computed."""
    made = []
    original = cycles._standing

    async def counted(*given):
        made.append(given)
        return await original(*given)

    monkeypatch.setattr(cycles, "_standing", counted)
    return made


@asynccontextmanager
async def looking(address, browser, url=URL, **headers) -> AsyncIterator[AsyncIterator[str]]:
    """What a signed-in browser gets from the stream, chunk by chunk: events and beats."""
    token = {"cookie": f"{TOKEN_COOKIE}={browser.cookies[TOKEN_COOKIE]}"} if TOKEN_COOKIE in browser.cookies else {}
    async with (
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=10) as client,
        client.stream("GET", url, headers={**token, "accept-language": "fr", **headers}) as answer,
    ):
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_text())


async def _events(chunks):
    held = ""
    async for chunk in chunks:
        held += chunk
        while "\n\n" in held:
            event, _, held = held.partition("\n\n")
            yield event


async def piece(events) -> str:
    """The next piece; beats are passed over."""
    async with asyncio.timeout(10):
        async for event in events:
            if not event.startswith(":"):
                return event
    raise AssertionError("the stream ended")


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_order_appears_without_being_asked_for(hub, address, client_for):
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        assert "7,00" not in await piece(events)
        await hub.order("h1", tomme=2000)
        assert "7,00" in await piece(events)


@pytest.fixture
async def jam(hub):
    """On offer before the cycle opens."""
    await hub.hear(product("jam", case_thousandths=12_000))


async def test_a_case_fills_while_others_order(hub, jam, address, client_for):
    member = client_for(hub.app, Grant(Role.MEMBER, group_id="limoux", household_id="h1"))
    async with looking(address, member, "/ordering/cycles/c48/crates/stream") as events:
        assert "Jam" not in await piece(events)
        await hub.order("h4", jam=6000)
        shown = (await piece(events)).replace("\xa0", " ").replace("\u202f", " ")
        assert "il manque 6 pièces" in shown
        await hub.close()
        await hub.hear(product("leeks"))
        with pytest.raises(AssertionError, match="the stream ended"):
            await piece(events)


async def test_a_stream_counts_as_a_request_that_was_answered_when_it_began(hub, address, client_for):
    labels = {"method": "GET", "route": "/ordering/cycles/{cycle_id}/stream", "status": "200"}

    def counted(what: str) -> float:
        return hub.service.metrics.registry.get_sample_value(f"cabas_http_request_seconds_{what}", labels) or 0

    asked = time.perf_counter()
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        await piece(events)
        answered = time.perf_counter()
        await asyncio.sleep(0.3)
    await until(lambda: counted("count"))
    assert counted("sum") <= answered - asked


async def test_the_badge_follows_and_the_stream_ends_with_the_cycle(hub, address, client_for, clock):
    coordinator = client_for(hub.app, COORDINATOR)
    async with looking(address, coordinator) as events:
        assert ">Ouvert<" in await piece(events)
        clock.set(CLOSES)
        await hub.hear(product("leeks"))
        assert ">En cours de clôture<" in await piece(events)
        await hub.close()
        with pytest.raises(AssertionError, match="the stream ended"):
            await piece(events)
    answer = await coordinator.get("/ordering/cycles/c48/live")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ordering/cycles/c48"), "the whole page is anew"


async def test_what_changed_is_computed_once_for_all_who_look(hub, address, client_for, live, makings):
    async with (
        looking(address, client_for(hub.app, COORDINATOR, person_id="marie")) as first,
        looking(address, client_for(hub.app, COORDINATOR, person_id="omar")) as second,
    ):
        await piece(first), await piece(second)
        await asyncio.sleep(0.3)
        makings.clear()
        await hub.order("h1", tomme=1000)
        assert "3,50" in await piece(first)
        assert "3,50" in await piece(second)
        assert len(makings) == 1


async def test_all_who_come_back_at_once_cost_one_computation(hub, address, client_for, makings):
    async with AsyncExitStack() as stack:
        lookers = [client_for(hub.app, COORDINATOR, person_id=f"marie-{n}") for n in range(30)]
        entering = (stack.enter_async_context(looking(address, browser)) for browser in lookers)
        for events in await asyncio.gather(*entering):
            assert "Limoux" in await piece(events)
        assert len(makings) <= 2, "one for all, and one for the first look of the keeper"


async def test_nothing_is_computed_while_nothing_changes(hub, address, client_for, makings):
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        await piece(events)
        await asyncio.sleep(0.3)
        makings.clear()
        assert (await anext(events)).startswith(":"), "a beat tells the browser that we are there"
        assert makings == []


async def test_a_referent_is_pushed_the_own_group_only(hub, address, client_for):
    await hub.order("h1", tomme=2000)
    await hub.order("h4", tomme=1000)
    async with (
        looking(address, client_for(hub.app, REFERENT, person_id="ref")) as theirs,
        looking(address, client_for(hub.app, COORDINATOR, person_id="marie")) as whole,
    ):
        assert "Quillan" not in await piece(theirs)
        assert "Quillan" in await piece(whole)


async def test_a_browser_that_comes_back_is_not_sent_what_it_shows_already(hub, address, client_for):
    coordinator = client_for(hub.app, COORDINATOR)
    async with looking(address, coordinator) as events:
        number = (await piece(events)).splitlines()[0].removeprefix("id: ")
    async with looking(address, coordinator, **{"last-event-id": number}) as events:
        assert (await anext(events)).startswith(":")


async def test_others_and_nobody_get_no_stream(hub, address, client_for):
    member = client_for(hub.app, Grant(Role.MEMBER, group_id="limoux", household_id="h1"))
    stranger = client_for(hub.app, Grant(Role.REFERENT, group_id="elsewhere"))
    assert (await member.get(URL)).status_code == 403
    assert (await stranger.get(URL)).status_code == 404
    assert (await client_for(hub.app).get(URL)).status_code == 303


async def test_a_person_may_not_hold_streams_without_end(hub, address, client_for, monkeypatch):
    monkeypatch.setattr(ui.live, "MOST_EACH", 1)
    coordinator = client_for(hub.app, COORDINATOR)
    async with looking(address, coordinator) as events:
        await piece(events)
        assert (await coordinator.get(URL)).status_code == 429


async def test_a_stream_ends_when_the_token_runs_out(hub, address, client_for, clock, monkeypatch):
    monkeypatch.setattr(ui.live, "CHECK_SECONDS", 0.1)
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        await piece(events)
        clock.advance(timedelta(days=400))
        async with asyncio.timeout(10):
            async for _ in events:
                pass  # until it ends


async def test_a_browser_that_leaves_leaves_nothing_behind(hub, address, client_for, live):
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        await piece(events)
        assert live.streams.total() == 1
    await until(lambda: not live.streams and not live.pieces and live._keeper is None)


async def test_a_browser_that_takes_nothing_is_let_go_of(hub, address, client_for, live, monkeypatch):
    async def large(*_):
        return {"of": SimpleNamespace(state=State.OPEN)}

    numbers = iter(range(10**9))
    monkeypatch.setattr(cycles, "_standing", large)
    monkeypatch.setattr(hub.app.state.pages, "piece", lambda *_, **__: f"{next(numbers)}" + "<p>long</p>" * 10**6)
    coordinator = client_for(hub.app, COORDINATOR)
    host, port = address.removeprefix("http://").split(":")
    _reader, writer = await asyncio.open_connection(host, int(port), limit=1)
    cookie = f"{TOKEN_COOKIE}={coordinator.cookies[TOKEN_COOKIE]}"
    writer.write(f"GET {URL} HTTP/1.1\r\nhost: hub\r\ncookie: {cookie}\r\n\r\n".encode())
    await until(lambda: live.streams.total() == 1)
    await until(lambda: not live.streams)
    writer.close()


async def test_a_stop_ends_every_stream_at_once(hub, address, client_for, live):
    loop = asyncio.get_running_loop()
    async with looking(address, client_for(hub.app, COORDINATOR)) as events:
        await piece(events)
        began = loop.time()
        hub.server.handle_exit(signal.SIGTERM, None)
        async with asyncio.timeout(10):
            assert all([event.startswith(":") async for event in events])
        await hub.serving
        assert loop.time() - began < 5, "the grace period is 20 s: it was not waited for"
    assert (await client_for(hub.app, COORDINATOR).get(URL)).status_code == 503


async def test_the_page_can_be_refreshed_without_a_script(hub, client_for):
    await hub.open()
    page = await client_for(hub.app, COORDINATOR).get("/ordering/cycles/c48")
    assert '<noscript><p><a href="/ordering/cycles/c48">Actualiser</a></p></noscript>' in page.text
    assert f'data-live="{URL}"' in page.text
