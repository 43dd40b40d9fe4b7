"""The log of hand-overs: what people said changed hands, when, in what state. Rows are only added; a correction is a
new row that names the one it corrects, with who and why.

The hand-overs of one date are written one after another: whoever writes holds the row of the date's first published
version, so that of two people who tick the same thing at once the second is told who said it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, Column, Date, Index, Integer, RowMapping, String, Table, Text, UniqueConstraint, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from logistics.handover.expected import Expected, Goods, Party, PartyKind
from logistics.schedule.published import schedule
from logistics.tables import metadata

handover = Table(
    "handover",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("on", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("step", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("thing", String(200), nullable=False),
    Column("gave_kind", String(12), nullable=False),
    Column("gave_id", String(60), nullable=False),
    Column("gave_name", Text, nullable=False),
    Column("took_kind", String(12), nullable=False),
    Column("took_id", String(60), nullable=False),
    Column("took_name", Text, nullable=False),
    Column("site_id", String(60), nullable=False),
    Column("site_name", Text, nullable=False),
    Column("box_ids", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("lines", Text, nullable=False),
    Column("temperature", Integer),
    Column("note", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("by_link", Boolean, nullable=False),
    Column("form_id", String(60), nullable=False),
    Column("corrects", String(60)),
    Column("reason", Text, nullable=False),
    UniqueConstraint("on", "step", "number", name="uq_handover_on_step_number"),
    UniqueConstraint("corrects", name="uq_handover_corrects"),
)
"""`on`: the date of the deliveries; `version`: of the schedule that expected it. `number` counts what was said of one
step. `thing`: the consignment, or the household that collected. `at`: when it happened, `said_at`: when it was written
down. `lines`: JSON of `Came`; `temperature` in tenths of a degree."""
Index("ix_handover_form_id", handover.c.form_id)


class State(StrEnum):
    """`VOID` corrects what was ticked and never happened: the hand-over is open again."""

    AS_PLANNED = "as_planned"
    LESS = "less"
    DAMAGED = "damaged"
    REFUSED = "refused"
    MISSING = "missing"
    VOID = "void"


MOVED = frozenset({State.AS_PLANNED, State.LESS, State.DAMAGED})
"""The goods, or what there was of them, are with who took them."""


@dataclass(frozen=True)
class Came:
    """Of one product so much was expected, and so much (in good state) changed hands: thousandths."""

    id: str
    product_id: str
    name: str
    producer_id: str
    cycle_id: str
    expected: int
    came: int

    @classmethod
    def of(cls, goods: Goods, came: int) -> "Came":
        return cls(goods.id, goods.product_id, goods.name, goods.producer_id, goods.cycle_id, goods.quantity, came)


@dataclass(frozen=True)
class Said:
    """What a person says of one expected hand-over. `lines`: of all its goods."""

    expected: Expected
    state: State
    lines: tuple[Came, ...]
    temperature: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Saying:
    """Who says it, and how: `form_id` of the form, `at` when it happened, `by_link` by the carrier's signed link."""

    on: date
    version: int
    form_id: str
    at: datetime
    by: str
    by_link: bool = False


@dataclass(frozen=True)
class Entry:
    """One row of the log."""

    id: str
    on: date
    version: int
    step: str
    number: int
    thing: str
    gave: Party
    took: Party
    site_id: str
    site_name: str
    box_ids: tuple[str, ...]
    state: State
    lines: tuple[Came, ...]
    temperature: int | None
    note: str
    at: datetime
    said_at: datetime
    said_by: str
    by_link: bool
    form_id: str
    corrects: str | None
    reason: str

    @property
    def moved(self) -> bool:
        return self.state in MOVED

    @property
    def differs(self) -> bool:
        return self.state is not State.AS_PLANNED


