"""What a group can never receive: a local copy of what logistics says of its network, and what follows for offers.

No plan of any day could bring such goods to the group's place, or keep them there until they are collected. Since a
coordinator holds orders to the network, they are not ordered to it. What was ordered before stays, and may become less.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import JSON, Column, Connection, Integer, RowMapping, String, Table, select

from chassis.database import Writer
from coldchain.described import Early
from coldchain.early import Refusal
from contracts.network import NetworkDescribed
from ordering.offer import Offer
from ordering.tables import metadata

network = Table(
    "network",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("described", JSON, nullable=False),
)
"""One row, as the newest event says it; none while logistics has said nothing."""

BESIDE = {"version", "described_at"}
"""What says nothing of the network itself."""


async def keep(writer: Writer, event: NetworkDescribed) -> bool:
    """Take in what logistics says; whether open cycles offer something else now."""
    before = _read(await writer.first(select(network).where(network.c.id == event.id).with_for_update()))
    row = {"id": event.id, "version": event.version, "described": event.model_dump(mode="json")}
    if not await writer.keep_newest(network, row):
        return False
    if not (event.binding or (before is not None and before.binding)):
        return False
    return before is None or before.model_dump(exclude=BESIDE) != event.model_dump(exclude=BESIDE)


def early_of(connection: Connection) -> Early | None:
    """Who judges what can be ordered where; None while nothing is refused."""
    said = _read(connection.execute(select(network)).mappings().first())
    return Early(said) if said is not None and said.binding else None


def _read(row: RowMapping | None) -> NetworkDescribed | None:
    return None if row is None else NetworkDescribed.model_validate(row["described"])


def minutes_between(starts_at: datetime, ends_at: datetime) -> int | None:
    """How long a group collects; None where nobody said until when."""
    return int((ends_at - starts_at).total_seconds()) // 60 or None


def never_received(
    early: Early, offers: Iterable[Offer], group_id: str, collected_in: int | None
) -> Mapping[str, Refusal]:
    """Product -> why the group can never receive it."""
    judged = ((offer.product_id, early.why_never(offer.article, group_id, collected_in)) for offer in offers)
    return {product_id: refusal for product_id, refusal in judged if refusal is not None}
