"""What the hub earns from a producer for a cycle, by the mandate contract that was signed before the cycle was closed.

The terms are those of the version that holds on the day of delivery. What is signed, ended or given notice of after the
closing changes nothing: orders keep the terms of their day. So whoever reckons again reckons the same.

The base is what households owe for the goods, as the amounts due say: with VAT or without, whichever the contract says,
never the deposits on containers (code général des impôts art. 267 II 2°). Each rate is rounded half up by producer and
cycle; the least a contract grants is for each account rendered, so it is reckoned over the cycles closed in one period.
A commission for a service is not reckoned: no sale says yet which services it asked for.

An agent's commission is a service at the normal rate, whatever the rate of the goods (Conseil d'État, 11 December
2020, n° 440587). A producer established in another country owes the VAT itself there (code général des impôts art. 259,
1° and 283-2; directive 2006/112/EC art. 44 and 196), and one whose regime charges no VAT deducts none (art. 293 E, 298
quater).
"""

import json
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import Column, Date, Index, Integer, RowMapping, String, Table, Text, select

from billing.mandate.clauses import Rendering
from billing.mandate.contract import Mandate, Version, history, listed
from billing.schema import metadata
from billing.seller import Seller
from billing.shares import half_up
from billing.sold import Sold
from billing.vat import VatTables
from chassis.database import Reader, Writer
from contracts.mandate import Collection, Commission, CommissionBase

_WHOLE = 100_00
"""100 % in the unit of rates."""
SERVICE = "SERVICE"
"""The VAT class of a commission."""

