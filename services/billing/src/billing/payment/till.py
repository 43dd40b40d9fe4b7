"""What lies in the hub's till, for whom, what came and went day by day, and how it goes to the bank: by its book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, case, func, select

from billing.ledger import rules
from billing.ledger.book import balance, entry, locked_heads, movement
from billing.ledger.chart import HUB, Account
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import CASH_DEPOSITED
from billing.payment.noting import OtherThere
from billing.shares import largest_remainder
from chassis.database import Reader, Writer
from chassis.identity import Person

DAYS = 60
"""Days with money that are told one by one."""


BROUGHT = 20
"""The last times that cash was brought to the bank, as they are told."""


class NotInTill(Exception):
    """There is not so much in the till: `cents` are."""

    def __init__(self, cents: int) -> None:
        super().__init__(str(cents))
        self.cents = cents


@dataclass(frozen=True)
class Day:
    """`end_cents`: in the till at the end of it."""

    day: date
    in_cents: int
    out_cents: int
    end_cents: int


async def held_for(reader: Reader) -> dict[str, int]:
    """Cents in the till by producer, "" for the hub's own; only where there is any."""
    b = balance.c
    rows = await reader.all(select(balance).where(b.book == HUB, b.account == Account.CASH.value))
    found = {row["party"]: row["debit_cents"] - row["credit_cents"] for row in rows}
    return {party: cents for party, cents in found.items() if cents}


async def by_day(reader: Reader, now_cents: int) -> list[Day]:
    """The newest day first. `now_cents`: what is in the till now."""
    m, e = movement.c, entry.c
    cash = Account.CASH.value
    came, went = (func.sum(case((side == cash, m.cents), else_=0)) for side in (m.debit, m.credit))
    summed = (
        select(e.day, came.label("came"), went.label("went"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(e.book == HUB, (m.debit == cash) | (m.credit == cash))
        .group_by(e.day)
        .order_by(e.day.desc())
        .limit(DAYS)
    )
    return _ends([(row["day"], int(row["came"]), int(row["went"])) for row in await reader.all(summed)], now_cents)


def _ends(days: Sequence[tuple[date, int, int]], end: int) -> list[Day]:
    found = []
    for day, came, went in days:
        found.append(Day(day, came, went, end))
        end -= came - went
    return found


# Cash that goes to the bank


async def bring(writer: Writer, form_id: str, cents: int, day: date, by: Person) -> None:
    """Book cash as brought to the bank; a part of it is everybody's in proportion. The id comes with the form: sent
    twice, it is booked once. Raises NotInTill, OtherThere."""
    await locked_heads(writer, {HUB})
    there = await _found(writer, form_id)
    if there is not None:
        if there["cents"] != cents:
            raise OtherThere
        return
    held = await held_for(writer)
    whole, mine = sum(held.values()), {party: has for party, has in sorted(held.items()) if has > 0}
    if not 0 < cents <= whole:
        raise NotInTill(whole)
    shares = dict(zip(mine, largest_remainder(cents, list(mine.values())), strict=True))
    rule, moves = CASH_DEPOSITED, rules.cash_deposited(shares)
    cause = Cause(f"till:{form_id}", rule.name, rule.version, by.id)
    await post(writer, [Entry(HUB, f"cash:{form_id}", day, rule.journal, cause, moves)])


async def take_back(writer: Writer, form_id: str, day: date, by: Person) -> None:
    """It was not brought, or not so much. Done twice, it is done once. Raises KeyError where nothing was."""
    await locked_heads(writer, {HUB})
    there = await _found(writer, form_id)
    if there is None:
        raise KeyError(form_id)
    if not there["undone"]:
        await post(writer, await counters_of(writer, [f"cash:{form_id}"], day, f"till:{form_id}", by.id))


async def brought(reader: Reader) -> list[RowMapping]:
    """The newest first: `id` of the form, `day`, `cents`, and whether it was `undone`."""
    return await reader.all(_brought.order_by(entry.c.number.desc()).limit(BROUGHT))


async def _found(reader: Reader, form_id: str) -> RowMapping | None:
    return await reader.first(_brought.where(entry.c.key == f"cash:{form_id}"))


_back = entry.alias("back")
_brought = (
    select(
        func.substr(entry.c.key, len("cash:") + 1).label("id"),
        entry.c.day,
        func.sum(movement.c.cents).label("cents"),
        func.count(_back.c.number).label("undone"),
    )
    .select_from(
        entry.join(movement, (entry.c.book == movement.c.book) & (entry.c.number == movement.c.number)).outerjoin(
            _back, (_back.c.book == entry.c.book) & (_back.c.counters == entry.c.number)
        )
    )
    .where(entry.c.book == HUB, entry.c.rule == CASH_DEPOSITED.name, entry.c.counters.is_(None))
    .group_by(entry.c.key, entry.c.day, entry.c.number)
)
