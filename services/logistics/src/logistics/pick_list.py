"""Pick lists: what one producer must bring for a closed cycle, over all groups.

A list is made when every order of the cycle's manifest is here, and never changes: it copies all that it prints. When
the cycle is revised, those producers whose goods changed get the next revision; each is kept, and the newest holds.
There is one for each producer, cycle and revision (unique key); its revision is that of the cycle, so a producer whose
goods stay as they are skips some. The id follows from cycle and producer and is the same for all revisions, so that a
database rebuilt from the events holds the same lists under the same ids. It may hold fewer: where the orders of a later
revision were read before the closing, the earlier ones cannot be made any more, and only the newest is.
"""

import asyncio
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.temperature import temperature_class
from contracts import Article, Cents, Moment, Part, Thousandths
from contracts.logistics import PickLine
from contracts.ordering import CyclePickup
from logistics.tables import metadata

pick_list = Table(
    "pick_list",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("issued_at", Utc, nullable=False),
    Column("replaced_by", Integer),
    Column("lines", Integer, nullable=False),
    Column("order_lines", Integer, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("cycle_id", "producer_id", "revision"),
)
"""`version`: with which it was announced; answers to it take versions of the same row of numbers. `replaced_by`: the
revision that took its place; None: it holds. `order_lines` counts the members' order lines the list was made of: it is
not on the list, and follows the cycle's revisions also where the list stays."""
Index("ix_pick_list_producer_id_delivers_on", pick_list.c.producer_id, pick_list.c.delivers_on)

HOLDS = pick_list.c.replaced_by.is_(None)

_OF_PICK_LISTS = UUID("6f1f3a52-0d0c-5e0b-9a57-5f2f0f6f7a11")


class PickList(Part):
    """One producer's list. `lines` run from the coldest class to ambient, then by name; the splits of each line by time
    of pickup, then name of the group. `pickups`: the groups that get something, in the same order. Without lines:
    nothing is to be brought any more."""

    id: str
    revision: int = 1
    cycle_id: str
    cycle_name: str
    delivers_on: date
    producer_id: str
    producer_name: str
    issued_at: Moment
    lines: tuple[PickLine, ...]
    pickups: tuple[CyclePickup, ...]
    order_lines: int
    quantity_thousandths: Thousandths
    gross_cents: Cents

    def asks_the_same(self, other: "PickList") -> bool:
        """The producer would do the same by either: the same goods to the same groups on the same day."""
        mine, theirs = (self.delivers_on, self.pickups, self.lines), (other.delivers_on, other.pickups, other.lines)
        return mine == theirs


def list_id(cycle_id: str, producer_id: str) -> str:
    return str(uuid5(_OF_PICK_LISTS, f"{cycle_id}\n{producer_id}"))


def nothing_left(before: PickList, revision: int, issued_at: datetime) -> PickList:
    """The list that follows `before` when nothing is wanted of the producer any more."""
    emptied = {"lines": (), "pickups": (), "order_lines": 0, "quantity_thousandths": 0, "gross_cents": 0}
    return before.model_copy(update=emptied | {"revision": revision, "issued_at": issued_at})


def alphabetical(name: str) -> str:
    """Sort key as people expect it: é beside e, capitals beside small letters."""
    if name.isascii():
        return name.casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))


def same_goods(article: Article) -> object:
    """Equal for what goes into one crate: a price that changed makes no second line, a unit that changed does."""
    return (
        article.product_id,
        article.name.fr,
        article.unit,
        article.pack_label,
        article.content_thousandths,
        article.content_unit,
        article.temperature_class,
    )


def loading_order(article: Article) -> tuple[int, str, str, str, str]:
    rank = temperature_class(article.temperature_class).rank
    return (rank, alphabetical(article.name.fr), article.reference, article.product_id, article.pack_label)


# --- keeping and finding them ---


@dataclass(frozen=True)
class Summary:
    """A pick list without what is on it."""

    id: str
    revision: int
    cycle_id: str
    producer_id: str
    producer_name: str
    delivers_on: date
    issued_at: datetime
    lines: int
    order_lines: int
    quantity_thousandths: int
    gross_cents: int


_WRITTEN = tuple(each.name for each in pick_list.c if each.name != "replaced_by")


def row_of(made: PickList, version: int) -> tuple[Any, ...]:
    """What is kept of a list that was just made, for `keep_lists`. The text of a long list takes a while."""
    more = {"lines": len(made.lines), "content": made.model_dump_json(), "version": version}
    return tuple(more[name] if name in more else getattr(made, name) for name in _WRITTEN)


