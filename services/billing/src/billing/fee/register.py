"""The fees as the coordinator set them: every version is kept, and none is changed.

A cycle has the versions that stood when it opened: whoever ordered was told them before. What is set later is of cycles
that open later. So a cycle that is made up again, revised or delivered, has the same fees.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Integer, RowMapping, String, Table, Text, func, select

from billing.fee.fee import Fee
from billing.schema import metadata
from billing.seller import Seller
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc
from contracts.fee import FeeKind, FeeSet, ShareBy

fee = Table(
    "fee",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("earner_id", String(100), nullable=False),
    Column("group_ids", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("kind", String(20), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("rate_hundredths", Integer, nullable=False),
    Column("share_by", String(20), nullable=False),
    Column("free_from_cents", BigInteger, nullable=False),
    Column("stopped", Integer, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("set_by", Text, nullable=False),
)
"""As in `fee.Fee`. `group_ids`: JSON, a list; `stopped`: 1 where it is charged no more; `set_by`: the name."""


NEVER = datetime.min.replace(tzinfo=UTC)
"""When a version was set that is only typed so far."""


class OtherSet(Exception):
    """Somebody set it since it was looked at, or the form was sent before with other words."""


async def set_fee(writer: Writer, wanted: Fee, seen: int, earner: Seller, person: Person) -> Fee:
    """Set a fee as `wanted` says, of which version `seen` was looked at, 0 for a new one; and announce it. The same
    again, the newest version already, sets nothing. Raises OtherSet."""
    held = await newest(writer, wanted.id, lock=True)
    one = replace(wanted, version=seen + 1, set_at=writer.now, set_by=person.name)
    if held is not None and held.version == one.version and _said(held) == _said(one):
        return held
    if (held.version if held else 0) != seen:
        raise OtherSet
    done = await writer.execute(writer.insert(fee).values(**_row(one)).on_conflict_do_nothing())
    if not done.rowcount:
        # Somebody was faster: with the same words it is the same form.
        return await set_fee(writer, wanted, seen, earner, person)
    await writer.announce(_announced(one, earner.name))
    return one


def _said(one: Fee) -> Fee:
    """What was typed of it."""
    return replace(one, set_at=NEVER, set_by="")


def _announced(one: Fee, earner_name: str) -> FeeSet:
    told = asdict(one) | {"earner_name": earner_name, "group_ids": tuple(sorted(one.group_ids))}
    del told["set_by"]
    return FeeSet(**told)


def _row(one: Fee) -> dict[str, Any]:
    told = {"kind": one.kind.value, "share_by": one.share_by.value, "stopped": int(one.stopped)}
    return asdict(one) | told | {"group_ids": json.dumps(sorted(one.group_ids))}


def _read(row: RowMapping) -> Fee:
    told = {"kind": FeeKind(row["kind"]), "share_by": ShareBy(row["share_by"]), "stopped": bool(row["stopped"])}
    return Fee(**dict(row) | told | {"group_ids": frozenset(json.loads(row["group_ids"]))})


# Queries


async def newest(reader: Reader, fee_id: str, *, lock: bool = False) -> Fee | None:
    found = select(fee).where(fee.c.id == fee_id).order_by(fee.c.version.desc()).limit(1)
    row = await reader.first(found.with_for_update() if lock else found)
    return _read(row) if row else None


async def versions(reader: Reader, fee_id: str) -> list[Fee]:
    """The newest first."""
    rows = await reader.all(select(fee).where(fee.c.id == fee_id).order_by(fee.c.version.desc()))
    return [_read(row) for row in rows]


async def standing(reader: Reader, at: datetime | None = None) -> list[Fee]:
    """Of every fee the version that stood at a moment, by name; None for now."""
    c = fee.c
    until = select(c.id, func.max(c.version).label("version")).group_by(c.id)
    last = (until if at is None else until.where(c.set_at <= at)).subquery()
    rows = await reader.all(select(fee).join(last, (last.c.id == c.id) & (last.c.version == c.version)))
    return in_order(map(_read, rows))


def in_order(fees: Iterable[Fee]) -> list[Fee]:
    return sorted(fees, key=lambda one: (one.name.casefold(), one.id))


async def of_cycle(reader: Reader, held: RowMapping) -> list[Fee]:
    """Those that are charged in a cycle: as they stood when it opened, on its day of delivery."""
    if held["opens_at"] is None:
        # An earlier release heard of it, which knew no fees.
        return []
    return [one for one in await standing(reader, held["opens_at"]) if one.holds_on(held["delivers_on"])]
