"""A whole price list, read: its columns, its lines, and what is wrong between lines. Pure, but for `read_aside`."""

import asyncio
from collections import Counter
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

from catalog.price_list.columns import Columns, columns_of
from catalog.price_list.line import Line, read_line
from catalog.price_list.sheet import Unreadable, rows_of
from catalog.sentence import Fault, Sentence, _

LARGE = 512 * 1024
"""Bytes from which a file is read in a process of its own: reading holds the interpreter for seconds."""
MOST_SECONDS = 90


@dataclass(frozen=True)
class PriceList:
    columns: Columns
    lines: tuple[Line, ...]


def read(data: bytes, file_name: str = "") -> PriceList:
    """Raises Unreadable where the file as a whole says nothing: no such format, a column missing, too many lines."""
    rows = rows_of(data, file_name)
    columns = columns_of(rows[0].cells)
    if columns.missing:
        raise Unreadable(_missing(columns))
    if columns.repeated:
        raise Unreadable(
            _("Two columns say the same: %(headers)s. Keep one of them.", headers=", ".join(columns.repeated)[:80])
        )
    if len(rows) == 1:
        raise Unreadable(_("The list has a header and no lines."))
    lines = [read_line(row.number, columns, row.cells) for row in rows[1:]]
    return PriceList(columns, tuple(_without_twins(lines)))


def _missing(columns: Columns) -> Sentence:
    """The columns that are not there, by the words that would be understood; the first line as it was read."""
    seen = ", ".join(header for header in columns.headers if header)[:160]
    names = {"reference": "référence / reference", "name_fr": "nom / name", "price": "prix TTC / price"}
    missing = ", ".join(names[field] for field in columns.missing)
    if len(columns.missing) == 1:
        return _("The column “%(missing)s” is missing. The first line reads: %(seen)s", missing=missing, seen=seen)
    return _("These columns are missing: %(missing)s. The first line reads: %(seen)s", missing=missing, seen=seen)


def _without_twins(lines: list[Line]) -> list[Line]:
    """Lines with one reference contradict each other: all of them are wrong, and say where the other one is."""
    times = Counter(line.key for line in lines if line.key)
    where: dict[str, list[int]] = {}
    for line in lines:
        if times[line.key] > 1:
            where.setdefault(line.key, []).append(line.number)
    judged = []
    for line in lines:
        if line.key in where:
            others = ", ".join(str(number) for number in where[line.key][:6] if number != line.number)
            twin = Fault(
                "reference", _("“%(reference)s” is also on line %(lines)s.", reference=line.reference, lines=others)
            )
            line = replace(line, faults=(*line.faults, twin))
        judged.append(line)
    return judged


async def read_aside(data: bytes, file_name: str = "") -> PriceList:
    """`read`, without holding up the event loop: small files in a thread, large ones in a process of their own."""
    if len(data) < LARGE:
        return await asyncio.to_thread(read, data, file_name)
    # A fresh interpreter: a fork would carry the threads' locks of this one.
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        work = asyncio.get_running_loop().run_in_executor(pool, read_or_say, data, file_name)
        answer = await asyncio.wait_for(work, MOST_SECONDS)
    except (TimeoutError, BrokenExecutor) as error:
        for process in list(pool._processes.values()):  # noqa: SLF001 the executor has no way to end a stuck worker
            process.kill()
        raise Unreadable(_("This file could not be read in time: send it in several parts.")) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if isinstance(answer, Sentence):
        raise Unreadable(answer)
    return answer


def read_or_say(data: bytes, file_name: str) -> PriceList | Sentence:
    """In the worker: an Unreadable would not survive the way back."""
    try:
        return read(data, file_name)
    except Unreadable as unreadable:
        return unreadable.sentence
