"""The hub as the demo uses it: its API and the forms of its pages over HTTP, with the operator's token."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx

from ui.i18n import COOKIE as LANGUAGE_COOKIE

TIMEOUT = 120.0
AWAY = frozenset({502, 503, 504})
"""What a front server answers for a service that is starting again, and a service whose broker or database is."""
PAUSE_SECONDS = 0.5

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
    """Calls to one hub. `token` is asked for before every call: it is short-lived.

    With `patience` (seconds) a call that finds nobody is made again until somebody answers: all that the demo asks for
    may be sent twice. `trust` names the certificates to believe; None: those of the machine.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        connections: int,
        *,
        patience: float = 0.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._token = token
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=connections),
            trust_env=False,
            verify=trust or True,
            # What the demo tells is English.
            cookies={LANGUAGE_COOKIE: "en"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON answer. Raises Refused."""
        return _json(await self._ask("GET", path, params=query))

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Send JSON; the JSON answer. Raises Refused."""
        return _json(await self._ask("POST", path, json=body, params=query))

    async def send_csv(self, path: str, content: bytes, **query: Any) -> Any:
        headers = {"content-type": "text/csv; charset=utf-8"}
        return _json(await self._ask("POST", path, content=content, params=query, headers=headers))

    async def page(self, path: str, *, signed_in: bool = True, token: str | None = None) -> str:
        """The HTML of a page, as the operator sees it, somebody else by their `token`, or who is not signed in. Raises
        Refused."""
        return (await self._ask("GET", path, signed_in=signed_in, token=token)).text

    async def submit(
        self, path: str, fields: dict[str, Any], *, signed_in: bool = True, token: str | None = None
    ) -> str:
        """Send a page's form; where it leads. Raises Refused, also where the form is shown again."""
        answer = await self._ask("POST", path, data=fields, signed_in=signed_in, token=token)
        if not answer.is_redirect:
            raise Refused(answer)
        return answer.headers["location"]

    async def send(self, path: str) -> str:
        """Send a form without fields that is answered with a file; its text. Raises Refused."""
        return (await self._ask("POST", path, data={})).text

    async def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        *,
        signed_in: bool = True,
        token: str | None = None,
        **what: Any,
    ) -> httpx.Response:
        """What the hub answers. Raises Refused."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while True:
            own = {"accept": "application/json", **(headers or {})}
            if signed_in:
                own["authorization"] = f"Bearer {token or self._token()}"
            try:
                answer = await self._http.request(method, path, headers=own, **what)
            except httpx.TransportError:
                if loop.time() > deadline:
                    raise
            else:
                if answer.status_code not in AWAY or loop.time() > deadline:
                    if answer.is_error:
                        raise Refused(answer)
                    return answer
            await asyncio.sleep(PAUSE_SECONDS)


def _json(answer: httpx.Response) -> Any:
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
