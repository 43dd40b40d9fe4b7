"""Who gets what of a closed cycle, as rows: one for each product, and one for each household that gets of it.

They are reckoned from the orders after the pick lists are out, by a timer: a closing does not wait for them. They hold
nothing that orders and lists do not say, and are made anew when either changes. What a lot reached is beside them, in
`lot_share`, so that one query over primary keys tells all that is to be called back.
"""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, String, Table, Text, select

from chassis.database import Reader, Writer
from chassis.timers import Timer
from contracts import Article
from contracts.ordering import CyclePickup
from logistics.cycle import Cycle, cycle_of, locked_cycle
from logistics.lot import lot as lots
from logistics.lot.retention import kept_until
from logistics.lot.sharing import Brought, Packed, shares
from logistics.member_order import goods_of, lines_of, orders_for_tracing
from logistics.pick_list import alphabetical, lists_of_cycle
from logistics.tables import metadata

TRACE = "trace"
"""The timer that follows the goods of a cycle; its key is the cycle."""
FORGET = "forget_deliveries"
"""The timer that forgets every night what need not be kept (`lot.forgetting`); it has one key."""

traced_goods = Table(
    "traced_goods",
    metadata,
    Column("cycle_id", String(60), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("list_id", String(60), nullable=False),
    Column("producer_id", String(60), nullable=False),
    Column("producer_name", Text, nullable=False),
    Column("delivers_on", Date, nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
    Column("article", Text, nullable=False),
    Column("kept_until", Date, nullable=False),
)
"""A product of a pick list that holds. `article`: as the list has it (JSON). `kept_until`: as `lot.retention` says."""
Index("ix_traced_goods_kept_until", traced_goods.c.kept_until)
Index("ix_traced_goods_producer_id_delivers_on", traced_goods.c.producer_id, traced_goods.c.delivers_on)

traced_share = Table(
    "traced_share",
    metadata,
    Column("cycle_id", String(60), primary_key=True),
    Column("product_id", String(60), primary_key=True),
    Column("household_id", String(60), primary_key=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(60), nullable=False),
    Column("order_id", String(60), nullable=False),
    Column("quantity_thousandths", BigInteger, nullable=False),
)
"""The primary key finds all who get of a product, in one stretch of the index."""
Index("ix_traced_share_household_id", traced_share.c.household_id)

lot_share = Table(
    "lot_share",
    metadata,
    Column("lot_id", String(60), primary_key=True),
    Column("household_id", String(60), primary_key=True),
    Column("cycle_id", String(60), nullable=False),
    Column("product_id", String(60), nullable=False),
    Column("at_most_thousandths", BigInteger, nullable=False),
    Column("sure", Boolean, nullable=False),
)
"""Which households got, or may have got, of a lot that holds (`lot.sharing`)."""
Index("ix_lot_share_cycle_id_product_id", lot_share.c.cycle_id, lot_share.c.product_id)

_GOODS = tuple(traced_goods.c.keys())
_SHARE = tuple(traced_share.c.keys())


async def trace(writer: Writer, timer: Timer) -> None:
    """Timer: follow the goods of a cycle whose pick lists are out."""
    cycle = await locked_cycle(writer, timer.key)
    if cycle is not None and cycle.issued_revision:
        await trace_cycle(writer, cycle)
        await writer.call_at(FORGET, "deliveries", next_night(writer.now))


def next_night(now: datetime) -> datetime:
    """The next half past two in the morning, UTC."""
    tonight = datetime.combine(now.astimezone(UTC).date(), time(2, 30), UTC)
    return tonight if now < tonight else tonight + timedelta(days=1)


async def trace_cycle(writer: Writer, cycle: Cycle) -> None:
    """The cycle is locked."""
    for table in (traced_goods, traced_share):
        await writer.execute(table.delete().where(table.c.cycle_id == cycle.id))
    goods: dict[str, Article] = {}
    rows = []
    for one in (await lists_of_cycle(writer, cycle.id)).values():
        asked: dict[str, int] = defaultdict(int)
        for line in one.lines:
            goods[line.article.product_id] = line.article
            asked[line.article.product_id] += line.quantity_thousandths
        for product_id, quantity in asked.items():
            named = (cycle.id, product_id, one.id, one.producer_id, one.producer_name, one.delivers_on)
            until = kept_until(one.delivers_on, ())
            rows.append((*named, quantity, goods[product_id].model_dump_json(), until))
    await writer.insert_rows(traced_goods, _GOODS, rows)
    products: dict[str, str] = {}
    async for orders in orders_for_tracing(writer, cycle.id):
        lines = [(order, lines_of(order)) for order in orders]
        unknown = {key for _order, each in lines for key, _quantity, _gross in each} - products.keys()
        if unknown:
            found = await goods_of(writer, unknown)
            products |= {key: of.article.product_id for key, of in found.items()}
        made = []
        for order, each in lines:
            gets: dict[str, int] = defaultdict(int)
            for key, quantity, _gross in each:
                gets[products[key]] += quantity
            who = (order["household_id"], order["household_name"], order["group_id"], order["id"])
            made += [(cycle.id, product_id, *who, quantity) for product_id, quantity in gets.items()]
        await writer.insert_rows(traced_share, _SHARE, made)
    for product_id in await lots.products_with_lots(writer, cycle.id):
        await share_lots(writer, cycle, product_id)


async def share_lots(writer: Writer, cycle: Cycle, product_id: str) -> None:
    """Write anew which household got which of the lots that hold of a product. The cycle is locked."""
    c = lot_share.c
    await writer.execute(lot_share.delete().where(c.cycle_id == cycle.id, c.product_id == product_id))
    held = await lots.lots_of_product(writer, cycle.id, product_id)
    until = kept_until(cycle.delivers_on, held)
    g = traced_goods.c
    of = traced_goods.update().where(g.cycle_id == cycle.id, g.product_id == product_id)
    await writer.execute(of.values(kept_until=until))
    if not held:
        return
    packed = await _packed(writer, cycle, product_id)
    brought = [Brought(each.id, each.thousandths) for each in held]
    in_order = all(each.in_order for each in held)
    rows = [
        (each.lot_id, each.household_id, cycle.id, product_id, each.at_most, each.sure)
        for each in shares(packed, brought, in_order=in_order)
    ]
    await writer.insert_rows(lot_share, tuple(lot_share.c.keys()), rows)


async def _packed(reader: Reader, cycle: Cycle, product_id: str) -> list[Packed]:
    """In the order of the pick list: by time of pickup, then name of the group; the bags by name."""
    pickups = sorted(cycle.pickups, key=lambda p: (p.starts_at, alphabetical(p.group_name), p.group_id))
    ranks = {pickup.group_id: (number, pickup) for number, pickup in enumerate(pickups)}
    of = select(traced_share).where(traced_share.c.cycle_id == cycle.id, traced_share.c.product_id == product_id)
    found = []
    for row in await reader.all(of):
        rank, pickup = ranks.get(row["group_id"], (len(ranks), None))
        household = row["household_id"]
        crate = f"bag {household}" if pickup is not None and pickup.bags else f"crate {row['group_id']}"
        at = (rank, row["group_id"], alphabetical(row["household_name"]), household)
        found.append((at, Packed(household, crate, row["quantity_thousandths"])))
    return [packed for _at, packed in sorted(found, key=lambda each: each[0])]


async def pickups_of(reader: Reader, cycle_ids: set[str]) -> dict[tuple[str, str], CyclePickup]:
    """By cycle and group."""
    found = {}
    for cycle_id in sorted(cycle_ids):
        cycle = await cycle_of(reader, cycle_id)
        for pickup in cycle.pickups if cycle is not None else ():
            found[cycle_id, pickup.group_id] = pickup
    return found
