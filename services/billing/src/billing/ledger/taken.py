"""Commission that the hub took at the bank, and that is lessened afterwards: it is given back at once.

Else the hub would owe a producer what it holds for nobody, until more is collected.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, MONEY, Account
from billing.ledger.entry import Cause, Entry
from billing.ledger.posting import post
from billing.ledger.rules import COMMISSION_TAKEN, commission_taken
from chassis.database import Reader, Writer


def to_give_back(held_cents: int, owed_cents: int, taken_cents: int) -> int:
    """What is missing for a producer, as far as it was taken as commission."""
    return max(0, min(owed_cents - held_cents, taken_cents))


async def give_back(
    writer: Writer, producer_ids: Collection[str], day: date, because: str, person_id: str, cycle_id: str
) -> None:
    """What is missing for these producers comes out of the hub's own money at the bank. The caller holds the hub's
    book. `because`, `person_id`: see `entry.Cause`."""
    taken = await _taken(writer, producer_ids)
    if not taken:
        return
    entries = []
    for producer_id, (held, owed) in sorted((await _stands(writer, taken)).items()):
        cents = to_give_back(held, owed, taken[producer_id])
        if cents:
            cause = Cause(because, COMMISSION_TAKEN.name, COMMISSION_TAKEN.version, person_id)
            # Given back, nothing is missing any more: who comes by twice finds nothing to book.
            key = f"commission-given-back:{writer.ids.new()}"
            moves = commission_taken(producer_id, -cents)
            entries.append(Entry(HUB, key, day, COMMISSION_TAKEN.journal, cause, moves, cycle_id=cycle_id))
    await post(writer, entries)


async def _taken(reader: Reader, producer_ids: Collection[str]) -> dict[str, int]:
    """Cents by producer, less what was given back."""
    m, e = movement.c, entry.c
    found: dict[str, int] = {}
    for of, sign in ((m.credit_of, 1), (m.debit_of, -1)):
        summed = select(of.label("party"), func.sum(m.cents).label("cents")).select_from(
            entry.join(movement, (e.book == m.book) & (e.number == m.number))
        )
        mine = summed.where(e.book == HUB, e.rule == COMMISSION_TAKEN.name, of.in_(sorted(producer_ids)))
        for row in await reader.all(mine.group_by(of)):
            # PostgreSQL sums BIGINT as NUMERIC.
            found[row["party"]] = found.get(row["party"], 0) + sign * int(row["cents"])
    return found


async def _stands(reader: Reader, producer_ids: Collection[str]) -> dict[str, tuple[int, int]]:
    """(held, owed) by producer."""
    b, found = balance.c, dict.fromkeys(producer_ids, (0, 0))
    for row in await reader.all(select(balance).where(b.book == HUB, b.party.in_(sorted(producer_ids)))):
        held, owed = found[row["party"]]
        cents = row["debit_cents"] - row["credit_cents"]
        if row["account"] in MONEY:
            found[row["party"]] = held + cents, owed
        elif row["account"] == Account.THIRD_PARTY:
            found[row["party"]] = held, owed - cents
    return found
