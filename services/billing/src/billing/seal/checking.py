"""Do the books still hold what a seal says they held? Asked of the database alone, and of seals from outside.

The chain of hashes shows who changed an entry and not those after it; a seal shows who made the whole chain anew. One
seal tells that something up to its last entry was changed; an older one that still fits tells from where on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Executable, func, select

from billing.ledger.book import entry, movement
from billing.ledger.closing import closing
from billing.paper.register import paper
from billing.seal.register import seal
from billing.seal.text import NoSeal, OfBook, Seal, Signed, read
from chassis.database import Reader


@dataclass
class SealProof:
    """`fingerprint`: of the key that signed it, "" where none did; `faults`: empty where the books hold it."""

    day: date
    root: str
    fingerprint: str
    books: int = 0
    faults: list[str] = field(default_factory=list)


async def seal_proofs(reader: Reader, seals: Sequence[Signed]) -> list[SealProof]:
    """`seals`: the oldest first."""
    found, fits = [], dict[str, int]()
    for each in seals:
        proof = SealProof(each.day, each.root, "")
        proof.faults += each.faults
        whole = each.seal
        if not proof.faults:
            proof.fingerprint = each.fingerprint
            if whole is None:
                whole = await _kept(reader, each)
                if whole is None:
                    proof.faults.append("the hub keeps no seal of this root: it was removed, or changed")
            if whole is not None:
                proof.books = len(whole.books)
                proof.faults += await _differs(reader, whole, fits)
        found.append(proof)
    return found


async def _kept(reader: Reader, short: Signed) -> Seal | None:
    """What the hub keeps is believed as far as it comes to the root that is known outside."""
    text = await reader.scalar(select(seal.c.text).where(seal.c.root == short.root))
    try:
        kept = read(text)[0].seal if text else None
    except NoSeal:
        return None
    return kept if kept is not None and kept.root == short.root else None


async def _differs(reader: Reader, whole: Seal, fits: dict[str, int]) -> list[str]:
    """`fits`: by book the last entry that an older seal fits to, moved on."""
    faults = []
    for of in whole.books:
        own = await _book_differs(reader, of, fits.get(of.book, 0) + 1)
        if not own:
            fits[of.book] = of.entries
        faults += own
    for each in whole.series:
        p = paper.c
        now = await _hash(reader, select(p.hash).where(p.series == each.series, p.place == each.papers))
        if now != each.hash:
            was = "is gone" if now is None else "is not the one that was sealed"
            faults.append(f"{each.series}: paper {each.papers} {was}")
    return faults


async def _book_differs(reader: Reader, of: OfBook, first: int) -> list[str]:
    e, c, m = entry.c, closing.c, movement.c
    now = await _hash(reader, select(e.hash).where(e.book == of.book, e.number == of.entries))
    if now is None:
        left = await reader.scalar(select(func.count()).select_from(entry).where(e.book == of.book))
        return [f"{of.book}: {of.entries} entries were sealed, {left} are there"]
    faults = []
    if now != of.hash:
        faults.append(
            f"{of.book}: entry {of.entries} is not the one that was sealed: "
            f"one of the entries {first} to {of.entries} was changed, and those after it were made anew"
        )
    summed = select(func.sum(m.cents)).where(m.book == of.book, m.number <= of.entries)
    moved = int(await reader.scalar(summed) or 0)
    if moved != of.moved_cents:
        faults.append(f"{of.book}: {of.moved_cents} cents were booked when it was sealed, {moved} are there")
    if of.closings:
        closed = await _hash(reader, select(c.hash).where(c.book == of.book, c.number == of.closings))
        if closed != of.closing_hash:
            faults.append(f"{of.book}: closing {of.closings} is not the one that was sealed")
    return faults


async def _hash(reader: Reader, mine: Executable) -> Any:
    return await reader.scalar(mine)
