"""Invoices are drawn up: of what holds of a household for a cycle that was delivered, one for each who sold to it.

Nothing is issued in a producer's name but while its mandate to invoice holds that day, which is written and prior (code
général des impôts art. 289 I-2; BOI-TVA-DECLA-30-20-10-30). The cycle's row, then the contracts, then the hub's book
are held: amounts and mandates stay as they were read, and two who draw at once take numbers one after the other.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import RowMapping, select

from billing import announcing
from billing.amount_due import HOLDS, amount_due
from billing.cycle import COMPUTED, locked
from billing.invoice import register
from billing.invoice.difference import Stand, between, stand_of, together, written
from billing.invoice.register import Before, Buyer, Invoice, Kind, invoice, invoiced_cycle
from billing.invoice.wish import wishes
from billing.ledger.book import hold_books
from billing.ledger.chart import HUB
from billing.mandate import contract
from billing.mandate.clauses import Party, Terms
from billing.paper.issuer import Issuer
from billing.paper.register import add, next_place, principal_number
from billing.payment.owing import owing_of
from billing.seller import frozen_sellers, sellers
from chassis.database import Reader, Writer


class Refusal(StrEnum):
    """Why no invoice can be drawn up."""

    NOT_COMPUTED = "not_computed"
    NOT_DELIVERED = "not_delivered"
    NO_MANDATE = "no_mandate"
    """None to invoice: none was given, or it is revoked or over."""
    NO_CORRECTION = "no_correction"
    """The mandate leaves corrections to the producer."""
    LACKING = "lacking"
    """The hub's own numbers, in the settings of the operator."""
    NOT_BOOKED = "not_booked"
    """The books say another sum: an invoice that is wrong is not issued."""


@dataclass(frozen=True)
class Sold:
    """What one household owes one seller for a cycle, and what was invoiced of it. `issued`: number and day, the first
    first."""

    household_id: str
    household_name: str
    group_name: str
    seller_id: str
    seller_name: str
    now: Stand
    invoiced: Stand
    issued: tuple[tuple[str, date], ...]

    @property
    def missing(self) -> Stand:
        return between(self.invoiced, self.now)


@dataclass(frozen=True)
class Right:
    """By which the hub may issue for a seller. `terms`: of the contract, None for the hub itself."""

    terms: Terms | None = None

    @property
    def corrects(self) -> bool:
        return self.terms is None or (self.terms.invoicing is not None and self.terms.invoicing.corrective)

    def contest_until(self, issued_on: date) -> date | None:
        given = self.terms.invoicing if self.terms else None
        return issued_on + timedelta(days=given.contest_days) if given else None


@dataclass(frozen=True)
class Delivery:
    """What an invoice says of one cycle."""

    sold: Sold
    cycle_id: str
    cycle_name: str
    delivers_on: date


@dataclass(frozen=True)
class Told:
    """All that an invoice says. `party`: the producer as its contract says it, None for the hub; `deliveries`: in their
    order, to one household by one seller; `month`: of one for several, its first day; `left_cents`: what is not paid of
    it that day, None on those that correct."""

    hub: Issuer
    party: Party | None
    deliveries: tuple[Delivery, ...]
    regime: str
    buyer: Buyer
    kind: Kind
    issued_on: date
    contest_until: date | None
    left_cents: int | None = None
    number: str = ""
    month: date | None = None

    @property
    def sold(self) -> Sold:
        """Who sold, and who bought: the same in all."""
        return self.deliveries[0].sold

    @property
    def delivers_on(self) -> date:
        return self.deliveries[-1].delivers_on

    @property
    def change(self) -> Stand:
        return together(each.sold.missing for each in self.deliveries)


class Printer(Protocol):
    """Puts invoices into words, as they are kept with them and printed."""

    def invoice(self, told: Told) -> dict[str, Any]: ...


@dataclass
class Drawn:
    """`ids`: of those issued; `refused`: why not, by seller."""

    ids: list[str] = field(default_factory=list)
    refused: dict[str, Refusal] = field(default_factory=dict)


# What there is to draw


