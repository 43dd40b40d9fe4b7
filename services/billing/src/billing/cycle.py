"""An order cycle as billing sees it: open, then waiting for the orders its manifest counts, then computed.

A closing that is revised has another manifest: the cycle waits again, and is computed again. A copy of ordering's, with
two things of billing's own: how far the amounts are, and what keeps them back.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import JSON, Column, Date, Integer, RowMapping, String, Table, Text, select

from billing.schema import metadata
from billing.seller import Seller
from chassis import trace
from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import ordering

OPEN, WAITING, COMPUTED = "open", "waiting", "computed"

cycle = Table(
    "cycle",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("opens_at", Utc),
    Column("closes_at", Utc),
    Column("closed_at", Utc, index=True),
    Column("delivers_on", Date),
    Column("manifest", JSON(none_as_null=True)),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("begun", Integer, nullable=False, server_default="0"),
    Column("state", String(20), nullable=False, server_default=OPEN),
    Column("problem", JSON(none_as_null=True)),
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("computed_at", Utc),
    Column("sellers", JSON(none_as_null=True)),
    Column("phase", String(12), nullable=False, server_default="open"),
    Column("because", JSON(none_as_null=True)),
    Column("closing_event", String(100), nullable=False, server_default=""),
    Column("closing_at", Utc),
)
"""`opens_at`: None where an earlier release heard of it last; `revision`: of the manifest, 0 while the cycle is open;
`begun`: the revision whose amounts are being computed or are there, 0 where that was broken off; `problem`: what else
than a missing order keeps the amounts back, `{"kind": …, "detail": …}`; `asked`: how often ordering was asked to say
its orders again; `sellers`: how the sellers stood when computing first began (rows of `seller.Seller`), None until
then; `phase`: of a cycle that is not closed, whether it still takes orders; `because`: why the closing was revised
(`Bilingual`), None for the closing itself; `closing_event`, `closing_at`: what said the manifest (its ce-id), and when
the cycle was closed or revised like that; a row of version 0 stands for a cycle of which only an order was heard."""

Closing = ordering.CycleClosed | ordering.CycleRevised


async def keep_open(writer: Writer, said: ordering.CycleOpened | ordering.CycleChanged) -> None:
    await hear_of(writer, said.id, said.name)
    phase = said.phase if isinstance(said, ordering.CycleChanged) else ordering.CyclePhase.OPEN
    await writer.keep_newest(cycle, _said(said) | {"phase": phase.value})


async def keep_closed(writer: Writer, said: Closing) -> bool:
    """True when this is the first word of the closing, or of this revision of it."""
    await hear_of(writer, said.id, said.name)
    held = await locked(writer, said.id)
    assert held is not None
    revision = said.revision if isinstance(said, ordering.CycleRevised) else 1
    because = said.because.model_dump(mode="json") if isinstance(said, ordering.CycleRevised) else None
    closing = {
        "closed_at": said.closed_at,
        "manifest": said.manifest.model_dump(mode="json"),
        "revision": revision,
        "because": because,
        "closing_event": trace.current().causation_id,
        "closing_at": said.revised_at if isinstance(said, ordering.CycleRevised) else said.closed_at,
    }
    taken = await writer.keep_newest(cycle, _said(said) | closing)
    if not taken or revision <= held["revision"]:
        return False
    await writer.execute(cycle.update().where(cycle.c.id == said.id).values(state=WAITING, problem=None))
    return True


def _said(said: ordering.Cycle) -> dict[str, Any]:
    return {
        "id": said.id,
        "version": said.version,
        "name": said.name,
        "opens_at": said.opens_at,
        "closes_at": said.closes_at,
        "delivers_on": said.delivers_on,
    }


async def hear_of(writer: Writer, cycle_id: str, name: str) -> None:
    """Have a row for the cycle, so that whoever brings the last missing piece finds one to lock."""
    row = {"id": cycle_id, "version": 0, "name": name}
    await writer.execute(writer.insert(cycle).values(**row).on_conflict_do_nothing())


async def locked(writer: Writer, cycle_id: str) -> RowMapping | None:
    """The cycle's row, held until the transaction ends."""
    return await writer.first(select(cycle).where(cycle.c.id == cycle_id).with_for_update())


async def begin_computing(writer: Writer, held: RowMapping, sellers: Iterable[Seller]) -> None:
    """From now on the cycle's amounts are made, with these sellers for every household."""
    changes = {"sellers": [asdict(each) for each in sellers], "problem": None, "begun": held["revision"]}
    await writer.execute(cycle.update().where(cycle.c.id == held["id"]).values(**changes))


async def break_off(writer: Writer, cycle_id: str) -> None:
    """No more amounts are made until the cycle has been checked anew."""
    await writer.execute(cycle.update().where(cycle.c.id == cycle_id).values(begun=0))


def computing(held: RowMapping) -> bool:
    """Whether the cycle was checked, and its amounts are being made."""
    return bool(held["state"] == WAITING and held["begun"] == held["revision"])


async def mark_computed(writer: Writer, cycle_id: str) -> None:
    changes = {"state": COMPUTED, "problem": None, "computed_at": writer.now}
    await writer.execute(cycle.update().where(cycle.c.id == cycle_id).values(**changes))


async def note_problem(writer: Writer, held: RowMapping, problem: dict[str, str] | None) -> None:
    if held["problem"] != problem:
        await writer.execute(cycle.update().where(cycle.c.id == held["id"]).values(problem=problem))


async def find_cycle(reader: Reader, cycle_id: str) -> RowMapping | None:
    return await reader.first(select(cycle).where(cycle.c.id == cycle_id))


async def waiting_cycles(reader: Reader) -> list[RowMapping]:
    """Closed cycles whose amounts are not there yet, longest waiting first."""
    return await reader.all(select(cycle).where(cycle.c.state == WAITING).order_by(cycle.c.closed_at))


async def open_cycles(reader: Reader) -> list[RowMapping]:
    """Cycles that were announced and are not closed, next closing first."""
    announced = select(cycle).where(cycle.c.state == OPEN, cycle.c.version > 0)
    return await reader.all(announced.order_by(cycle.c.closes_at))


async def closed_cycles(reader: Reader, first: int, count: int) -> list[RowMapping]:
    """Closed cycles, last closed first."""
    closed = select(cycle).where(cycle.c.state != OPEN).order_by(cycle.c.closed_at.desc(), cycle.c.id)
    return await reader.all(closed.offset(first).limit(count))


async def computed_cycles(reader: Reader, count: int) -> list[RowMapping]:
    """Cycles whose amounts are there, last closed first."""
    computed = select(cycle).where(cycle.c.state == COMPUTED).order_by(cycle.c.closed_at.desc(), cycle.c.id)
    return await reader.all(computed.limit(count))
