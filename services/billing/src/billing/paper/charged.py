"""What the hub charges a producer for a period: the commissions that were booked in it, from the hub's own book.

Both books are written in one transaction, so an entry of the hub's is of the account in which the producer's entry of
the same cycle, cause and moment stands. What was booked before and taken back in the period is nothing; what an earlier
paper charged and is less now stands below zero, with the paper it corrects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from billing.cycle import cycle
from billing.ledger.book import entry, movement
from billing.ledger.chart import HUB, Account
from billing.ledger.rules import COMMISSION, COMMISSION_OWED
from billing.paper.period import Period
from billing.paper.register import COMMISSIONS, Paper, of_producer
from billing.rendering import how_earned
from chassis.database import Reader


@dataclass(frozen=True)
class Reckoning:
    """How one rate of the contract came to a commission. `base`: a `CommissionBase`; `cents`: with what brings it to
    the least that is agreed."""

    vat_class: str
    base: str
    base_cents: int
    rate_hundredths: int
    cents: int


@dataclass
class Line:
    """The commission of a cycle in a period, in cents. `offset`: it is taken from what the hub collects. `corrects`:
    number and day of the papers that charged this cycle before."""

    cycle_id: str
    cycle_name: str
    delivers_on: date | None
    rate_hundredths: int
    offset: bool
    net_cents: int = 0
    vat_cents: int = 0
    reckoned: tuple[Reckoning, ...] = ()
    corrects: tuple[tuple[str, str], ...] = ()

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


@dataclass
class Charged:
    lines: list[Line] = field(default_factory=list)

    @property
    def net_cents(self) -> int:
        return sum(each.net_cents for each in self.lines)

    @property
    def vat_cents(self) -> int:
        return sum(each.vat_cents for each in self.lines)

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents

    @property
    def offset_cents(self) -> int:
        """What is taken from proceeds; the rest is to be paid."""
        return sum(each.gross_cents for each in self.lines if each.offset)

    @property
    def corrects(self) -> list[tuple[str, str]]:
        return sorted({one for each in self.lines for one in each.corrects})

    def by_rate(self) -> list[tuple[int, int, int]]:
        """Rate, price without VAT and VAT."""
        sums: dict[int, list[int]] = {}
        for each in self.lines:
            both = sums.setdefault(each.rate_hundredths, [0, 0])
            both[0] += each.net_cents
            both[1] += each.vat_cents
        return [(rate, net, vat) for rate, (net, vat) in sorted(sums.items())]


async def charged(reader: Reader, producer_id: str, period: Period) -> Charged:
    """By cycle, in the order of their deliveries; cycles that come to nothing left out."""
    e, m, own = entry.c, movement.c, entry.alias().c
    same = (own.book == producer_id, own.rule == COMMISSION_OWED.name, own.number > period.after)
    with_it = select(own.number).where(
        *same,
        own.number <= period.last,
        own.cycle_id == e.cycle_id,
        own.cause == e.cause,
        own.posted_at == e.posted_at,
    )
    columns = (e.cycle_id, m.rate_hundredths, m.debit, m.credit)
    booked = (
        select(*columns, func.sum(m.cents).label("cents"))
        .select_from(entry.join(movement, (e.book == m.book) & (e.number == m.number)))
        .where(e.book == HUB, e.rule == COMMISSION.name, or_(m.debit_of == producer_id, m.credit_of == producer_id))
        .where(with_it.exists())
        .group_by(*columns)
    )
    lines: dict[tuple[str, int, bool], Line] = {}
    for row in await reader.all(booked):
        # Taken back, the claim stands on the other side.
        forth = row["credit"] in (Account.COMMISSION, Account.VAT)
        earned, claim = (row["credit"], row["debit"]) if forth else (row["debit"], row["credit"])
        offset = claim == Account.THIRD_PARTY
        key = row["cycle_id"], row["rate_hundredths"], offset
        line = lines.setdefault(key, Line(row["cycle_id"], "", None, row["rate_hundredths"], offset))
        cents = int(row["cents"]) if forth else -int(row["cents"])
        if earned == Account.COMMISSION:
            line.net_cents += cents
        else:
            line.vat_cents += cents
    found = [each for each in lines.values() if each.net_cents or each.vat_cents]
    await _explain(reader, producer_id, found)
    return Charged(sorted(found, key=lambda each: (each.delivers_on or date.max, each.cycle_id, each.rate_hundredths)))


async def _explain(reader: Reader, producer_id: str, lines: Sequence[Line]) -> None:
    """Names and days of the cycles, how each commission was reckoned, and which papers charged it before."""
    ids = {each.cycle_id for each in lines}
    c = cycle.c
    rows = await reader.all(select(c.id, c.name, c.delivers_on).where(c.id.in_(sorted(ids))))
    known = {row["id"]: row for row in rows}
    reckoned = {each.of.cycle_id: each for each in await how_earned(reader, producer_id, ids)}
    before = charged_before(await of_producer(reader, producer_id, *COMMISSIONS))
    for line in lines:
        if line.cycle_id in known:
            line.cycle_name, line.delivers_on = known[line.cycle_id]["name"], known[line.cycle_id]["delivers_on"]
        line.corrects = tuple(before.get(line.cycle_id, ()))
        one = reckoned.get(line.cycle_id)
        # As it holds today: of what was revised since, or corrects an earlier paper, only the sum is told.
        if one is not None and not line.corrects and one.net_cents == line.net_cents:
            more = one.more_cents or (0,) * len(one.of.lines)
            line.reckoned = tuple(
                Reckoning(each.vat_class, each.base, each.base_cents, each.rate_hundredths, each.cents + extra)
                for each, extra in zip(one.of.lines, more, strict=True)
            )


def charged_before(papers: Iterable[Paper]) -> dict[str, list[tuple[str, str]]]:
    """Number and day of the papers that charged a cycle, by its id."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in papers:
        for line in one.figures["lines"]:
            found.setdefault(line["cycle_id"], []).append((one.number, one.issued_on.isoformat()))
    return found


def figures_of(one: Charged) -> dict[str, Any]:
    """As they are kept with the paper."""
    lines = [
        {
            "cycle_id": each.cycle_id,
            "rate_hundredths": each.rate_hundredths,
            "net_cents": each.net_cents,
            "vat_cents": each.vat_cents,
            "offset": each.offset,
        }
        for each in one.lines
    ]
    sums = {"net_cents": one.net_cents, "vat_cents": one.vat_cents, "offset_cents": one.offset_cents}
    return {"lines": lines, **sums, "corrects": one.corrects}
