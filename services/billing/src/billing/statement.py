"""Amounts due as they are read: a household's statements, and a cycle over all households and producers."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, Table, func, select

from billing.amount_due import HOLDS, OWED, amount_due
from billing.cycle import OPEN, WAITING, cycle
from billing.fee.charged import is_written
from billing.order import PLACED, deposits_of, order
from billing.producer_sums import expected_of, producer_due, producer_vat, to_pay_of
from billing.solidarity.paying import paid_for
from chassis.database import Reader


@dataclass
class Statement:
    """What a household owes for one cycle. `cheques`: see `amount_due.amount_due`; each names its deposits, 0 for none.
    `earlier`: what was said before, of a statement that was corrected, the newest first; those have none themselves.
    `paid_for`: cents that somebody else pays for the household, by producer; it is asked for the rest, however small.
    """

    amount_id: str
    cycle_id: str
    cycle_name: str
    delivers_on: date
    household_id: str
    household_name: str
    group_name: str
    gross_cents: int
    deposit_cents: int
    computed_at: datetime
    cheques: list[dict[str, Any]]
    revision: int = 1
    earlier: list["Statement"] = field(default_factory=list)
    paid_for: dict[str, int] = field(default_factory=dict)

    @property
    def to_pay_cents(self) -> int:
        return self.gross_cents + self.deposit_cents

    @property
    def expected_cents(self) -> int:
        return sum(map(expected_of, self.cheques))

    @property
    def delivered(self) -> bool:
        """Whether something else came than was expected."""
        return any("expected_cents" in cheque for cheque in self.cheques)

    def asked_cents(self, cheque: Mapping[str, Any], ask_from: int) -> int:
        """What a cheque is asked for: what is owed, or as expected where the difference is under `ask_from` cents."""
        owed, expected = to_pay_of(cheque), expected_of(cheque)
        if cheque["producer_id"] in self.paid_for:
            return owed - self.paid_for[cheque["producer_id"]]
        return expected if is_written(cheque) and abs(owed - expected) < ask_from else owed

    def left_cents(self, cheque: Mapping[str, Any], ask_from: int, left: Mapping[tuple[str, str, str], int]) -> int:
        """What of it is still asked for. `left`: what the books say is open, see `owing.left_by_cycle`: once something
        is paid that counts, but for a difference that is carried."""
        owed = to_pay_of(cheque)
        still_open = left.get((self.household_id, self.cycle_id, cheque["producer_id"]), owed)
        if still_open == owed:
            return self.asked_cents(cheque, ask_from)
        if cheque["producer_id"] in self.paid_for:
            return still_open
        return 0 if self.delivered and abs(still_open) < ask_from else still_open

    def carried_cents(self, ask_from: int) -> int:
        """What stays on the account: owed and not asked for; below zero what is owed to the household."""
        asked = sum(self.asked_cents(cheque, ask_from) for cheque in self.cheques)
        return self.to_pay_cents - sum(self.paid_for.values()) - asked


async def statements(reader: Reader, household_ids: Collection[str], first: int, count: int) -> list[Statement]:
    """The statements of some households, last delivered first."""
    if not household_ids:
        return []
    newest = (
        _told.where(amount_due.c.household_id.in_(household_ids), HOLDS)
        .order_by(cycle.c.delivers_on.desc(), cycle.c.closed_at.desc(), amount_due.c.household_name)
        .offset(first)
        .limit(count)
    )
    found = {row["id"]: _statement(row) for row in await reader.all(newest)}
    before = _told.where(amount_due.c.id.in_(found), ~HOLDS).order_by(amount_due.c.version.desc())
    for row in await reader.all(before):
        found[row["id"]].earlier.append(_statement(row))
    for (household_id, cycle_id, producer_id), cents in (await paid_for(reader, household_ids)).items():
        for one in found.values():
            if (one.household_id, one.cycle_id) == (household_id, cycle_id):
                one.paid_for[producer_id] = cents
    return list(found.values())


async def all_statements(reader: Reader, household_id: str, since: date, until: date) -> list[Statement]:
    """The statements of one household that hold, of the cycles delivered in some days, the first first."""
    mine = _told.where(amount_due.c.household_id == household_id, HOLDS, cycle.c.delivers_on.between(since, until))
    rows = await reader.all(mine.order_by(cycle.c.delivers_on, cycle.c.id))
    return [_statement(row) for row in rows]


_told = select(amount_due, cycle.c.name.label("cycle_name"), cycle.c.delivers_on).join(
    cycle, cycle.c.id == amount_due.c.cycle_id
)


def _statement(row: RowMapping) -> Statement:
    return Statement(
        row["id"],
        row["cycle_id"],
        row["cycle_name"],
        row["delivers_on"],
        row["household_id"],
        row["household_name"],
        row["group_name"],
        row["gross_cents"],
        row["deposit_cents"],
        row["computed_at"],
        [{"deposit_cents": 0} | cheque for cheque in json.loads(row["cheques"])],
        row["revision"],
    )


async def count_statements(reader: Reader, household_ids: Collection[str]) -> int:
    if not household_ids:
        return 0
    mine = amount_due.c.household_id.in_(household_ids) & HOLDS
    counted = select(func.count()).select_from(amount_due).where(mine)
    return int(await reader.scalar(counted))


async def pending_orders(reader: Reader, household_ids: Collection[str]) -> list[dict[str, Any]]:
    """Orders of some households whose amounts are still to come: cycle name, state, closes_at, phase, household,
    and to_pay_cents as the order stands."""
    if not household_ids:
        return []
    mine = (amount_due.c.cycle_id == cycle.c.id) & (amount_due.c.household_id == order.c.household_id)
    pending = (
        select(
            cycle.c.id.label("cycle_id"),
            cycle.c.name.label("cycle_name"),
            cycle.c.state,
            cycle.c.closes_at,
            cycle.c.phase,
            order.c.household_id,
            order.c.household_name,
            order.c.gross_cents,
            order.c.deposits,
        )
        .join(cycle, cycle.c.id == order.c.cycle_id)
        .outerjoin(amount_due, mine)
        .where(
            order.c.household_id.in_(household_ids),
            order.c.state == PLACED,
            cycle.c.state.in_((OPEN, WAITING)),
            amount_due.c.id.is_(None),
        )
        .order_by(cycle.c.closes_at, order.c.household_name)
    )
    rows = await reader.all(pending)
    return [dict(row) | {"to_pay_cents": row["gross_cents"] + sum(deposits_of(row).values())} for row in rows]


@dataclass(frozen=True)
class Totals:
    """A cycle summed up. `cheques`: how many cheques will be written; for the goods and, beside them, the deposits."""

    households: int
    producers: int
    cheques: int
    quantity_thousandths: int
    gross_cents: int
    vat_cents: int
    deposit_cents: int

    @property
    def to_pay_cents(self) -> int:
        return self.gross_cents + self.deposit_cents


NOTHING = Totals(0, 0, 0, 0, 0, 0, 0)


async def totals(reader: Reader, cycle_id: str, group_id: str = "") -> Totals:
    """All zero while nothing is computed."""
    sums = await reader.all(
        select(
            func.count(amount_due.c.id).label("households"),
            func.coalesce(func.sum(amount_due.c.quantity_thousandths), 0).label("quantity"),
            func.coalesce(func.sum(amount_due.c.gross_cents), 0).label("gross"),
            func.coalesce(func.sum(amount_due.c.deposit_cents), 0).label("deposit"),
        ).where(*_of(amount_due, cycle_id, group_id), OWED)
    )
    due = producer_due.c
    cheques = await reader.all(
        select(
            func.coalesce(func.sum(due.cheques), 0).label("cheques"),
            func.count(func.distinct(due.producer_id)).label("producers"),
        ).where(*_of(producer_due, cycle_id, group_id), due.cheques > 0)
    )
    vat = await reader.scalar(
        select(func.coalesce(func.sum(producer_vat.c.vat_cents), 0)).where(*_of(producer_vat, cycle_id, group_id))
    )
    [sums_row], [cheques_row] = sums, cheques
    return Totals(
        households=sums_row["households"],
        producers=cheques_row["producers"],
        cheques=int(cheques_row["cheques"]),
        # PostgreSQL sums BIGINT as NUMERIC.
        quantity_thousandths=int(sums_row["quantity"]),
        gross_cents=int(sums_row["gross"]),
        vat_cents=int(vat),
        deposit_cents=int(sums_row["deposit"]),
    )


async def totals_of(reader: Reader, cycle_ids: Collection[str]) -> dict[str, RowMapping]:
    """(households, to_pay_cents) of several cycles, by cycle id; those not computed are left out."""
    summed = (
        select(
            amount_due.c.cycle_id,
            func.count().label("households"),
            func.sum(amount_due.c.gross_cents + amount_due.c.deposit_cents).label("to_pay_cents"),
        )
        .where(amount_due.c.cycle_id.in_(cycle_ids), OWED)
        .group_by(amount_due.c.cycle_id)
    )
    return {row["cycle_id"]: row for row in await reader.all(summed)}


def _of(table: Table, cycle_id: str, group_id: str) -> tuple[Any, ...]:
    chosen = table.c.cycle_id == cycle_id
    return (chosen, table.c.group_id == group_id) if group_id else (chosen,)


async def groups_of(reader: Reader, cycle_id: str) -> list[RowMapping]:
    """The groups that owe for a cycle: group_id, group_name, households, gross_cents; by name."""
    summed = (
        select(
            amount_due.c.group_id,
            func.max(amount_due.c.group_name).label("group_name"),
            func.count().label("households"),
            func.sum(amount_due.c.gross_cents).label("gross_cents"),
        )
        .where(amount_due.c.cycle_id == cycle_id, OWED)
        .group_by(amount_due.c.group_id)
        .order_by(func.max(amount_due.c.group_name), amount_due.c.group_id)
    )
    return await reader.all(summed)


async def producers_of(reader: Reader, cycle_id: str, group_id: str = "") -> list[RowMapping]:
    """What each producer is to be paid: producer_id, producer_name, mention, cheques, deposit_cents, to_pay_cents (with
    the deposits); by name."""
    due = producer_due.c
    summed = (
        select(
            due.producer_id,
            func.max(due.producer_name).label("producer_name"),
            func.max(due.mention).label("mention"),
            func.sum(due.cheques).label("cheques"),
            func.sum(due.deposit_cents).label("deposit_cents"),
            func.sum(due.gross_cents + due.deposit_cents).label("to_pay_cents"),
        )
        .where(*_of(producer_due, cycle_id, group_id), due.cheques > 0)
        .group_by(due.producer_id)
    )
    rows = await reader.all(summed)
    return sorted(rows, key=lambda row: (row["producer_name"].casefold(), row["producer_id"]))


async def came_otherwise(reader: Reader, cycle_id: str, group_id: str = "") -> list[RowMapping]:
    """Of the producers who are due something else than was expected: producer_id, producer_name, expected_cents,
    to_pay_cents, with the deposits."""
    due = producer_due.c
    to_pay = due.gross_cents + due.deposit_cents
    summed = (
        select(
            due.producer_id,
            func.max(due.producer_name).label("producer_name"),
            func.sum(due.expected_cents).label("expected_cents"),
            func.sum(to_pay).label("to_pay_cents"),
        )
        .where(*_of(producer_due, cycle_id, group_id), due.expected_cents != to_pay)
        .group_by(due.producer_id)
    )
    rows = await reader.all(summed)
    return sorted(rows, key=lambda row: (row["producer_name"].casefold(), row["producer_id"]))


async def vat_of_producers(reader: Reader, cycle_id: str, group_id: str = "") -> dict[str, list[RowMapping]]:
    """By producer id, for each rate: rate_hundredths, gross_cents, vat_cents, net_cents. Sums of the cheques' own
    figures, so that they agree with what every household holds."""
    of = producer_vat.c
    summed = (
        select(
            of.producer_id,
            of.rate_hundredths,
            *(func.sum(of[name]).label(name) for name in ("gross_cents", "vat_cents", "net_cents")),
        )
        # Of what was owed at a rate, and is not any more, a row of nothing stays.
        .where(*_of(producer_vat, cycle_id, group_id), of.gross_cents != 0)
        .group_by(of.producer_id, of.rate_hundredths)
        .order_by(of.producer_id, of.rate_hundredths)
    )
    found: dict[str, list[RowMapping]] = {}
    for row in await reader.all(summed):
        found.setdefault(row["producer_id"], []).append(row)
    return found


@dataclass(frozen=True)
class HouseholdRow:
    """A row of the cycle's table; `by_producer`: cents by producer id, where there is anything to pay, deposits
    included; `gross_cents`: the goods without them."""

    household_id: str
    household_name: str
    group_id: str
    group_name: str
    gross_cents: int
    by_producer: dict[str, int]

    @property
    def to_pay_cents(self) -> int:
        return sum(self.by_producer.values())


async def households_of(
    reader: Reader, cycle_id: str, group_id: str = "", first: int = 0, count: int | None = None
) -> list[HouseholdRow]:
    """The households of a cycle with what each owes each producer, by group and name."""
    c = amount_due.c
    ordered = (
        select(c.household_id, c.household_name, c.group_id, c.group_name, c.gross_cents, c.by_producer)
        .where(*_of(amount_due, cycle_id, group_id), OWED)
        .order_by(c.group_name, c.household_name, c.household_id)
        .offset(first)
    )
    rows = await reader.all(ordered.limit(count) if count is not None else ordered)
    return [
        HouseholdRow(
            row["household_id"],
            row["household_name"],
            row["group_id"],
            row["group_name"],
            row["gross_cents"],
            json.loads(row["by_producer"]),
        )
        for row in rows
    ]


async def corrected_of(reader: Reader, cycle_id: str) -> tuple[int, datetime | None]:
    """How many households' amounts were corrected since the first, and when last."""
    c = amount_due.c
    corrected = select(func.count().label("count"), func.max(c.computed_at).label("at")).where(
        c.cycle_id == cycle_id, HOLDS, c.version > 1
    )
    [row] = await reader.all(corrected)
    return int(row["count"]), row["at"]
