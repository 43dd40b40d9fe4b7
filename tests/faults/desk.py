"""Somebody at a form of billing: sent until the outcome is known, and sometimes once more after it."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.faults.coordinator import outcome
from tests.faults.history import History
from tests.faults.template import Village

TRIES = 6
PATIENCE_SECONDS = 2.0
SLOWER_SECONDS = 0.5
"""Beside the pause that each makes, and for each second that another one takes longer."""
TWICE = 0.2
"""So many forms are sent once more after the answer."""


def money(cents: int) -> str:
    """As it is typed."""
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass(kw_only=True)
class Desk:
    """`headers`: who sits there."""

    random: Random
    url: Callable[[], str]
    headers: dict[str, str]
    village: Village
    history: History
    numbers: "itertools.count[int]"
    enough: asyncio.Event
    pace: float = 1.0
    """So many times as slow is everything on a machine that has other things to do."""
    _http: httpx.AsyncClient = field(init=False)

    @asynccontextmanager
    async def at_desk(self) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS * self.pace, trust_env=False) as self._http:
            yield

    async def page(self, path: str) -> str:
        """Empty where nobody answers."""
        for _ in range(TRIES):
            found = await self.look(path)
            if found or await self._gives_up():
                return found
        return ""

    async def look(self, path: str) -> str:
        """Once."""
        try:
            answer = await self._http.get(self.url() + path, headers=self.headers)
        except httpx.TransportError:
            return ""
        return answer.text if answer.status_code == 200 else ""

    async def say(
        self, kind: str, said: dict[str, Any], path: str, form: dict[str, Any], by: dict[str, str] | None = None
    ) -> int | None:
        """The status, None where it is not known. `by`: of somebody else than sits there."""
        status = None
        for _ in range(TRIES):
            status = await self._send(kind, said, path, form, by)
            if status is not None or await self._gives_up():
                break
        if status == 303 and self.random.random() < TWICE:
            await self._send(kind, said, path, form, by)
        return status

    async def _send(
        self, kind: str, said: dict[str, Any], path: str, form: dict[str, Any], by: dict[str, str] | None
    ) -> int | None:
        n = next(self.numbers)
        self.history.note(kind, n=n, **said)
        sent = self._http.post(self.url() + path, data=form, headers=by or self.headers)
        return await outcome(self.history, n, sent)

    async def _gives_up(self) -> bool:
        if self.enough.is_set():
            return True
        await asyncio.sleep(self.random.uniform(0.1, 0.8) * self.pace)
        return False


class Shift(Desk, ABC):
    """One thing after the other until the run has seen enough."""

    async def work(self) -> None:
        async with self.at_desk():
            while not self.enough.is_set():
                await self.turn()
                await asyncio.sleep(SLOWER_SECONDS * (self.pace - 1))

    @abstractmethod
    async def turn(self) -> None:
        """One thing to do, and the pause after it."""
