"""Answers to pick lists: what the producer can bring of each line.

Every answer is kept, with who gave it and when; the last one holds. A list and the answers to it count their versions
together, so that whoever hears of both knows which came first. Whoever answers says which version was before their
eyes: what changed since is shown before anything is overwritten.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Index, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.logistics import AnsweredLine
from logistics.pick_list import PickList, Summary, kept_list, pick_list
from logistics.tables import metadata

answer = Table(
    "answer",
    metadata,
    Column("list_id", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("cycle_id", String(60), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("answered_at", Utc, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("by_phone", Boolean, nullable=False),
    Column("lines", Text, nullable=False),
)
"""Rows are only ever added. `revision`: of the list that was answered; `answered_by`: the name of the person; `lines`:
JSON of `AnsweredLine`s."""
Index("ix_answer_cycle_id", answer.c.cycle_id)


class Outdated(Exception):
    """The list was corrected, or answered by somebody else, since it was looked at."""


@dataclass(frozen=True)
class Answer:
    """`lines`: one for each product of the list, in its order."""

    list_id: str
    version: int
    revision: int
    answered_at: datetime
    answered_by: str
    by_phone: bool
    lines: tuple[AnsweredLine, ...]

    @property
    def short(self) -> list[AnsweredLine]:
        """Lines of which not everything can be brought."""
        return [line for line in self.lines if line.deliverable_thousandths < line.asked_thousandths]

    def covers(self, newest: PickList) -> bool:
        """Whether the producer has said that all on this list can be brought: the list itself was answered, or asks
        for no more than was promised for the one before. What was offered instead was promised for all that was
        missing."""
        if self.revision == newest.revision:
            return True
        promised = {line.product_id: line.deliverable_thousandths for line in self.lines}
        for line in self.short:
            if line.substitute_id:
                missing = line.asked_thousandths - line.deliverable_thousandths
                promised[line.substitute_id] = promised.get(line.substitute_id, 0) + missing
        return all(quantity <= promised.get(product, 0) for product, quantity in asked_of(newest).items())


def asked_of(one: PickList) -> dict[str, int]:
    """Thousandths by product id, in the order of the list. A product may be on several lines: it is answered once."""
    asked: dict[str, int] = {}
    for line in one.lines:
        product = line.article.product_id
        asked[product] = asked.get(product, 0) + line.quantity_thousandths
    return asked


async def last_versions(reader: Reader, cycle_id: str) -> dict[str, int]:
    """List -> the version with which it was last announced, or answered, of all lists of a cycle; the next one is one
    more. Who gives it holds the cycle's lock."""
    issued = select(pick_list.c.id, func.max(pick_list.c.version).label("version")).group_by(pick_list.c.id)
    answered = select(answer.c.list_id.label("id"), func.max(answer.c.version).label("version"))
    rows = [
        *await reader.all(issued.where(pick_list.c.cycle_id == cycle_id)),
        *await reader.all(answered.where(answer.c.cycle_id == cycle_id).group_by(answer.c.list_id)),
    ]
    found: dict[str, int] = {}
    for row in rows:
        found[row["id"]] = max(row["version"], found.get(row["id"], 0))
    return found


async def keep_answer(
    writer: Writer, one: PickList, lines: Sequence[AnsweredLine], *, seen: int, by: str, by_phone: bool
) -> Answer | None:
    """Add an answer to the newest revision of a list; None where it says what is already held. The cycle is locked.

    `seen`: the version (of the list or of the last answer to it) that was before the answerer's eyes. Raises Outdated
    where there is a newer one that says something else.
    """
    last = (await last_versions(writer, one.cycle_id)).get(one.id, 0)
    held = (await last_answers(writer, [one.id])).get(one.id)
    if held is not None and (held.revision, held.lines) == (one.revision, tuple(lines)):
        return None
    if seen != last:
        raise Outdated
    given = Answer(one.id, last + 1, one.revision, writer.now, by, by_phone, tuple(lines))
    row = {name: getattr(given, name) for name in Answer.__dataclass_fields__}
    row |= {"cycle_id": one.cycle_id, "lines": json.dumps([line.model_dump() for line in lines])}
    await writer.execute(answer.insert().values(**row))
    return given


async def last_answers(reader: Reader, list_ids: Collection[str]) -> dict[str, Answer]:
    """By list, of those that were answered."""
    if not list_ids:
        return {}
    chosen = select(answer).where(answer.c.list_id.in_(sorted(list_ids))).order_by(answer.c.version)
    return {row["list_id"]: _answer(row) for row in await reader.all(chosen)}


async def standing_answers(reader: Reader, lists: Sequence[Summary]) -> dict[str, Answer]:
    """By list, the last answers that hold for the lists as they are now."""
    found = await last_answers(reader, [one.id for one in lists])
    standing = {}
    for one in lists:
        given = found.get(one.id)
        if given is not None and given.revision != one.revision:
            newest = await kept_list(reader, one.id)
            given = given if newest is not None and given.covers(newest.pick_list) else None
        if given is not None:
            standing[one.id] = given
    return standing


async def answers_to(reader: Reader, list_id: str) -> list[Answer]:
    """All that were ever given, the newest first."""
    rows = await reader.all(select(answer).where(answer.c.list_id == list_id).order_by(answer.c.version.desc()))
    return [_answer(row) for row in rows]


def _answer(row: RowMapping) -> Answer:
    lines = tuple(AnsweredLine.model_validate(line) for line in json.loads(row["lines"]))
    fields = {name: row[name] for name in Answer.__dataclass_fields__ if name != "lines"}
    return Answer(**fields, lines=lines)
