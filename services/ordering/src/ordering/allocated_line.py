"""What an order gets of a line, where that is not what it asked: more, less, nothing, or something else.

Kept apart from the lines that were asked, and only where they differ: a closing in which everybody gets what they
asked writes none, and what an order gets is its lines corrected by these. Each revision of a closed cycle has rows of
its own; the newest counts, the ones before stay to be looked at.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    case,
    column,
    func,
    select,
    table,
)

from chassis.database import Reader
from contracts.goods import Bilingual
from ordering.tables import metadata

allocated_line = Table(
    "allocated_line",
    metadata,
    Column("order_id", String(60), ForeignKey("household_order.id"), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("cycle_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("asked_thousandths", BigInteger, nullable=False),
    Column("asked_cents", BigInteger, nullable=False),
    Column("given_thousandths", BigInteger, nullable=False),
    Column("given_cents", BigInteger, nullable=False),
    Column("reason", JSON(none_as_null=True)),
    Column("instead_of", String(60), nullable=False),
    Index("ix_allocated_line_cycle", "cycle_id", "revision"),
)
COLUMNS = tuple(column.name for column in allocated_line.c)

# By name: the cycle needs the manifest, and the manifest needs this.
_cycles = table("cycle", column("id"), column("revision"))


def newest(cycle_id: str) -> ColumnElement[bool]:
    """The rows of the cycle that count."""
    revision = select(_cycles.c.revision).where(_cycles.c.id == cycle_id).scalar_subquery()
    return (allocated_line.c.cycle_id == cycle_id) & (allocated_line.c.revision == revision)


@dataclass(frozen=True)
class Given:
    """What is given of a line, and why. `instead_of`: the product that a substitute stands for; "" for none."""

    quantity_thousandths: int
    gross_cents: int
    reason: Bilingual | None = None
    instead_of: str = ""


@dataclass(frozen=True)
class Change:
    """A line of an order that gets something else than it asked. `asked`: thousandths and cents, 0 for a substitute."""

    order_id: str
    product_id: str
    producer_id: str
    asked_thousandths: int
    asked_cents: int
    given: Given

    @property
    def id(self) -> str:
        """As `Asked.id`."""
        return f"{self.order_id}/{self.product_id}"

    def row(self, cycle_id: str, revision: int) -> tuple[object, ...]:
        """In the order of the table's columns."""
        reason = self.given.reason
        return (
            self.order_id,
            self.product_id,
            revision,
            cycle_id,
            self.producer_id,
            self.asked_thousandths,
            self.asked_cents,
            self.given.quantity_thousandths,
            self.given.gross_cents,
            reason.model_dump() if reason else None,
            self.given.instead_of,
        )


async def changes_of(reader: Reader, cycle_id: str, revision: int) -> list[Change]:
    """All that the cycle's orders get otherwise than asked, as of this revision."""
    its = (allocated_line.c.cycle_id == cycle_id) & (allocated_line.c.revision == revision)
    rows = await reader.all(select(allocated_line).where(its).order_by(*allocated_line.primary_key))
    return [
        Change(
            row["order_id"],
            row["product_id"],
            row["producer_id"],
            row["asked_thousandths"],
            row["asked_cents"],
            given_from(row),
        )
        for row in rows
    ]


async def given_to(reader: Reader, cycle_id: str, order_ids: Collection[str]) -> dict[str, dict[str, Given]]:
    """Order -> product -> what is given where that is not what was asked, as of the cycle's newest revision."""
    theirs = allocated_line.c.order_id.in_(list(order_ids))
    found: dict[str, dict[str, Given]] = {}
    for row in await reader.all(select(allocated_line).where(newest(cycle_id), theirs)):
        found.setdefault(row["order_id"], {})[row["product_id"]] = given_from(row)
    return found


@dataclass(frozen=True)
class Correction:
    """What is to be added to the sums of the lines that were asked, to have those of what is given."""

    lines: int = 0
    quantity_thousandths: int = 0
    gross_cents: int = 0


NONE = Correction()


async def corrections(reader: Reader, cycle_id: str) -> dict[str, Correction]:
    """By producer. A line of which nothing is given is none; one that was not asked is one more."""
    a = allocated_line.c
    refused = func.sum(case(((a.asked_thousandths > 0) & (a.given_thousandths == 0), 1), else_=0))
    added = func.sum(case(((a.asked_thousandths == 0) & (a.given_thousandths > 0), 1), else_=0))
    sums = select(
        a.producer_id,
        (added - refused).label("lines"),
        func.sum(a.given_thousandths - a.asked_thousandths).label("quantity"),
        func.sum(a.given_cents - a.asked_cents).label("gross"),
    )
    rows = await reader.all(sums.where(newest(cycle_id)).group_by(a.producer_id))
    return {row["producer_id"]: Correction(int(row["lines"]), int(row["quantity"]), int(row["gross"])) for row in rows}


def given_from(row: RowMapping) -> Given:
    reason = Bilingual.model_validate(row["reason"]) if row["reason"] else None
    return Given(row["given_thousandths"], row["given_cents"], reason, row["instead_of"])


def by_order(changes: Iterable[Change]) -> Mapping[str, dict[str, Change]]:
    found: dict[str, dict[str, Change]] = {}
    for change in changes:
        found.setdefault(change.order_id, {})[change.product_id] = change
    return found
