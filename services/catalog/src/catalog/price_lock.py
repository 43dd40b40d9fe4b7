"""A price that is promised for a season: nobody changes it until its day is over, or somebody unlocks it and says why.

The lock itself is the product's `price_locked_until`; here is its history. Rows are added, never changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, ForeignKey, Integer, RowMapping, String, Table, select

from catalog import producer, product
from catalog.author import Author
from catalog.certificate import end_of
from catalog.producer import Producer
from catalog.product import Product
from catalog.refusal import Faulty
from catalog.schema import metadata
from catalog.sentence import Fault, _
from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer

ENDS = "price_lock_ends"
"""The timer of the first moment after a lock."""
LONGEST = timedelta(days=2 * 366)
MOST_REASON = 300

price_lock = Table(
    "price_lock",
    metadata,
    Column("product_id", String(36), ForeignKey("product.id"), primary_key=True),
    # The version of the product that the lock came, or went, with.
    Column("version", Integer, primary_key=True),
    # None: unlocked.
    Column("until", Date),
    Column("reason", String(MOST_REASON), nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", String(36), nullable=False),
    Column("set_by_name", String(120), nullable=False),
)


async def lock(
    writer: Writer, product_id: str, version: int, until: date, reason: str, author: Author, zone: ZoneInfo
) -> None:
    """Promise the price up to and including a day. Raises NotThere, Stale, Faulty."""
    owner, old = await product.held_with_owner(writer, product_id, version)
    _check(writer, until, reason, zone)
    await _put(writer, owner, [old], until, reason, author)
    await writer.call_at(ENDS, product_id, end_of(until, zone))


async def lock_all(writer: Writer, producer_id: str, until: date, reason: str, author: Author, zone: ZoneInfo) -> int:
    """Promise the price of everything a producer offers; what is promised already keeps its day. Gives how many.

    Raises NotThere, Faulty.
    """
    owner = await producer.locked(writer, producer_id)
    _check(writer, until, reason, zone)
    free = [one for one in await product.offered_by(writer, producer_id) if one.price_locked_until is None]
    if free:
        await _put(writer, owner, free, until, reason, author)
        await writer.call_all_at(ENDS, [one.id for one in free], end_of(until, zone))
    return len(free)


async def unlock(writer: Writer, product_id: str, version: int, reason: str, author: Author) -> None:
    """Take a promise back, with the reason members may ask for; of what is not locked, nothing happens.

    Raises NotThere, Stale, Faulty.
    """
    owner, old = await product.held_with_owner(writer, product_id, version)
    if old.price_locked_until is None:
        return
    faults = _without_reason(reason)
    if faults:
        raise Faulty(faults)
    await _put(writer, owner, [old], None, reason, author)
    await writer.cancel_call(ENDS, product_id)


async def ended(writer: Writer, timer: Timer) -> None:
    """The last day of the promise is over."""
    owner, old = await product.held_with_owner(writer, timer.key, None)
    if old.price_locked_until is not None:
        await _put(writer, owner, [old], None, "", Author("", ""))


async def _put(
    writer: Writer, owner: Producer, held: Sequence[Product], until: date | None, reason: str, author: Author
) -> None:
    changed = [(old, replace(old, version=old.version + 1, price_locked_until=until)) for old in held]
    await product.store(writer, owner, [], changed, author)
    common = {"until": until, "reason": reason, "set_at": writer.now}
    who = {"set_by": author.person_id, "set_by_name": author.name}
    rows = [{"product_id": new.id, "version": new.version, **common, **who} for _old, new in changed]
    await writer.execute(price_lock.insert(), rows)


def _check(writer: Writer, until: date, reason: str, zone: ZoneInfo) -> None:
    """Raises Faulty."""
    today = writer.now.astimezone(zone).date()
    faults = _without_reason(reason)
    if not today <= until <= today + LONGEST:
        faults.append(Fault("until", _("Choose a day from today on, at most two years ahead.")))
    if faults:
        raise Faulty(faults)


def _without_reason(reason: str) -> list[Fault]:
    if not reason:
        return [Fault("reason", _("Say why: it stays in the history of the price."))]
    if len(reason) > MOST_REASON:
        return [Fault("reason", _("Too long: at most %(most)s characters.", most=MOST_REASON))]
    return []


async def history(reader: Reader, product_id: str) -> list[RowMapping]:
    """Newest first."""
    mine = select(price_lock).where(price_lock.c.product_id == product_id)
    return await reader.all(mine.order_by(price_lock.c.version.desc()))
