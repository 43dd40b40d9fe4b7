"""Purchases are booked: what came, the bill of it, its payment. The register and the books in one transaction.

Locks are taken in one order: the cycle, then the books, which let two who buy at once do it one after the other.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from stdnum.eu import vat as eu_vat

from billing.cycle import COMPUTED, find_cycle, locked
from billing.ledger.book import hold_books
from billing.ledger.bought import Buying, purchase_expected, purchased, supplier_paid
from billing.ledger.chart import HUB
from billing.ledger.counter import counters_of
from billing.ledger.entry import Cause, Entry, Movement
from billing.ledger.posting import post
from billing.ledger.rules import PURCHASE, PURCHASE_EXPECTED, SUPPLIER_PAID, Rule
from billing.payout.register import InPayout, What, transfers_of
from billing.purchase.came import Supplied, by_rate, came_in, costs_of
from billing.purchase.register import (
    Bill,
    Purchase,
    Rate,
    Standing,
    bill,
    find_bill,
    numbered,
    purchase,
    purchases,
)
from chassis.database import Reader, Writer
from chassis.identity import Person


class NotYet(Exception):
    """The cycle is not computed, or not delivered."""


class NoCost(Exception):
    """The cost of something that came is not known."""


class Billed(Exception):
    """It is billed already: what is another since is on a bill of its own."""


class SameNumber(Exception):
    """A bill of this supplier has this number."""


class Unexplained(Exception):
    """The bill is another sum than what came, and no reason is said."""


class OtherThere(Exception):
    """A form that was sent before was sent again with other words in it."""


class OutOfTurn(Exception):
    """This cannot happen to a bill that stands where this one stands."""


@dataclass(frozen=True)
class Said:
    """A bill as it is typed. `cycle_ids`: of the purchases it bills; `rates`: below zero on a credit note."""

    supplier_id: str
    number: str
    credit_note: bool
    day: date
    due_on: date
    vat_number: str
    rates: tuple[Rate, ...]
    cycle_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Purchasing:
    """How this hub buys. `country`: its own; `rates`: of VAT, hundredths of a percent; `deducts`: see `Buying`."""

    country: str
    rates: tuple[int, ...]
    deducts: bool

    def buying(self, country: str) -> Buying:
        """From a supplier there."""
        abroad = bool(country) and country != self.country and country.lower() in eu_vat.MEMBER_STATES
        return Buying(self.deducts, abroad)


def is_eu_vat_number(typed: str) -> bool:
    return bool(eu_vat.is_valid(typed))


# What came


async def supplied(reader: Reader, cycle_id: str, supplier_id: str, today: date) -> Supplied | None:
    """None where this supplier supplied nothing. Raises NotYet."""
    held = await find_cycle(reader, cycle_id)
    if held is None or held["state"] != COMPUTED or held["delivers_on"] > today:
        raise NotYet
    return next((each for each in await came_in(reader, held) if each.supplier_id == supplier_id), None)


async def book_what_came(
    writer: Writer, cycle_id: str, supplier_id: str, buying: Buying, today: date, by: Person
) -> bool:
    """Have in the books what came and is not billed; whether anything was booked. Done twice, it is done once. Raises
    NotYet, NoCost, Billed."""
    held = await locked(writer, cycle_id)
    if held is None or held["state"] != COMPUTED or held["delivers_on"] > today:
        raise NotYet
    await hold_books(writer)
    found = next((each for each in await came_in(writer, held) if each.supplier_id == supplier_id), None)
    if found is None or not found.known:
        raise NoCost
    before = next(iter(await purchases(writer, supplier_id, [cycle_id])), None)
    lines = tuple(found.lines)
    if before is not None and costs_of(before.lines) == costs_of(lines):
        return False
    if before is not None and before.bill_id:
        raise Billed
    now = Purchase(cycle_id, supplier_id, before.version + 1 if before else 1, lines, "")
    row = {
        "cycle_id": cycle_id,
        "supplier_id": supplier_id,
        "version": now.version,
        "lines": json.dumps(lines, ensure_ascii=False),
        "bill_id": "",
        "booked_at": writer.now,
        "booked_by": by.name,
    }
    await writer.insert_rows(purchase, tuple(row), [tuple(row.values())], replace=True)
    entries = await counters_of(writer, [before.key], today, now.key, by.id) if before else []
    moves = purchase_expected(supplier_id, by_rate(lines), buying)
    if moves:
        entries.append(_entry(now.key, now.key, PURCHASE_EXPECTED, held["delivers_on"], by, moves))
    await post(writer, entries)
    return True


# Bills


async def keep_bill(writer: Writer, bill_id: str, said: Said, buying: Buying, today: date, by: Person) -> Bill:
    """A bill, or a credit note. What it bills is not awaited any more. The id comes with the form: sent twice, it is
    one bill. Raises SameNumber, Unexplained, Billed, OtherThere."""
    await hold_books(writer)
    held = await find_bill(writer, bill_id)
    if held is not None:
        if (held.supplier_id, held.number, held.rates) != (said.supplier_id, said.number, said.rates):
            raise OtherThere
        return held
    if await numbered(writer, said.supplier_id, said.number):
        raise SameNumber
    awaited = await _awaited(writer, said.supplier_id, said.cycle_ids)
    expected = by_rate(line for each in awaited for line in each.lines)
    if awaited and not said.reason and _differs(expected, said.rates, buying):
        raise Unexplained
    owed = sum(each.net_cents + (0 if buying.reverse else each.vat_cents) for each in said.rates)
    row = {
        "id": bill_id,
        "supplier_id": said.supplier_id,
        "number": said.number,
        "standing": "",
        "credit_note": int(said.credit_note),
        "day": said.day,
        "due_on": said.due_on,
        "vat_number": said.vat_number,
        "rates": json.dumps(said.rates),
        "owed_cents": owed,
        "expected": json.dumps(expected),
        "reason": said.reason,
        "paid_on": None,
        "kept_at": writer.now,
        "kept_by": by.name,
    }
    await writer.execute(bill.insert().values(**row))
    event = f"bill:{bill_id}"
    entries = await counters_of(writer, [each.key for each in awaited], today, event, by.id)
    for each in awaited:
        await _set_bill(writer, each, bill_id)
    moves = purchased(said.supplier_id, said.rates, buying)
    entries.append(_entry(f"purchase_bill:{bill_id}", event, PURCHASE, min(said.day, today), by, moves))
    await post(writer, entries)
    found = await find_bill(writer, bill_id)
    assert found is not None
    return found


def _differs(expected: Collection[Rate], said: Collection[Rate], buying: Buying) -> bool:
    """Of a bill of which the hub owes the VAT only the price says anything."""
    if buying.reverse:
        return sum(each.net_cents for each in expected) != sum(each.net_cents for each in said)
    return sorted(expected) != sorted(said)


async def _awaited(writer: Writer, supplier_id: str, cycle_ids: Collection[str]) -> list[Purchase]:
    found = await purchases(writer, supplier_id, cycle_ids) if cycle_ids else []
    if len(found) != len(cycle_ids) or any(each.bill_id for each in found):
        raise Billed
    return found


async def _set_bill(writer: Writer, one: Purchase, bill_id: str) -> None:
    mine = (purchase.c.cycle_id == one.cycle_id) & (purchase.c.supplier_id == one.supplier_id)
    await writer.execute(purchase.update().where(mine).values(bill_id=bill_id, version=one.version))


async def pay(writer: Writer, bill_id: str, day: date, by: Person) -> Bill:
    """It was paid by transfer; a credit note was paid back. Done twice, it is done once. Raises OutOfTurn, InPayout."""
    await hold_books(writer)
    one = await _held(writer, bill_id)
    if one.stage is Standing.PAID:
        return one
    await _check_free(writer, bill_id)
    return await _pay(writer, one, f"supplier_paid:{bill_id}", f"bill:{bill_id}", day, by)


async def _pay(writer: Writer, one: Bill, key: str, event: str, day: date, by: Person) -> Bill:
    if one.stage is not Standing.TO_PAY:
        raise OutOfTurn
    await writer.execute(bill.update().where(bill.c.id == one.id).values(paid_on=day))
    moves = supplier_paid(one.supplier_id, one.owed_cents)
    await post(writer, [_entry(key, event, SUPPLIER_PAID, day, by, moves)])
    return one


async def _check_free(writer: Writer, bill_id: str) -> None:
    """Raises InPayout: called off, or given back by the bank, it is there."""
    for one, each in await transfers_of(writer, What.SUPPLIER, bill_id):
        if one.is_open or (one.executed_on is not None and each.refused_on is None):
            raise InPayout(one.number)


async def paid_by_payout(writer: Writer, bill_id: str, transfer_id: str, day: date, event: str, by: Person) -> None:
    """The bank has sent it. `event`: see `entry.Cause`. Raises OutOfTurn."""
    await hold_books(writer)
    await _pay(writer, await _held(writer, bill_id), f"supplier_paid:{transfer_id}", event, day, by)


async def came_back(writer: Writer, bill_id: str, transfer_id: str, day: date, event: str, by: Person) -> None:
    """The bank gave the transfer back: the bill is to be paid again. Raises OutOfTurn."""
    await hold_books(writer)
    one = await _held(writer, bill_id)
    if one.stage is not Standing.PAID:
        raise OutOfTurn
    await writer.execute(bill.update().where(bill.c.id == bill_id).values(paid_on=None))
    await post(writer, await counters_of(writer, [f"supplier_paid:{transfer_id}"], day, event, by.id))


async def take_back(writer: Writer, bill_id: str, buying: Buying, today: date, by: Person, reason: str) -> Bill:
    """What was typed in or noted as paid by mistake: counter-entries, and what it billed is awaited again. Done twice,
    it is done once. Raises OutOfTurn, InPayout."""
    await hold_books(writer)
    one = await _held(writer, bill_id)
    if one.stage is Standing.TAKEN_BACK:
        return one
    await _check_free(writer, bill_id)
    said = f"{one.reason} {reason}".strip()
    await writer.execute(bill.update().where(bill.c.id == bill_id).values(standing=bill_id, reason=said))
    event = f"bill:{bill_id}"
    keys = [f"purchase_bill:{bill_id}", f"supplier_paid:{bill_id}"]
    entries = await counters_of(writer, keys, today, event, by.id)
    for each in await purchases(writer, one.supplier_id):
        if each.bill_id != bill_id:
            continue
        again = Purchase(each.cycle_id, each.supplier_id, each.version + 1, each.lines, "")
        await _set_bill(writer, again, "")
        moves = purchase_expected(each.supplier_id, by_rate(each.lines), buying)
        entries.append(_entry(again.key, event, PURCHASE_EXPECTED, today, by, moves))
    await post(writer, entries)
    return one


async def _held(writer: Writer, bill_id: str) -> Bill:
    one = await find_bill(writer, bill_id)
    if one is None:
        raise OutOfTurn
    return one


def _entry(key: str, event: str, rule: Rule, day: date, by: Person, moves: tuple[Movement, ...]) -> Entry:
    return Entry(HUB, key, day, rule.journal, Cause(event, rule.name, rule.version, by.id), moves)
