"""Lines that moved to another order at a closing: which, how much of each, and taking them back from there.

Taken back is what was put there, while the other order is not closed: its producers have heard of nothing yet. Who has
less of it there meanwhile has decided something else, and is asked first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, Boolean, Column, Connection, ForeignKey, RowMapping, String, Table, select

from chassis.database import Reader, Transaction, Writer
from ordering import announcing, cycle, manifest, order_book
from ordering.cycle import Cycle, State
from ordering.cycle_offer import offers_of
from ordering.offer_sheet import OfferSheets
from ordering.order import EnteredBy, Order, Slip
from ordering.pickup import write_pickups
from ordering.placing import place_orders
from ordering.tables import metadata
from ordering.wanted import Wanted

moved_line = Table(
    "moved_line",
    metadata,
    Column("order_id", String(60), ForeignKey("household_order.id"), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("cycle_id", String(60), nullable=False, index=True),
    Column("household_id", String(36), nullable=False),
    Column("group_id", String(36), nullable=False),
    Column("to_cycle_id", String(60), nullable=False),
    # 0 where it could not be put there.
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("taken_in", Boolean, nullable=False),
)
"""`order_id`, `cycle_id`: which the line moved from. `taken_in`: its group takes part in the other cycle only since."""


class OtherIsClosed(Exception):
    """The order it moved to is closed: what it orders is told to the producers. `name`: what it is called."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ChangedThere(Exception):
    """A household has less of it in the other order than moved there, or cannot order any more."""

    def __init__(self, household_name: str) -> None:
        super().__init__(household_name)
        self.household_name = household_name


@dataclass(frozen=True)
class MovedLine:
    """`quantity_thousandths`: 0 where it could not be put there. `taken_in`: as in the table."""

    order_id: str
    product_id: str
    household_id: str
    group_id: str
    to_cycle_id: str
    quantity_thousandths: int
    taken_in: bool = False

    @property
    def id(self) -> str:
        """As `Asked.id`."""
        return f"{self.order_id}/{self.product_id}"


async def note(writer: Writer, cycle_id: str, lines: Iterable[MovedLine]) -> None:
    """Keep which lines of a cycle have moved."""
    names = [column.name for column in moved_line.c if column.name != "cycle_id"]
    rows = [{"cycle_id": cycle_id} | {name: getattr(line, name) for name in names} for line in lines]
    if rows:
        await writer.execute(moved_line.insert(), rows)


async def of_cycle(reader: Reader, cycle_id: str) -> list[MovedLine]:
    """What moved from a cycle; nothing of one that closed before that was noted."""
    its = select(moved_line).where(moved_line.c.cycle_id == cycle_id)
    return [_line(row) for row in await reader.all(its.order_by(*moved_line.primary_key))]


async def take_back(writer: Writer, lines: Collection[MovedLine], by: str) -> list[Cycle]:
    """Take these lines out of the orders they moved to; `by`: the name of who decided it. The cycles they were in, as
    they are now. The caller holds the locks of all of them. Raises OtherIsClosed, ChangedThere."""
    by_cycle: dict[str, list[MovedLine]] = defaultdict(list)
    for line in lines:
        if line.quantity_thousandths:
            by_cycle[line.to_cycle_id].append(line)
    found = [await _take_out_of(writer, cycle_id, its, by) for cycle_id, its in sorted(by_cycle.items())]
    for line in lines:
        m = moved_line.c
        gone = (m.order_id == line.order_id) & (m.product_id == line.product_id)
        await writer.execute(moved_line.delete().where(gone))
    return found


async def _take_out_of(writer: Writer, cycle_id: str, lines: list[MovedLine], by: str) -> Cycle:
    other = await cycle.locked(writer, cycle_id)
    if other is None or other.state is State.CLOSED:
        raise OtherIsClosed(other.name if other else "")
    theirs: dict[str, list[MovedLine]] = defaultdict(list)
    for line in lines:
        theirs[line.household_id].append(line)
    slips = []
    for household_id, its in sorted(theirs.items()):
        there = await order_book.of_household(writer, cycle_id, household_id)
        assert there is not None, "something was put into it"
        entered_by = EnteredBy("", by, on_behalf=True)
        slips.append(Slip(cycle_id, household_id, _without(there, its), entered_by, takes_back=True))

    def place(connection: Connection) -> list[Order | Exception]:
        # With sheets of its own: those in memory are for what is committed.
        return place_orders(Transaction(connection, writer), slips, OfferSheets())

    for slip, outcome in zip(slips, await writer.connection.run_sync(place), strict=True):
        if isinstance(outcome, Exception):
            there = await order_book.of_household(writer, cycle_id, slip.household_id)
            raise ChangedThere(there.household_name if there else "") from outcome
    return await _without_groups(writer, other, {line.group_id for line in lines if line.taken_in})


def _without(there: Order, lines: Iterable[MovedLine]) -> list[Wanted]:
    """What stays ordered there. Raises ChangedThere."""
    left = there.quantities
    for line in lines:
        left[line.product_id] = left.get(line.product_id, 0) - line.quantity_thousandths
        if left[line.product_id] < 0:
            raise ChangedThere(there.household_name)
    return [Wanted(product, quantity, terms=there.terms[product]) for product, quantity in left.items() if quantity]


async def _without_groups(writer: Writer, other: Cycle, taken_in: set[str]) -> Cycle:
    """The other cycle without the groups that came with the lines, unless somebody of theirs orders there by now."""
    gone = taken_in - await manifest.groups_with_orders(writer, other.id) if taken_in else set()
    if not gone:
        return other
    pickups = tuple(pickup for pickup in other.pickups if pickup.group_id not in gone)
    left = replace(other, version=other.version + 1, pickups=pickups)
    await cycle.keep(writer, left)
    await write_pickups(writer, left.id, pickups)
    await writer.announce(announcing.cycle_changed(left, await offers_of(writer, left.id)))
    return left


def _line(row: RowMapping) -> MovedLine:
    return MovedLine(**{name: value for name, value in row.items() if name != "cycle_id"})
