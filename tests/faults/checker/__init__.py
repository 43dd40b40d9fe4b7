"""The judge of a run: what people were told, held against what is in the databases when all is over.

It knows the product's tables and words, and none of its code: sums, prices and copies are reckoned here once more.
"""

from tests.faults.checker import (
    answers,
    balances,
    between,
    books,
    cautions,
    chains,
    claims,
    conduct,
    debits,
    decisions,
    deliveries,
    expenses,
    fees,
    goods,
    invoices,
    joins,
    letters,
    mails,
    orders,
    papers,
    payments,
    payouts,
    pools,
    purchases,
    schedules,
    shares,
    wallets,
)
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence
from tests.faults.history import History

CHECKS = (
    orders.check,
    decisions.check,
    answers.check,
    shares.check,
    joins.check,
    pools.check,
    goods.check,
    deliveries.check,
    schedules.check,
    books.check,
    chains.check,
    payments.check,
    payouts.check,
    cautions.check,
    purchases.check,
    papers.check,
    between.check,
    claims.check,
    debits.check,
    invoices.check,
    expenses.check,
    fees.check,
    wallets.check,
    balances.check,
    mails.check,
    letters.check,
    conduct.check,
)


def judge(history: History, evidence: Evidence) -> list[Violation]:
    """Everything that is not as promised; empty for a good run."""
    return [violation for check in CHECKS for violation in check(history, evidence)]


__all__ = ["Violation", "judge"]
