"""What can be sent to each producer now, and why not: read from the hub's book.

What the hub owes a producer is what it collected for it, less its commission and what it has sent. It sends no more
than that, and no more than lies at the bank for that producer: cheques and cash that are not deposited cannot be sent.
What lies in a payout that is not executed yet is reserved.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select

from billing.ledger.book import balance, entry, movement
from billing.ledger.chart import HUB, MONEY, Account
from billing.ledger.rules import COMMISSION, PAID_OUT
from billing.payout.account import Kept, accounts_of
from billing.payout.register import OWN, reserved
from billing.seller import sellers
from chassis.database import Reader


class WhyNot(StrEnum):
    """Why nothing is sent to a producer."""

    IN_OUR_FAVOUR = "in_our_favour"
    NOTHING_OWED = "nothing_owed"
    RESERVED = "reserved"
    NOT_AT_BANK = "not_at_bank"
    NO_ACCOUNT = "no_account"


@dataclass(frozen=True)
class Due:
    """Of one producer, in cents. `collected`: for it; `commission`: of the hub, VAT included; `paid`: sent before.
    `held`: all money kept for it, `at_bank`: of it. `reserved`: in payouts that are not executed. `account`: None where
    nobody knows one."""

    producer_id: str
    producer_name: str
    collected_cents: int
    commission_cents: int
    paid_cents: int
    held_cents: int
    at_bank_cents: int
    reserved_cents: int
    account: Kept | None

    @property
    def owed_cents(self) -> int:
        return self.collected_cents - self.commission_cents - self.paid_cents

    @property
    def elsewhere_cents(self) -> int:
        return self.held_cents - self.at_bank_cents

    @property
    def covered_cents(self) -> int:
        """What could be sent if its account were known."""
        return max(0, min(self.owed_cents, self.at_bank_cents) - self.reserved_cents)

    @property
    def sendable_cents(self) -> int:
        return self.covered_cents if self.account is not None else 0

    @property
    def why_not(self) -> WhyNot | None:
        """None where something can be sent."""
        if self.sendable_cents:
            return None
        if self.covered_cents:
            return WhyNot.NO_ACCOUNT
        if self.owed_cents <= 0:
            return WhyNot.IN_OUR_FAVOUR if self.owed_cents else WhyNot.NOTHING_OWED
        return WhyNot.RESERVED if min(self.owed_cents, self.at_bank_cents) > 0 else WhyNot.NOT_AT_BANK


def to_take(owed_cents: int, held_cents: int, at_bank_cents: int) -> int:
    """What of a producer's money is the hub's own commission and lies at the bank: what is held beyond what is owed,
    once its transfer is booked. What the producer owes beyond what was collected cannot be taken."""
    return max(0, min(held_cents - owed_cents, at_bank_cents))


async def at_bank(reader: Reader, found: Iterable[Due], but: str = "") -> int:
    """What lies at the bank for all these producers and is not reserved, the hub's own money with it. Where the part of
    one is short, because a payment came back after its money was sent, less can be sent to all the others. `but`: see
    `dues`."""
    b = balance.c
    own = select(b.debit_cents - b.credit_cents).where(b.book == HUB, b.account == Account.BANK, b.party == "")
    kept = sum([cents for what in OWN for cents in (await reserved(reader, but, what)).values()])
    return (await reader.scalar(own) or 0) - kept + sum(due.at_bank_cents - due.reserved_cents for due in found)


async def dues(reader: Reader, but: str = "") -> list[Due]:
    """Of all producers the hub ever collected for or sent money to, by name. `but`: the id of a payout whose money
    does not count as reserved."""
    parts = await _parts(reader)
    held = await held_by_producer(reader)
    kept = await reserved(reader, but)
    accounts = await accounts_of(reader)
    names = {each.id: each.name for each in (await sellers(reader)).values()}
    found = []
    for producer_id in parts:
        collected, commission, paid = parts[producer_id]
        whole, lies_there = held.get(producer_id, (0, 0))
        known = accounts.get(producer_id)
        found.append(
            Due(
                producer_id,
                names.get(producer_id, producer_id),
                collected,
                commission,
                paid,
                whole,
                lies_there,
                kept.get(producer_id, 0),
                known[0] if known else None,
            )
        )
    return sorted(found, key=lambda due: (due.producer_name.casefold(), due.producer_id))


async def held_by_producer(reader: Reader) -> dict[str, tuple[int, int]]:
    """All money the hub holds for a producer, and that at the bank."""
    b = balance.c
    cents = (b.debit_cents - b.credit_cents).label("cents")
    rows = select(b.account, b.party, cents).where(b.book == HUB, b.party != "", b.account.in_(MONEY))
    found: dict[str, tuple[int, int]] = {}
    for row in await reader.all(rows):
        whole, lies_there = found.get(row["party"], (0, 0))
        more = row["cents"] if row["account"] == Account.BANK else 0
        found[row["party"]] = whole + row["cents"], lies_there + more
    return found


async def _parts(reader: Reader) -> dict[str, tuple[int, int, int]]:
    """Collected, commission and sent, by producer: what stands on its account with the hub, by rule. A rule that is
    neither of the last two lessens or raises what was collected."""
    m, e = movement.c, entry.c
    joined = entry.join(movement, (e.book == m.book) & (e.number == m.number))
    sums: dict[str, dict[str, int]] = {}
    for of, side, sign in ((m.debit_of, m.debit, -1), (m.credit_of, m.credit, 1)):
        summed = select(of.label("party"), e.rule, func.sum(m.cents).label("cents")).select_from(joined)
        chosen = summed.where(e.book == HUB, side == Account.THIRD_PARTY).group_by(of, e.rule)
        for row in await reader.all(chosen):
            by_rule = sums.setdefault(row["party"], {})
            by_rule[row["rule"]] = by_rule.get(row["rule"], 0) + sign * int(row["cents"])
    found: dict[str, tuple[int, int, int]] = {}
    for party, by_rule in sums.items():
        commission, paid = -by_rule.get(COMMISSION.name, 0), -by_rule.get(PAID_OUT.name, 0)
        found[party] = sum(by_rule.values()) + commission + paid, commission, paid
    return found
