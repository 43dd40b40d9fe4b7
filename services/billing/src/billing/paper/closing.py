"""The account of a producer is closed for a period: rendered once, numbered, and the commission invoiced with it.

One transaction a producer and period, with the hub's book held: nothing is booked meanwhile, two who close at once do
it one after the other, and a process that dies leaves neither a paper without its number nor a number without its
paper. Whoever closes the same period again gets what is there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from billing import announcing
from billing.days import today_at
from billing.ledger.book import book, entry, hold_books
from billing.ledger.chart import HUB
from billing.mandate.clauses import PayFrom, Rendering, Terms
from billing.mandate.contract import Mandate, listed
from billing.paper import period as periods
from billing.paper.charged import Charged, charged, figures_of
from billing.paper.issuer import Issuer
from billing.paper.period import Period
from billing.paper.register import (
    Kind,
    Paper,
    add,
    find,
    last_rendering,
    last_renderings,
    next_place,
    of_producer,
    principal_number,
)
from billing.rendering import Rendered, of_numbers, rendered_of
from billing.seller import sellers
from chassis.database import Reader, Writer
from chassis.identity import Person


class NotOver(Exception):
    """The last day is still to come, or not over yet."""


class AlreadyClosed(Exception):
    """Account was rendered up to `until` already, and not just up to the day that is asked for."""

    def __init__(self, until: date) -> None:
        super().__init__(until.isoformat())
        self.until = until


class NothingBooked(Exception):
    """Nothing was booked that is in no account yet."""


class DoesNotAddUp(Exception):
    """Opening, sales, commission and payments do not come to the closing balance, the books of the hub and of the
    producer disagree, or the commission is not the same in both: an account that is wrong is not rendered."""


class Lacking(Exception):
    """The hub cannot invoice: `settings` of the operator are empty."""

    def __init__(self, settings: Collection[str]) -> None:
        super().__init__(", ".join(settings))
        self.settings = tuple(settings)


class NoContract(Exception):
    """A commission was booked, and no contract says to whom it is invoiced."""


@dataclass(frozen=True)
class Told:
    """All that the papers of a period say. `terms`: of the contract signed last, None without one. `rendered_before`:
    number of the account in which a cycle stood first, by its id. `number`: of the account; `commission_number`: of the
    commission's paper, "" where there is none."""

    hub: Issuer
    producer_name: str
    terms: Terms | None
    period: Period
    rendered: Rendered
    charged: Charged
    rendered_before: Mapping[str, str]
    issued_on: date
    number: str = ""
    commission_kind: Kind = Kind.INVOICE
    commission_number: str = ""


class Printer(Protocol):
    """Puts papers into words, as they are kept with them and printed."""

    def rendering(self, told: Told) -> dict[str, Any]: ...

    def commission(self, told: Told) -> dict[str, Any]: ...


# What is due


@dataclass
class Due:
    """A producer and the periods that are over, the first first; `closed_until`: None before its first account."""

    producer_id: str
    producer_name: str
    closed_until: date | None
    rendering: Rendering
    periods: list[Period] = field(default_factory=list)


async def due(reader: Reader, today: date, only: Collection[str] | None = None) -> list[Due]:
    """The producers who have a book, by name; without a contract account is rendered every month. `only`: of these."""
    known = await sellers(reader)
    ids = [row["id"] for row in await reader.all(select(book.c.id).where(book.c.id != HUB))]
    found = []
    mine = [each for each in ids if only is None or each in only]
    contracts = _newest(await listed(reader, mine))
    rendered = await last_renderings(reader, mine)
    for each in mine:
        last = rendered.get(each)
        terms = contracts.get(each)
        rendering = terms.rendering if terms else Rendering.MONTHLY
        before = periods.Rendered(last.until, last.last) if last else None
        over = periods.over(rendering, before, await _days(reader, each, last.last if last else 0), today)
        name = known[each].name if each in known else each
        found.append(Due(each, name, last.until if last else None, rendering, list(over)))
    return sorted(found, key=lambda one: (one.producer_name.casefold(), one.producer_id))


def _newest(contracts: Collection[Mandate]) -> dict[str, Terms]:
    """The terms signed last, by producer, whether they hold still or not. `contracts`: the newest first."""
    found: dict[str, Terms] = {}
    for one in contracts:
        if one.signed and one.producer_id not in found:
            found[one.producer_id] = one.signed[-1].terms
    return found


async def _days(reader: Reader, producer_id: str, after: int) -> list[tuple[date, int]]:
    """The days on which something was booked beyond an entry, with the last number of each."""
    e = entry.c
    mine = select(e.day, func.max(e.number).label("last")).where(e.book == producer_id, e.number > after)
    return [(row["day"], row["last"]) for row in await reader.all(mine.group_by(e.day).order_by(e.day))]


