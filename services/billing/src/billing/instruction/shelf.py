"""Instructions as they are kept: one table for each kind, and one more with what happened to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)

from billing.iban import BankAccount
from billing.instruction.life import OPEN, Stage
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc


def head_table(name: str, *more: Column[Any]) -> Table:
    """`id`: the form's own. `number`: 1, 2, 3, as people call it. `day`: on which the bank is asked to do it. `hub_…`:
    the hub's account. `file`: for the bank, made when it is approved and kept as it was made; else empty.
    `executed_on`: the day by the bank."""
    return Table(
        name,
        metadata,
        Column("id", String(36), primary_key=True),
        Column("number", Integer, nullable=False),
        Column("stage", String(12), nullable=False, index=True),
        Column("day", Date, nullable=False),
        Column("hub_holder", Text, nullable=False),
        Column("hub_iban", String(34), nullable=False),
        Column("hub_bic", String(11), nullable=False),
        *more,
        Column("drawn_up_at", Utc, nullable=False),
        Column("drawn_up_by", Text, nullable=False),
        Column("drawn_up_by_id", String(100), nullable=False),
        Column("approved_at", Utc),
        Column("approved_by", Text, nullable=False),
        Column("executed_on", Date),
        Column("file", Text, nullable=False),
        UniqueConstraint("number"),
    )


def history_table(name: str, of: str) -> Table:
    """Rows are only added. `of`: the column that says which instruction. `what`: "drawn_up", "file" (taken), the word
    for one that came back, or a move of `life`."""
    table = Table(
        name,
        metadata,
        Column("id", String(36), primary_key=True),
        Column(of, String(36), nullable=False),
        Column("at", Utc, nullable=False),
        Column("what", String(12), nullable=False),
        Column("who", Text, nullable=False),
        Column("reason", Text, nullable=False),
    )
    Index(f"ix_{name}_{of}", table.c[of])
    return table


class Part(Protocol):
    """One transfer, or one debit. `end_to_end_id`: what the bank statements of both say."""

    @property
    def id(self) -> str: ...
    @property
    def cents(self) -> int: ...
    @property
    def end_to_end_id(self) -> str: ...


@dataclass(frozen=True)
class Instruction:
    """What every kind has; each adds its parts."""

    id: str
    number: int
    stage: Stage
    day: date
    hub: BankAccount
    drawn_up_at: datetime
    drawn_up_by: str
    drawn_up_by_id: str
    approved_at: datetime | None
    approved_by: str
    executed_on: date | None
    file: str

    @property
    def is_open(self) -> bool:
        return self.stage in OPEN

    @property
    def parts(self) -> Sequence[Any]:
        """Each a `Part`, in their places."""
        raise NotImplementedError

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.parts)


class NoInstruction(Exception):
    """There is no such payout, or no such batch of debits."""


I = TypeVar("I", bound=Instruction)  # noqa: E741 as in List[I]
Filled = Callable[[Reader, Sequence[RowMapping]], Awaitable[list[I]]]


class Shelf(Generic[I]):
    """Where one kind is kept. `lines`: the table of its parts; `of`: the column that says in it, and in the
    history, which instruction; `filled`: makes rows of the head instructions, with their parts."""

    def __init__(self, head: Table, lines: Table, history: Table, of: str, filled: Filled[I]) -> None:
        self.head, self.lines, self.history, self.of, self.filled = head, lines, history, of, filled

    async def add(
        self, writer: Writer, one_id: str, number: int, day: date, hub: BankAccount, by: Person, **more: object
    ) -> None:
        """A draft; its lines are added by who calls."""
        row = {
            "id": one_id,
            "number": number,
            "stage": Stage.DRAFT.value,
            "day": day,
            "hub_holder": hub.holder,
            "hub_iban": hub.iban,
            "hub_bic": hub.bic,
            "drawn_up_at": writer.now,
            "drawn_up_by": by.name,
            "drawn_up_by_id": by.id,
            "approved_by": "",
            "file": "",
        }
        await writer.execute(self.head.insert().values(**row, **more))
        await self.note(writer, one_id, "drawn_up", by)

    async def note(self, writer: Writer, one_id: str, what: str, by: Person, reason: str = "") -> None:
        """Add a line to its history."""
        row = {"id": writer.ids.new(), self.of: one_id, "at": writer.now}
        await writer.execute(self.history.insert().values(**row, what=what, who=by.name, reason=reason))

    async def set(
        self, writer: Writer, one_id: str, what: str, by: Person, values: Mapping[str, object], reason: str = ""
    ) -> I:
        """Change it, with a line in its history."""
        await writer.execute(self.head.update().where(self.head.c.id == one_id).values(**values))
        await self.note(writer, one_id, what, by, reason)
        return await self.get(writer, one_id)

    async def locked(self, writer: Writer, one_id: str) -> I:
        """Its row held until the transaction ends. Raises NoInstruction."""
        held = select(self.head.c.id).where(self.head.c.id == one_id).with_for_update()
        if await writer.scalar(held) is None:
            raise NoInstruction
        return await self.get(writer, one_id)

    async def find(self, reader: Reader, one_id: str) -> I | None:
        return next(iter(await self.chosen(reader, select(self.head).where(self.head.c.id == one_id))), None)

    async def get(self, reader: Reader, one_id: str) -> I:
        """One that is there."""
        found = await self.find(reader, one_id)
        assert found is not None
        return found

    async def with_part(self, reader: Reader, chosen: ColumnElement[bool]) -> tuple[I, Any] | None:
        """The one part that `chosen` says, and the instruction it is in. None where there is none."""
        row = await reader.first(select(self.lines.c.id, self.lines.c[self.of].label("whole")).where(chosen))
        one = await self.find(reader, row["whole"]) if row is not None else None
        if row is None or one is None:
            return None
        return one, next(each for each in one.parts if each.id == row["id"])

    async def named(self, reader: Reader, end_to_end_id: str) -> tuple[I, Any] | None:
        """The part that a line of a bank statement names."""
        return await self.with_part(reader, self.lines.c.end_to_end_id == end_to_end_id)

    async def chosen(self, reader: Reader, rows: Select[Any]) -> list[I]:
        """`rows`: of the head."""
        return await self.filled(reader, await reader.all(rows))

    async def newest(self, reader: Reader, first: int, count: int) -> list[I]:
        return await self.chosen(
            reader, select(self.head).order_by(self.head.c.number.desc()).offset(first).limit(count)
        )

    async def count(self, reader: Reader) -> int:
        return int(await reader.scalar(select(func.count()).select_from(self.head)))

    async def next_number(self, writer: Writer) -> int:
        """Ask only while the hub's book is held: of two who draw one up at once each has its own."""
        return int(await writer.scalar(select(func.coalesce(func.max(self.head.c.number), 0)))) + 1

    async def at_bank_between(self, reader: Reader, hub_iban: str, since: date, until: date) -> list[I]:
        """Those approved or executed on an account of the hub: done then by the bank, or asked to be."""
        h = self.head.c
        stages = [Stage.APPROVED.value, Stage.EXECUTED.value]
        on = func.coalesce(h.executed_on, h.day).between(since, until)
        mine = select(self.head).where(h.stage.in_(stages), h.hub_iban == hub_iban, on)
        return await self.chosen(reader, mine.order_by(h.number))

    async def history_of(self, reader: Reader, one_id: str) -> list[RowMapping]:
        """The oldest first."""
        h = self.history.c
        return await reader.all(select(self.history).where(h[self.of] == one_id).order_by(h.at, h.id))


def told(row: RowMapping) -> dict[str, Any]:
    """What a row of the head says, by the names of an `Instruction`."""
    found = {name: row[name] for name in row if not name.startswith("hub_")}
    hub = BankAccount(row["hub_holder"], row["hub_iban"], row["hub_bic"])
    return found | {"stage": Stage(row["stage"]), "hub": hub}


def told_line(row: RowMapping) -> dict[str, Any]:
    """What a row of its lines says, its three columns of an account made one."""
    found = {name: row[name] for name in row if name not in ("holder", "iban", "bic")}
    return found | {"account": BankAccount(row["holder"], row["iban"], row["bic"])}
