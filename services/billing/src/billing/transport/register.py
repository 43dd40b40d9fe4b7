"""Costs of rounds as logistics shares them, of each day the newest word. Nothing of it is booked.

What a household pays for transport is a fee it was told before it ordered (code de la consommation art. L.112-1,
L.221-5): what rounds turn out to cost comes later, and can be no price. A producer owes the hub what its contract
says, and no clause of it speaks of rounds. So it stands beside what was charged, and people can compare.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index, Integer, RowMapping, String, Table, Text, select

from billing.amount_due import HOLDS, amount_due
from billing.fee.charged import in_cheque
from billing.schema import metadata
from chassis.database import Reader, Writer
from contracts.logistics import CostBearer, RoundPart, SharedRound, TransportCostsShared

transport = Table(
    "transport",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("delivers_on", Date, nullable=False, index=True),
    Column("content", Text, nullable=False),
)
"""One row for each day. `content`: JSON, the event without its shares."""

transport_share = Table(
    "transport_share",
    metadata,
    Column("transport_id", String(100), primary_key=True),
    Column("bearer_id", String(100), primary_key=True),
    Column("bearer", String(20), nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("name", Text, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("metres", BigInteger, nullable=False),
    Column("co2_grams", BigInteger, nullable=False),
    Column("rounds", Text, nullable=False),
)
"""As in TransportShare; `bearer`: households, groups or producers. `rounds`: JSON."""
Index("ix_transport_share_bearer_id", transport_share.c.bearer_id, transport_share.c.delivers_on)


@dataclass(frozen=True)
class Share:
    bearer_id: str
    name: str
    cents: int
    metres: int
    co2_grams: int
    rounds: tuple[RoundPart, ...]


@dataclass(frozen=True)
class Costs:
    """Of one day. `said`: the event, without its shares; `shares`: those that were asked for, by name."""

    said: TransportCostsShared
    shares: tuple[Share, ...]

    @property
    def cents(self) -> int:
        return sum(one.cents for one in self.said.rounds)

    def round(self, round_id: str) -> SharedRound:
        return next(one for one in self.said.rounds if one.round_id == round_id)


async def keep_costs(writer: Writer, said: TransportCostsShared) -> None:
    """Keep what is said of a day, unless something newer is known."""
    content = said.model_copy(update={"shares": ()}).model_dump_json()
    row = {"id": said.id, "version": said.version, "delivers_on": said.delivers_on, "content": content}
    if not await writer.keep_newest(transport, row):
        return
    await writer.execute(transport_share.delete().where(transport_share.c.transport_id == said.id))
    columns = tuple(transport_share.c.keys())
    rows: list[tuple[Any, ...]] = [
        (
            said.id,
            one.bearer_id,
            said.bearer.value,
            said.delivers_on,
            one.name,
            one.cents,
            one.metres,
            one.co2_grams,
            json.dumps([part.model_dump() for part in one.rounds]),
        )
        for one in said.shares
    ]
    await writer.insert_rows(transport_share, columns, rows)


async def costs_between(reader: Reader, first: date, last: date) -> list[Costs]:
    """With all shares, the newest day first."""
    c = transport.c
    chosen = select(transport).where(c.delivers_on >= first, c.delivers_on <= last)
    found = await reader.all(chosen.order_by(c.delivers_on.desc()))
    theirs = select(transport_share).where(transport_share.c.transport_id.in_([row["id"] for row in found]))
    shares = await reader.all(theirs)
    return [_costs(row, [one for one in shares if one["transport_id"] == row["id"]]) for row in found]


async def costs_of(reader: Reader, bearer: CostBearer, ids: Collection[str], limit: int) -> list[Costs]:
    """Of the newest days of which these households, or these producers, bear something; with their shares alone."""
    c = transport_share.c
    mine = select(transport_share).where(c.bearer == bearer.value, c.bearer_id.in_(sorted(ids)))
    shares = await reader.all(mine.order_by(c.delivers_on.desc()).limit(limit))
    days = select(transport).where(transport.c.id.in_(sorted({one["transport_id"] for one in shares})))
    found = await reader.all(days.order_by(transport.c.delivers_on.desc()))
    return [_costs(row, [one for one in shares if one["transport_id"] == row["id"]]) for row in found]


async def fees_charged(reader: Reader, cycle_ids: Collection[str], household_ids: Collection[str] = ()) -> int:
    """Cents that households were charged as transport and other fees on what these cycles brought; of some
    households, or of all."""
    c = amount_due.c
    chosen = select(c.cheques).where(c.cycle_id.in_(sorted(cycle_ids)), HOLDS)
    if household_ids:
        chosen = chosen.where(c.household_id.in_(sorted(household_ids)))
    cheques = [cheque for row in await reader.all(chosen) for cheque in json.loads(row["cheques"])]
    return sum(int(fee["gross_cents"]) for cheque in cheques for fee in in_cheque(cheque))


def _costs(row: RowMapping, shares: Collection[RowMapping]) -> Costs:
    found = [
        Share(
            one["bearer_id"],
            one["name"],
            one["cents"],
            one["metres"],
            one["co2_grams"],
            tuple(RoundPart.model_validate(part) for part in json.loads(one["rounds"])),
        )
        for one in shares
    ]
    ordered = sorted(found, key=lambda one: (one.name.casefold(), one.bearer_id))
    return Costs(TransportCostsShared.model_validate_json(row["content"]), tuple(ordered))