async def sold_in(reader: Reader, cycle_id: str, household_ids: Collection[str] | None = None) -> list[Sold]:
    """By household and seller, what is sold or was invoiced. `household_ids`: None for all."""
    a = amount_due.c
    columns = (a.household_id, a.household_name, a.group_name, a.cheques)
    of = select(*columns).where(a.cycle_id == cycle_id, HOLDS).order_by(a.household_name, a.household_id)
    if household_ids is not None:
        of = of.where(a.household_id.in_(sorted(household_ids)))
    issued = await register.of_cycle(reader, cycle_id, household_ids)
    by_household: dict[str, dict[str, list[Before]]] = {}
    for (household_id, seller_id), numbered in issued.items():
        by_household.setdefault(household_id, {})[seller_id] = numbered
    found = []
    for row in await reader.all(of):
        cheques = {each["producer_id"]: each for each in json.loads(row["cheques"])}
        before = by_household.get(row["household_id"], {})
        for seller_id in sorted(cheques.keys() | before.keys()):
            rows = before.get(seller_id, [])
            now = stand_of(cheques[seller_id]) if seller_id in cheques else Stand()
            invoiced = rows[-1].stand if rows else Stand()
            if now.nothing and invoiced.nothing and not rows:
                continue
            name = cheques[seller_id]["producer_name"] if seller_id in cheques else rows[-1].seller_name
            numbers = tuple((each.number, each.issued_on) for each in rows)
            who = row["household_id"], row["household_name"], row["group_name"]
            found.append(Sold(*who, seller_id, name, now, invoiced, numbers))
    return found


async def rights_of(reader: Reader, seller_ids: Collection[str], day: date) -> dict[str, Right]:
    """By which the hub may issue that day, by seller; those for whom it may not are left out."""
    found = {HUB: Right()} if HUB in seller_ids else {}
    for one in await contract.listed(reader, set(seller_ids) - {HUB}):
        version = one.in_force(day)
        if version is not None and one.may_invoice(day):
            found[one.producer_id] = Right(version.terms)
    return found


def too_early(held: RowMapping | None, today: date) -> Refusal | None:
    """What keeps a whole cycle from being invoiced; `held`: its row."""
    if held is None or held["state"] != COMPUTED:
        return Refusal.NOT_COMPUTED
    return Refusal.NOT_DELIVERED if held["delivers_on"] > today else None


def why_not(hub: Issuer, one: Sold, rights: Mapping[str, Right]) -> Refusal | None:
    """What keeps this one from being issued; None: nothing."""
    right = rights.get(one.seller_id)
    if right is None:
        return Refusal.NO_MANDATE
    if one.issued and not right.corrects:
        return Refusal.NO_CORRECTION
    if one.seller_id == HUB and hub.lacks_to_sell(taxed=bool(one.now.vat_cents)):
        return Refusal.LACKING
    return None


# Drawing up


async def draw(
    writer: Writer,
    hub: Issuer,
    today: date,
    cycle_id: str,
    household_ids: Collection[str],
    by: str,
    printer: Printer,
) -> Drawn:
    """Issue what is missing of some households: a first invoice, or one of the difference. Asked twice, it is done
    once."""
    drawn = Drawn()
    held = await locked(writer, cycle_id)
    early = too_early(held, today)
    if held is None or early:
        drawn.refused[""] = early or Refusal.NOT_COMPUTED
        return drawn
    missing = [each for each in await sold_in(writer, cycle_id, household_ids) if not each.missing.nothing]
    producers = {each.seller_id for each in missing} - {HUB}
    for one in sorted(await contract.listed(writer, producers), key=lambda each: each.id):
        await contract.locked(writer, one.id)
    await hold_books(writer)
    rights = await rights_of(writer, {each.seller_id for each in missing}, today)
    known = await regimes(writer, held, hub)
    buyers = await register.buyers(writer, household_ids)
    left = await booked(writer, cycle_id, household_ids)
    for sold in missing:
        cents, still = left.get((sold.household_id, sold.seller_id), (0, 0))
        refused = why_not(hub, sold, rights)
        if refused is None and cents != sold.now.to_pay_cents:
            refused = Refusal.NOT_BOOKED
        if refused is not None:
            drawn.refused[sold.seller_id] = refused
            continue
        right = rights[sold.seller_id]
        told = Told(
            hub,
            right.terms.principal if right.terms else None,
            (Delivery(sold, cycle_id, held["name"], held["delivers_on"]),),
            known[sold.seller_id],
            buyers.get(sold.household_id, Buyer(sold.household_name)),
            _kind(sold),
            today,
            right.contest_until(today),
            None if sold.issued else still,
        )
        drawn.ids.append(await issue(writer, told, by, printer))
    await tell(writer, drawn.ids)
    return drawn


