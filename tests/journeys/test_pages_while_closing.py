"""Pages are answered while a large cycle is closed: no step that takes its time holds the event loop.

How long a step takes depends on the machine. So each is made to last until somebody has got a page meanwhile: one that
holds the event loop waits for ever, and says so.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from chassis.identity import Grant
from chassis.listening import DONE, Delivery
from contracts import Role

# Cycles of any size are made by the benches.
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from large_cycle import LargeCycle

WEEK = LargeCycle(1_200, lines=5, products=120, producers=6, id="c48")
PORTION = 400
PATIENCE = 30.0
STEPS = {
    "logistics": ("closing.complete", "gathering.Gathering.sort_out", "gathering.Gathering.list_of"),
    "billing": ("settlement.manifest_digest", "settlement.amounts_due"),
}
"""What each service reckons over many orders at once."""


class Pages:
    """How many were answered. `awaited` makes a step last until two more are: one may be under way already."""

    def __init__(self) -> None:
        self.answered = 0
        self.steps: set[str] = set()
        self._more = threading.Condition()

    def one_more(self) -> None:
        with self._more:
            self.answered += 1
            self._more.notify_all()

    def awaited(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def patient(*given: Any) -> Any:
            self.steps.add(name)
            with self._more:
                before = self.answered
                assert self._more.wait_for(lambda: self.answered >= before + 2, PATIENCE), f"{name} held all pages up"
            return step(*given)

        return patient


async def hear(app, source, messages):
    service = app.state.service
    deliveries = [Delivery(message) for message in messages]
    assert await service.intake.take(f"{service.name}-from-{source}", deliveries) == [DONE] * len(deliveries)


@pytest.fixture
def pages(monkeypatch):
    pages = Pages()
    for service, steps in STEPS.items():
        for step in steps:
            module, _, path = step.partition(".")
            *owners, name = path.split(".")
            owner = import_module(f"{service}.{module}")
            for each in owners:
                owner = getattr(owner, each)
            monkeypatch.setattr(owner, name, pages.awaited(f"{service}.{step}", getattr(owner, name)))
    return pages


@pytest.mark.parametrize("name", STEPS)
async def test_pages_are_answered_while_a_large_cycle_is_closed(started, client_for, pages, name):
    create_app = import_module(f"{name}.app").create_app
    app = await started(create_app, get_type_hints(create_app)["settings"])
    await hear(app, "catalog", [WEEK.message(seller) for seller in WEEK.sellers])
    for first in range(0, WEEK.orders, PORTION):
        await hear(app, "ordering", [WEEK.received(n) for n in range(first, first + PORTION)])

    browser = client_for(app, Grant(Role.COORDINATOR), Grant(Role.BOOKKEEPER))
    closing = asyncio.create_task(hear(app, "ordering", [WEEK.message(WEEK.closed())]))
    state = "unheard of"
    async with asyncio.timeout(5 * PATIENCE):
        while state not in ("issued", "computed"):
            if closing.done():
                closing.result()
            assert (await browser.get(f"/{name}/fragments/home")).status_code == 200
            pages.one_more()
            totals = await browser.get(f"/{name}/api/cycles/c48/totals")
            state = totals.json().get("state", state)
    await closing
    assert pages.steps == {f"{name}.{step}" for step in STEPS[name]}
