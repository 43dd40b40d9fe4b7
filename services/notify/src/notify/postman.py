"""Takes mails that are due, one at a time, and has them sent; comes back to those that could not leave.

A mail server that is away loses nothing: the postman rests, ever longer, and all mails wait. A single mail that the
server puts off is tried again after growing delays, and given up after days.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import RowMapping

from chassis.database import Database
from notify import message
from notify.mail import BadAddress, compose
from notify.message import Attachment, Letter
from notify.post import Later, Post, Rejected, Undelivered, Unreachable

log = structlog.get_logger()

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets the document at a path of this hub. Raises Later."""
LayOut = Callable[[RowMapping], Letter]
"""Makes the letter of a message: subject, text and HTML in its recipient's language."""

DELAYS = (10, 30, 120, 600, 1800, 3600)
"""Seconds before a mail is tried again; the last is repeated."""
RESTS = (5, 15, 60, 300)
"""Seconds the postman rests after the server was not reached; the last is repeated."""
MOST_BETWEEN = 0.05
"""Seconds between two mails at most."""


@dataclass(frozen=True)
class Rules:
    """`sender`: the From of every mail; `give_up_after`: how long a mail is tried."""

    sender: str
    give_up_after: timedelta
    poll: float


class Postman:
    def __init__(self, database: Database, post: Post, lay_out: LayOut, fetch: Fetch, rules: Rules) -> None:
        self.database = database
        self.post = post
        self.lay_out = lay_out
        self.fetch = fetch
        self.rules = rules
        self.trouble = ""
        """Why the last mail could not leave, where that concerns all of them; "" when all is well."""
        self.on_a_round = asyncio.Lock()
        """Held while mails are on their way; once the service stops, no other round begins."""
        self._resting_until: datetime | None = None
        self._rests = 0
        self._more = False
        """Where one was due others may be."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`.

        After a mail it rests twice as long as that took. Making one costs more than placing the order it confirms, and
        a minute after many orders came, when their mails are due, many more are coming: they go first.
        """
        loop = asyncio.get_running_loop()
        while not stopping.is_set():
            async with self.on_a_round:
                try:
                    begun = loop.time()
                    while not stopping.is_set() and await self.send_one():
                        await asyncio.sleep(min(MOST_BETWEEN, 2 * (loop.time() - begun)))
                        begun = loop.time()
                finally:
                    await self.post.rest()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self.rules.poll)

    async def send_one(self) -> bool:
        """Deal with the most urgent mail that is due; False when there is none, or no server to take it."""
        now = self.database.clock.now()
        if self._resting_until is not None and now < self._resting_until:
            return False
        if not self._more:
            async with self.database.read() as reader:
                # Looking costs no write lock; most of the time nothing is due.
                if not await message.anything_due(reader):
                    return False
        held = await self.database.write_whole(message.claim)
        self._more = held is not None
        if held is None:
            return False
        try:
            letter = await self._send(held)
        except Exception as error:
            await self._undelivered(held, error)
            return True
        self._rests, self._resting_until, self.trouble = 0, None, ""
        secret = held["template"] in message.OPENS_DOORS and self.post.leaves_the_house
        await self.database.write_whole(lambda writer: message.mark_sent(writer, held, letter, secret=secret))
        log.info("mail sent", message_id=held["id"], template=held["template"], attempts=held["attempts"])
        return True

    async def _send(self, held: RowMapping) -> Letter:
        letter = self.lay_out(held)
        path = held["facts"].get("path", "")
        if held["template"] == message.PICK_LIST:
            name = f"{held['facts']['producer_name']} {held['facts']['delivers_on']}.pdf".replace("/", "-")
            document = Attachment(name, "application/pdf", await self.fetch(f"{path}.pdf"))
            letter = Letter(letter.subject, letter.text, letter.html, (document,))
        mail = compose(
            letter,
            sender=self.rules.sender,
            name=held["name"],
            email=held["email"],
            message_id=held["id"],
            language=held["language"],
            now=self.database.clock.now(),
        )
        await self.post.send(mail)
        return letter

    async def _undelivered(self, held: RowMapping, error: Exception) -> None:
        """Put it off or give it up, by what went wrong."""
        now = self.database.clock.now()
        reason, words = _told(error)
        log.warning("mail not sent", message_id=held["id"], reason=reason, error=words, attempts=held["attempts"])
        if isinstance(error, Unreachable):
            self._rest(now, words)
        elif not isinstance(error, Undelivered | BadAddress):
            log.error("a mail could not be made", message_id=held["id"], exc_info=error)
        async with self.database.write() as writer:
            too_long = now - held["created_at"] > self.rules.give_up_after
            if too_long or isinstance(error, Rejected | BadAddress):
                await message.fail(writer, held, reason, words)
                return
            delay = DELAYS[min(held["attempts"], len(DELAYS)) - 1]
            # Where the server is away the postman rests as a whole: when it is back, all mails go at once.
            due = now if isinstance(error, Unreachable) else now + timedelta(seconds=delay)
            await message.postpone(writer, held, reason, words, due)

    def _rest(self, now: datetime, words: str) -> None:
        self.trouble = words
        self._resting_until = now + timedelta(seconds=RESTS[min(self._rests, len(RESTS) - 1)])
        self._rests += 1


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, Undelivered):
        return error.reason, error.error
    if isinstance(error, BadAddress):
        return "bad_address", str(error)
    return "broken", repr(error)


def no_document(words: str) -> Later:
    """A document of the hub cannot be had (yet). `words` never hold its address, which is a key to it."""
    return Later("no_document", words)
