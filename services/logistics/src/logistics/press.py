"""The press: it makes PDF and XLSX files in a process of its own.

Both burn CPU for longer than a page may wait, and all services of an embedded hub share one event loop.
"""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path

import structlog

from logistics.sheet import Sheet

log = structlog.get_logger()

DOCUMENTS = Path(__file__).parent / "documents"
TEMPLATE = DOCUMENTS / "pick_list.typ"
LEAN = frozenset({"route_sheet.typ"})
"""Printed without the tags for screen readers. They are three quarters of a file of many rounds, which a phone in a
valley has to load; who listens instead of reading has the same sheet as a page."""


class Press:
    """Starts its worker at the first document; `close` ends it."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    async def pdf(self, sheet: Sheet) -> bytes:
        return await self._make(print_pdf, sheet.to_json())

    async def paper(self, document: str, data: str) -> bytes:
        """A PDF of another kind of paper. `document`: name of its template; `data`: what it prints, as JSON."""
        return await self._make(print_paper, document, data)

    async def labels(self, data: str) -> bytes:
        """A PDF of labels, with their codes drawn."""
        return await self._make(print_labels, data)

    async def workbook(self, sheet: Sheet) -> bytes:
        return await self._make(fill_workbook, sheet.to_json())

    def warm(self) -> None:
        """Start the worker now: a document is likely to be asked for, and starting takes a second or more."""
        if self._pool is None:
            self._running().submit(_begun)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def _make(self, work: Callable[..., bytes], *data: str) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._running(), work, *data)
        except BrokenProcessPool:
            # The worker was killed, perhaps for its memory: a new one tries once more.
            log.warning("the press broke, starting it anew")
            self.close()
            return await loop.run_in_executor(self._running(), work, *data)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn: a fork would copy the event loop, the database connections and their locks.
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=spawn, initializer=_begin)
        return self._pool


def _begin() -> None:
    """In the worker: leave Ctrl-C to the hub, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            parent.join()
            os._exit(0)

        threading.Thread(target=end_with_parent, daemon=True).start()


def _begun() -> None:
    """In the worker: the first document finds the library read."""
    _compiler()


@cache
def _compiler(document: str = TEMPLATE.name) -> "object":
    import typst

    # From a path: a Compiler made from bytes fails on its second document.
    return typst.Compiler(str(DOCUMENTS / document), root=str(DOCUMENTS), ignore_system_fonts=True)


def print_pdf(data: str) -> bytes:
    """A PDF from a sheet's JSON. Runs in the worker."""
    return print_paper(TEMPLATE.name, data)


def print_paper(document: str, data: str) -> bytes:
    """A PDF from a paper's JSON. Runs in the worker."""
    import typst

    compiler = _compiler(document)
    assert isinstance(compiler, typst.Compiler)
    made = compiler.compile(format="pdf", sys_inputs={"data": data}, pdf_tags=document not in LEAN)
    assert isinstance(made, bytes)
    return made


def print_labels(data: str) -> bytes:
    """A PDF of labels from a paper's JSON. Runs in the worker."""
    from logistics.papers.drawn_code import with_codes

    return print_paper("labels.typ", with_codes(data))


def fill_workbook(data: str) -> bytes:
    """An XLSX from a sheet's JSON. Runs in the worker."""
    from logistics.workbook import workbook_of

    return workbook_of(json.loads(data))
