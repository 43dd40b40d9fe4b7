"""From a closed cycle to what everybody owes: once, when every order of the manifest is here, or not at all.

A revised closing is one more manifest to wait for; then the households whose amounts changed get new ones. Orders of a
later revision that come before its manifest keep the earlier one from ever being complete, and break off the computing
of its amounts: what was checked no longer holds. The later manifest ends the waiting. Whatever comes when, the amounts
that hold in the end are those of the newest manifest.

Whatever brings the last missing piece (the closing, an order, a producer) checks the cycle and computes the first
households in its own transaction; a timer computes the others, some at a time. While something is missing the cycle
waits, its pages say for what, and a timer asks ordering to say its orders again.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import RowMapping

from billing import announcing, order
from billing.amount_due import AmountDue, amounts_due, owing_without_order, write_amounts
from billing.between import advance
from billing.claim.effect import hub_bears, what_holds
from billing.cycle import (
    WAITING,
    begin_computing,
    break_off,
    computing,
    cycle,
    hear_of,
    locked,
    mark_computed,
    note_problem,
    waiting_cycles,
)
from billing.fee import register, sharing
from billing.household_balance import say_balances
from billing.ledger.chart import HUB
from billing.ledger.commissions import Commissions
from billing.ledger.differences import Differences
from billing.ledger.sales import Because, Paper, Sales, because_closed
from billing.many import uncollected
from billing.payment import wallet
from billing.pricing import Pricing
from billing.seller import Seller, frozen_sellers, sellers
from billing.solidarity import paying
from billing.together import is_together
from billing.vat import NoRate, VatTables
from chassis.database import Reader, Writer
from chassis.timers import Timer
from contracts.ordering import Manifest, manifest_digest

log = structlog.get_logger()

TIMER, NEXT = "manifest", "amounts"
PORTION = 500
MOMENT = timedelta(seconds=1)
"""By then a transaction that was open beside ours has ended."""
"""Households computed in one transaction."""
FIRST = ("", "")


class Unsettled(Exception):
    """The amounts cannot be computed yet. `kind`: orders, versions, producers, vat or totals; `detail` names what."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class Settlement:
    """`country`: where the goods are handed out (ISO 3166); `hub`: as the seller of what it buys and sells again;
    `first_patience`: how long after the closing ordering is asked for what is missing, and again after twice as long
    each time, up to `most_patience`; `sales`, `commissions` and `differences` book what is written;
    `ask_from_cents`: from there on a difference to what was expected is asked for."""

    vat: VatTables
    country: str
    hub: Seller
    first_patience: timedelta
    most_patience: timedelta
    sales: Sales
    commissions: Commissions
    differences: Differences
    ask_from_cents: int = 0
    orders: order.Orders = field(default_factory=order.Orders)

    async def hear_orders(self, writer: Writer, events: Sequence[order.Said]) -> None:
        """Keep the orders, then look once at each of their cycles."""
        taken = await self.orders.keep(writer, events)
        news = {said.cycle_id: said.cycle_name for said in events if said.id in taken}
        for cycle_id, name in sorted(news.items()):
            await self.settle(writer, cycle_id, name, changed=True)

    async def settle(self, writer: Writer, cycle_id: str, name: str = "", *, changed: bool = False) -> bool:
        """Begin to compute the amounts of a closed cycle if they can be; False while it waits.

        `name`: of a cycle that may not have been heard of, so that there is a row to lock against its closing.
        `changed`: one of its orders just did.
        """
        held = await locked(writer, cycle_id)
        if held is None and name:
            await hear_of(writer, cycle_id, name)
            held = await locked(writer, cycle_id)
        if held is None or held["state"] != WAITING:
            return False
        if computing(held):
            if changed:
                # It belongs to a later revision: the amounts still to be made would mix the two.
                log.info("computing broken off", cycle_id=cycle_id, revision=held["revision"])
                await break_off(writer, cycle_id)
                await self.await_orders(writer, cycle_id)
            return not changed
        try:
            pricing = await self._checked(writer, held)
        except Unsettled as unsettled:
            await self._wait(writer, held, unsettled)
            return False
        await begin_computing(writer, held, pricing.sellers.values())
        await sharing.share_out(writer, cycle_id, pricing)
        await writer.cancel_call(TIMER, cycle_id)
        with uncollected():
            await self._compute_some(writer, held, pricing.sellers, FIRST)
        return True

    async def go_on(self, writer: Writer, timer: Timer) -> None:
        """Timer: the next households of a cycle that is being computed."""
        held = await locked(writer, timer.key)
        if held is None or not computing(held) or timer.payload.get("revision", 1) != held["revision"]:
            return
        group_id, household_id = timer.payload["after"]
        with uncollected():
            await self._compute_some(writer, held, frozen_sellers(held), (group_id, household_id))

    async def _compute_some(
        self, writer: Writer, held: RowMapping, known: Mapping[str, Seller], after: tuple[str, str]
    ) -> None:
        """Compute, write, book and announce the amounts of the next households, and see to it that the others follow.

        Not all in one transaction: it would hold the write lock, and the memory, for as long as the cycle is large.
        What is done and where to go on are committed together, so whoever is killed goes on there.
        """
        cycle_id = held["id"]
        rows, more = await order.next_placed(writer, cycle_id, after, PORTION)
        amounts = await self._amounts(writer, held, known, rows)
        if not more and held["revision"] > 1:
            amounts += await owing_without_order(writer, cycle_id)
        await self._make(writer, held, amounts)
        if more:
            last = (rows[-1]["group_id"], rows[-1]["household_id"])
            await writer.call_at(NEXT, cycle_id, writer.now, {"after": last, "revision": held["revision"]})
        else:
            await mark_computed(writer, cycle_id)
            # Now that all is written, and read anew: who sells was kept when computing began.
            whole = await locked(writer, cycle_id)
            assert whole is not None
            await self.commissions.book(writer, whole)
            await self.differences.book(writer, whole)
            log.info("amounts due computed", cycle_id=cycle_id, revision=held["revision"])

    async def settle_delivered(
        self,
        writer: Writer,
        held: RowMapping,
        household_ids: Collection[str],
        because: Because,
        own: Mapping[str, Because] = {},
    ) -> None:
        """Make the amounts of some households of a computed cycle anew, on what is recorded of its delivery. `own`: by
        household what else than `because` led to what is booked of it, on the same day."""
        rows = await order.placed_of(writer, held["id"], household_ids)
        await self._make(writer, held, await self._amounts(writer, held, frozen_sellers(held), rows), because, own)
        await self.commissions.book(writer, held, because)
        if any(map(is_together, (await _goods(writer, rows)).values())) or await hub_bears(writer, held["id"]):
            await self.differences.book(writer, held, because)
        # Final by what was delivered; what was expected at the closing may still change.
        await wallet.use_by_itself(writer, household_ids)

    async def shares_fees(self, reader: Reader, held: RowMapping) -> bool:
        """Whether what one household is brought changes what others pay of a cycle."""
        return sharing.is_shared(await register.of_cycle(reader, held))

    async def share_anew(self, writer: Writer, held: RowMapping) -> None:
        """Reckon the shares of fees on what was delivered of a computed cycle."""
        keys: set[str] = set()
        async for rows in order.placed(writer, held["id"]):
            keys |= {key for row in rows for key, _quantity, _gross in order.lines_of(row)}
        goods, fees = await order.goods_of(writer, keys), await register.of_cycle(writer, held)
        pricing = Pricing(goods, frozen_sellers(held), self.vat, self.country, held["delivers_on"], fees)
        await sharing.share_out(writer, held["id"], pricing)

    async def _amounts(
        self, writer: Writer, held: RowMapping, known: Mapping[str, Seller], rows: Sequence[RowMapping]
    ) -> list[AmountDue]:
        """Of some orders, on what was delivered where that is recorded."""
        goods, ids = await _goods(writer, rows), {row["household_id"] for row in rows}
        fees = await register.of_cycle(writer, held)
        shares = await sharing.shares_of(writer, held["id"], ids) if sharing.is_shared(fees) else {}
        pricing = Pricing(goods, known, self.vat, self.country, held["delivers_on"], fees, shares)
        deliveries = await what_holds(writer, held["id"], ids, goods)
        # In a thread: pages must not wait for it.
        return await asyncio.to_thread(amounts_due, rows, pricing, deliveries)

    async def _make(
        self,
        writer: Writer,
        held: RowMapping,
        amounts: Sequence[AmountDue],
        because: Because | None = None,
        own: Mapping[str, Because] = {},
    ) -> None:
        """Write, book and announce amounts, what the solidarity fund pays of them, and how their households stand then.
        `because`: as in `Sales.book`; `own`: as in `settle_delivered`."""
        made = await write_amounts(writer, held["id"], held["revision"], amounts, anew=because is not None)
        papers = [
            Paper(of.household_id, each.revision, each.cheques, of.delivery, own.get(of.household_id), each.read)
            for each, of in ((each, each.due) for each in made)
        ]
        cheques = {paper.household_id: paper.cheques for paper in papers}
        paid = await paying.pay(writer, held, cheques, because or because_closed(held), self.sales.zone)
        await self.sales.book(writer, held, papers, because, paid)
        # Now that it is booked what they owe.
        concerned = {each.due.household_id for each in made}
        await advance.share_anew(writer, held["id"], concerned, because or because_closed(held), self.sales.zone)
        by_fund = await paying.paid_in(writer, held["id"], concerned)
        for each in made:
            mine = by_fund.get(each.due.household_id, {})
            await writer.announce(announcing.amounts_due_computed(each, held, writer.now, self.ask_from_cents, mine))
        await say_balances(writer, concerned)

    async def settle_all(self, writer: Writer) -> None:
        """After news of a producer: any waiting cycle may have waited for it."""
        for held in await waiting_cycles(writer):
            await self.settle(writer, held["id"])

    async def await_orders(self, writer: Writer, cycle_id: str) -> None:
        """Begin to wait for the orders of a cycle that has just been closed."""
        await writer.call_at(TIMER, cycle_id, writer.now + self.first_patience)

    async def chase(self, writer: Writer, timer: Timer) -> None:
        """Ask ordering to say its orders again, if they are what is missing; and come back, later every time."""
        if await self.settle(writer, timer.key):
            return
        held = await locked(writer, timer.key)
        if held is None or held["state"] != WAITING:
            return
        asked = held["asked"] + 1
        await writer.execute(cycle.update().where(cycle.c.id == timer.key).values(asked=asked))
        delay = min(self.first_patience * 2 ** min(asked, 30), self.most_patience)
        await writer.call_at(TIMER, timer.key, writer.now + delay)
        manifest = Manifest.model_validate(held["manifest"])
        count = await order.count_placed(writer, timer.key)
        if held["problem"] is not None:
            # The orders are all here: saying them again would change nothing.
            return
        log.warning("cycle not settled", cycle_id=timer.key, orders=count, expected=manifest.orders, asked=asked)
        await writer.announce(announcing.republication_requested(timer.key, asked, manifest.orders, count))

    async def _checked(self, writer: Writer, held: RowMapping) -> Pricing:
        """See that everything is here and adds up, before anything is written. Raises Unsettled."""
        manifest = Manifest.model_validate(held["manifest"])
        if await order.count_placed(writer, held["id"]) != manifest.orders:
            raise Unsettled("orders")
        versions: list[tuple[str, int]] = []
        sums: dict[str, list[int]] = {}
        async for rows in order.placed(writer, held["id"]):
            for row in rows:
                versions.append((row["id"], row["version"]))
                for key, quantity, gross in order.lines_of(row):
                    of = sums.setdefault(key, [0, 0, 0])
                    of[0] += 1
                    of[1] += quantity
                    of[2] += gross
        # In a thread: of a large cycle it takes a while.
        if await asyncio.to_thread(manifest_digest, versions) != manifest.digest:
            raise Unsettled("versions")
        # A bill is corrected by what the seller was when it was first made.
        known = await sellers(writer) | {HUB: self.hub} | frozen_sellers(held)
        missing = sorted(total.producer_id for total in manifest.producers if total.producer_id not in known)
        if missing:
            raise Unsettled("producers", ", ".join(missing))
        goods = await order.goods_of(writer, sums.keys())
        check_totals(manifest, goods, sums, known)
        fees = await register.of_cycle(writer, held)
        pricing = Pricing(goods, known, self.vat, self.country, held["delivers_on"], fees)
        try:
            for key in sums:
                pricing.rate(key)
            if fees:
                pricing.service_rate()
        except NoRate as unknown:
            raise Unsettled("vat", str(unknown)) from unknown
        return pricing

    async def _wait(self, writer: Writer, held: RowMapping, unsettled: Unsettled) -> None:
        alarming = unsettled.kind in ("vat", "totals", "producers")
        if unsettled.kind == "producers" and held["problem"] is None:
            # Its news may be in a transaction that ours does not see, and that does not see this cycle closed.
            await writer.call_at(TIMER, held["id"], writer.now + MOMENT)
        await note_problem(writer, held, {"kind": unsettled.kind, "detail": unsettled.detail} if alarming else None)
        if alarming:
            log.error("amounts cannot be computed", cycle_id=held["id"], problem=str(unsettled))


