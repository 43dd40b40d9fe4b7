"""Which goods a mandate covers on which day: a local copy of billing's contracts, and what follows for an offer.

Goods that the catalog says are sold in the producer's name are offered only while a contract that both have signed
covers the day of delivery. All others need none. A contract that ends while a cycle is open changes nothing of what is
ordered: it keeps the terms of its day. Nothing more of these goods is taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Connection, Date, Integer, RowMapping, String, Table, select

from chassis.database import Reader, Writer
from contracts import mandate as contracts
from ordering.tables import metadata

mandate = Table(
    "mandate",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("producer_id", String(60), nullable=False, index=True),
    Column("spans", JSON, nullable=False),
    Column("covered_until", Date),
)
"""`spans`: of each signed version, oldest first, `[effective_from, later_products, [product id]]`."""


class Lack(StrEnum):
    """Why no mandate covers goods on a day."""

    UNSIGNED = "unsigned"
    NOT_YET = "not_yet"
    OVER = "over"
    NOT_IN_ANNEX = "not_in_annex"


@dataclass(frozen=True)
class Uncovered:
    """`day`: when the mandate begins, or its last day."""

    lack: Lack
    day: date | None = None


@dataclass(frozen=True)
class Span:
    """What one signed version covers, from its day until the next one's."""

    since: date
    later_products: bool
    products: frozenset[str]

    def names(self, product_id: str) -> bool:
        return self.later_products or product_id in self.products


@dataclass(frozen=True)
class Contract:
    """`spans`: oldest first; none where nothing is signed."""

    spans: tuple[Span, ...]
    covered_until: date | None

    def uncovered(self, product_id: str, day: date) -> Uncovered | None:
        """Why it does not cover a product that day; None where it does."""
        if not self.spans:
            return Uncovered(Lack.UNSIGNED)
        begun = [span for span in self.spans if span.since <= day]
        if not begun:
            return Uncovered(Lack.NOT_YET, self.spans[0].since)
        if self.covered_until is not None and day > self.covered_until:
            return Uncovered(Lack.OVER, self.covered_until)
        return None if begun[-1].names(product_id) else Uncovered(Lack.NOT_IN_ANNEX)


Contracts = Mapping[str, Sequence[Contract]]
"""Producer -> its contracts, also those that are over."""

_TELLING = (Lack.NOT_IN_ANNEX, Lack.NOT_YET, Lack.OVER, Lack.UNSIGNED)
"""Of several contracts that do not cover a day, which says most about what to do."""


def uncovered(contracts: Contracts, producer_id: str, product_id: str, day: date) -> Uncovered | None:
    """Why no mandate of the producer covers a product on the day of delivery; None where one does."""
    said = [one.uncovered(product_id, day) for one in contracts.get(producer_id, ())]
    lacks = [why for why in said if why is not None]
    if len(lacks) < len(said):
        return None
    return min(lacks, key=lambda why: _TELLING.index(why.lack), default=Uncovered(Lack.UNSIGNED))


async def keep(writer: Writer, event: contracts.Mandate) -> bool:
    """What billing said last of a contract; False when something newer is known."""
    row = {
        "id": event.id,
        "version": event.version,
        "producer_id": event.producer_id,
        "spans": [[one.effective_from.isoformat(), one.later_products, list(one.product_ids)] for one in event.terms],
        "covered_until": event.covered_until,
    }
    return await writer.keep_newest(mandate, row)


# Queries


def _contracts(rows: Iterable[RowMapping]) -> dict[str, list[Contract]]:
    found: dict[str, list[Contract]] = {}
    for row in rows:
        stored: list[Any] = row["spans"]
        spans = tuple(Span(date.fromisoformat(since), later, frozenset(its)) for since, later, its in stored)
        found.setdefault(row["producer_id"], []).append(Contract(spans, row["covered_until"]))
    return found


async def all_contracts(reader: Reader) -> Contracts:
    return _contracts(await reader.all(select(mandate)))


def contracts_of(connection: Connection) -> Contracts:
    """The same, for plain functions."""
    return _contracts(connection.execute(select(mandate)).mappings())