class AlreadySaid(Exception):
    """Somebody said it meanwhile."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(", ".join(one.step for one in entries))
        self.entries = tuple(entries)


def as_planned(one: Expected, temperature: int | None = None) -> Said:
    return Said(one, State.AS_PLANNED, tuple(Came.of(goods, goods.quantity) for goods in one.goods), temperature)


async def lock_day(writer: Writer, on: date) -> None:
    """Whoever writes down hand-overs of a date comes after whoever does now."""
    first = select(schedule.c.version).where(schedule.c.on == on, schedule.c.version == 1)
    await writer.first(first.with_for_update())


async def entries_of(reader: Reader, on: date) -> list[Entry]:
    """The whole log of a date, in the order in which it was written."""
    rows = await reader.all(
        select(handover).where(handover.c.on == on).order_by(handover.c.said_at, handover.c.step, handover.c.number)
    )
    return [_entry(row) for row in rows]


def standing(entries: Iterable[Entry]) -> dict[str, Entry]:
    """By step what holds: the last word of each, unless that says it never happened."""
    last: dict[str, Entry] = {}
    for one in entries:
        if one.step not in last or one.number > last[one.step].number:
            last[one.step] = one
    return {step: one for step, one in last.items() if one.state is not State.VOID}


async def keep(
    writer: Writer, said: Sequence[Said], saying: Saying, *, known: bool = False
) -> tuple[list[Entry], list[Entry]]:
    """Write down what was said; what was added, and of what somebody had spoken already. The caller holds the day.

    A form that was kept before adds nothing. `known`: what was said already stays as it is; else raises AlreadySaid,
    and nothing is added.
    """
    log = await entries_of(writer, saying.on)
    if any(one.form_id == saying.form_id for one in log):
        return [], []
    holds = standing(log)
    before = [holds[one.expected.step] for one in said if one.expected.step in holds]
    if before and not known:
        raise AlreadySaid(before)
    spoken = {one.step: one.number for one in log}
    fresh = [
        _new(writer, one, saying, spoken.get(one.expected.step, 0) + 1)
        for one in said
        if one.expected.step not in holds
    ]
    await _add(writer, fresh)
    return fresh, before


async def correct(writer: Writer, entry: Entry, said: Said | None, saying: Saying, reason: str) -> Entry | None:
    """Add what holds in the place of `entry`; None where this form was kept before. `said` None: it never happened.

    The caller holds the day. Raises AlreadySaid where the entry was corrected meanwhile.
    """
    log = await entries_of(writer, saying.on)
    if any(one.form_id == saying.form_id for one in log):
        return None
    later = [one for one in log if one.step == entry.step and one.number > entry.number]
    if later:
        raise AlreadySaid(later)
    made = replace(
        entry,
        id=writer.ids.new(),
        version=saying.version,
        number=entry.number + 1,
        state=said.state if said else State.VOID,
        lines=said.lines if said else entry.lines,
        temperature=said.temperature if said else None,
        note=said.note if said else "",
        at=saying.at,
        said_at=writer.now,
        said_by=saying.by,
        by_link=saying.by_link,
        form_id=saying.form_id,
        corrects=entry.id,
        reason=reason,
    )
    await _add(writer, [made])
    return made


def _new(writer: Writer, said: Said, saying: Saying, number: int) -> Entry:
    one = said.expected
    return Entry(
        id=writer.ids.new(),
        on=saying.on,
        version=saying.version,
        step=one.step,
        number=number,
        thing=one.thing,
        gave=one.gives,
        took=one.takes,
        site_id=one.site_id,
        site_name=one.site_name,
        box_ids=one.box_ids,
        state=said.state,
        lines=said.lines,
        temperature=said.temperature,
        note=said.note,
        at=saying.at,
        said_at=writer.now,
        said_by=saying.by,
        by_link=saying.by_link,
        form_id=saying.form_id,
        corrects=None,
        reason="",
    )


async def _add(writer: Writer, entries: Iterable[Entry]) -> None:
    rows = [_row(one) for one in entries]
    if rows:
        await writer.execute(handover.insert(), rows)


_PARTIES = ("gave", "took")


def _row(one: Entry) -> dict[str, object]:
    row = {name: getattr(one, name) for name in Entry.__dataclass_fields__ if name not in _PARTIES}
    row |= {"box_ids": json.dumps(one.box_ids), "lines": json.dumps([vars(line) for line in one.lines])}
    for name in _PARTIES:
        party: Party = getattr(one, name)
        row |= {f"{name}_kind": party.kind.value, f"{name}_id": party.id, f"{name}_name": party.name}
    return row | {"state": one.state.value}


def _entry(row: RowMapping) -> Entry:
    fields = {name: row[name] for name in Entry.__dataclass_fields__ if name not in _PARTIES}
    fields |= {name: Party(PartyKind(row[f"{name}_kind"]), row[f"{name}_id"], row[f"{name}_name"]) for name in _PARTIES}
    fields["state"] = State(row["state"])
    fields["box_ids"] = tuple(json.loads(row["box_ids"]))
    fields["lines"] = tuple(Came(**line) for line in json.loads(row["lines"]))
    return Entry(**fields)