async def _goods(reader: Reader, rows: Iterable[RowMapping]) -> dict[str, order.Goods]:
    """Of some orders, by key."""
    return await order.goods_of(reader, {key for row in rows for key, _quantity, _gross in order.lines_of(row)})


def check_totals(
    manifest: Manifest, goods: Mapping[str, order.Goods], sums: Mapping[str, Sequence[int]], known: Mapping[str, Seller]
) -> None:
    """Hold the orders against the manifest, producer by producer, to the cent. `sums`: lines, thousandths and cents by
    key of goods. Raises Unsettled("totals")."""
    found: dict[str, tuple[int, int, int]] = {}
    for key, (more_lines, more_quantity, more_gross) in sums.items():
        lines, quantity, gross = found.get(goods[key].producer_id, (0, 0, 0))
        found[goods[key].producer_id] = (lines + more_lines, quantity + more_quantity, gross + more_gross)
    wanted = {
        total.producer_id: (total.lines, total.quantity_thousandths, total.gross_cents)
        for total in manifest.producers
        if total.lines
    }
    wrong = sorted(producer for producer in found.keys() | wanted.keys() if found.get(producer) != wanted.get(producer))
    if wrong:
        raise Unsettled(
            "totals", ", ".join(known[producer].name if producer in known else producer for producer in wrong)
        )
    whole = tuple(sum(each[place] for each in found.values()) for place in range(3))
    if whole != (manifest.lines, manifest.quantity_thousandths, manifest.gross_cents):
        raise Unsettled("totals")
