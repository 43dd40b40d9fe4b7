"""A producer cannot bring it all: from its answer to the corrected list, the corrected amounts, and everybody told."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest

from cabas.demo.figures import read_back
from cabas.demo.week import Week
from tests.topology import Topology

pytestmark = pytest.mark.nats

PATIENCE = 30.0


async def revised(week: Week, list_id: str) -> dict[str, Any]:
    """The list, once it was corrected and the amounts followed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        logistics, billing = await week.totals("logistics"), await week.totals("billing")
        one = next(each for each in logistics["pick_lists"] if each["id"] == list_id)
        agreed = logistics["gross_cents"] == billing["gross_cents"]
        if one["revision"] > 1 and (logistics["state"], billing["state"], agreed) == ("issued", "computed", True):
            return dict(one)
        assert time.monotonic() < deadline, f"not revised in time: {one}, {billing}"
        await asyncio.sleep(0.1)


async def test_what_a_producer_cannot_bring_is_on_no_list_and_in_no_amount(hub: Topology, week: Week) -> None:
    await week.open_cycle()
    await week.place_orders()
    await week.close()
    await week.wait_for_pick_lists()
    await week.wait_for_amounts()
    before = await read_back(week)
    assert before.ok, before.faults
    first = before.totals["logistics"]["pick_lists"][0]
    url = f"/logistics/pick-lists/{first['id']}"
    headers = {"authorization": f"Bearer {hub.token()}", "accept-language": "fr"}
    async with httpx.AsyncClient(base_url=hub.url, headers=headers, trust_env=False, timeout=30) as coordinator:
        page = (await coordinator.get(url)).text
        fields: dict[str, str] = dict(re.findall(r'name="(revision|seen|take-[^"]+)" value="([^"]+)"', page))
        missing, *others = [name for name in fields if name.startswith("take-")]
        fields |= {missing: "none", **dict.fromkeys(others, "all")}
        answer = await coordinator.post(url, data=fields)
        assert answer.status_code == 303, answer.text
        again = await coordinator.post(url, data=fields)
        # The list may have been corrected in between: who sends the old one again is told so.
        assert again.status_code in (303, 409), again.text
        now = await revised(week, first["id"])
        assert now["gross_cents"] < first["gross_cents"]
        after = await read_back(week)
        assert after.ok, after.faults
        assert after.of("gross_cents")["billing"] < before.of("gross_cents")["billing"]
        assert "Bon corrigé" in (await coordinator.get(url)).text
        assert "Réparti" in (await coordinator.get(f"/logistics/cycles/{week.cycle_id}")).text
        assert "ont été corrigées" in (await coordinator.get(f"/billing/cycles/{week.cycle_id}")).text
