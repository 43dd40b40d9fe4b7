"""A nonconformity: goods that stood where it was not as cold (or as hot) as they must be. One for each place and day of
deliveries, however many readings tell of it.

    open ──> decided, line by line ──> open again     a later or worse reading than those the decision knew
             accepted, downgraded, discarded, returned

Its history is rows that are only added (`nonconformity_step`); `folded` says what they come to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Column, Date, Integer, RowMapping, String, Table, Text, UniqueConstraint, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.temperature import Band
from contracts import Moment, Part
from logistics.cold.limit import Asked
from logistics.cold.place import Kind, Place
from logistics.cold.reading import Measured
from logistics.tables import metadata


class Decision(StrEnum):
    """What becomes of goods. Downgraded: given to another use, which the reason names."""

    ACCEPTED = "accepted"
    DOWNGRADED = "downgraded"
    DISCARDED = "discarded"
    RETURNED = "returned"


GONE = frozenset({Decision.DISCARDED, Decision.RETURNED})
"""These goods are not there any more: no reading tells of them."""
KEPT_BACK = GONE | {Decision.DOWNGRADED}
"""No household gets these goods as it ordered them."""

nonconformity = Table(
    "nonconformity",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("on", Date, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("place_id", String(120), nullable=False),
    Column("part", String(130), nullable=False),
    Column("undecided", Boolean, nullable=False),
    UniqueConstraint("on", "kind", "place_id", "part"),
)
"""`undecided`: whether a line waits for a decision; what the steps come to, to be found by."""
nonconformity_step = Table(
    "nonconformity_step",
    metadata,
    Column("nonconformity_id", String(60), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("content", Text, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("kept_by", Text, nullable=False),
)
"""Rows are only added. `kind`: breach or decision; `content`: Breach or Decided as JSON."""


class BrokenLine(Part):
    """Goods that were there, and what they bear, in tenths. `of_lines`: how many lines their consignment has."""

    line_id: str
    consignment_id: str
    name: str
    producer_id: str
    lowest: int | None = None
    highest: int | None = None
    law: bool = True
    source: str = ""
    of_lines: int = 1

    @property
    def band(self) -> Band:
        return Band(self.lowest, self.highest)


class Breach(Part):
    """Readings that broke the limit, kept at once. `reopens`: they tell more than the last decision knew."""

    first_at: Moment
    last_at: Moment
    coldest: int
    warmest: int
    readings: tuple[str, ...]
    lines: tuple[BrokenLine, ...]
    reopens: bool = False


class Decided(Part):
    """`core`: what a thermometer in the product said, in tenths, and who held it (`measured_by`)."""

    line_ids: tuple[str, ...]
    decision: Decision
    why: str
    core: int | None = None
    measured_by: str = ""


@dataclass(frozen=True)
class Step:
    number: int
    what: Breach | Decided
    at: datetime
    by: str


@dataclass
class Nonconformity:
    """`decided`: by line. `since`, `last`: the first and the last reading that broke the limit."""

    id: str
    on: date
    place: Place
    steps: list[Step] = field(default_factory=list)
    lines: dict[str, BrokenLine] = field(default_factory=dict)
    decided: dict[str, Step] = field(default_factory=dict)
    since: datetime | None = None
    last: datetime | None = None
    coldest: int = 0
    warmest: int = 0

    @property
    def undecided(self) -> list[BrokenLine]:
        return [line for one, line in self.lines.items() if one not in self.decided]

    @property
    def seen(self) -> int:
        """How many steps there are: who decides says what was looked at."""
        return len(self.steps)

    def decision_of(self, line_id: str) -> Decided | None:
        step = self.decided.get(line_id)
        return step.what if step is not None and isinstance(step.what, Decided) else None

    def take(self, step: Step) -> None:
        self.steps.append(step)
        if isinstance(step.what, Decided):
            self.decided.update(dict.fromkeys(step.what.line_ids, step))
            return
        breach, first = step.what, self.since is None
        self.since = breach.first_at if self.since is None else min(self.since, breach.first_at)
        self.last = breach.last_at if self.last is None else max(self.last, breach.last_at)
        self.coldest = breach.coldest if first else min(self.coldest, breach.coldest)
        self.warmest = breach.warmest if first else max(self.warmest, breach.warmest)
        for line in breach.lines:
            self.lines.setdefault(line.line_id, line)
            gone = self.decision_of(line.line_id)
            if breach.reopens and gone is not None and gone.decision not in GONE:
                del self.decided[line.line_id]

    def tells_more(self, breach: Breach) -> bool:
        """Whether these readings are earlier, later or worse than all that is known."""
        if self.since is None or self.last is None:
            return True
        beyond = breach.first_at < self.since or breach.last_at > self.last
        return beyond or breach.coldest < self.coldest or breach.warmest > self.warmest


FIRST = datetime.min.replace(tzinfo=UTC)


class Stale(Exception):
    """Something came since the page was opened."""


class NotMeasured(Exception):
    """A legal limit was broken: nobody accepts that without a thermometer in the product."""


class CoreBreaks(Exception):
    """The product itself is beyond its limit. `line`: which one."""

    def __init__(self, line: BrokenLine) -> None:
        super().__init__(line.name)
        self.line = line


def broken_lines(asked: Iterable[Asked], of_lines: dict[str, int]) -> tuple[BrokenLine, ...]:
    return tuple(
        BrokenLine(
            line_id=one.line.id,
            consignment_id=one.consignment_id,
            name=one.line.name,
            producer_id=one.line.producer_id,
            lowest=one.band.lowest,
            highest=one.band.highest,
            law=one.law,
            source=one.source,
            of_lines=of_lines.get(one.consignment_id, 1),
        )
        for one in asked
    )


def breach_of(readings: Sequence[Measured], lines: tuple[BrokenLine, ...]) -> Breach:
    told = [one.temperature for one in readings]
    return Breach(
        first_at=min(one.at for one in readings),
        last_at=max(one.at for one in readings),
        coldest=min(told),
        warmest=max(told),
        readings=tuple(one.id for one in readings),
        lines=lines,
    )


async def add_breach(writer: Writer, on: date, place: Place, breach: Breach, by: str) -> tuple[Nonconformity, bool]:
    """Open one, or tell the one there is; True where goods are to be decided on that were not before."""
    row = {"id": writer.ids.new(), "on": on, "kind": place.kind.value, "place_id": place.id, "part": place.part}
    # Two readings at once: the second waits here for the first, and then finds what it opened.
    await writer.execute(writer.insert(nonconformity).values(row | {"undecided": True}).on_conflict_do_nothing())
    one = await _locked(writer, (nonconformity.c.on == on) & _at(place))
    assert one is not None
    waiting = bool(one.undecided)
    new_goods = any(line.line_id not in one.lines for line in breach.lines)
    breach = breach.model_copy(update={"reopens": bool(one.decided) and one.tells_more(breach)})
    await _add(writer, one, "breach", breach, by)
    return one, bool(one.undecided) and (not waiting or new_goods)


async def decide(writer: Writer, wanted: str, seen: int, decided: Decided, by: str) -> Nonconformity:
    """Raises LookupError, Stale, NotMeasured, CoreBreaks."""
    one = await _locked(writer, nonconformity.c.id == wanted)
    if one is None:
        raise LookupError(wanted)
    if one.seen != seen:
        raise Stale
    check_decision([one.lines[line] for line in decided.line_ids], decided)
    await _add(writer, one, "decision", decided, by)
    return one


def check_decision(lines: Iterable[BrokenLine], decided: Decided) -> None:
    """What the law limits is accepted only where the product itself was measured, and holds. Raises NotMeasured,
    CoreBreaks."""
    if decided.decision is not Decision.ACCEPTED:
        return
    for line in lines:
        if line.law and (decided.core is None or not decided.measured_by):
            raise NotMeasured
        if decided.core is not None and not line.band.holds(decided.core):
            raise CoreBreaks(line)


async def find(reader: Reader, wanted: str) -> Nonconformity | None:
    row = await reader.first(select(nonconformity).where(nonconformity.c.id == wanted))
    return None if row is None else await _folded(reader, row)


async def of_day(reader: Reader, on: date) -> list[Nonconformity]:
    """The oldest breach first."""
    rows = await reader.all(select(nonconformity).where(nonconformity.c.on == on))
    return _sorted([await _folded(reader, row) for row in rows])


async def undecided(reader: Reader) -> list[Nonconformity]:
    """Of all days, the oldest first."""
    rows = await reader.all(select(nonconformity).where(nonconformity.c.undecided).order_by(nonconformity.c.on))
    return _sorted([await _folded(reader, row) for row in rows])


async def count_undecided(reader: Reader) -> int:
    waits = select(func.count()).select_from(nonconformity).where(nonconformity.c.undecided)
    return int(await reader.scalar(waits))


async def newest(reader: Reader, limit: int = 50) -> list[Nonconformity]:
    order = select(nonconformity).order_by(nonconformity.c.on.desc(), nonconformity.c.id.desc()).limit(limit)
    return [await _folded(reader, row) for row in await reader.all(order)]


def _sorted(found: list[Nonconformity]) -> list[Nonconformity]:
    return sorted(found, key=lambda one: (one.on, one.since or FIRST, one.place))


async def _locked(writer: Writer, which: object) -> Nonconformity | None:
    row = await writer.first(select(nonconformity).where(which).with_for_update())  # type: ignore[arg-type]
    return None if row is None else await _folded(writer, row)


async def _folded(reader: Reader, row: RowMapping) -> Nonconformity:
    one = Nonconformity(row["id"], row["on"], Place(Kind(row["kind"]), row["place_id"], row["part"]))
    mine = select(nonconformity_step).where(nonconformity_step.c.nonconformity_id == one.id)
    for step in await reader.all(mine.order_by(nonconformity_step.c.number)):
        what = _STEPS[step["kind"]].validate_json(step["content"])
        one.take(Step(step["number"], what, step["kept_at"], step["kept_by"]))
    return one


_STEPS: dict[str, TypeAdapter[Breach] | TypeAdapter[Decided]] = {
    "breach": TypeAdapter(Breach),
    "decision": TypeAdapter(Decided),
}


async def _add(writer: Writer, one: Nonconformity, kind: str, what: Breach | Decided, by: str) -> None:
    step = Step(one.seen + 1, what, writer.now, by)
    row = {"nonconformity_id": one.id, "number": step.number, "kind": kind, "content": what.model_dump_json()}
    await writer.execute(nonconformity_step.insert().values(row | {"kept_at": writer.now, "kept_by": by}))
    one.take(step)
    flag = nonconformity.update().where(nonconformity.c.id == one.id).values(undecided=bool(one.undecided))
    await writer.execute(flag)


def _at(place: Place) -> object:
    c = nonconformity.c
    return (c.kind == place.kind.value) & (c.place_id == place.id) & (c.part == place.part)
