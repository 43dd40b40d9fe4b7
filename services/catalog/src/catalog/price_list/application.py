"""Applying a price list: its good lines are written, the wrong ones are left out, and both are told."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, bindparam, func, select

from catalog.author import Author
from catalog.price import BY_PRICE_LIST
from catalog.price_list.comparison import Kind, Usual, Verdict, after, judge
from catalog.price_list.preview import (
    APPLIED,
    CHUNK,
    PREVIEWED,
    REFUSED,
    find,
    line_of,
    open_for_applying,
    price_list,
    price_list_line,
    stored_faults,
)
from catalog.producer import Producer, locked
from catalog.product import WITHDRAWN, Product, by_reference, from_row, product, store
from catalog.refusal import Faulty, Stale
from catalog.sentence import Fault, _
from chassis.database import Database, Writer


@dataclass(frozen=True)
class Outcome:
    """`lines`: kind -> how many; `surprises`: lines that did something else than the preview said."""

    lines: Counter[str]
    surprises: int


async def apply(database: Database, list_id: str, author: Author) -> Outcome:
    """Write the good lines of a previewed list, in steps of `preview.CHUNK` lines, each a transaction.

    Every line is judged again against the catalogue as it is then. Asked again, or after a crash, it does what is
    left to do and tells the same outcome. Raises NotThere; Stale when the list was refused or its day is over; Faulty
    when the producer has stopped.
    """
    while True:
        async with database.write() as writer:
            done = await _step(writer, list_id, author)
        if done is not None:
            return done


async def _step(writer: Writer, list_id: str, author: Author) -> Outcome | None:
    head = await find(writer, list_id)
    # The producer's row first, always: whoever changes its products waits here.
    owner = await locked(writer, head["producer_id"])
    head = await find(writer, list_id)
    if head["state"] == APPLIED:
        return Outcome(Counter(head["outcome"]), head["surprises"])
    if not open_for_applying(head, writer.now):
        raise Stale
    if not owner.sheet.active:
        raise Faulty([Fault("", _("This producer has stopped: make the producer active before offering anything."))])
    left = select(price_list_line).where(
        price_list_line.c.price_list_id == list_id, price_list_line.c.outcome.is_(None)
    )
    rows = await writer.all(left.order_by(price_list_line.c.position).limit(CHUNK))
    if rows:
        await _write(writer, owner, head, rows, author)
    if len(rows) == CHUNK:
        return None
    return await _finish(writer, list_id, author)


async def _write(writer: Writer, owner: Producer, head: RowMapping, rows: list[RowMapping], author: Author) -> None:
    usual = Usual(head["usual_vat_class"], head["usual_temperature_class"])
    listed = [row for row in rows if row["kind"] != Kind.MISSING]
    lines = [line_of(row) for row in listed]
    held = await by_reference(writer, owner.id, [line.key for line in lines])
    verdicts = [judge(line, held.get(line.key), usual) for line in lines]
    new, changed, notes = _sorted(writer, owner, listed, verdicts)
    leaving, told = await _leaving(writer, [row for row in rows if row["kind"] == Kind.MISSING])
    await store(writer, owner, new, [*changed, *leaving], author, BY_PRICE_LIST)
    mine = (price_list_line.c.price_list_id == head["id"]) & (price_list_line.c.position == bindparam("at"))
    done: dict[str, Any] = {
        "outcome": bindparam("did"),
        "changes": bindparam("now"),
        "faults": bindparam("why"),
        "surprise": bindparam("odd"),
    }
    await writer.execute(price_list_line.update().where(mine).values(done), [*notes, *told])


def _sorted(
    writer: Writer, owner: Producer, rows: list[RowMapping], verdicts: list[Verdict]
) -> tuple[list[Product], list[tuple[Product, Product]], list[dict[str, Any]]]:
    """Products to add, products to change, and what to note on each line."""
    new, changed, notes = [], [], []
    for row, verdict in zip(rows, verdicts, strict=True):
        if verdict.kind is Kind.NEW:
            new.append(after(verdict, writer.ids.new(), owner.id))
        elif verdict.kind is Kind.CHANGED:
            assert verdict.held is not None
            changed.append((verdict.held, after(verdict, "", owner.id)))
        changes = {name: list(pair) for name, pair in (verdict.changes or {}).items()}
        notes.append(_note(row, verdict.kind, changes, stored_faults(verdict.faults)))
    return new, changed, notes


def _note(row: RowMapping, kind: Kind, changes: dict[str, Any], faults: list[dict[str, Any]]) -> dict[str, Any]:
    odd = row["kind"] != kind or row["changes"] != changes
    return {"at": row["position"], "did": kind.value, "now": changes, "why": faults, "odd": odd}


async def _leaving(
    writer: Writer, rows: list[RowMapping]
) -> tuple[list[tuple[Product, Product]], list[dict[str, Any]]]:
    """Products the list does not name, where they are still on offer."""
    if not rows:
        return [], []
    ids = [row["product_id"] for row in rows]
    held = {row["id"]: from_row(row) for row in await writer.all(select(product).where(product.c.id.in_(ids)))}
    offered = {item.id for item in held.values() if item.offered}
    leaving = [
        (item, replace(item, version=item.version + 1, state=WITHDRAWN)) for item in held.values() if item.offered
    ]
    notes = []
    for row in rows:
        kind = Kind.MISSING if row["product_id"] in offered else Kind.UNCHANGED
        notes.append(_note(row, kind, {}, []))
    return leaving, notes


async def _finish(writer: Writer, list_id: str, author: Author) -> Outcome:
    did, odd = price_list_line.c.outcome, price_list_line.c.surprise
    counted = select(did, odd, func.count().label("lines")).where(price_list_line.c.price_list_id == list_id)
    lines: Counter[str] = Counter()
    surprises = 0
    for row in await writer.all(counted.group_by(did, odd)):
        lines[row["outcome"]] += row["lines"]
        surprises += row["lines"] if row["surprise"] else 0
    outcome = Outcome(lines, surprises)
    await writer.execute(
        price_list.update()
        .where(price_list.c.id == list_id)
        .values(
            state=APPLIED,
            outcome=dict(outcome.lines),
            surprises=outcome.surprises,
            decided_at=writer.now,
            decided_by_name=author.name,
        )
    )
    return outcome


async def refuse(writer: Writer, list_id: str, author: Author) -> None:
    """Put a preview away unapplied. Refusing twice is refusing once. Raises NotThere; Stale when it was applied."""
    head = await find(writer, list_id)
    await locked(writer, head["producer_id"])
    head = await find(writer, list_id)
    if head["state"] == REFUSED:
        return
    if head["state"] == APPLIED:
        raise Stale
    started = select(price_list_line.c.position).where(
        price_list_line.c.price_list_id == list_id, price_list_line.c.outcome.is_not(None)
    )
    if head["state"] == PREVIEWED and await writer.scalar(started.limit(1)) is not None:
        # Half of it is written: it can only be gone through with.
        raise Stale
    values = {"state": REFUSED, "decided_at": writer.now, "decided_by_name": author.name}
    await writer.execute(price_list.update().where(price_list.c.id == list_id).values(values))
