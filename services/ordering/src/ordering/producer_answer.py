"""What a producer answers to its pick list. The last answer to the newest list holds."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.logistics import PickListAnswered
from ordering.cycle import Cycle
from ordering.tables import metadata

producer_answer = Table(
    "producer_answer",
    metadata,
    Column("cycle_id", String(60), ForeignKey("cycle.id"), primary_key=True),
    Column("producer_id", String(60), primary_key=True),
    Column("list_id", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    # Which revision of the list was answered, and what households got then: that revision of the cycle.
    Column("list_revision", Integer, nullable=False),
    Column("base_revision", Integer, nullable=False),
    Column("answered_at", Utc, nullable=False),
    Column("answered_by", String(200), nullable=False),
    Column("lines", JSON, nullable=False),
)


async def keep(writer: Writer, held: Cycle, event: PickListAnswered) -> int | None:
    """Keep the answer; the revision of the cycle it starts from. None for one that a newer one has replaced."""
    a = producer_answer.c
    mine = (a.cycle_id == event.cycle_id) & (a.producer_id == event.producer_id)
    known = await writer.first(select(producer_answer).where(mine))
    if known is not None and (event.revision, event.version) <= (known["list_revision"], known["version"]):
        return None
    same_list = known is not None and known["list_revision"] == event.revision
    base = known["base_revision"] if known is not None and same_list else held.revision
    values = {
        "list_id": event.id,
        "version": event.version,
        "list_revision": event.revision,
        "base_revision": base,
        "answered_at": event.answered_at,
        "answered_by": event.answered_by[:200],
        "lines": [line.model_dump(mode="json") for line in event.lines],
    }
    kept = writer.insert(producer_answer).values(cycle_id=event.cycle_id, producer_id=event.producer_id, **values)
    await writer.execute(kept.on_conflict_do_update(index_elements=["cycle_id", "producer_id"], set_=values))
    return int(base)


async def answered_by(reader: Reader, cycle_id: str) -> set[str]:
    """The producers that have answered."""
    a = producer_answer.c
    rows = await reader.all(select(a.producer_id).where(a.cycle_id == cycle_id))
    return {row["producer_id"] for row in rows}
