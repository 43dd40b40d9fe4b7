"""The hub's API as the demo uses it: JSON over HTTP, with the operator's token."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx

TIMEOUT = 120.0

T = TypeVar("T")
R = TypeVar("R")


class Refused(Exception):
    """The hub answered with an error; the message is what it said."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:1000]}"
        )
        self.status = answer.status_code


class Api:
    """Calls to one hub. `token` is asked for before every call: it is short-lived."""

    def __init__(self, url: str, token: Callable[[], str], connections: int) -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, limits=httpx.Limits(max_connections=connections), trust_env=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON answer. Raises Refused."""
        return self._read(await self._http.get(path, params=query, headers=self._headers()))

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Send JSON; the JSON answer. Raises Refused."""
        return self._read(await self._http.post(path, json=body, params=query, headers=self._headers()))

    async def send_csv(self, path: str, content: bytes, **query: Any) -> Any:
        headers = {**self._headers(), "content-type": "text/csv; charset=utf-8"}
        return self._read(await self._http.post(path, content=content, params=query, headers=headers))

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token()}", "accept": "application/json"}

    @staticmethod
    def _read(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Refused(answer)
        return answer.json() if answer.content else None


async def together(work: Callable[[T], Awaitable[R]], items: Sequence[T], at_once: int) -> list[R]:
    """`work` over all items, at most `at_once` at a time; results in order. The first error ends the others."""
    slots = asyncio.Semaphore(at_once)

    async def one(item: T) -> R:
        async with slots:
            return await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return [task.result() for task in tasks]
