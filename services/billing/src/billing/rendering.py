"""The account that the hub renders to a producer of some days, straight from the producer's book (code civil art.
1993).

What comes to a producer is what households still owe it, and what the hub has collected and not handed over, less what
it owes the hub. Whatever moves one of these accounts against another one is a sale, a commission, a payment or
something else, by the account on the other side; what moves two of them against each other changes nothing: the hub
collected, or set its commission off.

`opening + sales - commission - paid + other = closing` is checked, not assumed: opening and closing are what the kept
balances say, less what was booked later.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from sqlalchemy import ColumnElement, RowMapping, distinct, func, select

from billing.commission import Earned, commission, earned, of_periods
from billing.cycle import cycle
from billing.ledger.book import balance, book, entry, movement
from billing.ledger.chart import HUB, MONEY, Account
from billing.ledger.rules import CLAIM_HUB, COMMISSION, FEE, RESALE, SALE, WEIGHT_FUND, WEIGHT_HUB
from billing.seller import sellers
from chassis.database import Reader

OPEN = (Account.HOUSEHOLD, Account.THIRD_PARTY, Account.SUPPLIER)
"""The accounts of a producer's book that make up what comes to it."""
BORNE = frozenset({CLAIM_HUB.name, WEIGHT_HUB.name, WEIGHT_FUND.name})
COSTS = frozenset({Account.COMMISSION_PAID, Account.VAT_DEDUCTIBLE})

_movements = entry.join(movement, (entry.c.book == movement.c.book) & (entry.c.number == movement.c.number))


@dataclass
class OfCycle:
    """What was booked of a cycle in these days, in cents; corrections of an earlier day are in it. `households`: of how
    many; `day`: the first of the days. `commission_cents` with its VAT. `borne_cents`: of the price with VAT, what the
    hub or the solidarity fund pays, because the goods measured less than the bill."""

    cycle_id: str
    name: str
    day: date
    households: int = 0
    net_cents: int = 0
    vat_cents: int = 0
    deposit_cents: int = 0
    commission_cents: int = 0
    borne_cents: int = 0
    carriage_cents: int = 0
    """Of `net_cents`, transport and fees."""

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents

    @property
    def sold_cents(self) -> int:
        return self.gross_cents + self.deposit_cents


@dataclass(frozen=True)
class Paid:
    """What came to the producer, or was settled otherwise, on a day by one rule. `cents`: what it lessens."""

    day: date
    rule: str
    cents: int


@dataclass
class Rendered:
    """The account of one producer. `standing`: what each of `OPEN` comes to at the end, for the producer; `agrees`:
    whether the hub's book says the same of what is between the two as the producer's, all days to this one."""

    producer_id: str
    producer_name: str
    opening_cents: int
    closing_cents: int
    standing: Mapping[Account, int]
    agrees: bool
    cycles: list[OfCycle] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    others: list[Paid] = field(default_factory=list)

    @property
    def sold_cents(self) -> int:
        return sum(each.sold_cents for each in self.cycles)

    @property
    def carriage_cents(self) -> int:
        return sum(each.carriage_cents for each in self.cycles)

    @property
    def commission_cents(self) -> int:
        return sum(each.commission_cents for each in self.cycles)

    @property
    def paid_cents(self) -> int:
        return sum(each.cents for each in self.payments)

    @property
    def other_cents(self) -> int:
        return -sum(each.cents for each in self.others)

    @property
    def adds_up(self) -> bool:
        moved = self.sold_cents - self.commission_cents - self.paid_cents + self.other_cents
        return self.opening_cents + moved == self.closing_cents


@dataclass(frozen=True)
class Cut:
    """Which entries an account is of: those that have `begun` and are not `over` yet."""

    begun: ColumnElement[bool]
    over: ColumnElement[bool]


def of_days(since: date, until: date) -> Cut:
    return Cut(entry.c.day >= since, entry.c.day > until)


def of_numbers(after: int, last: int) -> Cut:
    """The entries of one book beyond `after`, up to `last`."""
    return Cut(entry.c.number > after, entry.c.number > last)


async def rendered(reader: Reader, since: date, until: date, only: Collection[str] | None = None) -> list[Rendered]:
    """The accounts of the producers who have a book, by name; `only`: of these."""
    return await rendered_of(reader, of_days(since, until), only)


async def rendered_of(reader: Reader, cut: Cut, only: Collection[str] | None = None) -> list[Rendered]:
    """See `rendered`; of numbers only one producer's at a time."""
    known = await sellers(reader)
    ids = [row["id"] for row in await reader.all(select(book.c.id).where(book.c.id != HUB))]
    mine = {each: known[each].name if each in known else each for each in ids if only is None or each in only}
    before = await _standing(reader, mine, cut.begun)
    after = await _standing(reader, mine, cut.over)
    agreed = await _agreeing(reader, mine)
    found = {
        each: Rendered(each, name, sum(before[each].values()), sum(after[each].values()), after[each], each in agreed)
        for each, name in sorted(mine.items(), key=lambda one: (one[1].casefold(), one[0]))
    }
    rows = await _moved(reader, mine, cut)
    households = await _households(reader, mine, cut)
    for producer_id, own in groupby(rows, key=lambda row: row["book"]):
        _take(found[producer_id], own, households)
    return list(found.values())


