"""The order of a household in a cycle: one basket, saved whole, changed as often as wanted until the cycle closes.

    (nothing) --place--> placed <--place-- / --empty--> withdrawn

Saving is one transaction under all rules: the cycle is open by its state and by the hour, the household belongs to one
of its groups, the products are on offer, the quantities make sense and scarce goods are still there. An order carries a
version; whoever saves says which version their page showed, so that two browsers never overwrite each other unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)

from chassis.database import Writer
from chassis.tables import Row, Utc
from contracts.goods import Article
from ordering import announcing
from ordering.conflict import Missing
from ordering.cycle import State as CycleState
from ordering.cycle import cycle
from ordering.cycle_offer import OutOfStock, frozen, reserve
from ordering.group import group
from ordering.household import household
from ordering.offer import Offer, plain
from ordering.order_line import gross_cents, order_line
from ordering.pickup import cycle_pickup
from ordering.tables import metadata
from ordering.wanted import Wanted, Wrong, WrongLine, WrongLines, wrong_lines

MOST_LINES = 2_000

household_order = Table(
    "household_order",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(60), ForeignKey("cycle.id"), nullable=False),
    Column("household_id", String(36), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("household_name", String(100), nullable=False),
    Column("group_id", String(36), nullable=False),
    Column("group_name", String(100), nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("entered_by", String(36), nullable=False),
    Column("entered_by_name", String(200), nullable=False),
    Column("on_behalf", Boolean, nullable=False),
    UniqueConstraint("cycle_id", "household_id"),
    Index("ix_household_order_totals", "cycle_id", "group_id", "state", "gross_cents"),
)
"""`entered_by`: the person who saved it last; `on_behalf`: not one of the household, as with orders on paper."""


class State(StrEnum):
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class EnteredBy:
    person_id: str
    name: str
    on_behalf: bool = False


@dataclass(frozen=True)
class Line:
    article: Article
    producer_name: str
    quantity_thousandths: int
    gross_cents: int


@dataclass(frozen=True)
class Order:
    id: str
    version: int
    cycle_id: str
    household_id: str
    household_name: str
    group_id: str
    group_name: str
    state: State
    gross_cents: int
    changed_at: datetime
    entered_by: EnteredBy
    lines: tuple[Line, ...] = field(default=())

    @property
    def quantities(self) -> dict[str, int]:
        """Product id -> thousandths."""
        return {line.article.product_id: line.quantity_thousandths for line in self.lines}


# What can be refused


class CycleNotOpen(Exception):
    """The cycle takes no orders yet. `opens_at`: when it will; None for a draft."""

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__(f"opens at {opens_at}")
        self.opens_at = opens_at


class TooLate(Exception):
    """The cycle closed at `closed_at`, in UTC."""

    def __init__(self, closed_at: datetime) -> None:
        super().__init__(f"closed at {closed_at}")
        self.closed_at = closed_at


class NotInCycle(Exception):
    """The household's group does not take part in the cycle."""

    def __init__(self, group_name: str) -> None:
        super().__init__(f"{group_name} does not order in this cycle")
        self.group_name = group_name


class EmptyBasket(Exception):
    """Nothing is wanted, and nothing was ordered before."""


