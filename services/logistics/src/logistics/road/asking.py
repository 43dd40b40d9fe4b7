"""Asking an engine over HTTP. Its address is a setting of the operator: nothing that people type is ever called."""

import asyncio
import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import httpx

from coldchain.road import Point
from logistics.road.engine import Dialect, Nonsense, Question, Row, read_table

LARGEST = 4 * 1024**2
"""Bytes of an answer; a table of 50 by 50 has less than 200,000."""


class Failure(StrEnum):
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    REFUSED = "refused"
    NONSENSE = "nonsense"


class EngineFails(Exception):
    """`detail`: the engine's own words or number, short."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail


class Engine:
    """`url`: where it listens, with a path or without. `timeout`: seconds for the whole of one request."""

    def __init__(self, dialect: Dialect, url: str, timeout: float) -> None:
        self.dialect = dialect
        self._url = url.rstrip("/")
        self._timeout = timeout

    async def table(self, sources: Sequence[Point], targets: Sequence[Point]) -> tuple[list[Row], str]:
        """A row for each source, and what the engine calls its data. Raises EngineFails."""
        answer = await self._answer(self.dialect.ask(sources, targets))
        try:
            return read_table(self.dialect, answer, sources, targets)
        except Nonsense as error:
            raise EngineFails(Failure.NONSENSE, str(error)) from error

    async def _answer(self, question: Question) -> Any:
        try:
            status, body = await self._sent(question)
        except TimeoutError as error:
            raise EngineFails(Failure.SLOW) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            slow = isinstance(error, httpx.TimeoutException)
            raise EngineFails(Failure.SLOW if slow else Failure.UNREACHABLE) from error
        if status != httpx.codes.OK:
            raise EngineFails(Failure.REFUSED, str(status))
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise EngineFails(Failure.NONSENSE, "no JSON") from error

    async def _sent(self, question: Question) -> tuple[int, bytes]:
        """No redirects and no proxies of the environment: only what the operator named is asked."""
        async with (
            asyncio.timeout(self._timeout),
            httpx.AsyncClient(timeout=self._timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(
                question.method, self._url + question.path, params=question.params, json=question.json
            ) as response,
        ):
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise EngineFails(Failure.NONSENSE, "too long")
            return response.status_code, body