async def _standing(
    reader: Reader, ids: Collection[str], later_on: ColumnElement[bool]
) -> dict[str, dict[Account, int]]:
    """Debit less credit by producer and account: what is kept, less what was booked `later_on`."""
    found = {each: dict.fromkeys(OPEN, 0) for each in ids}
    b, m = balance.c, movement.c
    kept = select(b.book, b.account, func.sum(b.debit_cents - b.credit_cents).label("cents"))
    chosen = b.book.in_(sorted(ids)) & b.account.in_(OPEN)
    for row in await reader.all(kept.where(chosen).group_by(b.book, b.account)):
        found[row["book"]][Account(row["account"])] += int(row["cents"])
    for side, sign in ((m.debit, -1), (m.credit, 1)):
        later = select(m.book, side.label("account"), func.sum(m.cents).label("cents")).select_from(_movements)
        chosen = m.book.in_(sorted(ids)) & side.in_(OPEN) & later_on
        for row in await reader.all(later.where(chosen).group_by(m.book, side)):
            found[row["book"]][Account(row["account"])] += sign * int(row["cents"])
    return found


async def _agreeing(reader: Reader, ids: Collection[str]) -> set[str]:
    """The producers of whom both books say the same: what the hub has collected, and what it is owed."""
    b = balance.c
    cents = (b.debit_cents - b.credit_cents).label("cents")
    sums = {(each, account): 0 for each in ids for account in (Account.THIRD_PARTY, Account.SUPPLIER)}
    theirs = select(b.book.label("producer"), b.account, cents).where(
        b.book.in_(sorted(ids)), b.account.in_((Account.THIRD_PARTY, Account.SUPPLIER))
    )
    hubs = select(b.party.label("producer"), b.account, cents).where(
        b.book == HUB, b.party.in_(sorted(ids)), b.account.in_((Account.THIRD_PARTY, Account.PRODUCERS))
    )
    for row in [*await reader.all(theirs), *await reader.all(hubs)]:
        account = Account.THIRD_PARTY if row["account"] == Account.THIRD_PARTY else Account.SUPPLIER
        sums[row["producer"], account] += row["cents"]
    return {each for each in ids if not any(sums[each, account] for account in (Account.THIRD_PARTY, Account.SUPPLIER))}


async def _moved(reader: Reader, ids: Collection[str], cut: Cut) -> list[RowMapping]:
    """What was booked, summed by producer, day, cycle, rule and accounts; in this order."""
    e, m = entry.c, movement.c
    by = (e.book, e.day, e.cycle_id, e.rule, m.debit, m.credit)
    summed = (
        select(*by, func.coalesce(func.max(cycle.c.name), "").label("name"), func.sum(m.cents).label("cents"))
        .select_from(_movements.outerjoin(cycle, cycle.c.id == e.cycle_id))
        .where(e.book.in_(sorted(ids)), cut.begun, ~cut.over)
        .group_by(*by)
        .order_by(*by)
    )
    return await reader.all(summed)


async def _households(reader: Reader, ids: Collection[str], cut: Cut) -> dict[tuple[str, str], int]:
    """To how many households something was sold, or corrected, by producer and cycle."""
    e = entry.c
    counted = select(e.book, e.cycle_id, func.count(distinct(e.household_id)).label("count")).where(
        e.book.in_(sorted(ids)), e.rule == SALE.name, cut.begun, ~cut.over
    )
    rows = await reader.all(counted.group_by(e.book, e.cycle_id))
    return {(row["book"], row["cycle_id"]): row["count"] for row in rows}


def _take(one: Rendered, rows: Iterable[RowMapping], households: Mapping[tuple[str, str], int]) -> None:
    cycles: dict[str, OfCycle] = {}
    paid: dict[tuple[date, str], int] = {}
    others: dict[tuple[date, str], int] = {}
    for row in rows:
        debit, credit = Account(row["debit"]), Account(row["credit"])
        if (debit in OPEN) == (credit in OPEN):
            continue
        cents, other = (int(row["cents"]), credit) if debit in OPEN else (-int(row["cents"]), debit)
        key = row["day"], row["rule"]
        if other in MONEY:
            paid[key] = paid.get(key, 0) - cents
        elif other in COSTS or other in (Account.SALES, Account.CARRIAGE, Account.VAT, Account.CONTAINERS):
            of = cycles.setdefault(row["cycle_id"], OfCycle(row["cycle_id"], row["name"], row["day"]))
            of.households = households.get((one.producer_id, row["cycle_id"]), 0)
            if other in COSTS:
                of.commission_cents -= cents
            elif other == Account.CONTAINERS:
                of.deposit_cents += cents
            elif other == Account.VAT:
                of.vat_cents += cents
            else:
                of.net_cents += cents
            if row["rule"] in BORNE and other not in COSTS:
                of.borne_cents += cents
            of.carriage_cents += cents if other == Account.CARRIAGE else 0
        else:
            others[key] = others.get(key, 0) - cents
    one.cycles = sorted(cycles.values(), key=lambda of: (of.day, of.cycle_id))
    one.payments = [Paid(*key, cents) for key, cents in sorted(paid.items()) if cents]
    one.others = [Paid(*key, cents) for key, cents in sorted(others.items()) if cents]