commission = Table(
    "commission",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("mandate_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    Column("closed_on", Date, nullable=False),
    Column("period", String(10), nullable=False),
    Column("collected", Integer, nullable=False),
    Column("vat_hundredths", Integer, nullable=False),
    Column("deductible", Integer, nullable=False),
    Column("lines", Text, nullable=False),
)
"""How the commission of a cycle was reckoned, as it holds; what is earned stands in the books. `number`: of the version
of the contract; `closed_on`: the day of the cycle's closing, `period` the one that account is rendered of;
`collected`: 1 where the hub collects for the producer; `vat_hundredths`: the rate on the commission; `deductible`: 1
where the producer deducts that VAT; `lines`: JSON, a list of `Line`."""
Index("ix_commission_producer_id_period", commission.c.producer_id, commission.c.period)
COLUMNS = tuple(commission.c.keys())


@dataclass(frozen=True)
class Line:
    """One rate of a contract on what it is of. `base`: a `CommissionBase`; `cents`: without VAT, before the least that
    is granted."""

    vat_class: str
    base: str
    base_cents: int
    rate_hundredths: int
    minimum_cents: int
    cents: int


@dataclass(frozen=True)
class Reckoned:
    """A row of `commission`."""

    cycle_id: str
    producer_id: str
    mandate_id: str
    number: int
    closed_on: date
    period: str
    collected: bool
    vat_hundredths: int
    deductible: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Earned:
    """What a cycle earns the hub of one producer, in cents. `more_cents`: of `net_cents`, what brings it to the least
    that is granted, each line in turn."""

    of: Reckoned
    more_cents: tuple[int, ...] = ()

    @property
    def net_cents(self) -> int:
        return sum(line.cents for line in self.of.lines) + sum(self.more_cents)

    @property
    def vat_cents(self) -> int:
        return half_up(self.net_cents * self.of.vat_hundredths, _WHOLE)


def lines_of(rules: Iterable[Commission], sold: Mapping[str, Sold]) -> tuple[Line, ...]:
    """What each rule comes to. `sold`: by VAT class. A rule without a class is of all that no other rule names."""
    rules = [rule for rule in rules if not rule.service]
    named = {rule.vat_class for rule in rules if rule.vat_class}
    found = []
    for rule in rules:
        names = {rule.vat_class} if rule.vat_class else sold.keys() - named
        mine = [sums for name, sums in sold.items() if name in names]
        gross = rule.base is CommissionBase.GROSS
        base = sum(each.gross_cents if gross else each.net_cents for each in mine)
        if base:
            cents = half_up(base * rule.rate_hundredths, _WHOLE)
            found.append(Line(rule.vat_class, rule.base.value, base, rule.rate_hundredths, rule.minimum_cents, cents))
    return tuple(found)


def earned(period: Iterable[Reckoned]) -> list[Earned]:
    """What each cycle of one producer and period earns, in the order of their closing: the first brings the commission
    up to the least that is granted, later ones only what goes beyond."""
    reached: dict[str, int] = {}
    charged: dict[str, int] = {}
    found = []
    for each in sorted(period, key=lambda one: (one.closed_on, one.cycle_id)):
        more = []
        for line in each.lines:
            before = charged.get(line.vat_class, 0)
            reached[line.vat_class] = reached.get(line.vat_class, 0) + line.cents
            charged[line.vat_class] = max(before, reached[line.vat_class], line.minimum_cents)
            more.append(charged[line.vat_class] - before - line.cents)
        found.append(Earned(each, tuple(more)))
    return found


def period_of(rendering: Rendering, day: date) -> str:
    """The period that account is rendered of: 2026-W47, 2026-11 or 2026-Q4."""
    if rendering is Rendering.WEEKLY:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day:%Y-%m}" if rendering is Rendering.MONTHLY else f"{day:%Y}-Q{(day.month + 2) // 3}"


def vat_on(seller: Seller, vat: VatTables, country: str, on: date, regime: str) -> tuple[int, bool]:
    """The rate on a commission, and whether the producer deducts that VAT. `regime`: the hub's. Raises NoRate."""
    if seller.country != country:
        return 0, False
    return vat.rate(SERVICE, country, on, regime), vat.regime(seller.regime).charges_vat


# The contracts that hold


def as_known(one: Mandate, at: datetime, last_day: date | None) -> Mandate:
    """The contract as it stood then. `last_day`: the one that was known."""
    signed = tuple(version for version in one.signed if all(each.signed_at <= at for each in version.signatures))
    return replace(one, versions=signed, last_day=last_day)


async def contracts_of(reader: Reader, known: Mapping[str, Seller], at: datetime, on: date) -> dict[str, Version]:
    """The versions whose terms hold on a day, by what was signed at some moment, by producer."""
    h = history.c
    said = select(h.mandate_id, h.note).where(h.what.in_(("notice", "ended")), h.at <= at).order_by(h.at)
    # What was said last holds; the note begins with the last day.
    ends = {row["mandate_id"]: date.fromisoformat(row["note"][:10]) for row in await reader.all(said)}
    found: dict[str, Version] = {}
    for one in await listed(reader, known.keys()):
        held = as_known(one, at, ends.get(one.id)).in_force(on)
        if held is not None:
            found[one.producer_id] = held
    return found


def reckoned(
    cycle: RowMapping,
    version: Version,
    seller: Seller,
    closed_on: date,
    sold: Mapping[str, Sold],
    vat: tuple[int, bool],
) -> Reckoned:
    """The commission of one producer for a cycle. `vat`: see `vat_on`."""
    terms = version.terms
    return Reckoned(
        cycle["id"],
        seller.id,
        version.mandate_id,
        version.number,
        closed_on,
        period_of(terms.rendering, closed_on),
        terms.collection is Collection.AGENT_ACCOUNT,
        *vat,
        lines_of(terms.commissions, sold),
    )


# Rows


async def keep(writer: Writer, cycle_id: str, rows: Sequence[Reckoned]) -> None:
    """Keep how a cycle's commissions were reckoned, instead of what was kept of it before."""
    await writer.execute(commission.delete().where(commission.c.cycle_id == cycle_id))
    told = [tuple(_column(row, name) for name in COLUMNS) for row in rows]
    await writer.insert_rows(commission, COLUMNS, told)


def _column(row: Reckoned, name: str) -> str | int | date:
    if name == "lines":
        return json.dumps([asdict(line) for line in row.lines], ensure_ascii=False)
    value: str | int | date = getattr(row, name)
    return int(value) if isinstance(value, bool) else value


# Queries


async def of_cycle(reader: Reader, cycle_id: str) -> list[Reckoned]:
    return [_read(row) for row in await reader.all(select(commission).where(commission.c.cycle_id == cycle_id))]


async def of_periods(reader: Reader, producer_ids: Several[str], periods: Several[str]) -> list[Reckoned]:
    """Of some producers, all that was closed in these periods."""
    mine = commission.c.producer_id.in_(sorted(producer_ids)) & commission.c.period.in_(sorted(periods))
    return [_read(row) for row in await reader.all(select(commission).where(mine))]


def _read(row: RowMapping) -> Reckoned:
    said = dict(row) | {"lines": tuple(Line(**line) for line in json.loads(row["lines"]))}
    return Reckoned(**said | {name: bool(row[name]) for name in ("collected", "deductible")})
