"""Three hundred households change their baskets in the closing second: nothing is oversold, nothing that was
acknowledged is lost, and who came late is told."""

import asyncio
import itertools
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from cabas.demo.api import Api, Refused
from cabas.demo.size import Size
from cabas.demo.week import Week
from chassis.clock import SystemClock
from chassis.identity import TOKEN_COOKIE, Grant, Person, TokenIssuer
from chassis.nats_server import free_port
from contracts import Role
from tests.faults.evidence import read_rows
from tests.faults.nursery import Nursery
from tests.faults.postgres import Postgres
from tests.faults.sabotage import CLOCK, SABOTAGE, ShiftedClock
from tests.faults.template import new_folder
from tests.journeys.closing_second import (
    LATE,
    SHORT,
    TAKEN,
    Browser,
    Hour,
    Sent,
    change_in_the_closing_second,
    judge,
    order_once,
)
from tests.readiness import until_ready
from tests.topology import FiveProcesses, OneProcess, Topology

pytestmark = pytest.mark.nats

SECOND = "ordering-2"
VILLAGE = Size(groups=6, producers=2, products=20, orders=300, lines_each=2)
THERE = 330
"""Pieces of what is scarce: all who order once want some more than that together."""
PATIENCE = 60.0
PATIENT = httpx.Timeout(120, pool=None)
"""Browsers wait for their turn as long as it takes: what is proven here is not how fast it is."""
OWN_CONNECTIONS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
"""As many as there are browsers. A pool with an upper bound ends the idle connection to one server to make room for one
to the other, and under load that connection may have been given to a request in the same moment."""
LINES = """
    SELECT o.household_id, l.product_id, l.quantity_thousandths FROM household_order o
    JOIN order_line l ON l.order_id = o.id
"""
OFFERS = "SELECT product_id, available_thousandths, reserved_thousandths FROM cycle_offer"


class OnPostgres(FiveProcesses):
    """Five processes on PostgreSQL, and a second one of ordering, as in a cluster."""

    postgres: Postgres

    def environment_of(self, name: str) -> dict[str, str]:
        database = {"CABAS_DATABASE_URL": self.postgres.url_of(name), "CABAS_DATABASE_POOL": "8"}
        return super().environment_of(name) | database

    async def start_a_second(self) -> str:
        """Another process of ordering, on the same database; where it answers."""
        own, port = self.folder.path / SECOND, free_port()
        own.mkdir()
        environment = self.environment_of("ordering") | {"CABAS_PORT": str(port), "CABAS_DATA_DIR": str(own)}
        self.processes[SECOND] = self.starter("ordering", [], environment, own / "service.log")
        url = f"http://127.0.0.1:{port}"
        await until_ready(f"{url}/ordering/health/ready", list(self.processes.values()))
        return url

    async def stop(self) -> None:
        await self.end(signal.SIGTERM, SECOND)
        await super().stop()


@dataclass
class Running:
    """A hub. `urls`: the servers that take orders; `database_url`: where ordering keeps them."""

    topology: Topology
    urls: list[str]
    database_url: str
    clock: ShiftedClock


