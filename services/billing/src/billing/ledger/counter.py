"""What was booked is taken back: by entries that do the opposite, as it stands in the books, whatever the rules say by
now."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from billing.ledger.book import entry, movement, movement_of
from billing.ledger.entry import Cause, Entry, Movement, opposite
from chassis.database import Reader


async def counters_of(
    reader: Reader, keys: Collection[str], day: date, event: str, person_id: str, household_id: str = ""
) -> list[Entry]:
    """The counter-entries of all entries with these business keys, in all books, the last first. `event`, `person_id`:
    see `entry.Cause`; `household_id`: of the entries, by which they are found."""
    e, m = entry.c, movement.c
    rows = await reader.all(
        select(movement, e.key, e.journal, e.rule, e.rule_version)
        .join(entry, (e.book == m.book) & (e.number == m.number))
        .where(e.household_id == household_id, e.key.in_(sorted(keys)))
        .order_by(m.book, m.number.desc(), m.place)
    )
    booked: dict[tuple[str, int], list[Movement]] = {}
    heads = {}
    for row in rows:
        booked.setdefault((row["book"], row["number"]), []).append(movement_of(row))
        heads[row["book"], row["number"]] = row
    return [
        Entry(
            book=book,
            key=f"back:{heads[book, number]['key']}",
            day=day,
            journal=heads[book, number]["journal"],
            cause=Cause(event, heads[book, number]["rule"], heads[book, number]["rule_version"], person_id),
            movements=opposite(moves),
            household_id=household_id,
            counters=number,
        )
        for (book, number), moves in booked.items()
    ]
