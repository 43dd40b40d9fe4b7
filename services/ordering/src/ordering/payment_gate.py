"""What a group asks before a household orders again: that earlier deliveries are paid, that what is ordered and not
paid stays under a limit, that a caution is held. The rule, without a database: `barred`.

A group asks none of it unless its coordinator says so. What lessens an order, or leaves its sum as it is, is always
taken. A household in difficulty is let through by an exception (payment_exception.py), or by a coordinator who orders
on its behalf.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import RowMapping


@dataclass(frozen=True)
class Gate:
    """What a group asks; None: not asked. `days`: so long after a delivery it has to be paid. `limit_cents`: what may
    be left to pay, ordered or delivered. `caution_cents`: at least so much held."""

    days: int | None = None
    limit_cents: int | None = None
    caution_cents: int | None = None

    @property
    def asks(self) -> bool:
        return self != NONE


NONE = Gate()


def gate_of(row: RowMapping | Mapping[str, Any]) -> Gate:
    """Of a row with the columns of the group."""
    return Gate(row["pay_within_days"], row["limit_cents"], row["caution_cents"])


@dataclass(frozen=True)
class Debt:
    """What is left to pay of one delivery."""

    cycle_name: str
    delivers_on: date
    cents: int


@dataclass(frozen=True)
class Account:
    """How a household stands when it orders in a cycle. `debts`: as billing said last, the oldest first. `open_cents`:
    ordered in other cycles and not billed yet. `excepted_until`: the last day of an exception, if any."""

    left_cents: int = 0
    credit_cents: int = 0
    caution_cents: int = 0
    debts: tuple[Debt, ...] = ()
    open_cents: int = 0
    excepted_until: date | None = None

    @property
    def bound_cents(self) -> int:
        """What counts towards the limit before this cycle's order. What was paid in advance lessens it, also below
        zero: so a limit of 0 means that orders are paid in advance."""
        return self.left_cents + self.open_cents - self.credit_cents


@dataclass(frozen=True)
class Barred:
    """Why an order is not taken. `late`: deliveries that had to be paid by now; `room_cents`: what the order may come
    to, where it comes to more; `missing_cents`: of the caution."""

    gate: Gate
    account: Account
    late: tuple[Debt, ...] = ()
    room_cents: int | None = None
    asked_cents: int = 0
    missing_cents: int = 0

    @property
    def late_cents(self) -> int:
        return sum(debt.cents for debt in self.late)


class PaymentDue(Exception):
    """Something has to be paid first. `barred`: what."""

    def __init__(self, barred: Barred) -> None:
        super().__init__("something has to be paid first")
        self.barred = barred


def room(gate: Gate, account: Account) -> int | None:
    """What the household's order in this cycle may come to, in cents; None: whatever it likes."""
    return None if gate.limit_cents is None else max(0, gate.limit_cents - account.bound_cents)


def late(gate: Gate, debts: Iterable[Debt], today: date) -> tuple[Debt, ...]:
    """Those that have to be paid by now: the delivery is over, and the days of grace after it."""
    if gate.days is None:
        return ()
    grace = timedelta(days=gate.days)
    return tuple(debt for debt in debts if debt.cents > 0 and debt.delivers_on + grace < today)


def barred(gate: Gate, account: Account, today: date, asked_cents: int) -> Barred | None:
    """What keeps an order of `asked_cents` from being taken; None where nothing does."""
    if not gate.asks or (account.excepted_until is not None and account.excepted_until >= today):
        return None
    missing = max(0, (gate.caution_cents or 0) - account.caution_cents)
    may = room(gate, account)
    over = may if may is not None and asked_cents > may else None
    found = Barred(gate, account, late(gate, account.debts, today), over, asked_cents, missing)
    return found if found.late or missing or over is not None else None


def check_payment(gate: Gate, account: Account, today: date, before_cents: int, asked_cents: int) -> None:
    """Raises PaymentDue for an order that comes to more than it did, where its group's rule bars it."""
    why = barred(gate, account, today, asked_cents) if asked_cents > before_cents else None
    if why is not None:
        raise PaymentDue(why)