@asynccontextmanager
async def running(database: str, sabotage: str = "") -> AsyncIterator[Running]:
    folder = new_folder()
    clock = ShiftedClock(folder / "clock")
    postgres = Postgres(folder / "postgres") if database == "postgresql" else None
    with Nursery() as nursery:
        topology: Topology = (OnPostgres if postgres else OneProcess)(folder / "data", nursery)
        topology.folder.path.mkdir()
        topology.environment = {
            CLOCK: str(clock.file),
            SABOTAGE: sabotage,
            # Half an hour passes at once: nobody needs hundreds of confirmations in that moment.
            "CABAS_CONFIRMATION_DELAY": "86400",
        }
        try:
            urls, database_url = [topology.url], f"sqlite+aiosqlite:///{topology.folder.path / 'ordering.db'}"
            if postgres and isinstance(topology, OnPostgres):
                await postgres.make()
                topology.postgres = postgres
                database_url = postgres.url_of("ordering")
            await topology.start()
            if isinstance(topology, OnPostgres):
                urls = [f"http://127.0.0.1:{topology.ports['ordering']}", await topology.start_a_second()]
            yield Running(topology, urls, database_url, clock)
        except httpx.TransportError as error:
            for name, process in topology.processes.items():
                log = topology.folder.path / name / "service.log"
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                error.add_note(f"{name}, ended with {process.poll()}, said last: {said}")
            raise
        finally:
            await topology.stop()
            if postgres:
                await postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def closing_second(hub: Running) -> list[str]:
    """Live it; what is wrong afterwards, as a list of sentences."""
    api = Api(hub.topology.url, hub.topology.token, connections=12)
    week = Week(api, VILLAGE, seed=3, now=SystemClock().now())
    await week.load_price_lists()
    await week.register_households()
    hour, closes_at = Hour(), SystemClock().now() + timedelta(minutes=30)
    scarce, *others = [str(product["id"]) for product in week.products if product["unit"] == "piece"][:6]
    week.cycle_id = await opened(week, closes_at, scarce, others)
    random = Random(7)
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENT, limits=OWN_CONNECTIONS) as http:
        browsers = all_browsers(hub, week, http, hour)
        await order_once(browsers, others, scarce, random)
        # A second and a half before the announced hour, by the clock of every service.
        shift = (closes_at - SystemClock().now()).total_seconds() - 1.5
        hub.clock.set(shift)
        hour.comes_at = closes_at.timestamp() - shift
        await change_in_the_closing_second(browsers, others, scarce, random)
    sent = [one for browser in browsers for one in browser.sent]
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    totals = [await week.totals(service) for service in ("ordering", "logistics", "billing")]
    await api.close()
    assert any(one.at > 0 for one in sent), "nobody was late"
    first = {one.household_id: one.wanted.get(scarce, 0) for one in reversed(sent)}
    assert sum(first.values()) > THERE, "there was enough for everybody"
    return [*await found_in_the_book(hub, sent, scarce), *disagreements(totals)]


async def opened(week: Week, closes_at: datetime, scarce: str, others: list[str]) -> str:
    """A cycle with one thing of which there is little. What the catalog said may still be on its way."""
    body = {
        "id": "closing-second",
        "name": "Semaine 48",
        "opens_at": (week.now - timedelta(minutes=1)).isoformat(),
        "closes_at": closes_at.isoformat(),
        "delivers_on": (week.now + timedelta(days=9)).date().isoformat(),
        "group_ids": list(week.group_ids.values()),
        "offers": [
            {"product_id": scarce, "available_thousandths": THERE * 1000},
            *({"product_id": product} for product in others),
        ],
    }
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return str((await week.api.post("/ordering/api/cycles", body))["id"])
        except Refused as refused:
            if refused.status != 422 or time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.2)


def all_browsers(hub: Running, week: Week, http: httpx.AsyncClient, hour: Hour) -> list[Browser]:
    """One for each household, signed in as its member; they talk to the servers in turn."""
    issuer = TokenIssuer((hub.topology.folder.keys / "token.pem").read_bytes())
    servers = itertools.cycle(hub.urls)
    groups = [week.group_ids[home.group] for home in week.homes]
    browsers = []
    for number, (household_id, group_id) in enumerate(zip(week.household_ids, groups, strict=True)):
        grants = (Grant(Role.MEMBER, group_id=group_id, household_id=household_id),)
        member = Person(f"member-{number}", f"Josette {number}", "fr", grants, csrf=f"csrf-{number}")
        token = issuer.issue(member, SystemClock().now(), minutes=24 * 60)
        path = f"/ordering/shop/{week.cycle_id}/{household_id}"
        headers = {"cookie": f"{TOKEN_COOKIE}={token}", "accept-language": "fr"}
        browsers.append(Browser(household_id, path, member.csrf, headers, lambda: next(servers), http, hour))
    return browsers