class Changed(Exception):
    """The order is not the one the sender saw: somebody of the household saved it meanwhile. `version` is now's."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the order is at version {version}")
        self.version = version


# Operations

# A member's request and a closing meet at the row of the cycle: orders share its lock, the closing takes it alone.
_FRAME = (
    select(
        cycle.c.name.label("cycle_name"),
        cycle.c.state,
        cycle.c.opens_at,
        cycle.c.closes_at,
        cycle.c.closed_at,
        household.c.name.label("household_name"),
        household.c.active,
        group.c.id.label("group_id"),
        group.c.name.label("group_name"),
        cycle_pickup.c.group_id.label("takes_part"),
    )
    .select_from(cycle)
    .join(household, household.c.id == bindparam("household"))
    .join(group, group.c.id == household.c.group_id)
    .outerjoin(cycle_pickup, (cycle_pickup.c.cycle_id == cycle.c.id) & (cycle_pickup.c.group_id == group.c.id))
    .where(cycle.c.id == bindparam("cycle"))
    .with_for_update(of=cycle, read=True)
)
_HELD = (
    select(household_order)
    .where(household_order.c.cycle_id == bindparam("cycle"), household_order.c.household_id == bindparam("household"))
    .with_for_update()
)
_LINES = select(order_line.c.product_id, order_line.c.quantity_thousandths).where(
    order_line.c.order_id == bindparam("order")
)
_DROP_LINES = order_line.delete().where(order_line.c.order_id == bindparam("order"))
_KEEP = (
    household_order.update()
    .where(household_order.c.id == bindparam("order"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "version", "state", "household_name", "group_id", "group_name", "gross_cents", "lines", "changed_at",
                "entered_by", "entered_by_name", "on_behalf",
            )
        }
    )
)  # fmt: skip


async def place_order(
    writer: Writer,
    cycle_id: str,
    household_id: str,
    wanted: Sequence[Wanted],
    entered_by: EnteredBy,
    *,
    base_version: int | None = None,
) -> Order:
    """Make the household's order exactly this; no line at all takes it back.

    `base_version` is the version the sender saw, 0 for none; None replaces whatever there is. The same content again
    changes nothing and is no error, whatever the version: a double click, or a request sent again.
    Raises Missing, CycleNotOpen, TooLate, NotInCycle, EmptyBasket, Changed, WrongLines.
    """
    frame = await _frame(writer, cycle_id, household_id)
    names = {"cycle": cycle_id, "household": household_id}
    held = (await writer.connection.execute(_HELD, names)).mappings().first()
    before = await _quantities(writer, held)
    offers = await frozen(writer, cycle_id, sorted({line.product_id for line in wanted} | set(before)))
    wrong = wrong_lines(wanted, offers)
    if wrong:
        raise WrongLines(wrong)
    quantities = {line.product_id: line.quantity_thousandths for line in wanted}
    if held is not None and quantities == before:
        return order_from(held, _lines(quantities, offers))
    if base_version is not None and base_version != (held["version"] if held else 0):
        raise Changed(held["version"] if held else 0)
    if held is None and not quantities:
        raise EmptyBasket
    lines = _lines(quantities, offers)
    order = _saved(cycle_id, household_id, frame, held, lines, entered_by, writer)
    if not await _keep(writer, order, held):
        # Two first orders of one household at the same moment. The other one is there now: judge again beside it.
        return await place_order(writer, cycle_id, household_id, wanted, entered_by, base_version=base_version)
    await _book(writer, cycle_id, before, quantities, offers)
    if lines:
        await writer.execute(insert(order_line), [_line_row(order, line) for line in lines])
    await writer.announce(announcing.order(order, frame["cycle_name"], frame["closes_at"]))
    return order


async def _frame(writer: Writer, cycle_id: str, household_id: str) -> RowMapping:
    """Cycle, household and group of an order that may be placed now. The cycle stays so until the end."""
    found = await writer.connection.execute(_FRAME, {"cycle": cycle_id, "household": household_id})
    frame = found.mappings().first()
    if frame is None or not frame["active"]:
        raise Missing
    if frame["state"] in (CycleState.DRAFT, CycleState.PLANNED):
        raise CycleNotOpen(frame["opens_at"] if frame["state"] == CycleState.PLANNED else None)
    # The timer that closes may be late; the hour that was announced is not.
    if frame["state"] == CycleState.CLOSED or writer.now >= frame["closes_at"]:
        raise TooLate(min(frame["closes_at"], frame["closed_at"] or frame["closes_at"]))
    if frame["takes_part"] is None:
        raise NotInCycle(frame["group_name"])
    return frame


async def _quantities(writer: Writer, held: RowMapping | None) -> dict[str, int]:
    # Read after the lock on the order is held: read together with it, the lines could be older than the order.
    if held is None or held["lines"] == 0:
        return {}
    rows = await writer.connection.execute(_LINES, {"order": held["id"]})
    return {row.product_id: row.quantity_thousandths for row in rows}


async def _book(
    writer: Writer, cycle_id: str, before: Mapping[str, int], after: Mapping[str, int], offers: Mapping[str, Offer]
) -> None:
    """Book the difference to the household's own booking, for what is scarce."""
    scarce = {p for p in {*before, *after} if p in offers and offers[p].available_thousandths is not None}
    try:
        await reserve(writer, cycle_id, {p: after.get(p, 0) - before.get(p, 0) for p in scarce})
    except OutOfStock as short:
        raise WrongLines(
            {
                product: WrongLine(Wrong.SHORT, offers[product].article, left=max(0, left) + before.get(product, 0))
                for product, left in short.left.items()
            }
        ) from short


