"""The coordinator of one cycle: closes it, decides what is to be decided, changes its mind, lets a deadline pass."""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.faults.clients import Running
from tests.faults.history import History
from tests.faults.schedule import CyclePlan

PARIS = ZoneInfo("Europe/Paris")
LOOK_SECONDS = 0.4
EXTENDED_SECONDS = 1.5
"""A cycle that was opened again is closed by hand after so long."""
LEFT_OPEN = 0.35
"""So many decisions are left to their default."""
HEARD_SECONDS = 300.0
PATIENCE_SECONDS = 150.0
"""A cycle that does not end so long after the run's own time is left to the checker."""
RARE = ("join", "surplus")
"""What can seldom be chosen is chosen half of the times when it can."""
UNDONE = 0.3
"""So many are taken back, and perhaps made otherwise."""


@dataclass
class Coordinator:
    plan: CyclePlan
    cycle: Running
    random: Random
    url: Callable[[], str]
    headers: dict[str, str]
    history: History
    numbers: "itertools.count[int]"
    until: float
    """When to give up."""

    async def work(self) -> None:
        """Until the cycle is closed for good."""
        extended = decided = False
        if not self.plan.by_hour:
            await asyncio.sleep(max(0.0, self.plan.closes_at - self.history.now))
            await self._close()
        async with httpx.AsyncClient(timeout=3, trust_env=False) as self._http:
            while self.history.now < self.until:
                seen = await self._look()
                if seen and seen["state"] == "open" and extended:
                    # What was sent to a frozen server was heard after the closing that followed it.
                    await self._close()
                elif seen and seen["state"] == "deciding":
                    if self.plan.extended and not extended:
                        extended = True
                        await self._extend()
                        await asyncio.sleep(EXTENDED_SECONDS)
                        # Whether it was opened or not: nobody closes what is not open.
                        await self._close()
                    elif not decided:
                        decided = True
                        await self._decide(seen["decisions"])
                        if not self.plan.by_default:
                            await self._settle()
                elif seen and seen["state"] == "closed":
                    if self.plan.redecided and seen["decisions"]:
                        await asyncio.sleep(self.random.uniform(0, 2))
                        await self._choose(self.random.choice(seen["decisions"]))
                    return
                await asyncio.sleep(LOOK_SECONDS)

    # --- what is said until it is heard: pressing these again does no harm ---

    async def _close(self) -> None:
        """Nobody else closes it, so whether a lost answer said so does not matter: it says so again."""
        await until_heard(self.url, f"/ordering/api/cycles/{self.cycle.id}/close", self.headers)
        self.history.note("closed", cycle_id=self.cycle.id)

    async def _settle(self) -> None:
        address = f"/ordering/api/cycles/{self.cycle.id}/decisions/settle"
        # It may be open again, see above.
        await until_heard(self.url, address, self.headers, known=(200, 409))

    # --- what is said once ---

    async def _look(self) -> Any:
        try:
            address = f"{self.url()}/ordering/api/cycles/{self.cycle.id}/decisions"
            answer = await self._http.get(address, headers=self.headers)
            return answer.json() if answer.status_code == 200 else None
        except httpx.TransportError:
            return None

    async def _decide(self, decisions: list[dict[str, Any]]) -> None:
        for one in decisions:
            if self.random.random() < LEFT_OPEN:
                continue
            await self._choose(one)
            if self.random.random() < UNDONE:
                await self._send_choice(one["subject"], None)
                if self.random.random() < 0.5:
                    await self._choose(one)

    async def _choose(self, one: dict[str, Any]) -> None:
        rare = [option for option in RARE if option in one["options"]]
        option = self.random.choice(rare if rare and self.random.random() < 0.5 else one["options"])
        rest = self.random.choice(one["rests"]) if option in ("top_up", "surplus") else None
        if option == "top_up":
            order = await self._some_order()
            if order:
                await self._send_choice(one["subject"], option, order, rest)
        elif option == "join":
            await self._send_choice(one["subject"], option, join_id=self.random.choice(one["joins"])["cycle_id"])
        else:
            await self._send_choice(one["subject"], option, rest=rest)

    async def _some_order(self) -> str:
        """Who takes the rest, of those who were told that their order is placed; "" where nobody was."""
        mine = {}
        requests = {entry["n"]: entry for entry in self.history.of("request")}
        for answer in self.history.of("answer"):
            if requests[answer["n"]]["cycle_id"] == self.cycle.id and answer.get("id"):
                mine[answer["id"]] = answer["state"]
        placed = sorted(order for order, state in mine.items() if state == "placed")
        return self.random.choice(placed) if placed else ""

    async def _send_choice(
        self,
        subject: str,
        option: str | None,
        order_id: str = "",
        rest: dict[str, Any] | None = None,
        join_id: str = "",
    ) -> None:
        product_id, quantity = (rest["product_id"], rest["quantity_thousandths"]) if rest else ("", 0)
        chosen = {"subject": subject, "option": option, "order_id": order_id, "product_id": product_id}
        n = next(self.numbers)
        self.history.note("choice", n=n, cycle_id=self.cycle.id, **chosen, quantity=quantity, join_id=join_id)
        address = f"{self.url()}/ordering/api/cycles/{self.cycle.id}/decisions"
        body = chosen | {"cycle_id": join_id}
        await outcome(self.history, n, self._http.post(address, json=body, headers=self.headers))

    async def _extend(self) -> None:
        """By the form, which takes minutes: so long that the closing by hand comes first."""
        later = datetime.now(UTC).astimezone(PARIS) + timedelta(hours=2)
        n = next(self.numbers)
        self.history.note("extension", n=n, cycle_id=self.cycle.id)
        address = f"{self.url()}/ordering/cycles/{self.cycle.id}/decisions/extend"
        form = {"closes_at": later.strftime("%Y-%m-%dT%H:%M")}
        await outcome(self.history, n, self._http.post(address, data=form, headers=self.headers))


async def until_heard(
    url: Callable[[], str], path: str, headers: dict[str, str], body: Any = None, known: tuple[int, ...] = (200,)
) -> Any:
    """Say it until it is heard: a coordinator presses the button again. `known`: what may be answered. Raises
    RuntimeError where nothing else comes for longer than any fault takes: the run has failed."""
    deadline = time.monotonic() + HEARD_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=3) as http:
        while True:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} was not answered within {HEARD_SECONDS:.0f} s")
            try:
                answer = await http.post(url() + path, json=body, headers=headers)
                if answer.status_code < 500:
                    assert answer.status_code in known, answer.text
                    return answer.json()
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.3)


async def outcome(history: History, n: int, sent: Any) -> int | None:
    """Wait for the answer and write it down; its status, None where nobody knows."""
    try:
        answer: httpx.Response = await sent
    except httpx.TransportError:
        return None
    if answer.status_code >= 500:
        return None
    detail = answer.headers.get("location", answer.text[:200] if answer.status_code != 200 else "")
    history.note("outcome", n=n, status=answer.status_code, detail=detail)
    return answer.status_code
