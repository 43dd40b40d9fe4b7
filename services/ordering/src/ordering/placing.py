"""Placing orders: many slips of one cycle under one lock, in one transaction, with one statement for each kind of row.

    cycle (shared) -> households (alone) -> scarce products (alone) -> scarce pools (alone), each in order of id

Locks are always taken in this order, so that two replicas wait for each other instead of deadlocking. Orders share the
cycle's row and a closing takes it alone: neither sees half of the other. Whether a slip is taken is decided by the rule
in `order.py`, slip by slip in the order they came; one that is refused takes nothing from the others.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, tzinfo
from functools import cache
from typing import Any

from sqlalchemy import Delete, Insert, RowMapping, Select, bindparam, select, true

from chassis.bulk import among, arrays, replacing
from chassis.database import Transaction
from ordering import announcing
from ordering.completion import completion_of, in_cases
from ordering.conflict import Missing
from ordering.cycle import State as CycleState
from ordering.cycle import cycle
from ordering.group import group
from ordering.household import household
from ordering.household_balance import accounts, today
from ordering.offer_sheet import OfferSheet, OfferSheets
from ordering.order import (
    Changed,
    CycleNotOpen,
    EmptyBasket,
    Held,
    NotInCycle,
    Order,
    Round,
    Slip,
    TooLate,
    decided,
    household_order,
)
from ordering.order_line import order_line
from ordering.payment_gate import Account, PaymentDue, gate_of
from ordering.stock import Stock, at_stake, booked, bookings, locked_stock, write_stock
from ordering.wanted import Terms, WrongLines

REFUSALS = (Missing, CycleNotOpen, TooLate, NotInCycle, EmptyBasket, Changed, PaymentDue, WrongLines)
"""What is the sender's to know, and no fault of ours."""

_ORDER_COLUMNS = tuple(column.name for column in household_order.c)
_LINE_COLUMNS = tuple(column.name for column in order_line.c)
_NO_SHEET = OfferSheet({}, frozenset())


def place_order(tx: Transaction, slip: Slip, sheets: OfferSheets, zone: tzinfo = UTC) -> Order:
    """Place one. Raises what `decided` raises."""
    [outcome] = place_orders(tx, [slip], sheets, zone)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def place_orders(
    tx: Transaction, slips: Sequence[Slip], sheets: OfferSheets, zone: tzinfo = UTC
) -> list[Order | Exception]:
    """Decide and write slips of one cycle, each of another household: an order or a refusal for each. `zone`: the
    hub's, by whose days payments are due."""
    [cycle_id] = {slip.cycle_id for slip in slips}
    homes = _locked(tx, cycle_id, [slip.household_id for slip in slips])
    of = next(iter(homes.values()), None)
    held = _held(tx, cycle_id, list(homes))
    completing = of is not None and of["state"] == CycleState.COMPLETING
    takes_orders = of is not None and (completing or of["state"] == CycleState.OPEN or slips[0].takes_back)
    sheet = sheets.of(tx.connection, cycle_id, of["version"]) if of and takes_orders else _NO_SHEET
    scarce = _scarce(slips, held, sheet)
    filling = in_cases(sheet.offers.values(), _named(slips, held)) if completing else []
    stock = locked_stock(tx.connection, cycle_id, scarce | {offer.product_id for offer in filling})
    # The sums are right only behind the locks: whoever fills the same case waits there.
    completion = completion_of(tx.connection, cycle_id, filling) if completing else None
    taken = Round(of, sheet, stock, tx.now, tx.ids, completion, _accounts(tx, slips, homes), today(tx.now, zone))
    outcomes: list[Order | Exception] = []
    fresh: list[tuple[Slip, Order]] = []
    for slip in slips:
        theirs = held.get(slip.household_id)
        try:
            order = decided(slip, taken, homes.get(slip.household_id), theirs)
        except REFUSALS as refusal:
            outcomes.append(refusal)
            continue
        outcomes.append(order)
        if theirs is None or order.version > theirs.row["version"]:
            fresh.append((slip, order))
    if fresh:
        assert of is not None
        _write(tx, cycle_id, stock, [order for _, order in fresh], held)
        for slip, order in fresh:
            said = announcing.order(order, of["cycle_name"], of["closes_at"])
            tx.announce(said, slip.caused_by)
    return outcomes


# What is there


def _accounts(tx: Transaction, slips: Sequence[Slip], homes: Mapping[str, RowMapping]) -> dict[str, Account]:
    """How those stand whose groups ask to be paid first: one statement, and none where no group asks. Read behind
    their locks: what another order of theirs adds is seen."""
    asked = [s.household_id for s in slips if s.is_gated and s.household_id in homes]
    gated = [one for one in asked if gate_of(homes[one]).asks]
    return accounts(tx.connection, gated, slips[0].cycle_id, tx.now) if gated else {}


@cache
def _homes(dialect: str) -> Select[Any]:
    return (
        select(
            household.c.id,
            household.c.name,
            household.c.active,
            household.c.group_id,
            group.c.name.label("group_name"),
            group.c.pay_within_days,
            group.c.limit_cents,
            group.c.caution_cents,
        )
        .join(group, group.c.id == household.c.group_id)
        .where(among(household.c.id, "households", dialect))
        .order_by(household.c.id)
        .with_for_update(of=household, key_share=True)
    )


def locked_homes(tx: Transaction, household_ids: Collection[str]) -> dict[str, RowMapping]:
    """Household and group, by household, in order of id. Two orders of one household, also its first ones, follow each
    other. Who places orders in several cycles takes all their households first."""
    these = {"households": list(household_ids)}
    found = tx.connection.execute(_homes(tx.connection.dialect.name), these)
    return {row["id"]: row for row in found.mappings()}


