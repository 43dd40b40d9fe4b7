"""What households are to be handed of a producer's goods in a cycle, as what came of it is typed in afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import RowMapping, select

from billing import price
from billing.ledger.chart import HUB
from billing.order import PLACED, Goods, goods_of, lines_of, order
from billing.price import Came, Priced
from billing.producer_sums import producer_due
from billing.seller import frozen_sellers
from chassis.database import Reader


@dataclass(frozen=True)
class Wanted:
    """One line of a household's order. `quantity` in thousandths of the order unit."""

    household_id: str
    household_name: str
    of: Goods
    quantity: int
    gross_cents: int

    @property
    def expected(self) -> Priced:
        return price.expected(self.of, self.quantity, self.gross_cents)

    def measure(self, came: Came) -> int:
        """What came, in thousandths of the unit that is billed."""
        return price.delivered(self.of, self.quantity, self.gross_cents, came).quantity_thousandths

    def came(self, measure: int, borne_by_producer: bool) -> Came:
        """What is recorded of a `measure` that was typed in. Of what is weighed by the piece the pieces are those that
        were ordered, unless nothing came."""
        if price.by_weight(self.of):
            return Came(self.quantity if measure else 0, measure, borne_by_producer)
        return Came(measure, None, borne_by_producer and price.measured(self.of))


async def wanted_of(reader: Reader, cycle_id: str, producer_id: str, group_id: str = "") -> list[Wanted]:
    """Of one group or all, by product and household."""
    o = order.c
    placed = select(o.household_id, o.household_name, o.lines).where(o.cycle_id == cycle_id, o.state == PLACED)
    rows = await reader.all(placed.where(o.group_id == group_id) if group_id else placed)
    goods = await goods_of(reader, {key for row in rows for key, _quantity, _gross in lines_of(row)})
    found = [
        Wanted(row["household_id"], row["household_name"], goods[key], quantity, gross)
        for row in rows
        for key, quantity, gross in lines_of(row)
        if goods[key].producer_id == producer_id
    ]
    return sorted(found, key=lambda each: (each.of.name_fr, each.of.product_id, each.household_name, each.household_id))


def by_product(wanted: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    found: dict[str, list[Wanted]] = {}
    for each in wanted:
        found.setdefault(each.of.product_id, []).append(each)
    return found


class Brings(NamedTuple):
    """A producer whose goods a group was to get."""

    producer_id: str
    producer_name: str
    group_id: str


async def producers_of(reader: Reader, cycle: RowMapping) -> list[Brings]:
    """Of whom anything was expected, whoever sells it; by name."""
    due = producer_due.c
    paid = select(due.producer_id, due.producer_name, due.group_id).where(
        due.cycle_id == cycle["id"], due.expected_cents != 0
    )
    rows = [Brings(**row) for row in await reader.all(paid)]
    found = {each for each in rows if each.producer_id != HUB}
    if len(found) < len(rows):
        found |= await _sold_again(reader, cycle)
    return sorted(found, key=lambda each: (each.producer_name.casefold(), each.producer_id, each.group_id))


async def _sold_again(reader: Reader, cycle: RowMapping) -> set[Brings]:
    """Whose goods the hub sells again is nowhere summed up: the orders say it."""
    o = order.c
    rows = await reader.all(select(o.group_id, o.lines).where(o.cycle_id == cycle["id"], o.state == PLACED))
    keys = {(row["group_id"], key) for row in rows for key, _quantity, _gross in lines_of(row)}
    goods = await goods_of(reader, {key for _, key in keys})
    known = frozen_sellers(cycle)
    made_by = {(goods[key].producer_id, group_id) for group_id, key in keys if goods[key].payee == HUB}
    return {Brings(producer_id, known[producer_id].name, group_id) for producer_id, group_id in made_by}
