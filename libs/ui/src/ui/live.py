"""Pieces of pages that follow what changes on the server, pushed to browsers as server-sent events.

A piece is made once per change, whoever looks: all who look at one `key` get the same bytes. Whether something changed
is read from the outbox each second (every change of an aggregate is announced there), and only while somebody looks;
so it does not matter which replica took the change.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from hashlib import sha256

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.database import Reader
from chassis.identity import TOKEN_COOKIE, InvalidToken, Person
from chassis.outbox import last_news
from chassis.service import Service
from chassis.web import NotFound

log = structlog.get_logger()

Make = Callable[[Reader], Awaitable[str]]
"""Makes the HTML of a piece; raises NotFound when there is no such thing any more."""

LOOK_SECONDS = 1.0
"""Between two looks: a change is seen this late at most, and no browser gets more than one piece in this time."""
SHARE = 0.1
"""Of the time that making pieces may take: what takes 300 ms to make is made every 3 s."""
AT_LEAST_SECONDS = 60.0
"""Made anew after this time even if nothing was announced: a piece may change with the hour."""
BEAT_SECONDS = 15.0
"""Browsers and front servers hear from us at least this often; one that cannot take what we send is let go of."""
CHECK_SECONDS = 60.0
"""A stream whose token ran out ends within this time; the browser comes back with a new one while its session lasts."""
MOST, MOST_EACH = 5_000, 8
"""Streams of this process, and of one person. Who gets none asks from time to time instead (static/live.js)."""

_BEAT = b":\n\n"


class Piece:
    """What is shown to all who look at one key. `number` is a digest of it, which browsers give back."""

    def __init__(self, make: Make, html: str) -> None:
        self.make = make
        self.viewers = 0
        self.over = False
        self.upcoming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.number, self.event = _as_event(html)

    def renew(self, html: str) -> None:
        number, event = _as_event(html)
        if number != self.number:
            self.number, self.event = number, event
            self.wake()

    def wake(self) -> None:
        """Have everybody look: at a new piece, at the end, or only to say that we are there."""
        upcoming, self.upcoming = self.upcoming, asyncio.get_running_loop().create_future()
        upcoming.set_result(None)

    def end(self) -> None:
        self.over = True
        self.wake()


def _as_event(html: str) -> tuple[str, bytes]:
    number = sha256(html.encode()).hexdigest()[:16]
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return number, f"id: {number}\n{lines}\n".encode()


class Live:
    """The pieces of one service that somebody looks at."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.pieces: dict[Hashable, Piece] = {}
        self.streams: Counter[str] = Counter()
        """Open streams by the id of the person."""
        self._making: dict[Hashable, asyncio.Task[Piece]] = {}
        self._keeper: asyncio.Task[None] | None = None

    async def stream(self, request: Request, person: Person, key: Hashable, make: Make) -> Response:
        """The stream of the piece `key`. The key names all that `make` depends on (what is shown, what the person may
        see of it, the language): whoever has the same key sees the same. Raises what `make` raises."""
        if self.service.stopping.is_set() or self.streams.total() >= MOST:
            return Response(status_code=503)
        if self.streams[person.id] >= MOST_EACH:
            return Response(status_code=429)
        piece = self.pieces.get(key)
        if piece is None:
            # After a restart all browsers come back at once: the first of them has the piece made.
            if key not in self._making:
                self._making[key] = asyncio.create_task(self._first(key, make))
            piece = await asyncio.shield(self._making[key])
        return _Stream(self, request, person, key, piece)

    async def _first(self, key: Hashable, make: Make) -> Piece:
        try:
            async with self.service.database.read() as reader:
                return Piece(make, await make(reader))
        finally:
            del self._making[key]

    def enter(self, person: Person, key: Hashable, piece: Piece) -> Piece:
        """Count one more viewer of the piece, or of the one that somebody else made meanwhile."""
        piece = self.pieces.setdefault(key, piece)
        piece.viewers += 1
        self.streams[person.id] += 1
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        return piece

    def leave(self, person: Person, piece: Piece) -> None:
        piece.viewers -= 1
        self.streams[person.id] -= 1
        if not self.streams[person.id]:
            del self.streams[person.id]

    async def _keep(self) -> None:
        """While somebody looks: see what changed, and make it once for all."""
        loop = asyncio.get_running_loop()
        seen: object = None
        made = beaten = loop.time()
        pause = LOOK_SECONDS
        while self.pieces and not await self._stops_within(pause):
            began = loop.time()
            try:
                async with self.service.database.read() as reader:
                    news = await last_news(reader)
                    if news != seen or began - made >= AT_LEAST_SECONDS:
                        for key in list(self.pieces):
                            await self._renew(key, reader)
                        seen, made = news, began
            except Exception as error:
                log.warning("live pieces could not be made", error=repr(error))
            if began - beaten >= BEAT_SECONDS:
                beaten = began
                for piece in self.pieces.values():
                    piece.wake()
            self.pieces = {key: piece for key, piece in self.pieces.items() if piece.viewers and not piece.over}
            pause = max(LOOK_SECONDS, (loop.time() - began) / SHARE)
        for piece in self.pieces.values():
            piece.end()
        self.pieces.clear()
        self._keeper = None

    async def _stops_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self.service.stopping.wait()
        except TimeoutError:
            return False

    async def _renew(self, key: Hashable, reader: Reader) -> None:
        piece = self.pieces[key]
        try:
            piece.renew(await piece.make(reader))
        except NotFound:
            piece.end()


class _Stream(Response):
    """Sends a piece whenever it is new to the browser, until either side has enough."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, request: Request, person: Person, key: Hashable, piece: Piece) -> None:
        super().__init__(headers={"x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.live = live
        self.request = request
        self.person = person
        self.key = key
        self.piece = piece

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        piece = self.live.enter(self.person, self.key, self.piece)
        left = asyncio.ensure_future(_disconnected(receive))
        scope["state"]["stream_began"] = time.perf_counter()  # for chassis.web.Edge, which times requests
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._follow(piece, left, send)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.info("let go of a browser that takes nothing", person=self.person.id)
        finally:
            left.cancel()
            self.live.leave(self.person, piece)

    async def _follow(self, piece: Piece, left: asyncio.Future[None], send: Send) -> None:
        loop = asyncio.get_running_loop()
        shown, checked = self.request.headers.get("last-event-id", ""), loop.time()
        while not (piece.over or left.done()):
            if loop.time() - checked >= CHECK_SECONDS:
                checked = loop.time()
                if not _still_signed_in(self.request):
                    return
            # Taken before we send: what changes meanwhile must not be missed.
            upcoming = piece.upcoming
            body = _BEAT if piece.number == shown else piece.event
            shown = piece.number
            async with asyncio.timeout(BEAT_SECONDS):
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await asyncio.wait((left, upcoming), return_when=asyncio.FIRST_COMPLETED)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _still_signed_in(request: Request) -> bool:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(TOKEN_COOKIE, "")
    try:
        request.app.state.verifier.verify(token, Service.of(request).clock.now())
    except InvalidToken:
        return False
    return True
