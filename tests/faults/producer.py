"""A producer who gets a pick list: opens it by its link, or is asked by telephone, and says what can be brought.

all       everything is there
short     less of some goods, none of others, something else instead of some
refused   nothing can be brought
twice     short, by a double click, and then everything of what is asked after that
at once   two people answer the same list differently in the same moment
none      nobody answers
"""

import asyncio
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.faults.clients import Running
from tests.faults.coordinator import outcome
from tests.faults.history import History

LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 20.0
FOLLOWS_SECONDS = 1.0
TRIES = 8
TAKEN = 303
BY_TELEPHONE = 0.4
_HIDDEN = re.compile(r'name="(revision|seen|csrf_token)" value="([^"]*)"')
_ASKED = re.compile(r'id="field-take-([^"]+)"[^>]*>\s*<legend><strong>([^<]+)</strong>')
_LINK = re.compile(r"/logistics/pick-lists/open/[\w.~-]+")


@dataclass(frozen=True)
class Page:
    """A list as it lies before somebody. `asked`: product -> thousandths; `sent`: what its form sends by itself."""

    address: str
    asked: dict[str, int]
    sent: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What somebody says of a page. `lines`: product -> thousandths that can be brought; `instead`: product ->
    product, of what is short."""

    page: Page
    lines: dict[str, int]
    instead: dict[str, str]

    def form(self) -> dict[str, str]:
        form = dict(self.page.sent)
        if self.lines == self.page.asked:
            return form | {"everything": "yes"}
        for product, asked in self.page.asked.items():
            can = self.lines[product]
            form[f"take-{product}"] = "all" if can == asked else "less" if can else "none"
            form[f"quantity-{product}"] = typed(can) if 0 < can < asked else ""
            form[f"substitute-{product}"] = self.instead.get(product, "")
        return form


@dataclass
class Producers:
    """All producers of one cycle, each answering in its own way, until all have."""

    cycle: Running
    ways: tuple[str, ...]
    random: Random
    url: Callable[[], str]
    headers: dict[str, str]
    units: dict[str, str]
    history: History
    numbers: "itertools.count[int]"
    _http: httpx.AsyncClient = field(init=False)

    async def work(self, deciding: "asyncio.Task[None]") -> None:
        """`deciding` ends when the cycle is closed: lists follow within `PATIENCE_SECONDS`, if there are any."""
        if not self.ways:
            return
        async with httpx.AsyncClient(timeout=3, trust_env=False) as self._http:
            patience = PATIENCE_SECONDS
            while not (lists := await self._lists()):
                if patience < 0:
                    return
                await asyncio.sleep(LOOK_SECONDS)
                patience -= LOOK_SECONDS if deciding.done() else 0
            for number, one in enumerate(sorted(lists, key=lambda one: str(one["producer_id"]))):
                await asyncio.sleep(self.random.uniform(0, 0.5))
                await self._answer(self.ways[number % len(self.ways)], one)

    async def _lists(self) -> list[dict[str, Any]]:
        """Of a cycle whose lists are out, those that ask for something."""
        try:
            address = f"{self.url()}/logistics/api/cycles/{self.cycle.id}/totals"
            answer = await self._http.get(address, headers=self.headers)
        except httpx.TransportError:
            return []
        if answer.status_code != 200 or answer.json()["state"] != "issued":
            return []
        return [one for one in answer.json()["pick_lists"] if one["lines"]]

    async def _answer(self, way: str, one: dict[str, Any]) -> None:
        match way:
            case "all":
                await self._send_until_known(one, lambda page: page.asked)
            case "short":
                await self._send_until_known(one, self._less)
            case "refused":
                await self._send_until_known(one, lambda page: dict.fromkeys(page.asked, 0))
            case "twice":
                answer = await self._send_until_known(one, self._less)
                if answer is not None:
                    await self._send(one, answer)
                    await asyncio.sleep(FOLLOWS_SECONDS)
                    await self._send_until_known(one, lambda page: page.asked)
            case "at once":
                page = await self._open(one["id"])
                if page is not None:
                    nothing = dict.fromkeys(page.asked, 0)
                    await asyncio.gather(
                        self._send(one, Answer(page, page.asked, {})), self._send(one, Answer(page, nothing, {}))
                    )

    def _less(self, page: Page) -> dict[str, int]:
        found = dict(page.asked)
        for product, asked in page.asked.items():
            if self.random.random() < 0.5:
                step = 1000 if self.units[product] == "piece" else 100
                found[product] = self.random.randrange(0, asked, step) if asked > step else 0
        return found

    async def _send_until_known(self, one: dict[str, Any], decide: Callable[[Page], dict[str, int]]) -> Answer | None:
        """Send until it was taken, looking at the newest list each time; None where that never came to be known."""
        for _ in range(TRIES):
            page = await self._open(one["id"])
            if page is not None:
                lines = decide(page)
                answer = Answer(page, lines, self._instead(page, lines))
                if await self._send(one, answer) == TAKEN:
                    return answer
            await asyncio.sleep(self.random.uniform(0.2, 0.6))
        return None

    async def _open(self, list_id: str) -> Page | None:
        address = f"/logistics/pick-lists/{list_id}"
        try:
            answer = await self._http.get(self.url() + address, headers=self.headers)
            if answer.status_code == 200 and self.random.random() > BY_TELEPHONE:
                link = _LINK.search(answer.text)
                assert link is not None, "the coordinator sees the link"
                address = link[0]
                answer = await self._http.get(self.url() + address)
        except httpx.TransportError:
            return None
        sent = dict(_HIDDEN.findall(answer.text))
        if answer.status_code != 200 or not {"revision", "seen"} <= sent.keys():
            return None
        return Page(address, {product: _thousandths(said) for product, said in _ASKED.findall(answer.text)}, sent)

    async def _send(self, one: dict[str, Any], answer: Answer) -> int | None:
        page = answer.page
        n = next(self.numbers)
        self.history.note(
            "reply",
            n=n,
            cycle_id=self.cycle.id,
            producer_id=one["producer_id"],
            list_id=one["id"],
            revision=int(page.sent["revision"]),
            seen=int(page.sent["seen"]),
            lines=answer.lines,
            instead=answer.instead,
        )
        # Who came by the link has nothing but its cookie.
        headers = {} if "/open/" in page.address else self.headers
        sent = self._http.post(self.url() + page.address, data=answer.form(), headers=headers)
        return await outcome(self.history, n, sent)

    def _instead(self, page: Page, lines: dict[str, int]) -> dict[str, str]:
        found = {}
        for product, asked in page.asked.items():
            others = [p for p in sorted(lines) if self.units[p] == self.units[product] and lines[p] == page.asked[p]]
            if lines[product] < asked and others and self.random.random() < 0.4:
                found[product] = self.random.choice(others)
        return found


def typed(thousandths: int) -> str:
    """12500 -> "12,5"; 2000 -> "2"."""
    whole, rest = divmod(thousandths, 1000)
    return f"{whole},{rest:03}".rstrip("0") if rest else str(whole)


def _thousandths(said: str) -> int:
    """ "12,5 kg" -> 12500. Thousands are parted by narrow spaces."""
    found = re.match(r"([\d\s\u00a0\u202f]+)(?:,(\d+))?", said)
    assert found is not None, said
    whole = int(re.sub(r"\s", "", found[1]))
    return whole * 1000 + int((found[2] or "0").ljust(3, "0"))
