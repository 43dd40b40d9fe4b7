"""Weeks in which a producer sells under a mandate, and what is asked of the books afterwards."""

from datetime import UTC, date, datetime, timedelta

from billing_week import allocated, closed, opened, placed, revised
from sqlalchemy import select

from billing.ledger.book import balance
from billing.ledger.proof import proofs

TOMME = ("tomme", "roc", "FOOD", 850)
WINE = ("wine", "roc", "ALCOHOL", 1200)
PLAIN = {"rate-ALCOHOL": None, "base-ALCOHOL": None, "minimum": "0"}
"""12.5 % of everything with VAT, nothing else."""
SUNDAY, NEXT = date(2026, 12, 6), date(2026, 12, 13)


def on(day, *events):
    """As of another week: closed at eight in the evening, delivered five days on."""
    at = datetime(day.year, day.month, day.day, 19, tzinfo=UTC)
    times = {"closed_at": at, "revised_at": at + timedelta(hours=1), "closes_at": at}
    times |= {"opens_at": at - timedelta(days=4), "delivers_on": day + timedelta(days=5)}
    return [
        each.model_copy(update={name: value for name, value in times.items() if name in type(each).model_fields})
        for each in events
    ]


def sold(day, goods, cycle="week-50"):
    order = placed("Marie", goods, cycle=cycle)
    return on(day, opened(cycle), order, closed([order], cycle))


def less(day, goods, cycle="week-50", revision=2):
    order = allocated("Marie", goods, cycle=cycle, version=1 + revision)
    return on(day, order, revised([order], revision, cycle))


async def balances(app):
    """Debit less credit by book, account and party; those that are settled left out."""
    async with app.state.service.database.read() as reader:
        rows = await reader.all(select(balance))
    return {
        (row["book"], row["account"], row["party"]): row["debit_cents"] - row["credit_cents"]
        for row in rows
        if row["debit_cents"] != row["credit_cents"]
    }


async def faults(app):
    async with app.state.service.database.read() as reader:
        return [fault for proof in await proofs(reader) for fault in proof.faults]
