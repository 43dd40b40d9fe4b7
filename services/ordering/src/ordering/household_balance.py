"""What billing said last of each household's balance, and how a household stands with what it ordered since.

An order counts here until the balance itself names its cycle: so it is never counted twice, nor forgotten between the
closing and the word of billing. Should that word never come, it is forgotten `UNBILLED_FOR` after the closing: what
fails then is the asking, not the household's right to order.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    bindparam,
    func,
    or_,
    select,
)

from chassis.bulk import among
from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts.billing import CYCLES_NAMED_FOR, HouseholdBalanceChanged
from ordering.cycle import cycle
from ordering.household import household
from ordering.order import State, household_order
from ordering.payment_exception import payment_exception
from ordering.payment_gate import Account, Debt
from ordering.tables import metadata

household_balance = Table(
    "household_balance",
    metadata,
    Column("household_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("left_cents", BigInteger, nullable=False),
    Column("credit_cents", BigInteger, nullable=False),
    Column("caution_cents", BigInteger, nullable=False),
    Column("cycles", JSON, nullable=False),
)
"""`cycles`: as the event names them, `[cycle id, its name, day of delivery, cents left]`; beside them what is owed to
other households of the group, `[id, names of the cycles, the day it was told so, cents]`, which is in `left_cents` too.
"""

UNBILLED_FOR = timedelta(days=CYCLES_NAMED_FOR - 15)
"""Shorter than billing names a cycle of which all is paid: what it stops naming counts here no more."""


async def keep(writer: Writer, said: HouseholdBalanceChanged) -> None:
    # What others of the group paid for it is food that it has not paid. It is late only once it was told whom to pay.
    between = [
        [each.id, each.cycle_name, each.since.isoformat(), each.cents] for each in said.owed_between if each.since
    ]
    cycles = [[c.cycle_id, c.cycle_name, c.delivers_on.isoformat(), c.left_cents] for c in said.cycles]
    row = {
        "household_id": said.id,
        "version": said.version,
        "changed_at": said.changed_at,
        "left_cents": said.left_cents + sum(each.cents for each in said.owed_between),
        # Both are paid in advance.
        "credit_cents": said.credit_cents + said.wallet_cents,
        "caution_cents": said.caution_cents,
        "cycles": [*cycles, *between],
    }
    await writer.keep_newest(household_balance, row)


@cache
def _standing(dialect: str) -> Select[Any]:
    """A row for each household and order of it that may not be billed yet; one without an order where there is none."""
    o, b, e = household_order.c, household_balance.c, payment_exception.c
    lately = or_(cycle.c.closed_at.is_(None), cycle.c.closed_at > bindparam("since", type_=Utc))
    orders = (
        select(o.household_id, o.cycle_id, o.gross_cents)
        .join(cycle, cycle.c.id == o.cycle_id)
        .where(o.state == State.PLACED.value, among(o.household_id, "households", dialect), lately)
        .subquery()
    )
    excepted = select(func.max(e.until)).where(e.household_id == household.c.id, e.ended_at.is_(None))
    joined = household.outerjoin(household_balance, b.household_id == household.c.id).outerjoin(
        orders, orders.c.household_id == household.c.id
    )
    columns = (b.left_cents, b.credit_cents, b.caution_cents, b.cycles, orders.c.cycle_id, orders.c.gross_cents)
    return (
        select(household.c.id, *columns, excepted.scalar_subquery().label("excepted_until"))
        .select_from(joined)
        .where(among(household.c.id, "households", dialect))
    )


def accounts(
    connection: Connection, household_ids: Collection[str], cycle_id: str, now: datetime
) -> dict[str, Account]:
    """How households stand who order in a cycle, in one statement; read it behind their locks, and two orders of one
    household in two cycles see each other. Without the order in the cycle itself."""
    given = {"households": list(household_ids), "since": now - UNBILLED_FOR}
    found = connection.execute(_standing(connection.dialect.name), given)
    by_household: dict[str, list[RowMapping]] = {}
    for row in found.mappings():
        by_household.setdefault(row["id"], []).append(row)
    return {each: _account(rows, cycle_id) for each, rows in by_household.items()}


async def account_of(reader: Reader, household_id: str, cycle_id: str = "") -> Account:
    found: dict[str, Account] = await reader.connection.run_sync(accounts, [household_id], cycle_id, reader.now)
    return found.get(household_id, Account())


def _account(rows: Iterable[RowMapping | Mapping[str, Any]], cycle_id: str) -> Account:
    rows = list(rows)
    said = rows[0]
    named = said["cycles"] or []
    billed = {cycle_id, *(each[0] for each in named)}
    return Account(
        said["left_cents"] or 0,
        said["credit_cents"] or 0,
        said["caution_cents"] or 0,
        tuple(Debt(name, date.fromisoformat(day), left) for _, name, day, left in named if left),
        sum(row["gross_cents"] for row in rows if row["cycle_id"] and row["cycle_id"] not in billed),
        said["excepted_until"],
    )


def today(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()