# The commissions of the hub


async def how_earned(reader: Reader, producer_id: str, cycle_ids: Collection[str]) -> list[Earned]:
    """How the commissions of some cycles were reckoned, as they hold, in the order of the closings."""
    c = commission.c
    rows = select(c.period).where(c.producer_id == producer_id, c.cycle_id.in_(sorted(cycle_ids)))
    by_period: dict[str, list[Earned]] = {}
    periods = {row["period"] for row in await reader.all(rows)}
    for period in sorted(periods):
        by_period[period] = earned(await of_periods(reader, {producer_id}, {period}))
    found = [each for some in by_period.values() for each in some if each.of.cycle_id in cycle_ids]
    return sorted(found, key=lambda each: (each.of.closed_on, each.of.cycle_id))


@dataclass(frozen=True)
class Commissioned:
    """What the hub earned of one producer in some days, by its own book."""

    producer_id: str
    producer_name: str
    net_cents: int
    vat_cents: int


async def commissioned(reader: Reader, since: date, until: date) -> tuple[list[Commissioned], tuple[int, int]]:
    """By name of the producer; and what stands on the accounts of commission and its VAT, whoever it is of, but for the
    VAT of what the hub sold itself, goods and services."""
    e, m = entry.c, movement.c
    sides = (m.debit, m.debit_of, m.credit, m.credit_of)
    in_these_days = (e.book == HUB) & e.day.between(since, until)
    summed = select(*sides, e.rule, func.sum(m.cents).label("cents")).select_from(_movements).where(in_these_days)
    sums: dict[str, list[int]] = {}
    whole = [0, 0]
    for row in await reader.all(summed.group_by(*sides, e.rule)):
        for account, party, sign in ((row["credit"], row["debit_of"], 1), (row["debit"], row["credit_of"], -1)):
            if account in (Account.COMMISSION, Account.VAT) and row["rule"] not in (RESALE.name, FEE.name):
                place = 0 if account == Account.COMMISSION else 1
                cents = sign * int(row["cents"])
                whole[place] += cents
                if row["rule"] == COMMISSION.name:
                    sums.setdefault(party, [0, 0])[place] += cents
    known = await sellers(reader)
    found = [
        Commissioned(each, known[each].name if each in known else each, net, vat) for each, (net, vat) in sums.items()
    ]
    return sorted(found, key=lambda one: (one.producer_name.casefold(), one.producer_id)), (whole[0], whole[1])


@dataclass(frozen=True)
class OfCommission:
    """What was booked on a day as the commission of a cycle, at one rate of VAT, in cents; corrections below zero."""

    day: date
    producer_name: str
    cycle_name: str
    rate_hundredths: int
    net_cents: int
    vat_cents: int


async def commissions_booked(reader: Reader, since: date, until: date) -> list[OfCommission]:
    """By day, then by name of the producer, from the hub's book."""
    e, m = entry.c, movement.c
    by = (e.day, e.cycle_id, m.rate_hundredths, m.debit, m.debit_of, m.credit, m.credit_of)
    summed = (
        select(*by, func.coalesce(func.max(cycle.c.name), "").label("name"), func.sum(m.cents).label("cents"))
        .select_from(_movements.outerjoin(cycle, cycle.c.id == e.cycle_id))
        .where(e.book == HUB, e.rule == COMMISSION.name, e.day.between(since, until))
    )
    known = await sellers(reader)
    sums: dict[tuple[date, str, str, str, int], list[int]] = {}
    for row in await reader.all(summed.group_by(*by)):
        forth = row["credit"] in (Account.COMMISSION, Account.VAT)
        earned, party = (row["credit"], row["debit_of"]) if forth else (row["debit"], row["credit_of"])
        name = known[party].name if party in known else party
        both = sums.setdefault((row["day"], name, row["name"], row["cycle_id"], row["rate_hundredths"]), [0, 0])
        both[earned == Account.VAT] += int(row["cents"]) if forth else -int(row["cents"])
    return [
        OfCommission(day, name, cycle_name, rate, net, vat)
        for (day, name, cycle_name, _cycle_id, rate), (net, vat) in sorted(sums.items())
        if net or vat
    ]
