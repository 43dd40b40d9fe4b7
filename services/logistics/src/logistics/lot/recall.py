"""Recalls: goods that were handed out are called back, and those that were not yet are held back (withdrawal).

A recall keeps whom it reached, as it was found then: what is corrected later does not change whom we told. What is
found to belong to it later is added, and told too. Nothing is taken away: that a recall was an error is a row beside
it, and whoever was told of it is told that. Regulation 178/2002, article 19; consumer code, L. 423-3.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any, TypeVar

from sqlalchemy import select

from chassis.database import Reader, Writer
from contracts.logistics import LotRecalled, LotRecallUndone, RecallAction, RecalledGoods, RecalledHousehold
from logistics.lot.finding import Found, Got, Wanted, find
from logistics.lot.recalled import (
    Recall,
    locked,
    reached_of,
    recall,
    recall_reached,
    recall_share,
    recall_undone,
    shares_of,
)

T = TypeVar("T")

HOUSEHOLDS_EACH = 200
"""In one event."""


class NothingFound(Exception):
    """Nobody got of it."""


class Over(Exception):
    """The recall is undone."""


@dataclass(frozen=True)
class Order:
    """What is to be done, as a person said it."""

    wanted: Wanted
    reason: str
    action: RecallAction
    note: str
    contact: str


async def begin(writer: Writer, new_id: str, order: Order, by: str) -> bool:
    """Recall what is found; False where this form did so before. Raises NothingFound.

    `new_id` came with the form: sent twice, it is one recall. All of it is one transaction: a process that dies has
    recalled nothing, or everything and told everybody.
    """
    found = await find(writer, order.wanted)
    if not found.got:
        raise NothingFound
    goods = next(iter(found.goods.values()))
    row = {
        "id": new_id,
        "producer_id": goods.producer_id,
        "producer_name": goods.producer_name,
        "number": order.wanted.number,
        "product_id": order.wanted.product_id,
        "first": order.wanted.first,
        "last": order.wanted.last,
        "reason": order.reason,
        "action": order.action.value,
        "note": order.note,
        "contact": order.contact,
        "goods": _named(found),
        "came": _came(found),
        "events": 0,
        "recalled_at": writer.now,
        "recalled_by": by,
    }
    made = await writer.execute(writer.insert(recall).values(row).on_conflict_do_nothing())
    if made.rowcount == 0:
        return False
    await _reach(writer, await locked(writer, new_id), found, found.got)
    return True


async def extend(writer: Writer, recall_id: str) -> int:
    """Reach also those who are found now and were not then; how many deliveries. Raises NoRecall, Over."""
    held = await locked(writer, recall_id)
    if held.undone_at is not None:
        raise Over
    found = await find(writer, held.wanted)
    more = await not_reached(writer, held, found)
    if more:
        await _reach(writer, held, found, more)
        await writer.execute(
            recall.update().where(recall.c.id == recall_id).values(goods=_named(found), came=_came(found))
        )
    return len(more)


async def not_reached(reader: Reader, held: Recall, found: Found) -> list[Got]:
    """What is found now and is not in the recall."""
    c = recall_share.c
    rows = await reader.all(select(c.cycle_id, c.product_id, c.household_id).where(c.recall_id == held.id))
    there = {tuple(row.values()) for row in rows}
    return [each for each in found.got if (each.cycle_id, each.product_id, each.household_id) not in there]


async def undo(writer: Writer, recall_id: str, because: str, by: str) -> bool:
    """It was an error: say so to all who were told; False where that was done before. Raises NoRecall."""
    held = await locked(writer, recall_id)
    if held.undone_at is not None:
        return False
    row = {"recall_id": recall_id, "because": because, "undone_at": writer.now, "undone_by": by}
    await writer.execute(recall_undone.insert().values(row))
    told = sorted({share.household_id for share in await shares_of(writer, recall_id)})
    version = held.events
    for some in _some(told):
        version += 1
        await writer.announce(
            LotRecallUndone(
                id=recall_id,
                version=version,
                producer_id=held.producer_id,
                producer_name=held.producer_name,
                reason=held.reason,
                because=because,
                undone_at=writer.now,
                undone_by=by,
                household_ids=some,
            )
        )
    await writer.execute(recall.update().where(recall.c.id == recall_id).values(events=version))
    return True


async def note_reached(
    writer: Writer, recall_id: str, household_id: str, *, reached: bool, note: str, seen: int, by: str
) -> bool:
    """Somebody was spoken to, or not after all; False where more was noted since `seen`. Raises NoRecall."""
    await locked(writer, recall_id)
    last = (await reached_of(writer, recall_id)).get(household_id)
    if (last.number if last is not None else 0) != seen:
        return False
    row = {"recall_id": recall_id, "household_id": household_id, "number": seen + 1, "reached": reached, "note": note}
    await writer.execute(recall_reached.insert().values(row | {"noted_at": writer.now, "noted_by": by}))
    return True


async def _reach(writer: Writer, held: Recall, found: Found, some: Sequence[Got]) -> None:
    """Keep whom it reaches, and tell them. The recall is locked."""
    told = [_share(held, found, each, writer.now) for each in some]
    await writer.insert_rows(recall_share, tuple(recall_share.c.keys()), told)
    version = held.events
    for households in _some(_households(found, some, writer.now)):
        version += 1
        await writer.announce(
            LotRecalled(
                id=held.id,
                version=version,
                producer_id=held.producer_id,
                producer_name=held.producer_name,
                reason=held.reason,
                action=held.action,
                note=held.note,
                contact=held.contact,
                recalled_at=writer.now,
                recalled_by=held.recalled_by,
                households=households,
            )
        )
    await writer.execute(recall.update().where(recall.c.id == held.id).values(events=version))


def _some(each: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """As many as one event holds."""
    rest = iter(each)
    while some := tuple(islice(rest, HOUSEHOLDS_EACH)):
        yield some


def _share(held: Recall, found: Found, each: Got, now: datetime) -> tuple[Any, ...]:
    goods, pickup = found.goods_of(each), found.pickups.get((each.cycle_id, each.group_id))
    place = ", ".join(filter(None, (pickup.address, pickup.place.name))) if pickup is not None else ""
    return (
        held.id,
        each.cycle_id,
        each.product_id,
        each.household_id,
        each.household_name,
        each.group_id,
        found.group_name(each),
        place,
        goods.delivers_on,
        found.collected_from(each),
        found.still_here(each, now),
        goods.article.name.model_dump_json(),
        goods.article.pack_label,
        goods.article.unit.value,
        each.number,
        each.thousandths,
        each.sure,
        now,
    )


def _households(found: Found, some: Sequence[Got], now: datetime) -> Iterable[RecalledHousehold]:
    def whose(each: Got) -> tuple[str, str, bool]:
        return each.household_id, each.group_id, found.still_here(each, now)

    for (household_id, group_id, held_back), theirs in groupby(sorted(some, key=whose), key=whose):
        of = list(theirs)
        yield RecalledHousehold(
            household_id=household_id,
            household_name=of[0].household_name,
            group_id=group_id,
            group_name=found.group_name(of[0]),
            held_back=held_back,
            goods=tuple(_goods(found, each) for each in of),
        )


def _goods(found: Found, each: Got) -> RecalledGoods:
    goods = found.goods_of(each)
    return RecalledGoods(
        product_id=each.product_id,
        name=goods.article.name,
        pack_label=goods.article.pack_label,
        unit=goods.article.unit,
        quantity_thousandths=each.thousandths,
        lot_number=each.number,
        sure=each.sure,
        delivers_on=goods.delivers_on,
    )


def _came(found: Found) -> str:
    sums: dict[str, int] = {}
    for (_cycle, product_id), goods in sorted(found.goods.items()):
        sums[product_id] = sums.get(product_id, 0) + goods.came
    return json.dumps(list(sums.items()))


def _named(found: Found) -> str:
    names = {}
    for (_cycle, product_id), goods in sorted(found.goods.items()):
        name, pack = goods.article.name, goods.article.pack_label
        names[product_id] = [", ".join(filter(None, (text, pack))) for text in (name.fr, name.en or name.fr)]
    return json.dumps(list(names.values()), ensure_ascii=False)
