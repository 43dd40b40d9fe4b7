"""Amounts due as they are read: a household's statements, and a cycle over all households and producers."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, func, select

from billing.amount_due import amount_due, cheque, cheque_line, cheque_vat
from billing.cycle import OPEN, WAITING, cycle
from billing.order import PLACED, order
from chassis.database import Reader


@dataclass
class ChequeToWrite:
    """One cheque as the household reads it: payee, sum, mention, rates and articles (rows of the tables)."""

    producer_id: str
    producer_name: str
    mention: str
    gross_cents: int
    vat: list[RowMapping] = field(default_factory=list)
    lines: list[RowMapping] = field(default_factory=list)


@dataclass
class Statement:
    """What a household owes for one cycle."""

    amount_id: str
    cycle_id: str
    cycle_name: str
    delivers_on: date
    household_id: str
    household_name: str
    group_name: str
    gross_cents: int
    computed_at: datetime
    cheques: list[ChequeToWrite] = field(default_factory=list)


async def statements(reader: Reader, household_ids: Collection[str], first: int, count: int) -> list[Statement]:
    """The statements of some households, last delivered first."""
    if not household_ids:
        return []
    newest = (
        select(amount_due, cycle.c.name.label("cycle_name"), cycle.c.delivers_on)
        .join(cycle, cycle.c.id == amount_due.c.cycle_id)
        .where(amount_due.c.household_id.in_(household_ids))
        .order_by(cycle.c.delivers_on.desc(), cycle.c.closed_at.desc(), amount_due.c.household_name)
    )
    found = [
        Statement(
            row["id"],
            row["cycle_id"],
            row["cycle_name"],
            row["delivers_on"],
            row["household_id"],
            row["household_name"],
            row["group_name"],
            row["gross_cents"],
            row["computed_at"],
        )
        for row in await reader.all(newest.offset(first).limit(count))
    ]
    await _fill(reader, found)
    return found


async def _fill(reader: Reader, found: list[Statement]) -> None:
    ids = [statement.amount_id for statement in found]
    by_amount = {statement.amount_id: statement for statement in found}
    cheques: dict[tuple[str, str], ChequeToWrite] = {}
    written = select(cheque).where(cheque.c.amount_id.in_(ids))
    for row in await reader.all(written):
        each = ChequeToWrite(row["producer_id"], row["producer_name"], row["mention"], row["gross_cents"])
        cheques[row["amount_id"], row["producer_id"]] = each
        by_amount[row["amount_id"]].cheques.append(each)
    for statement in found:
        statement.cheques.sort(key=lambda each: (each.producer_name.casefold(), each.producer_id))
    rates = select(cheque_vat).where(cheque_vat.c.amount_id.in_(ids)).order_by(cheque_vat.c.rate_hundredths)
    for row in await reader.all(rates):
        cheques[row["amount_id"], row["producer_id"]].vat.append(row)
    lines = select(cheque_line).where(cheque_line.c.amount_id.in_(ids)).order_by(cheque_line.c.number)
    for row in await reader.all(lines):
        cheques[row["amount_id"], row["producer_id"]].lines.append(row)


async def count_statements(reader: Reader, household_ids: Collection[str]) -> int:
    if not household_ids:
        return 0
    counted = select(func.count()).select_from(amount_due).where(amount_due.c.household_id.in_(household_ids))
    return int(await reader.scalar(counted))


async def pending_orders(reader: Reader, household_ids: Collection[str]) -> list[RowMapping]:
    """Orders of some households whose amounts are still to come: cycle name, state, closes_at, household, gross."""
    if not household_ids:
        return []
    pending = (
        select(
            cycle.c.id.label("cycle_id"),
            cycle.c.name.label("cycle_name"),
            cycle.c.state,
            cycle.c.closes_at,
            order.c.household_id,
            order.c.household_name,
            order.c.gross_cents,
        )
        .join(cycle, cycle.c.id == order.c.cycle_id)
        .where(order.c.household_id.in_(household_ids), order.c.state == PLACED, cycle.c.state.in_((OPEN, WAITING)))
        .order_by(cycle.c.closes_at, order.c.household_name)
    )
    return await reader.all(pending)


@dataclass(frozen=True)
class Totals:
    """A cycle summed up. `cheques`: how many cheques will be written."""

    households: int
    producers: int
    cheques: int
    quantity_thousandths: int
    gross_cents: int
    vat_cents: int


async def totals(reader: Reader, cycle_id: str, group_id: str = "") -> Totals:
    """All zero while nothing is computed."""
    sums = await reader.all(
        select(
            func.count(amount_due.c.id).label("households"),
            func.coalesce(func.sum(amount_due.c.quantity_thousandths), 0).label("quantity"),
            func.coalesce(func.sum(amount_due.c.gross_cents), 0).label("gross"),
        ).where(*_of(cycle_id, group_id))
    )
    cheques = await reader.all(
        select(
            func.count().label("cheques"),
            func.count(func.distinct(cheque.c.producer_id)).label("producers"),
        )
        .select_from(cheque)
        .join(amount_due, amount_due.c.id == cheque.c.amount_id)
        .where(*_of(cycle_id, group_id))
    )
    vat = await reader.scalar(
        select(func.coalesce(func.sum(cheque_vat.c.vat_cents), 0))
        .join(amount_due, amount_due.c.id == cheque_vat.c.amount_id)
        .where(*_of(cycle_id, group_id))
    )
    [sums_row], [cheques_row] = sums, cheques
    return Totals(
        households=sums_row["households"],
        producers=cheques_row["producers"],
        cheques=cheques_row["cheques"],
        # PostgreSQL sums BIGINT as NUMERIC.
        quantity_thousandths=int(sums_row["quantity"]),
        gross_cents=int(sums_row["gross"]),
        vat_cents=int(vat),
    )


async def totals_of(reader: Reader, cycle_ids: Collection[str]) -> dict[str, RowMapping]:
    """(households, gross_cents) of several cycles, by cycle id; those not computed are left out."""
    summed = (
        select(
            amount_due.c.cycle_id,
            func.count().label("households"),
            func.sum(amount_due.c.gross_cents).label("gross_cents"),
        )
        .where(amount_due.c.cycle_id.in_(cycle_ids))
        .group_by(amount_due.c.cycle_id)
    )
    return {row["cycle_id"]: row for row in await reader.all(summed)}


def _of(cycle_id: str, group_id: str) -> tuple[Any, ...]:
    chosen = amount_due.c.cycle_id == cycle_id
    return (chosen, amount_due.c.group_id == group_id) if group_id else (chosen,)


async def groups_of(reader: Reader, cycle_id: str) -> list[RowMapping]:
    """The groups that ordered in a cycle: group_id, group_name, households, gross_cents; by name."""
    summed = (
        select(
            amount_due.c.group_id,
            func.max(amount_due.c.group_name).label("group_name"),
            func.count().label("households"),
            func.sum(amount_due.c.gross_cents).label("gross_cents"),
        )
        .where(amount_due.c.cycle_id == cycle_id)
        .group_by(amount_due.c.group_id)
        .order_by(func.max(amount_due.c.group_name), amount_due.c.group_id)
    )
    return await reader.all(summed)


async def producers_of(reader: Reader, cycle_id: str, group_id: str = "") -> list[RowMapping]:
    """What each producer is to be paid: producer_id, producer_name, mention, cheques, gross_cents; by name."""
    summed = (
        select(
            cheque.c.producer_id,
            func.max(cheque.c.producer_name).label("producer_name"),
            func.max(cheque.c.mention).label("mention"),
            func.count().label("cheques"),
            func.sum(cheque.c.gross_cents).label("gross_cents"),
        )
        .join(amount_due, amount_due.c.id == cheque.c.amount_id)
        .where(*_of(cycle_id, group_id))
        .group_by(cheque.c.producer_id)
    )
    rows = await reader.all(summed)
    return sorted(rows, key=lambda row: (row["producer_name"].casefold(), row["producer_id"]))


async def vat_of_producers(reader: Reader, cycle_id: str, group_id: str = "") -> dict[str, list[RowMapping]]:
    """By producer id, for each rate: rate_hundredths, gross_cents, vat_cents, net_cents. Sums of the cheques' own
    figures, so that they agree with what every household holds."""
    summed = (
        select(
            cheque_vat.c.producer_id,
            cheque_vat.c.rate_hundredths,
            *(func.sum(cheque_vat.c[name]).label(name) for name in ("gross_cents", "vat_cents", "net_cents")),
        )
        .join(amount_due, amount_due.c.id == cheque_vat.c.amount_id)
        .where(*_of(cycle_id, group_id))
        .group_by(cheque_vat.c.producer_id, cheque_vat.c.rate_hundredths)
        .order_by(cheque_vat.c.producer_id, cheque_vat.c.rate_hundredths)
    )
    found: dict[str, list[RowMapping]] = {}
    for row in await reader.all(summed):
        found.setdefault(row["producer_id"], []).append(row)
    return found


@dataclass(frozen=True)
class HouseholdRow:
    """A row of the cycle's table; `by_producer`: cents by producer id, where there is anything to pay."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    gross_cents: int
    by_producer: dict[str, int]


async def households_of(
    reader: Reader, cycle_id: str, group_id: str = "", first: int = 0, count: int | None = None
) -> list[HouseholdRow]:
    """The households of a cycle with what each owes each producer, by group and name."""
    ordered = (
        select(amount_due)
        .where(*_of(cycle_id, group_id))
        .order_by(amount_due.c.group_name, amount_due.c.household_name, amount_due.c.household_id)
        .offset(first)
    )
    rows = await reader.all(ordered.limit(count) if count is not None else ordered)
    by_amount: dict[str, dict[str, int]] = {row["id"]: {} for row in rows}
    cells = select(cheque.c.amount_id, cheque.c.producer_id, cheque.c.gross_cents).where(cheque.c.cycle_id == cycle_id)
    for cell in await reader.all(cells):
        if cell["amount_id"] in by_amount:
            by_amount[cell["amount_id"]][cell["producer_id"]] = cell["gross_cents"]
    return [
        HouseholdRow(
            row["household_id"],
            row["household_name"],
            row["group_id"],
            row["group_name"],
            row["gross_cents"],
            by_amount[row["id"]],
        )
        for row in rows
    ]
