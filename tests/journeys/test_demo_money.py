"""The demo holds the ledger against what is owed, paid and earned, and says what does not agree."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cabas.demo.money import Money

ROC, MILL = "roc", "mill"
LEDGER = {
    # Two cheeses under mandate, paid to the hub, and flour of the mill, paid by a cheque.
    (ROC, "household"): 0,
    (ROC, "sales"): -1611,
    (ROC, "vat"): -89,
    (ROC, "third_party"): 1496,
    (ROC, "commission_paid"): 204,
    ("hub", "bank"): 1700,
    ("hub", "third_party"): -1496,
    ("hub", "commission"): -170,
    ("hub", "vat"): -34,
    (MILL, "household"): 0,
    (MILL, "sales"): -900,
    (MILL, "cheques"): 900,
}


class Hub:
    """What billing answers: nothing before the week, then this."""

    def __init__(self, ledger: dict[tuple[str, str], int]) -> None:
        self.ledger = ledger
        self.began = False

    async def get(self, path: str) -> dict[str, Any]:
        assert path == "/billing/api/ledger"
        rows = [
            {"book": book, "account": account, "debit_cents": max(cents, 0), "credit_cents": max(-cents, 0)}
            for (book, account), cents in self.ledger.items()
            if self.began
        ]
        self.began = True
        return {"accounts": rows, "held": []}


async def faults_of(ledger: dict[tuple[str, str], int], **given: int) -> list[str]:
    async def totals(_service: str) -> dict[str, Any]:
        return {"gross_cents": 2600, "amounts": [{"by_producer": {ROC: 1700, MILL: 900}}]}

    week: Any = SimpleNamespace(api=Hub(ledger), totals=totals, now=datetime(2026, 11, 22, tzinfo=UTC))
    money = Money(week)
    await money.begin()
    money._agents = {ROC: "Chèvrerie du Roc"}
    money._paid.update({ROC: 1700, MILL: 900})
    money._given.update(given)
    await money.prove()
    return money.faults


async def test_books_that_agree_are_fine() -> None:
    assert await faults_of(LEDGER) == []


async def test_a_fee_and_a_gift_are_the_hubs_and_the_funds() -> None:
    books = LEDGER | {("hub", "bank"): 8700, ("hub", "membership"): -2000, ("hub", "solidarity"): -5000}
    assert await faults_of(books, membership=2000, solidarity=5000) == []
    found = await faults_of(books | {("hub", "membership"): -2100}, membership=2000, solidarity=5000)
    assert any(sentence.startswith("given, on membership") for sentence in found)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({(ROC, "household"): 850, (ROC, "third_party"): 646}, "left to pay in the book of roc"),
        ({(ROC, "sales"): -2461, (ROC, "third_party"): 2346}, "billed in the book of roc"),
        ({("hub", "bank"): 1600}, "held by the hub"),
        ({("hub", "bank"): 1600}, "all accounts of hub"),
        ({("hub", "third_party"): -1396}, "owed to producers by the hub"),
        ({("hub", "commission"): -340}, "commission"),
        ({(MILL, "cheques"): 0, (MILL, "household"): 900}, "left to pay in the book of mill"),
    ],
)
async def test_what_does_not_agree_is_said(changes: dict[tuple[str, str], int], told: str) -> None:
    found = await faults_of(LEDGER | changes)
    assert any(sentence.startswith(told) for sentence in found), found
