"""The bank's balance held against account 512 of the hub's book, at the end of a day, the difference explained.

Lines and entries meet in what they are about: a payment, a payout, or the line itself for what the bank took. Of each,
what the bank says until that day less what the book says until that day is the difference it makes. The book has one
account 512: what it says of payments and payouts that another account's lines tell of is that account's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, RowMapping, case, func, select

from billing.bank.register import Kept, Part, Stage, kept_of, line, part, statement
from billing.ledger.book import entry, movement
from billing.ledger.chart import HUB, Account
from billing.payment.register import Payment, find
from billing.payout.register import PAYOUTS, Payout, transfer
from chassis.database import Reader

MOST_TOLD = 200


@dataclass(frozen=True)
class Apart:
    """A payment or a payout of which the bank and the book do not say the same yet, or neither for others, with what
    lines and what entries say of it."""

    payment: Payment | None
    payout: Payout | None
    bank_cents: int
    book_cents: int

    @property
    def cents(self) -> int:
        return self.bank_cents - self.book_cents


@dataclass(frozen=True)
class Proof:
    """`bank_cents`: what the statement closes with on `day`. `book_cents`: account 512, without what is another bank
    account's (`other_cents`). `before_cents`: what the account had before the first statement kept. `gap_cents`: what
    the statements do not tell of. `open_lines`, `aside_lines`: until that day."""

    day: date
    bank_cents: int
    book_cents: int
    other_cents: int
    before_cents: int
    gap_cents: int
    open_lines: list[Kept]
    aside_lines: list[Kept]
    aparts: list[Apart]

    @property
    def difference_cents(self) -> int:
        return self.bank_cents - self.book_cents

    @property
    def open_cents(self) -> int:
        return sum(each.said.cents for each in self.open_lines)

    @property
    def aside_cents(self) -> int:
        return sum(each.said.cents for each in self.aside_lines)

    @property
    def apart_cents(self) -> int:
        return sum(each.cents for each in self.aparts)

    @property
    def explained_cents(self) -> int:
        return self.before_cents + self.gap_cents + self.open_cents + self.aside_cents + self.apart_cents

    @property
    def adds_up(self) -> bool:
        """Whether everything is explained by lines and payments: by nothing that no statement tells."""
        return self.gap_cents == 0 and self.explained_cents == self.difference_cents


async def prove(reader: Reader, account_id: str) -> Proof | None:
    """By the last statement that says a balance; None where none does."""
    s = statement.c
    told = select(statement).where(s.account_id == account_id, s.closing_cents.is_not(None))
    last = await reader.first(told.order_by(s.until.desc(), s.since.desc(), s.id.desc()).limit(1))
    if last is None:
        return None
    day = last["until"]
    mine = (line.c.account_id == account_id, line.c.day <= day)
    whole = int(await reader.scalar(select(func.coalesce(func.sum(line.c.cents), 0)).where(*mine)))
    before = await _before(reader, account_id)
    by_stage = {each: await _lines(reader, account_id, day, each) for each in (Stage.OPEN, Stage.ASIDE)}
    bank = await _by_cause(reader, line.c.account_id == account_id, day)
    elsewhere = set(await _by_cause(reader, line.c.account_id != account_id, date.max)) - bank.keys()
    book = await _booked(reader, day)
    other = sum(cents for cause, cents in book.items() if cause in elsewhere)
    ours = {cause: cents for cause, cents in book.items() if cause not in elsewhere}
    both = {cause: (bank.get(cause, 0), ours.get(cause, 0)) for cause in bank.keys() | ours.keys()}
    return Proof(
        day=day,
        bank_cents=last["closing_cents"],
        book_cents=sum(ours.values()),
        other_cents=other,
        before_cents=before,
        gap_cents=last["closing_cents"] - before - whole,
        open_lines=by_stage[Stage.OPEN],
        aside_lines=by_stage[Stage.ASIDE],
        aparts=await _aparts(reader, {cause: sums for cause, sums in both.items() if sums[0] != sums[1]}),
    )


async def _before(reader: Reader, account_id: str) -> int:
    """What the first statement that says a balance opens with, less what other lines kept of earlier days come to."""
    s = statement.c
    told = select(statement).where(s.account_id == account_id, s.closing_cents.is_not(None))
    first = await reader.first(told.order_by(s.since, s.until, s.id).limit(1))
    assert first is not None
    lines = select(func.coalesce(func.sum(line.c.cents), 0)).where(line.c.account_id == account_id)
    if first["opening_cents"] is not None:
        return int(first["opening_cents"]) - int(await reader.scalar(lines.where(line.c.day < first["since"])))
    # A file that says only what it closes with: what was there before follows from its lines.
    return int(first["closing_cents"]) - int(await reader.scalar(lines.where(line.c.day <= first["until"])))


async def _lines(reader: Reader, account_id: str, day: date, stage: Stage) -> list[Kept]:
    mine = (line.c.account_id == account_id, line.c.day <= day, line.c.stage == stage.value)
    return [kept_of(row) for row in await reader.all(select(line).where(*mine).order_by(line.c.day, line.c.id))]


async def _by_cause(reader: Reader, which: ColumnElement[bool], day: date) -> dict[str, int]:
    """What lines say of each cause of entries, cents."""
    found: dict[str, int] = {}
    told = select(part.c.kind, part.c.payment_id, part.c.line_id, part.c.cents, transfer.c.payout_id)
    joined = part.join(line, line.c.id == part.c.line_id).outerjoin(transfer, transfer.c.id == part.c.payment_id)
    holds = (which, line.c.day <= day, part.c.undone_at.is_(None))
    for row in await reader.all(told.select_from(joined).where(*holds)):
        cause = _cause(row)
        found[cause] = found.get(cause, 0) + row["cents"]
    return found


def _cause(row: RowMapping) -> str:
    """Of the entries that a part of a line is about. What a payout moves between parts of account 512, the commission,
    changes no balance."""
    kind = Part(row["kind"])
    if kind is Part.FEE:
        return f"bank_line:{row['line_id']}"
    if kind is Part.PAYOUT:
        return f"payout:{row['payment_id']}"
    if kind in (Part.SENT, Part.BACK):
        return f"payout:{row['payout_id']}"
    return f"payment:{row['payment_id']}"


async def _booked(reader: Reader, day: date) -> dict[str, int]:
    """What the hub's book says of account 512 by cause, debit less credit."""
    m, e, bank = movement.c, entry.c, Account.BANK.value
    signed = case((m.debit == bank, m.cents), else_=0) - case((m.credit == bank, m.cents), else_=0)
    summed = (
        select(e.cause, func.sum(signed).label("cents"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(e.book == HUB, e.day <= day, (m.debit == bank) | (m.credit == bank))
        .group_by(e.cause)
    )
    # PostgreSQL sums BIGINT as NUMERIC.
    return {row["cause"]: int(row["cents"]) for row in await reader.all(summed)}


async def _aparts(reader: Reader, apart: Mapping[str, tuple[int, int]]) -> list[Apart]:
    """With their payments and payouts; those beyond `MOST_TOLD` in one sum."""
    found = []
    for cause in sorted(apart)[:MOST_TOLD]:
        kind, _colon, about_id = cause.partition(":")
        payment = await find(reader, about_id) if kind == "payment" else None
        payout = await PAYOUTS.find(reader, about_id) if kind == "payout" else None
        found.append(Apart(payment, payout, *apart[cause]))
    rest = [apart[cause] for cause in sorted(apart)[MOST_TOLD:]]
    others = Apart(None, None, sum(bank for bank, _book in rest), sum(book for _bank, book in rest))
    return [*found, others] if others.cents else found
