"""Members' orders as ordering says them: what amounts are made of. Copies, replaced whole by every newer version.

An order that was allocated is one that stands, with what the household gets instead of what it asked; of what it does
not get there is no line.

Of every line an order keeps the key of its goods (written once in `goods`), the quantity and the sum: a batch of orders
is taken in with one statement.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, RowMapping, String, Table, Text, func, select, tuple_

from billing.ledger.chart import HUB
from billing.many import among
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.repeated import Repeated, contents_of, repeated_table
from chassis.tables import Row
from contracts import Article, Bearer, Part, PriceBasis, PriceTier, Sale, Unit, ordering

PLACED, WITHDRAWN = "placed", "withdrawn"
MOST_KNOWN = 5_000
"""Goods kept in memory; past it they are forgotten and read anew."""

order = Table(
    "household_order",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("cycle_id", String(100), nullable=False),
    Column("household_id", String(100), nullable=False, index=True),
    Column("household_name", Text, nullable=False),
    Column("group_id", String(100), nullable=False),
    Column("group_name", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("lines", Text, nullable=False, server_default="[]"),
    Column("deposits", Text, nullable=False, server_default=""),
)
"""`lines`: JSON, a list of [key of the goods, thousandths, gross cents]. `deposits`: JSON, cents by
who is paid of the deposits on containers, which `gross_cents` does not hold; empty where there are none, as for most
orders."""
Index("ix_household_order_portion", order.c.cycle_id, order.c.state, order.c.group_id, order.c.household_id)

goods = repeated_table("goods", metadata)

Said = ordering.OrderPlaced | ordering.OrderAllocated | ordering.OrderWithdrawn


class Goods(Part):
    """What a bill says of an article, and needs to know to tax it and to price what is delivered of it.

    From `price_cents` on as in `contracts.Article`; None where the order was heard by a release that kept no price.
    """

    producer_id: str
    product_id: str
    name_fr: str
    name_en: str
    unit: str
    vat_class: str
    price_cents: int | None = None
    price_basis: PriceBasis = PriceBasis.UNIT
    content_thousandths: int | None = None
    content_unit: Unit | None = None
    weighed: bool = False
    deposit_cents: int = 0
    tiers: tuple[PriceTier, ...] = ()
    sale: Sale | None = None
    bearer: Bearer | None = None

    @cached_property
    def payee(self) -> str:
        return payee(self)


def payee(of: Goods | Article) -> str:
    """Who sells it to the household, and is paid for it: a producer's id, or "hub" for what the hub buys and sells
    again."""
    return HUB if of.sale is Sale.RESALE else of.producer_id


Line = tuple[str, int, int]
"""Key of the goods, thousandths of their unit, gross cents."""


class Orders:
    """Takes orders in."""

    def __init__(self) -> None:
        self._goods: Repeated[Article] = Repeated(goods, content=_content, mark=_mark)

    async def keep(self, writer: Writer, events: Sequence[Said]) -> set[str]:
        """Keep what the events say, unless something newer is known; the ids of the orders that were news."""
        keys = iter(await self._goods.keys(writer, (line.article for said in events for line in _lines(said))))
        return await writer.keep_newest_of(order, [_row(said, keys) for said in events])


def _content(article: Article) -> str:
    return Goods(
        producer_id=article.producer_id,
        product_id=article.product_id,
        name_fr=article.name.fr,
        name_en=article.name.en,
        unit=article.unit.value,
        vat_class=article.vat_class,
        price_cents=article.price_cents,
        price_basis=article.price_basis,
        content_thousandths=article.content_thousandths,
        content_unit=article.content_unit,
        weighed=article.weighed,
        deposit_cents=article.deposit_cents,
        tiers=article.tiers,
        sale=article.sale,
        bearer=article.bearer,
    ).model_dump_json()


def _mark(article: Article) -> tuple[str, int]:
    return article.product_id, article.price_cents


def _lines(said: Said) -> Sequence[ordering.OrderLine | ordering.AllocatedLine]:
    if isinstance(said, ordering.OrderPlaced):
        return said.lines
    if isinstance(said, ordering.OrderAllocated):
        # As the manifest counts: the lines of which something is given.
        return [line for line in said.lines if line.quantity_thousandths]
    return ()


def _row(said: Said, keys: Iterator[str]) -> Row:
    """`keys` gives that of each line in turn."""
    lines = [(next(keys), line.quantity_thousandths, line.gross_cents) for line in _lines(said)]
    return {
        "id": said.id,
        "version": said.version,
        "cycle_id": said.cycle_id,
        "household_id": said.household_id,
        "household_name": said.household_name,
        "group_id": said.group_id,
        "group_name": said.group_name,
        "state": WITHDRAWN if isinstance(said, ordering.OrderWithdrawn) else PLACED,
        "gross_cents": 0 if isinstance(said, ordering.OrderWithdrawn) else said.gross_cents,
        "lines": json.dumps(lines, separators=(",", ":")),
        "deposits": _deposits(said),
    }


def _deposits(said: Said) -> str:
    found: dict[str, int] = {}
    for line in _lines(said):
        if line.deposit_cents:
            paid = payee(line.article)
            found[paid] = found.get(paid, 0) + line.deposit_cents
    return json.dumps(found, separators=(",", ":")) if found else ""


def _of(cycle_id: str) -> Any:
    return (order.c.cycle_id == cycle_id) & (order.c.state == PLACED)


async def count_placed(reader: Reader, cycle_id: str) -> int:
    return int(await reader.scalar(select(func.count()).select_from(order).where(_of(cycle_id))))


async def placed(reader: Reader, cycle_id: str) -> AsyncIterator[list[RowMapping]]:
    """id, version, household_id, group_id and lines of every placed order, some at a time."""
    c = order.c
    every = select(c.id, c.version, c.household_id, c.group_id, c.lines).where(_of(cycle_id))
    async for rows in reader.portions(every):
        yield rows


async def next_placed(
    reader: Reader, cycle_id: str, after: tuple[str, str], count: int
) -> tuple[list[RowMapping], bool]:
    """About `count` placed orders behind `after`, by (group id, household id), and whether there are more.

    All orders of a household are in one portion.
    """
    place = tuple_(order.c.group_id, order.c.household_id)
    behind = select(order).where(_of(cycle_id), place > after).order_by(order.c.group_id, order.c.household_id)
    rows = await reader.all(behind.limit(count + 1))
    if len(rows) <= count:
        return rows, False
    cut = _household(rows[-1])
    whole = [row for row in rows if _household(row) != cut]
    # Should one household fill the portion, it is a portion of its own.
    return (whole, True) if whole else (await reader.all(behind.where(place == cut)), True)


async def placed_of(reader: Reader, cycle_id: str, household_ids: Collection[str]) -> list[RowMapping]:
    """The placed orders of some households, in the order of `next_placed`."""
    theirs = select(order).where(_of(cycle_id), among(order.c.household_id, household_ids))
    return await reader.all(theirs.order_by(order.c.group_id, order.c.household_id))


async def households_after(reader: Reader, cycle_id: str, after: str, count: int) -> list[str]:
    """The next households of whom an order stands, by id."""
    o = order.c
    behind = select(o.household_id).where(_of(cycle_id), o.household_id > after).distinct()
    return [row["household_id"] for row in await reader.all(behind.order_by(o.household_id).limit(count))]


def _household(row: RowMapping) -> tuple[str, str]:
    return row["group_id"], row["household_id"]


def lines_of(row: RowMapping) -> list[Line]:
    lines: list[Line] = json.loads(row["lines"])
    return lines


def deposits_of(row: RowMapping) -> dict[str, int]:
    """Cents by who is paid."""
    found: dict[str, int] = json.loads(row["deposits"] or "{}")
    return found


async def goods_of(reader: Reader, keys: Collection[str]) -> dict[str, Goods]:
    """By key."""
    found = {key: known for key in keys if (known := _known.get(key)) is not None}
    contents = await contents_of(reader, goods, [key for key in keys if key not in found])
    read = {key: Goods.model_validate_json(content) for key, content in contents.items()}
    if len(_known) + len(read) > MOST_KNOWN:
        _known.clear()
    _known.update(read)
    return found | read


_known: dict[str, Goods] = {}
"""What was read lately, as each portion of a cycle sells the same. A key is made of its content: it never changes."""
