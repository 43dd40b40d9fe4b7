"""What came of the goods that the hub bought: what was handed to households, at what cost, sold for what."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, select

from billing import price
from billing.amount_due import HOLDS, amount_due
from billing.delivery import handed
from billing.ledger.chart import HUB
from billing.order import PLACED, Goods, goods_of, lines_of, order
from billing.pricing import AS_EXPECTED
from billing.purchase.register import Came, Cost, Rate, costs_on
from billing.seller import sellers
from billing.shares import half_up
from chassis.database import Reader


@dataclass
class _Sum:
    of: Goods
    unit: str
    thousandths: int = 0


@dataclass(frozen=True)
class Supplied:
    """By one supplier in one cycle. `costs`: by product, those that are known."""

    supplier_id: str
    supplier_name: str
    country: str
    lines: tuple[Came, ...]
    costs: dict[str, Cost] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the cost of each is."""
        return all(each.cost_cents is not None for each in self.lines)


async def came_in(reader: Reader, held: RowMapping) -> list[Supplied]:
    """By name of the supplier, and of the product. `held`: the cycle's row."""
    o = order.c
    standing = select(o.household_id, o.lines).where(o.cycle_id == held["id"], o.state == PLACED)
    rows = await reader.all(standing)
    goods = await goods_of(reader, {key for row in rows for key, _quantity, _gross in lines_of(row)})
    handed_to = await handed(reader, held["id"], {row["household_id"] for row in rows})
    sums: dict[str, _Sum] = {}
    for row in rows:
        came = handed_to.get(row["household_id"], AS_EXPECTED).came
        for key, quantity, gross in lines_of(row):
            of = goods[key]
            if of.payee != HUB:
                continue
            mine = came.get(of.product_id)
            billed = price.delivered(of, quantity, gross, mine) if mine else price.expected(of, quantity, gross)
            summed = sums.setdefault(of.product_id, _Sum(of, billed.unit.value))
            summed.thousandths += billed.quantity_thousandths
    costs = await costs_on(reader, sums, held["delivers_on"])
    known = await sellers(reader)
    sold = await _sold(reader, held["id"])
    found: dict[str, list[Came]] = {}
    for product_id, each in sums.items():
        one, supplier = costs.get(product_id), each.of.producer_id
        name = known[supplier].name if supplier in known else supplier
        sold_cents = sold.get((each.of.name_fr, name), 0)
        rate, cents = (one.rate_hundredths, one.of(each.thousandths)) if one else (0, None)
        line = Came(product_id, each.of.name_fr, each.unit, each.thousandths, rate, cents, sold_cents)
        found.setdefault(supplier, []).append(line)
    return sorted(
        (
            Supplied(
                each,
                known[each].name if each in known else each,
                known[each].country if each in known else "",
                tuple(sorted(lines, key=lambda line: (line.name.casefold(), line.product_id))),
                {line.product_id: costs[line.product_id] for line in lines if line.product_id in costs},
            )
            for each, lines in found.items()
        ),
        key=lambda one: (one.supplier_name.casefold(), one.supplier_id),
    )


async def _sold(reader: Reader, cycle_id: str) -> dict[tuple[str, str], int]:
    """What the hub's own goods were sold for, without VAT, by name and who made them: so they stand on the cheques."""
    a, found = amount_due.c, dict[tuple[str, str], int]()
    async for rows in reader.portions(select(a.cheques).where(a.cycle_id == cycle_id, HOLDS).order_by(a.id)):
        for row in rows:
            own = [each["lines"] for each in json.loads(row["cheques"]) if each["producer_id"] == HUB]
            for line in (line for lines in own for line in lines):
                what = line["name_fr"], line.get("made_by", "")
                found[what] = found.get(what, 0) + line["net_cents"]
    return found


def by_rate(lines: Iterable[Came]) -> tuple[Rate, ...]:
    """What the supplier is expected to bill: the VAT once for each rate, half up. Lines of which nothing came, or whose
    cost is not known, are nothing."""
    nets: dict[int, int] = {}
    for each in lines:
        nets[each.rate_hundredths] = nets.get(each.rate_hundredths, 0) + (each.cost_cents or 0)
    return tuple(Rate(rate, net, half_up(net * rate, 10_000)) for rate, net in sorted(nets.items()) if net)


def costs_of(lines: Iterable[Came]) -> list[tuple[str, int, int, int | None]]:
    """What is compared to tell whether something else came: quantities and costs, not what it was sold for."""
    return [(each.product_id, each.thousandths, each.rate_hundredths, each.cost_cents) for each in lines]
