"""What the network is made of is kept the same way: a sheet as a coordinator wrote it, with its version.

Nothing is deleted: a plan may name it. What is retired is not planned with any more, and can come back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from logistics.pick_list import alphabetical
from logistics.tables import metadata


class Sheet(Protocol):
    """What is written of one thing. `bound_to`: what no other one in use may have (the number of a box, the producer
    of a farm); None: nothing."""

    @property
    def name(self) -> str: ...
    @property
    def bound_to(self) -> str | None: ...
    def model_dump(self, *, mode: str = ...) -> dict[str, Any]: ...
    def model_dump_json(self) -> str: ...


S = TypeVar("S", bound=Sheet)


class NotKept(LookupError):
    """There is no such thing."""


class Stale(Exception):
    """Somebody changed it since the page was opened."""


class Taken(Exception):
    """Another one in use has what only one may have. `holder`: its id; empty where it came in the same moment."""

    def __init__(self, holder: str = "") -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass(frozen=True)
class Kept(Generic[S]):
    id: str
    version: int
    sheet: S
    retired_at: datetime | None
    changed_at: datetime
    changed_by: str


def kept_table(name: str) -> Table:
    """`content`: the sheet as JSON. `bound_to`: NULL while it is retired, so that another can take its place."""
    return Table(
        name,
        metadata,
        Column("id", String(60), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("bound_to", String(160)),
        Column("content", Text, nullable=False),
        Column("retired_at", Utc),
        Column("changed_at", Utc, nullable=False),
        Column("changed_by", Text, nullable=False),
        UniqueConstraint("bound_to"),
    )


class Register(Generic[S]):
    """All things of one kind."""

    def __init__(self, table: Table, sheet: Any) -> None:
        """`sheet`: the model of what is kept of each."""
        self.table = table
        self._sheet = sheet

    async def all(self, reader: Reader, *, retired: bool = False) -> list[Kept[S]]:
        """By name; those in use, or those that are retired."""
        known = self.table.c.retired_at
        rows = await reader.all(select(self.table).where(known.is_not(None) if retired else known.is_(None)))
        return sorted(map(self._kept, rows), key=lambda one: (alphabetical(one.sheet.name), one.id))

    async def find(self, reader: Reader, wanted: str) -> Kept[S]:
        """Raises NotKept."""
        row = await reader.first(select(self.table).where(self.table.c.id == wanted))
        if row is None:
            raise NotKept(wanted)
        return self._kept(row)

    async def add(self, writer: Writer, new_id: str, sheet: S, by: str) -> bool:
        """Keep a new one; False where this id is kept already (the form was sent twice). Raises Taken."""
        row = {"id": new_id, "version": 1, "bound_to": sheet.bound_to, "content": sheet.model_dump_json()}
        row |= {"changed_at": writer.now, "changed_by": by}
        done = await writer.execute(writer.insert(self.table).values(row).on_conflict_do_nothing())
        if done.rowcount:
            return True
        if await writer.first(select(self.table.c.id).where(self.table.c.id == new_id)):
            return False
        raise Taken(await self._holder(writer, sheet.bound_to, new_id))

    async def change(self, writer: Writer, wanted: str, version: int, sheet: S, by: str) -> None:
        """Raises NotKept, Stale, Taken."""
        held = await self._locked(writer, wanted, version)
        bound_to = None if held.retired_at else sheet.bound_to
        await self._write(writer, held, by, content=sheet.model_dump_json(), bound_to=bound_to)

    async def retire(self, writer: Writer, wanted: str, version: int, by: str) -> None:
        """Raises NotKept, Stale."""
        held = await self._locked(writer, wanted, version)
        await self._write(writer, held, by, bound_to=None, retired_at=held.retired_at or writer.now)

    async def bring_back(self, writer: Writer, wanted: str, version: int, by: str) -> None:
        """Raises NotKept, Stale, Taken."""
        held = await self._locked(writer, wanted, version)
        await self._write(writer, held, by, bound_to=held.sheet.bound_to, retired_at=None)

    async def locked(self, writer: Writer, wanted: str) -> Kept[S]:
        """The thing, locked until the end of the transaction. Raises NotKept."""
        row = await writer.first(select(self.table).where(self.table.c.id == wanted).with_for_update())
        if row is None:
            raise NotKept(wanted)
        return self._kept(row)

    async def _locked(self, writer: Writer, wanted: str, version: int) -> Kept[S]:
        held = await self.locked(writer, wanted)
        if held.version != version:
            raise Stale
        return held

    async def _write(self, writer: Writer, held: Kept[S], by: str, **values: Any) -> None:
        holder = await self._holder(writer, values["bound_to"], held.id)
        if holder:
            raise Taken(holder)
        change = self.table.update().where(self.table.c.id == held.id)
        stamp = {"version": held.version + 1, "changed_at": writer.now, "changed_by": by}
        try:
            await writer.execute(change.values(**values, **stamp))
        except IntegrityError as error:
            # Somebody else took it between the look and the write.
            raise Taken from error

    async def _holder(self, reader: Reader, bound_to: str | None, but: str) -> str:
        if bound_to is None:
            return ""
        others = select(self.table.c.id).where(self.table.c.bound_to == bound_to, self.table.c.id != but)
        return str(await reader.scalar(others) or "")

    def _kept(self, row: RowMapping) -> Kept[S]:
        fields = {name: row[name] for name in ("id", "version", "retired_at", "changed_at", "changed_by")}
        return Kept(sheet=self._sheet.model_validate_json(row["content"]), **fields)


def names_of(things: Iterable[Kept[Any]]) -> dict[str, str]:
    """Names by id."""
    return {one.id: one.sheet.name for one in things}
