"""The desk where orders are handed in: the slips that wait are taken together, in one transaction.

On Sunday evening a whole village sends its basket in the same minutes. A commit costs the disk the same for one order
as for fifty, so the desk takes what has piled up while it wrote the last ones. Whoever handed a slip in hears of it
after the commit, never before. At rest a slip is taken at once, alone.
"""

import asyncio
from collections import deque
from contextlib import suppress
from contextvars import Context
from datetime import UTC, tzinfo

import structlog

from chassis.database import Database, unreachable
from ordering.offer_sheet import OfferSheets
from ordering.order import Order, Slip
from ordering.placing import place_orders

log = structlog.get_logger()

MOST_AT_ONCE = 200
"""Slips in one transaction: others who write have their turn in between."""
MOST_WAITING = 2_000
"""Slips that wait: some seconds of work. Whoever comes then is told to come back, instead of waiting in vain."""
RETRY_AFTER = 5
"""Seconds after which it makes sense to come back."""
GATHERING = 0.004
"""Seconds, at most, after slips that were taken together: where many send at once, those who were just answered send
again."""
GRACE_SECONDS = 10.0

_Waiting = tuple[Slip, asyncio.Future[Order]]


class Busy(Exception):
    """The desk takes no slip now: too many wait, or it closes. The same slip can be handed in again."""


class OrderDesk:
    def __init__(self, database: Database, zone: tzinfo = UTC) -> None:
        """`zone`: the hub's."""
        self._database = database
        self._zone = zone
        self.sheets = OfferSheets()
        self._waiting: deque[_Waiting] = deque()
        self._work: asyncio.Task[None] | None = None
        self._closed = False
        self._enough, self._gathered = 0, asyncio.Event()

    async def place(self, slip: Slip) -> Order:
        """Hand a slip in, and wait until the order is committed. Raises Busy, what `ordering.order.decided` raises,
        and what the database raises: then nothing was saved, or the answer of the commit was lost. Handed in again,
        the slip is taken or found to be taken."""
        if self._closed or len(self._waiting) >= MOST_WAITING:
            raise Busy
        answer: asyncio.Future[Order] = asyncio.get_running_loop().create_future()
        self._waiting.append((slip, answer))
        if len(self._waiting) >= self._enough:
            self._gathered.set()
        if self._work is None:
            # With a context of its own: the work is for all who wait, not for the request that began it.
            self._work = asyncio.create_task(self._serve(), context=Context())
        return await answer

    async def close(self) -> None:
        """Take what waits, then nothing more."""
        self._closed = True
        self._gathered.set()
        if self._work is None:
            return
        _, late = await asyncio.wait([self._work], timeout=GRACE_SECONDS)
        for work in late:
            work.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _serve(self) -> None:
        try:
            while batch := self._next():
                await self._take(batch)
                if len(batch) > 1:
                    await self._gather(len(batch))
        except BaseException:
            while self._waiting:
                _refuse(self._waiting.popleft(), Busy())
            raise
        finally:
            self._work = None

    async def _gather(self, answered: int) -> None:
        """Wait until those who were just answered are back beside those who wait, at most GATHERING. Only the one or
        the other, and two halves would take turns for ever."""
        self._enough, self._gathered = min(len(self._waiting) + answered, MOST_AT_ONCE), asyncio.Event()
        if self._closed or len(self._waiting) >= self._enough:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHERING):
                await self._gathered.wait()

    def _next(self) -> list[_Waiting]:
        """The slips to take together: of one cycle, one of each household, in the order they came. Who left before
        their turn wants nothing any more."""
        batch: list[_Waiting] = []
        later: deque[_Waiting] = deque()
        households: set[str] = set()
        while self._waiting and len(batch) < MOST_AT_ONCE:
            slip, answer = self._waiting.popleft()
            if answer.done():
                continue
            if slip.household_id in households or (batch and slip.cycle_id != batch[0][0].cycle_id):
                later.append((slip, answer))
                continue
            households.add(slip.household_id)
            batch.append((slip, answer))
        self._waiting.extendleft(reversed(later))
        return batch

    async def _take(self, batch: list[_Waiting]) -> None:
        """Place the slips of a batch and answer each. Where the transaction fails they are placed one by one: what is
        wrong with one harms no other."""
        try:
            outcomes = await self._placed([slip for slip, _ in batch])
        except Exception as error:
            # Where it cannot be reached, asking again for each slip would only make everybody wait longer.
            if len(batch) == 1 or unreachable(error):
                for one in batch:
                    _refuse(one, error)
                return
            log.warning("orders are placed one by one", orders=len(batch), error=repr(error))
            for one in batch:
                await self._take([one])
            return
        except asyncio.CancelledError:
            for one in batch:
                _refuse(one, Busy())
            raise
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            if answer.done():
                continue
            if isinstance(outcome, Order):
                answer.set_result(outcome)
            else:
                answer.set_exception(outcome)

    async def _placed(self, slips: list[Slip]) -> list[Order | Exception]:
        return await self._database.run(lambda tx: place_orders(tx, slips, self.sheets, self._zone))


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting[1].done():
        waiting[1].set_exception(error)
