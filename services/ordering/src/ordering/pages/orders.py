"""Orders as one reads them afterwards: what to pay to whom, where and when to collect; on paper too."""

from datetime import datetime
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.identity import Person, serves
from chassis.service import Service
from chassis.web import NotFound
from contracts import Role
from ordering import cycle, fee, order_book
from ordering.order import Order
from ordering.pages.assets import asset
from ordering.pages.chance import chances
from ordering.pages.reach import ORDERERS, basket_url, in_reach
from ui import Pages

router = APIRouter()

URL = "/ordering/orders"


@router.get(URL)
async def show_all(request: Request, asker: Person = serves(Role.MEMBER)) -> Response:
    """The orders of the asker's household: those that run, those that are past."""
    async with Service.of(request).database.read() as reader:
        mine = await order_book.of_households(reader, asker.household_ids)
        cycles = await cycle.shown_to(reader, {one.cycle_id for one in mine}, {one.group_id for one in mine})
        deposits = await order_book.deposits_of(reader, [order.id for order in mine])
        open_now = await chances(reader, sorted(asker.household_ids))
    known = [(order, cycles[order.cycle_id]) for order in mine]
    now = Service.of(request).clock.now()
    return Pages.of(request).render(
        request,
        "orders.html",
        current=[(order, of) for order, of in known if order.gross_cents and _to_come(order, of, now)],
        past=[(order, of) for order, of in known if not (order.gross_cents and _to_come(order, of, now))],
        deposits=deposits,
        chances=[chance for chance in open_now if not chance.ordered],
        now=now,
    )


def _to_come(order: Order, of: cycle.Cycle, now: datetime) -> bool:
    """Not collected yet."""
    pickup = of.pickup_of(order.group_id)
    return pickup is None or pickup.ends_at >= now


@router.get(URL + "/{order_id}")
async def show(request: Request, order_id: str, asker: Person = serves(*ORDERERS)) -> Response:
    async with Service.of(request).database.read() as reader:
        order = await order_book.by_id(reader, order_id)
        if order is None or not in_reach(asker, order.household_id, order.group_id):
            raise NotFound
        of = await cycle.by_id(reader, order.cycle_id)
        assert of is not None
        open_now = of.takes_orders(reader.now)
        charged = await fee.fees_of(reader, of, order.group_id)
    basket = [fee.Bought(line.article, line.gets_thousandths) for line in order.lines]
    sold_by = {line.article.producer_id for line in order.lines}
    by_producer = groupby(order.lines, key=lambda line: (line.producer_name, line.article.producer_id))
    stalls = [(name, list(lines)) for (name, _id), lines in by_producer]
    return Pages.of(request).render(
        request,
        "order.html",
        order=order,
        of=of,
        pickup=of.pickup_of(order.group_id),
        own=order.household_id in asker.household_ids,
        stalls=[(name, lines, sum(line.gets_cents for line in lines)) for name, lines in stalls],
        differs=any(line.given for line in order.lines),
        deposits=order.deposit_cents,
        fees=[each for each in fee.told(charged, basket, sold_by) if each.cents != 0],
        sum_told=True,
        weighed=any(line.article.weighed for line in order.lines),
        change_url=basket_url(asker, of.id, order.household_id) if open_now else "",
        asset=asset,
    )