# Closing


async def close(
    writer: Writer, hub: Issuer, zone: ZoneInfo, producer_id: str, until: date, by: Person, printer: Printer
) -> Paper:
    """Render account up to a day that is over, and invoice the commission. The account's paper; the one that is there
    where it was closed up to just that day. Raises NotOver, AlreadyClosed, NothingBooked, DoesNotAddUp, Lacking,
    NoContract."""
    await hold_books(writer)
    before = await last_rendering(writer, producer_id)
    if before is not None and before.until >= until:
        if before.until == until:
            return before
        raise AlreadyClosed(before.until)
    today = today_at(writer, zone)
    if until >= today:
        raise NotOver
    last = periods.Rendered(before.until, before.last) if before else None
    of = periods.up_to(last, await _days(writer, producer_id, before.last if before else 0), until)
    if of is None or of.since > until:
        raise NothingBooked
    told = await _told(writer, hub, producer_id, of, today)
    return await _issue(writer, told, producer_id, by, printer)


async def _told(writer: Writer, hub: Issuer, producer_id: str, of: Period, today: date) -> Told:
    [one] = await rendered_of(writer, of_numbers(of.after, of.last), {producer_id})
    earned = await charged(writer, producer_id, of)
    if not (one.adds_up and one.agrees and earned.gross_cents == one.commission_cents):
        raise DoesNotAddUp
    terms = _newest(await listed(writer, {producer_id})).get(producer_id)
    if earned.lines and terms is None:
        raise NoContract
    if earned.lines and hub.lacks(earned):
        raise Lacking(hub.lacks(earned))
    earlier: dict[str, str] = {}
    for paper in await of_producer(writer, producer_id, Kind.RENDERING):
        for cycle_id in paper.figures["cycles"]:
            earlier.setdefault(cycle_id, paper.number)
    return Told(hub, one.producer_name, terms, of, one, earned, earlier, today)


async def _issue(writer: Writer, told: Told, producer_id: str, by: Person, printer: Printer) -> Paper:
    year, rendering_id = told.issued_on.year, writer.ids.new()
    named = f"{told.hub.root}-P{await principal_number(writer, producer_id):03d}-R-{year}"
    place = await next_place(writer, named)
    told = replace(told, number=place.number)
    last_hash = await writer.scalar(
        select(entry.c.hash).where(entry.c.book == producer_id, entry.c.number == told.period.last)
    )
    row = {
        "producer_id": producer_id,
        "producer_name": told.producer_name,
        "rendering_id": rendering_id,
        "since": told.period.since,
        "until": told.period.until,
        "after": told.period.after,
        "last": told.period.last,
        "last_hash": last_hash,
        "issued_on": told.issued_on,
        "issued_at": writer.now,
        "issued_by": by.name,
    }
    if told.charged.lines:
        kind = Kind.CREDIT_NOTE if told.charged.gross_cents < 0 else Kind.INVOICE
        hubs = await next_place(writer, f"{told.hub.root}-C-{year}")
        told = replace(told, commission_kind=kind, commission_number=hubs.number)
        of_commission = {"id": writer.ids.new(), "kind": kind.value, "figures": figures_of(told.charged)}
        await add(writer, hubs, row | of_commission | {"printed": printer.commission(told)})
    account = {"id": rendering_id, "kind": Kind.RENDERING.value, "figures": _figures(told)}
    await add(writer, place, row | account | {"printed": printer.rendering(told)})
    found = await find(writer, rendering_id)
    assert found is not None
    await writer.announce(announcing.account_rendered(found))
    return found


def _figures(told: Told) -> dict[str, Any]:
    one = told.rendered
    return {
        "opening_cents": one.opening_cents,
        "sold_cents": one.sold_cents,
        "commission_cents": one.commission_cents,
        "paid_cents": one.paid_cents,
        "other_cents": one.other_cents,
        "closing_cents": one.closing_cents,
        "standing": {account.value: cents for account, cents in one.standing.items()},
        "cycles": {each.cycle_id: [each.net_cents, each.vat_cents, each.deposit_cents] for each in one.cycles},
        "commission_number": told.commission_number,
    }


def due_on(terms: Terms | None, period: Period) -> date | None:
    """The day by which the hub sends what it holds, where the contract counts from the period's end."""
    if terms is None or terms.pay_from is not PayFrom.PERIOD_END:
        return None
    return period.until + timedelta(days=terms.pay_days)
