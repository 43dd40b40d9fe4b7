"""How each household stands, as the others are told: what is left to pay, its credit, its caution and its wallet.

Worked out anew from the books whenever something moved it, in the transaction of what moved it, and told only where it
is another one. Who tells holds the head of the hub's book: whatever moves a balance is committed before the next is
read, so that no newer version tells of less. It is held last, as whoever books holds it.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Integer, String, Table, Text, select

from billing import announcing
from billing.amount_due import HOLDS, amount_due
from billing.between.register import NOTHING_OWED, Owed, owed_between
from billing.cycle import cycle
from billing.ledger.book import balance, hold_books
from billing.ledger.chart import HUB, Account
from billing.many import among
from billing.payment.owing import Owing, owing_of
from billing.schema import metadata
from chassis.database import Reader, Writer
from chassis.tables import Utc
from chassis.timers import Timer
from contracts.billing import CYCLES_NAMED_FOR, BilledCycle, OwedBetween

TIMER = "say_balances"
PORTION = 500
"""Households looked at in one transaction."""

household_balance = Table(
    "household_balance",
    metadata,
    Column("household_id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("said", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
)
"""What was told last. `said`: JSON, as `Standing.written`."""


@dataclass(frozen=True)
class Standing:
    """`cycles`: as in the event, the oldest delivery first."""

    left_cents: int = 0
    credit_cents: int = 0
    caution_cents: int = 0
    cycles: tuple[BilledCycle, ...] = ()
    wallet_cents: int = 0
    owed_between: tuple[OwedBetween, ...] = ()

    @cached_property
    def written(self) -> str:
        cycles = [each.model_dump(mode="json") for each in self.cycles]
        # Written only where there is one: who has none was told all there is to tell before there were wallets.
        wallet = [self.wallet_cents] if self.wallet_cents else []
        between = [{each.id: each.cents for each in self.owed_between}] if self.owed_between else []
        said = [self.left_cents, self.credit_cents, self.caution_cents, cycles, *wallet, *between]
        return json.dumps(said, separators=(",", ":"))


NOTHING = Standing()
"""Of who was told nothing."""


def standing(
    owing: Iterable[Owing],
    caution_cents: int,
    billed: Iterable[BilledCycle],
    wallet_cents: int = 0,
    between: Owed = NOTHING_OWED,
) -> Standing:
    """`billed`: cycles that are named although nothing may be left of them."""
    mine = list(owing)
    named = {each.cycle_id: (each.delivers_on, each.cycle_id, each.cycle_name) for each in billed}
    left: dict[str, int] = {}
    for each in mine:
        for debt in each.debts:
            if debt.left_cents:
                left[debt.cycle_id] = left.get(debt.cycle_id, 0) + debt.left_cents
                named.setdefault(debt.cycle_id, (debt.delivers_on, debt.cycle_id, debt.cycle_name))
    told = [
        BilledCycle(cycle_id=cycle_id, cycle_name=name, delivers_on=day, left_cents=left.get(cycle_id, 0))
        for day, cycle_id, name in sorted(named.values())
    ]
    return Standing(
        sum([each.left_cents for each in mine]),
        sum([each.credit_cents for each in mine]),
        # Below zero where a cheque bounced after it was refunded.
        max(0, caution_cents),
        tuple(told),
        max(0, wallet_cents),
        announcing.owed_between(between),
    )


async def say_balances(writer: Writer, household_ids: Collection[str]) -> None:
    """Tell how these households stand now, where that is not what was told last. Some statements for all of them."""
    if not household_ids:
        return
    await hold_books(writer)
    now = await standings(writer, household_ids)
    held = household_balance.c
    rows = await writer.all(select(household_balance).where(among(held.household_id, household_ids)))
    before = {row["household_id"]: row for row in rows}
    news: list[tuple[Any, ...]] = []
    for household_id, one in sorted(now.items()):
        last = before.get(household_id)
        if one.written == (last["said"] if last else NOTHING.written):
            continue
        version = last["version"] + 1 if last else 1
        news.append((household_id, version, one.written, writer.now))
        await writer.announce(announcing.household_balance_changed(household_id, version, one, writer.now))
    await writer.insert_rows(household_balance, tuple(held.keys()), news, replace=True)


async def standings(reader: Reader, household_ids: Collection[str]) -> dict[str, Standing]:
    """By household, as the books have it."""
    owing = await owing_of(reader, household_ids)
    cautions = await cautions_of(reader, household_ids)
    billed = await _billed_lately(reader, household_ids)
    wallets = await wallets_of(reader, household_ids)
    between = await owed_between(reader, household_ids)
    return {
        each: standing(
            owing[each],
            cautions.get(each, 0),
            billed.get(each, ()),
            wallets.get(each, 0),
            between.get(each, NOTHING_OWED),
        )
        for each in set(household_ids)
    }


async def cautions_of(reader: Reader, household_ids: Collection[str]) -> dict[str, int]:
    """Cents of the cautions that the hub holds, by household; only where there ever was one."""
    return await _owed_on(reader, Account.DEPOSITS, household_ids)


async def wallets_of(reader: Reader, household_ids: Collection[str]) -> dict[str, int]:
    """Cents in the wallets of households; only where there ever was one. Below zero where a cheque bounced after it was
    used."""
    return await _owed_on(reader, Account.WALLET, household_ids)


async def _owed_on(reader: Reader, account: Account, household_ids: Collection[str]) -> dict[str, int]:
    b = balance.c
    mine = (b.book == HUB, b.account == account.value, among(b.party, household_ids))
    rows = await reader.all(select(b.party, b.debit_cents, b.credit_cents).where(*mine))
    return {row["party"]: row["credit_cents"] - row["debit_cents"] for row in rows}


async def _billed_lately(reader: Reader, household_ids: Collection[str]) -> dict[str, list[BilledCycle]]:
    """The cycles closed lately of which there are amounts, by household: also those that come to nothing by now."""
    a, since = amount_due.c, reader.now - timedelta(days=CYCLES_NAMED_FOR)
    rows = await reader.all(
        select(a.household_id, cycle.c.id, cycle.c.name, cycle.c.delivers_on)
        .join(cycle, cycle.c.id == a.cycle_id)
        .where(among(a.household_id, household_ids), HOLDS, cycle.c.closed_at > since)
    )
    found: dict[str, list[BilledCycle]] = {}
    cycles: dict[str, BilledCycle] = {}
    for row in rows:
        named = cycles.get(row["id"])
        if named is None:
            named = BilledCycle(cycle_id=row["id"], cycle_name=row["name"], delivers_on=row["delivers_on"])
            cycles[row["id"]] = named
        found.setdefault(row["household_id"], []).append(named)
    return found


async def go_on(writer: Writer, timer: Timer) -> None:
    """Timer: tell of the next households that ever owed something; begun by the upgrade to the first release that
    tells balances."""
    a = amount_due.c
    behind = select(a.household_id).where(a.household_id > timer.payload.get("after", "")).distinct()
    rows = await writer.all(behind.order_by(a.household_id).limit(PORTION))
    ids = [row["household_id"] for row in rows]
    await say_balances(writer, ids)
    if len(ids) == PORTION:
        await writer.call_at(TIMER, timer.key, writer.now, {"after": ids[-1]})
