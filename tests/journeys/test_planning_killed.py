"""A hub dies while it plans a day of deliveries: its worker goes with it, the draft says so, and a new start works."""

import asyncio
import re
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from cabas.demo.network import DAYS, DRAFTS, Deliveries
from cabas.demo.week import Week, following_friday
from chassis.clock import RandomIds
from tests.topology import OneProcess, Topology

pytestmark = pytest.mark.nats

WORKER = b"logistics.schedule.worker"
LONG = "300"
"""Seconds of a search that nobody waits for."""
PATIENCE_SECONDS = 90.0
PLANNING = "http-equiv"


async def test_a_hub_that_is_killed_while_it_plans_says_so_and_plans_when_it_is_asked_again(
    hub: Topology, week: Week
) -> None:
    await week.open_cycle()
    await week.place_orders()
    await week.close()
    await week.wait_for_pick_lists()
    await Deliveries(week, hours="").furnish()
    api, on = week.api, str(following_friday((week.now + timedelta(days=3)).date()))
    asked = {"id": RandomIds().new(), "outside": "12", "seconds": LONG, "seed": "1", "after": ""}
    draft = await api.submit(f"{DAYS}/{on}/drafts", asked)
    name = "hub" if isinstance(hub, OneProcess) else "logistics"
    worker = await _worker_of(hub.processes[name].pid)

    await hub.end(signal.SIGKILL, name)
    await _until_gone(worker)
    await hub.start()
    page = await _until_not_planning(week, draft)
    assert "Planning was broken off" in page
    assert f'action="{draft}/again"' in page
    # Nobody took it up by itself, and it stays as it is.
    assert not _workers_of(hub.processes[name].pid)

    once_more = await api.submit(f"{draft}/again", {"id": RandomIds().new()})
    assert once_more != draft
    await _worker_of(hub.processes[name].pid)
    await api.submit(f"{once_more}/stop", {})
    planned = await _until_not_planning(week, once_more)
    assert f"{once_more}/publish" in planned
    assert "Planning was broken off" in await api.page(draft)
    after = re.search(r'name="after" value="(\d+)"', planned)
    assert after
    await api.submit(f"{once_more}/publish", {"after": after[1]})
    assert (await api.page(f"{DAYS}/{on}")).count(DRAFTS) >= 2


def _workers_of(parent: int) -> list[int]:
    """Processes that plan for this one."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (each / "cmdline").read_bytes(), (each / "status").read_text()
        except OSError:
            # It ended meanwhile.
            continue
        if WORKER in command and re.search(rf"^PPid:\t{parent}$", status, re.MULTILINE):
            found.append(int(each.name))
    return found


async def _worker_of(parent: int) -> int:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := _workers_of(parent)):
            await asyncio.sleep(0.05)
    [worker] = found
    return worker


async def _until_gone(process: int) -> None:
    """An orphan that ended and that nobody waited for is gone, too."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while _lives(process):
            await asyncio.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


async def _until_not_planning(week: Week, draft: str) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while PLANNING in (page := await week.api.page(draft)):
            await asyncio.sleep(0.3)
    return page
