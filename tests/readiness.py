"""Waiting for a program that was started."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import httpx

READY_SECONDS = 120.0


class Polled(Protocol):
    """A child process, as far as it is waited for."""

    def poll(self) -> int | None: ...


async def until_ready(url: str, processes: Sequence[Polled], log: Path | None = None) -> None:
    """Wait for a 200 from `url`. Raises AssertionError when there is none in time, and at once when a process has
    ended; the end of `log` is in it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    said = ""
    async with httpx.AsyncClient(trust_env=False) as client:
        while loop.time() < deadline:
            if any(process.poll() is not None for process in processes):
                raise AssertionError(f"a process ended before {url} was ready: {_end_of(log)}")
            try:
                answer = await client.get(url)
                if answer.status_code == 200:
                    return
                said = answer.text
            except httpx.TransportError as error:
                said = repr(error)
            # Shorter than the differences that the bench looks for between two starts.
            await asyncio.sleep(0.05)
    raise AssertionError(f"{url} was not ready within {READY_SECONDS:.0f} s: {said} {_end_of(log)}")


def _end_of(log: Path | None) -> str:
    return log.read_text(errors="replace")[-2000:] if log else ""