async def found_in_the_book(hub: Running, sent: list[Sent], scarce: str) -> list[str]:
    rows = await read_rows(hub.database_url, {"lines": LINES, "offers": OFFERS})
    held: dict[str, dict[str, int]] = {}
    for line in rows["lines"]:
        held.setdefault(line["household_id"], {})[line["product_id"]] = line["quantity_thousandths"] // 1000
    found = judge(sent, held, {scarce: THERE})
    sold = sum(basket.get(scarce, 0) for basket in held.values()) * 1000
    for offer in rows["offers"]:
        if offer["product_id"] == scarce and offer["reserved_thousandths"] != sold:
            found.append(f"booked: {offer['reserved_thousandths']}, ordered are {sold}")
    return found


def disagreements(totals: list[dict[str, Any]]) -> list[str]:
    """What the services say differently of the closed cycle."""
    sums = {(one["gross_cents"], one["quantity_thousandths"]) for one in totals}
    return [f"disagree: {totals}"] if len(sums) > 1 else []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_in_the_closing_second_nothing_is_oversold_or_lost_and_the_late_are_told(database: str) -> None:
    async with running(database) as hub:
        assert await closing_second(hub) == []


CONTROLS = (("stock_forgotten", "oversold"), ("hour_ignored", "let in late"))
"""The protection that is taken off, and what follows."""


@pytest.mark.controls
@pytest.mark.parametrize(("sabotage", "finds"), CONTROLS)
async def test_without_its_protection_the_closing_second_is_found_out(sabotage: str, finds: str) -> None:
    async with running("sqlite", sabotage) as hub:
        found = await closing_second(hub)
    assert finds in {one.partition(":")[0] for one in found}, found[:5]


EGGS, BREAD = "eggs", "bread"
GOOD = (
    Sent("h1", {EGGS: 2}, -5.0, 303, TAKEN),
    Sent("h1", {EGGS: 3}, -0.5, 303, TAKEN),
    Sent("h2", {EGGS: 1, BREAD: 7}, -4.0, 303, TAKEN),
    Sent("h2", {EGGS: 9}, -0.2, 409, SHORT),
    Sent("h2", {BREAD: 8}, 0.3, 409, LATE),
)
HELD = {"h1": {EGGS: 3}, "h2": {EGGS: 1, BREAD: 7}}


def test_a_good_closing_second_is_good() -> None:
    assert judge(GOOD, HELD, {EGGS: 4}) == []


@pytest.mark.parametrize(
    ("rule", "sent", "held"),
    [
        ("oversold", GOOD, {**HELD, "h1": {EGGS: 4}}),
        ("lost", GOOD, {**HELD, "h1": {EGGS: 2}}),
        ("lost", GOOD, {"h1": HELD["h1"]}),
        ("lost", GOOD, {**HELD, "h2": {BREAD: 8}}),
        ("let in late", (*GOOD, Sent("h3", {BREAD: 1}, 0.1, 303, TAKEN)), {**HELD, "h3": {BREAD: 1}}),
        ("not told", (*GOOD, Sent("h1", {BREAD: 1}, 0.1, 409, "")), HELD),
        ("not told", (*GOOD, Sent("h1", {BREAD: 1}, 0.1, 200, LATE)), HELD),
        ("not told", (*GOOD, Sent("h1", {BREAD: 1}, 0.1, 500, "")), HELD),
        ("from nowhere", GOOD, {**HELD, "h3": {BREAD: 1}}),
    ],
)
def test_a_spoilt_closing_second_is_seen(rule: str, sent: tuple[Sent, ...], held: dict[str, dict[str, int]]) -> None:
    assert rule in {one.partition(":")[0] for one in judge(sent, held, {EGGS: 4})}