@cache
def _cycle_and_homes(dialect: str) -> Select[Any]:
    """The cycle's lock is there before any of a household: PostgreSQL takes those last, of rows that are joined."""
    of = (
        select(
            cycle.c.name.label("cycle_name"),
            cycle.c.version,
            cycle.c.state,
            cycle.c.opens_at,
            cycle.c.closes_at,
            cycle.c.closed_at,
            cycle.c.complete_until,
        )
        .where(cycle.c.id == bindparam("cycle"))
        .with_for_update(read=True)
        .cte("of")
    )
    return _homes(dialect).join(of, true()).add_columns(*of.c)


def _locked(tx: Transaction, cycle_id: str, household_ids: Collection[str]) -> dict[str, RowMapping]:
    """`locked_homes`, each beside the row of the cycle: one round trip for both. Nothing where there is no cycle."""
    these = {"cycle": cycle_id, "households": list(household_ids)}
    found = tx.connection.execute(_cycle_and_homes(tx.connection.dialect.name), these)
    return {row["id"]: row for row in found.mappings()}


@cache
def _orders(dialect: str) -> Select[Any]:
    its = household_order.c.cycle_id == bindparam("cycle")
    return select(household_order).where(its, among(household_order.c.household_id, "households", dialect))


@cache
def _lines(dialect: str) -> Select[Any]:
    line = order_line.c
    terms = (line.tolerance_thousandths, line.least_thousandths, line.substitute)
    return select(line.order_id, line.product_id, line.quantity_thousandths, line.arrival, *terms).where(
        among(line.order_id, "orders", dialect)
    )


def _held(tx: Transaction, cycle_id: str, household_ids: list[str]) -> dict[str, Held]:
    """Orders in the cycle, by household. Read after the households are locked: what was read with the lock could be
    older than what held it."""
    dialect = tx.connection.dialect.name
    found = tx.connection.execute(_orders(dialect), {"cycle": cycle_id, "households": household_ids})
    rows = found.mappings().all()
    quantities: dict[str, dict[str, int]] = {row["id"]: {} for row in rows}
    terms: dict[str, dict[str, Terms]] = {row["id"]: {} for row in rows}
    arrivals: dict[str, dict[str, int]] = {row["id"]: {} for row in rows}
    filled = [row["id"] for row in rows if row["lines"]]
    if filled:
        for order_id, product_id, quantity, arrival, *its in tx.connection.execute(_lines(dialect), {"orders": filled}):
            quantities[order_id][product_id] = quantity
            terms[order_id][product_id] = Terms(*its)
            if arrival:
                arrivals[order_id][product_id] = arrival
    return {
        row["household_id"]: Held(row, quantities[row["id"]], terms[row["id"]], arrivals[row["id"]]) for row in rows
    }


def _scarce(slips: Sequence[Slip], held: Mapping[str, Held], sheet: OfferSheet) -> set[str]:
    """The scarce products and pools that any of the slips would book differently."""
    names: set[str] = set()
    for slip in slips:
        before = held[slip.household_id].quantities if slip.household_id in held else {}
        names.update(at_stake(sheet.scarce, before, {w.product_id: w.quantity_thousandths for w in slip.wanted}))
    return names


def _named(slips: Sequence[Slip], held: Mapping[str, Held]) -> set[str]:
    """The products that the slips name, or that they leave out of an order."""
    named = {line.product_id for slip in slips for line in slip.wanted}
    return named.union(*(held[slip.household_id].quantities for slip in slips if slip.household_id in held))


# What becomes of it


@cache
def _drop_lines(dialect: str) -> Delete:
    return order_line.delete().where(among(order_line.c.order_id, "orders", dialect))


@cache
def _orders_and_stock(kinds: tuple[str, ...]) -> Insert:
    """PostgreSQL: both in one round trip."""
    return replacing(household_order, _ORDER_COLUMNS).add_cte(*map(booked, kinds))


def _write(tx: Transaction, cycle_id: str, stock: Stock, orders: list[Order], held: Mapping[str, Held]) -> None:
    rows, dialect = [_order_row(order) for order in orders], tx.connection.dialect.name
    if dialect == "sqlite":
        write_stock(tx.connection, cycle_id, stock)
        tx.insert_rows(household_order, _ORDER_COLUMNS, rows, replace=True)
    else:
        kinds, given = bookings(cycle_id, stock)
        tx.connection.execute(_orders_and_stock(kinds), given | arrays(_ORDER_COLUMNS, rows))
    emptied = [order.id for order in orders if order.household_id in held and held[order.household_id].quantities]
    if emptied:
        tx.connection.execute(_drop_lines(dialect), {"orders": emptied})
    tx.insert_rows(order_line, _LINE_COLUMNS, [row for order in orders for row in _line_rows(order)])


def _order_row(order: Order) -> tuple[object, ...]:
    """In the order of the table's columns."""
    return (
        order.id,
        order.version,
        order.cycle_id,
        order.household_id,
        order.state.value,
        order.household_name,
        order.group_id,
        order.group_name,
        order.gross_cents,
        len(order.lines),
        order.changed_at,
        order.entered_by.person_id,
        order.entered_by.name,
        order.entered_by.on_behalf,
        order.allocated_at,
    )


def _line_rows(order: Order) -> list[tuple[object, ...]]:
    """In the order of the table's columns."""
    return [
        (
            order.id,
            line.article.product_id,
            order.cycle_id,
            line.article.producer_id,
            line.quantity_thousandths,
            line.article.price_cents,
            line.gross_cents,
            *line.terms,
            order.arrivals.get(line.article.product_id, 0),
        )
        for line in order.lines
    ]