async def tell(writer: Writer, ids: Collection[str]) -> None:
    """Have those households written to that want it, of what was just issued to them."""
    by_household: dict[str, list[Invoice]] = {}
    for one in await register.of_ids(writer, ids) if ids else []:
        by_household.setdefault(one.household_id, []).append(one)
    wanted = await wishes(writer, by_household)
    for household_id, issued in by_household.items():
        if household_id in wanted and wanted[household_id].by_mail:
            await writer.announce(announcing.invoices_issued(issued, writer.now))


def _kind(one: Sold) -> Kind:
    if not one.issued:
        return Kind.INVOICE
    return Kind.CREDIT_NOTE if one.missing.to_pay_cents < 0 else Kind.CORRECTION


async def regimes(reader: Reader, held: RowMapping, hub: Issuer) -> dict[str, str]:
    """How the sellers stood to VAT when the cycle's amounts were made."""
    now = {each.id: each.regime for each in (await sellers(reader)).values()}
    frozen = {each.id: each.regime for each in frozen_sellers(held).values()}
    return {HUB: hub.regime} | now | frozen


async def booked(
    reader: Reader, cycle_id: str, household_ids: Collection[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """What the books say is owed for the cycle, and what of it is not paid, by household and seller."""
    return {
        (household_id, each.producer_id): (debt.cents, debt.left_cents)
        for household_id, mine in (await owing_of(reader, household_ids)).items()
        for each in mine
        for debt in each.debts
        if debt.cycle_id == cycle_id
    }


async def issue(writer: Writer, told: Told, by: str, printer: Printer) -> str:
    """Give it the next number of its series, and keep it. Its id."""
    sold, year = told.sold, told.issued_on.year
    own = "V" if sold.seller_id == HUB else f"P{await principal_number(writer, sold.seller_id):03d}"
    place = await next_place(writer, f"{told.hub.root}-{own}-{year}")
    told = replace(told, number=place.number)
    change, several = told.change, told.month is not None
    figures = written(change) | {
        "net_cents": change.net_cents,
        "vat_cents": change.vat_cents,
        "gross_cents": change.gross_cents,
        "stands": written(together(each.sold.now for each in told.deliveries)),
        "corrects": [[number, day.isoformat()] for number, day in sold.issued],
    }
    if several:
        figures["cycles"] = {each.cycle_id: written(each.sold.now) for each in told.deliveries}
    row = {
        "id": writer.ids.new(),
        "kind": told.kind.value,
        "seller_id": sold.seller_id,
        "seller_name": sold.seller_name,
        "household_id": sold.household_id,
        "household_name": sold.household_name,
        "cycle_id": register.month_key(told.month) if told.month else told.deliveries[0].cycle_id,
        "step": await _step(writer, told),
        "contest_until": told.contest_until,
        "issued_on": told.issued_on,
        "issued_at": writer.now,
        "issued_by": by,
        "figures": figures,
        "printed": printer.invoice(told),
    }
    await add(writer, place, row, invoice)
    of = {"household_id": sold.household_id, "seller_id": sold.seller_id, "invoice_id": row["id"]}
    if several:
        await writer.execute(invoiced_cycle.insert(), [of | {"cycle_id": each.cycle_id} for each in told.deliveries])
    return str(row["id"])


async def _step(reader: Reader, told: Told) -> int:
    sold = told.sold
    if told.month is None:
        return len(sold.issued) + 1
    return await register.how_many_of_month(reader, told.month, sold.household_id, sold.seller_id) + 1
