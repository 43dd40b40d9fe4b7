"""A published day as it stands: what was expected, what was said, where everything is now, what is late."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from chassis.database import Reader
from coldchain.day import Carrier, Consignment
from contracts import Unit
from logistics.cold.held import Held, held_lines
from logistics.cold.held import held as held_goods
from logistics.cycle import cycles_of_day
from logistics.handover.expected import Expected, Goods, Party, PartyKind, expected
from logistics.handover.log import Entry, entries_of, standing
from logistics.lot.recalled import held_back
from logistics.pick_list import lists_of_cycle
from logistics.producer import producers_by_id
from logistics.schedule import published as schedules
from logistics.schedule.published import Published

GRACE = timedelta(minutes=15)
"""After the time of the plan a hand-over of which nobody said anything is late."""


@dataclass(frozen=True)
class Board:
    """`log`: all that was said on the date, the oldest first. `units` by product. `held`: by consignment, those that
    wait for the coordinator's word or are not to be handed over at all; `held_lines` of them and of others.
    `recalled`: why, by product, of what is called back, in part or wholly."""

    published: Published
    expected: tuple[Expected, ...]
    log: tuple[Entry, ...]
    units: Mapping[str, Unit]
    held: Mapping[str, Held]
    held_lines: Mapping[str, Held]
    recalled: Mapping[str, str]

    @cached_property
    def holds(self) -> dict[str, Entry]:
        """By step."""
        return standing(self.log)

    @cached_property
    def carriers(self) -> dict[str, Carrier]:
        return {one.id: one for one in self.published.day.carriers}

    @cached_property
    def box_names(self) -> dict[str, str]:
        return {one.id: one.name or one.id for one in self.published.day.boxes}

    @cached_property
    def held_products(self) -> dict[tuple[str, str], Held]:
        """By pickup point and product: what a household cannot be given."""
        found: dict[tuple[str, str], Held] = {}
        for one in self.published.day.consignments:
            for line in one.lines:
                why = self.held_lines.get(line.id) or self.held.get(one.id)
                if why is not None:
                    found[one.to_site, line.product_id] = why
        return found

    def why_held(self, one: Expected) -> Held | str | None:
        """Why it waits for the coordinator's word: a temperature, or the reason of a recall; None where it does not."""
        called_back = next((self.recalled[goods.product_id] for goods in one.goods if self.is_recalled(goods)), None)
        if one.takes.kind is not PartyKind.HOUSEHOLD:
            return self.held.get(one.thing) or called_back
        reasons = [self.held_products.get((one.site_id, goods.product_id)) for goods in one.goods]
        return next((why for why in reasons if why is not None), called_back)

    def is_recalled(self, goods: Goods) -> bool:
        return goods.product_id in self.recalled

    def knowing(self, units: Mapping[str, Unit]) -> "Board":
        """With units of more products: those that only households' orders name."""
        return replace(self, units={**self.units, **units})

    def unit_of(self, product_id: str, quantity: int) -> Unit:
        """Of what no list names any more, a unit in which the quantity can be said."""
        return self.units.get(product_id) or (Unit.KG if quantity % 1000 else Unit.PIECE)


async def board_of(reader: Reader, on: date) -> Board | None:
    """None: nothing is published of the date."""
    published = await schedules.current(reader, on)
    if published is None:
        return None
    rows = await producers_by_id(reader, {one.producer_id for one in published.day.consignments})
    names = {producer_id: row["name"] for producer_id, row in rows.items()}
    units: dict[str, Unit] = {}
    for cycle in await cycles_of_day(reader, on):
        for one in (await lists_of_cycle(reader, cycle.id)).values():
            units |= {line.article.product_id: line.article.unit for line in one.lines}
    log = await entries_of(reader, on)
    # One product is called back of all cycles of the date or of one: in the van nobody can tell them apart.
    recalled = {product: why for (_cycle, product), why in (await held_back(reader, on)).items()}
    return Board(
        published,
        expected(published.day, published.plan, names),
        tuple(log),
        units,
        await held_goods(reader, on),
        await held_lines(reader, on),
        recalled,
    )


@dataclass(frozen=True)
class Where:
    """Of one consignment: who has it, since when, who said so (None: it is still where it was picked). `next`: the
    hand-over that comes, None: there is none. `trouble`: it was said not to be there, or was refused. `late`: the time
    of `next` has passed."""

    consignment: Consignment
    has: Party | None
    last: Entry | None
    next: Expected | None
    trouble: bool
    late: bool


def whereabouts(board: Board, now: datetime) -> list[Where]:
    """In the order of the day's consignments. What was handed over under an older version counts."""
    chains: dict[str, list[Expected]] = {}
    for one in board.expected:
        chains.setdefault(one.thing, []).append(one)
    said: dict[str, list[Entry]] = {}
    for entry in board.holds.values():
        said.setdefault(entry.thing, []).append(entry)
    return [
        _where(board, each, chains.get(each.id, []), said.get(each.id, []), now)
        for each in board.published.day.consignments
    ]


def _where(board: Board, of: Consignment, chain: list[Expected], said: list[Entry], now: datetime) -> Where:
    told = sorted(said, key=lambda one: (one.at, one.said_at, one.number))
    moved = [one for one in told if one.moved]
    last = told[-1] if told else None
    spoken = [number for number, one in enumerate(chain) if one.step in board.holds]
    # What comes after the last of which somebody spoke: a step nobody ticked in between is over all the same.
    ahead = chain[spoken[-1] + 1 :] if spoken else chain
    trouble = last is not None and not last.moved
    following = ahead[0] if ahead and not trouble else None
    late = following is not None and now > following.until + GRACE
    return Where(of, moved[-1].took if moved else None, last, following, trouble, late)