async def keep_lists(writer: Writer, revision: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write lists of one revision of a cycle, as rows of `row_of`; each takes the place of the one before.
    IntegrityError where one exists."""
    if rows:
        replaced = pick_list.update().where(pick_list.c.id.in_([row[0] for row in rows]), HOLDS)
        await writer.execute(replaced.values(replaced_by=revision))
        await writer.insert_rows(pick_list, _WRITTEN, rows)


async def count_order_lines(writer: Writer, wanted: str, order_lines: int) -> None:
    """Of a list that stays as it is, though the orders behind it changed."""
    holding = pick_list.update().where(pick_list.c.id == wanted, HOLDS)
    await writer.execute(holding.values(order_lines=order_lines))


@dataclass(frozen=True)
class Revision:
    """One revision of a list as it was issued."""

    revision: int
    issued_at: datetime
    replaced_by: int | None


@dataclass(frozen=True)
class Kept:
    """One revision of a list, the one it replaced if any, and all revisions there are, the newest first."""

    pick_list: PickList
    before: PickList | None
    revisions: tuple[Revision, ...]

    @property
    def replaced_by(self) -> Revision | None:
        """The newest revision, where this is not it."""
        newest = self.revisions[0]
        return None if newest.revision == self.pick_list.revision else newest


async def kept_list(reader: Reader, wanted: str, revision: int | None = None) -> Kept | None:
    """A list by its id; `revision` None: the newest."""
    c = pick_list.c
    heads = select(c.revision, c.issued_at, c.replaced_by).where(c.id == wanted)
    rows = await reader.all(heads.order_by(c.revision.desc()))
    if not rows:
        return None
    number = rows[0]["revision"] if revision is None else revision
    shown = (c.revision == number) | (c.replaced_by == number)
    found: dict[int, PickList] = {}
    for row in await reader.all(select(c.revision, c.content).where(c.id == wanted, shown)):
        found[row["revision"]] = PickList.model_validate_json(row["content"])
    if number not in found:
        return None
    before = next((one for held, one in found.items() if held != number), None)
    return Kept(found[number], before, tuple(Revision(**row) for row in rows))


async def lists_of_cycle(reader: Reader, cycle_id: str) -> dict[str, PickList]:
    """The lists of a cycle that hold, whole, by producer."""
    contents = select(pick_list.c.content).where(pick_list.c.cycle_id == cycle_id, HOLDS)
    rows = await reader.all(contents.order_by(pick_list.c.producer_id))
    made = await asyncio.to_thread(lambda: [PickList.model_validate_json(row["content"]) for row in rows])
    return {one.producer_id: one for one in made}


async def articles_of(reader: Reader, wanted: str) -> list[Article]:
    """Everything that was on the list in any of its revisions, in loading order, each product once."""
    rows = await reader.all(select(pick_list.c.content).where(pick_list.c.id == wanted).order_by(pick_list.c.revision))
    lines = [line for row in rows for line in PickList.model_validate_json(row["content"]).lines]
    return sorted({line.article.product_id: line.article for line in lines}.values(), key=loading_order)


def _summaries(rows: Iterable[RowMapping]) -> list[Summary]:
    return [Summary(**row) for row in rows]


_summary = select(*(pick_list.c[name] for name in Summary.__dataclass_fields__)).where(HOLDS)


async def lists_of_cycles(reader: Reader, cycle_ids: Sequence[str]) -> dict[str, list[Summary]]:
    """The lists that hold, by cycle, in the order of the producers' names."""
    by_cycle: dict[str, list[Summary]] = {cycle_id: [] for cycle_id in cycle_ids}
    if cycle_ids:
        rows = _summaries(await reader.all(_summary.where(pick_list.c.cycle_id.in_(cycle_ids))))
        for one in sorted(rows, key=lambda row: (alphabetical(row.producer_name), row.producer_id)):
            by_cycle[one.cycle_id].append(one)
    return by_cycle


def _of_producers(producer_ids: frozenset[str]) -> Any:
    return pick_list.c.producer_id.in_(sorted(producer_ids)) & HOLDS


async def lists_of_producers(
    reader: Reader, producer_ids: frozenset[str], *, offset: int = 0, limit: int = 30
) -> list[Summary]:
    """Lists of these producers, the newest delivery first."""
    mine = _summary.where(_of_producers(producer_ids)).order_by(pick_list.c.delivers_on.desc(), pick_list.c.id)
    return _summaries(await reader.all(mine.offset(offset).limit(limit)))


async def count_of_producers(reader: Reader, producer_ids: frozenset[str]) -> int:
    mine = select(func.count()).select_from(pick_list).where(_of_producers(producer_ids))
    return int(await reader.scalar(mine) or 0)


async def next_list(reader: Reader, producer_ids: frozenset[str], today: date) -> str | None:
    """Id of the list that is to be brought first, today or later; lists without goods are not brought."""
    mine = select(pick_list.c.id).where(
        _of_producers(producer_ids), pick_list.c.delivers_on >= today, pick_list.c.lines > 0
    )
    found: str | None = await reader.scalar(mine.order_by(pick_list.c.delivers_on, pick_list.c.id).limit(1))
    return found