def _saved(
    cycle_id: str,
    household_id: str,
    frame: RowMapping,
    held: RowMapping | None,
    lines: tuple[Line, ...],
    entered_by: EnteredBy,
    writer: Writer,
) -> Order:
    """The order as it will stand."""
    return Order(
        id=held["id"] if held else writer.ids.new(),
        version=held["version"] + 1 if held else 1,
        cycle_id=cycle_id,
        household_id=household_id,
        household_name=frame["household_name"],
        group_id=frame["group_id"],
        group_name=frame["group_name"],
        state=State.PLACED if lines else State.WITHDRAWN,
        gross_cents=sum(line.gross_cents for line in lines),
        changed_at=writer.now,
        entered_by=entered_by,
        lines=lines,
    )


async def _keep(writer: Writer, order: Order, held: RowMapping | None) -> bool:
    """Write the order's row and drop its former lines; False when another first order of the household came first."""
    row: Row = {
        "version": order.version,
        "state": order.state.value,
        "household_name": order.household_name,
        "group_id": order.group_id,
        "group_name": order.group_name,
        "gross_cents": order.gross_cents,
        "lines": len(order.lines),
        "changed_at": order.changed_at,
        "entered_by": order.entered_by.person_id,
        "entered_by_name": order.entered_by.name,
        "on_behalf": order.entered_by.on_behalf,
    }
    if held is None:
        key = {"id": order.id, "cycle_id": order.cycle_id, "household_id": order.household_id}
        made = writer.insert(household_order).on_conflict_do_nothing(index_elements=["cycle_id", "household_id"])
        return (await writer.connection.execute(made, key | row)).rowcount > 0
    await writer.connection.execute(_KEEP, {"order": order.id, **{f"new_{name}": row[name] for name in row}})
    if held["lines"]:
        await writer.connection.execute(_DROP_LINES, {"order": order.id})
    return True


def _line_row(order: Order, line: Line) -> Row:
    return {
        "order_id": order.id,
        "product_id": line.article.product_id,
        "cycle_id": order.cycle_id,
        "producer_id": line.article.producer_id,
        "quantity_thousandths": line.quantity_thousandths,
        "price_cents": line.article.price_cents,
        "gross_cents": line.gross_cents,
    }


def _lines(quantities: Mapping[str, int], offers: Mapping[str, Offer]) -> tuple[Line, ...]:
    """Lines by producer and name."""
    made = [
        Line(offers[p].article, offers[p].producer_name, q, gross_cents(offers[p].article, q))
        for p, q in quantities.items()
    ]
    return tuple(
        sorted(
            made, key=lambda line: (plain(line.producer_name), line.article.producer_id, plain(line.article.name.fr))
        )
    )


def order_from(row: Mapping[str, Any] | RowMapping, lines: tuple[Line, ...]) -> Order:
    return Order(
        id=row["id"],
        version=row["version"],
        cycle_id=row["cycle_id"],
        household_id=row["household_id"],
        household_name=row["household_name"],
        group_id=row["group_id"],
        group_name=row["group_name"],
        state=State(row["state"]),
        gross_cents=row["gross_cents"],
        changed_at=row["changed_at"],
        entered_by=EnteredBy(row["entered_by"], row["entered_by_name"], row["on_behalf"]),
        lines=lines,
    )
