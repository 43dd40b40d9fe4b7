"""Cool boxes and eutectic plates: objects that are lent and come back. The register says where each one is, and was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from coldchain.day import Hold
from coldchain.part import Decidegrees, Millilitres
from contracts import Part
from logistics.network.kept import Kept, Register, Stale, kept_table
from logistics.tables import metadata


class BoxKind(StrEnum):
    BOX = "box"
    PLATE = "plate"


class BoxSheet(Part):
    """`number`: what is written on it. A box keeps between `coldest` and `warmest` for as long as `holds` say; of a
    plate they are where it melts. `certified`: a small container with its own ATP certificate."""

    kind: BoxKind = BoxKind.BOX
    number: str
    volume: Millilitres
    coldest: Decidegrees
    warmest: Decidegrees
    holds: tuple[Hold, ...] = ()
    certified: bool = False
    note: str = ""

    @property
    def name(self) -> str:
        return self.number

    @property
    def bound_to(self) -> str | None:
        return self.number.casefold()


box = kept_table("box")
BOXES: Register[BoxSheet] = Register(box, BoxSheet)


class Move(StrEnum):
    """It stands at a site (`put`); somebody has it (`lent`); nobody knows where it is (`lost`)."""

    PUT = "put"
    LENT = "lent"
    LOST = "lost"


box_move = Table(
    "box_move",
    metadata,
    Column("box_id", String(60), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("move", String(8), nullable=False),
    Column("site_id", String(60)),
    Column("lent_to", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("moved_at", Utc, nullable=False),
    Column("moved_by", Text, nullable=False),
)
"""The register: rows are only added. The last one of a box says where it is."""


@dataclass(frozen=True)
class Moved:
    """One line of the register. `site_id` of what was put, `lent_to` of what was lent."""

    box_id: str
    number: int
    move: Move
    site_id: str | None
    lent_to: str
    note: str
    moved_at: datetime
    moved_by: str


@dataclass(frozen=True)
class Whereabouts:
    """Where a box goes to: said by a person."""

    move: Move
    site_id: str | None = None
    lent_to: str = ""
    note: str = ""


async def add_box(writer: Writer, new_id: str, sheet: BoxSheet, stands_at: str | None, by: str) -> None:
    """Keep a new one, and where it stands at first. Raises Taken."""
    if await BOXES.add(writer, new_id, sheet, by) and stands_at:
        await _add_move(writer, new_id, 1, Whereabouts(Move.PUT, stands_at), by)


async def move_box(writer: Writer, box_id: str, last_seen: int, to: Whereabouts, by: str) -> None:
    """`last_seen`: number of the last move when the page was opened. Raises NotKept, Stale."""
    await BOXES.locked(writer, box_id)
    last = await history(writer, box_id, limit=1)
    number = last[0].number if last else 0
    if number != last_seen:
        raise Stale
    await _add_move(writer, box_id, number + 1, to, by)


async def follow_box(writer: Writer, box_id: str, to: Whereabouts, at: datetime, by: str) -> bool:
    """Note where goods took a box at `at`, whatever was seen of the register before; False where it says so already, or
    knows something newer. Raises NotKept."""
    await BOXES.locked(writer, box_id)
    last = await history(writer, box_id, limit=1)
    if last and (last[0].moved_at > at or (last[0].move, last[0].site_id, last[0].lent_to) == _place(to)):
        return False
    await _add_move(writer, box_id, last[0].number + 1 if last else 1, to, by, at)
    return True


def _place(to: Whereabouts) -> tuple[Move, str | None, str]:
    return to.move, to.site_id, to.lent_to


async def _add_move(
    writer: Writer, box_id: str, number: int, to: Whereabouts, by: str, at: datetime | None = None
) -> None:
    row = {"box_id": box_id, "number": number, "move": to.move.value, "site_id": to.site_id, "lent_to": to.lent_to}
    row |= {"note": to.note, "moved_at": at or writer.now, "moved_by": by}
    await writer.execute(box_move.insert().values(row))


async def history(reader: Reader, box_id: str, limit: int = 200) -> list[Moved]:
    """The newest first."""
    of = select(box_move).where(box_move.c.box_id == box_id).order_by(box_move.c.number.desc()).limit(limit)
    return [_moved(row) for row in await reader.all(of)]


async def whereabouts(reader: Reader) -> dict[str, Moved]:
    """The last move of every box that has one."""
    other = box_move.alias()
    last = select(func.max(other.c.number)).where(other.c.box_id == box_move.c.box_id).scalar_subquery()
    rows = await reader.all(select(box_move).where(box_move.c.number == last))
    return {row["box_id"]: _moved(row) for row in rows}


def _moved(row: RowMapping) -> Moved:
    return Moved(**{**row, "move": Move(row["move"])})


def stands_at(one: Kept[BoxSheet], where: dict[str, Moved]) -> str | None:
    """The site at which a box can be filled; None while somebody has it, or nobody knows."""
    moved = where.get(one.id)
    return moved.site_id if moved else None
