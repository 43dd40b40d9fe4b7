"""What is in the databases when all is over, read past the product: rows as they lie there."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cabas.parts import NAMES

Rows = list[dict[str, Any]]
HUB = "hub"

QUESTIONS = {
    "ordering": {
        "cycles": "SELECT id, version, state, manifest, revision FROM cycle",
        "orders": "SELECT id, version, cycle_id, household_id, group_id, state, gross_cents FROM household_order",
        "lines": (
            "SELECT order_id, product_id, producer_id, quantity_thousandths, gross_cents, tolerance_thousandths,"
            " least_thousandths, substitute FROM order_line"
        ),
        "allocated": (
            "SELECT order_id, product_id, revision, cycle_id, given_thousandths, given_cents, instead_of"
            " FROM allocated_line"
        ),
        "decisions": "SELECT cycle_id, subject, choice FROM decision",
        "answers": (
            "SELECT cycle_id, producer_id, list_id, version, list_revision, base_revision, lines AS answer"
            " FROM producer_answer"
        ),
        "offers": (
            "SELECT cycle_id, product_id, producer_id, available_thousandths, reserved_thousandths FROM cycle_offer"
        ),
        "pools": "SELECT cycle_id, pool_id, available_thousandths, reserved_thousandths FROM cycle_pool",
        "products": "SELECT id, version FROM product",
        "fees": "SELECT id, version, said FROM fee",
        "balances": "SELECT household_id, version, left_cents, credit_cents, caution_cents FROM household_balance",
    },
    "catalog": {"products": "SELECT id, version FROM product"},
    "logistics": {
        "cycles": "SELECT id, version, issued_at, disagreement, issued_revision FROM cycle",
        "orders": "SELECT id, version, cycle_id, state FROM member_order",
        "answers": "SELECT list_id, version, cycle_id, revision, lines AS answer FROM answer",
        "lists": "SELECT id, version, cycle_id, producer_id, quantity_thousandths, gross_cents, content"
        " FROM pick_list WHERE replaced_by IS NULL AND lines > 0",
        "all_lists": "SELECT cycle_id, producer_id, revision, content FROM pick_list",
        "schedules": 'SELECT "on", version, day, plan FROM schedule',
    },
    "billing": {
        "cycles": "SELECT id, version, state, revision FROM cycle",
        "orders": "SELECT id, version, cycle_id, state FROM household_order",
        "amounts": (
            "SELECT id, cycle_id, household_id, group_id, quantity_thousandths, gross_cents, deposit_cents, cheques"
            " FROM amount_due WHERE replaced_by IS NULL AND by_producer <> '{}'"
        ),
        "dues": (
            "SELECT cycle_id, group_id, producer_id, cheques, gross_cents, deposit_cents FROM producer_due"
            " WHERE cheques > 0"
        ),
        "sales": (
            "SELECT e.book, e.cycle_id, e.household_id, CAST("
            "SUM(CASE WHEN m.debit = 'household' THEN m.cents ELSE 0 END)"
            " - SUM(CASE WHEN m.credit = 'household' THEN m.cents ELSE 0 END) AS BIGINT) AS claim_cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.journal = 'VE'"
            " GROUP BY e.book, e.cycle_id, e.household_id"
        ),
        "balances": "SELECT household_id, version FROM household_balance",
        "payments": "SELECT id, household_id, kind, payee, cents, stage FROM payment",
        "shares": "SELECT payment_id, producer_id, cents FROM payment_share",
        "paid": (
            "SELECT e.cause, e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.cause LIKE 'payment:%'"
        ),
        "fees": "SELECT id, version, name, cents FROM fee",
        "claims": ("SELECT id, cycle_id, household_id, product_id, spoiled_thousandths AS spoiled, state FROM claim"),
        "claim_steps": "SELECT claim_id, what FROM claim_history",
        "debit_batches": "SELECT id, number, stage FROM debit_batch",
        "debits": "SELECT id, batch_id, household_id, cents, end_to_end_id, returned_on, payment_id FROM debit",
        "entries": (
            "SELECT book, number, key, day AS booked_on, posted_at, journal, rule, rule_version, cause, person_id,"
            " cycle_id, household_id, revision, document_hash, counters, hash FROM entry"
        ),
        "movements": (
            "SELECT book, number, place, debit, debit_of, credit, credit_of, cents, rate_hundredths FROM movement"
        ),
        "heads": "SELECT id, hash FROM book",
        "invoices": (
            "SELECT series, place, number, kind, seller_id, household_id, cycle_id, step, figures FROM invoice"
        ),
        "series": "SELECT id, papers FROM paper_series",
        "expenses": "SELECT id, kind AS what, km, cents, stage, paid_by FROM expense_claim",
        "expense_steps": "SELECT claim_id, what FROM expense_history",
        "expensed": (
            "SELECT e.cause, e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.cause LIKE 'expense:%'"
        ),
        "deliveries": "SELECT cycle_id, household_id, producer_id, version, lines AS came FROM delivery",
        "payouts": "SELECT id, number, stage FROM payout",
        "transfers": "SELECT payout_id, producer_id, cents, refused_on, end_to_end_id FROM payout_transfer",
        "paid_out": (
            "SELECT e.cause, e.rule, e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.cause LIKE 'payout:%'"
        ),
        "cautions": "SELECT id, household_id, what, kind, cents, undone_at FROM caution_out",
        "given_out": (
            "SELECT e.cause, e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.cause LIKE 'caution:%'"
        ),
        "advances": "SELECT id, cycle_id, household_id, producer_id, cents, undone_at FROM advance",
        "advance_parts": "SELECT advance_id, household_id, cents, undone_at FROM advance_part",
        "advanced": (
            "SELECT e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number WHERE e.rule = 'advanced'"
        ),
        "rounds": "SELECT id, called_off_at FROM between_round",
        "round_cycles": "SELECT round_id, cycle_id FROM between_round_cycle",
        "between": "SELECT id, round_id, payer_id, receiver_id, cents, stage FROM between_transfer",
        "between_steps": "SELECT transfer_id, what FROM between_history",
        "papers": (
            "SELECT id, series, place, number, kind, producer_id, rendering_id, since, until, after, last, last_hash,"
            " figures FROM paper"
        ),
        "purchases": "SELECT cycle_id, supplier_id, version, lines AS bought, bill_id FROM purchase",
        "bills": "SELECT id, supplier_id, number, standing, rates, owed_cents, paid_on FROM supplier_bill",
        "bought": (
            "SELECT e.cause, e.book, m.debit, m.debit_of, m.credit, m.credit_of, m.cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number"
            " WHERE e.cause LIKE 'bill:%' OR e.cause LIKE 'purchase:%'"
        ),
        "commissions": (
            "SELECT e.cycle_id, CASE WHEN m.debit = 'third_party' THEN m.debit_of ELSE m.credit_of END AS producer_id,"
            " CAST(SUM(CASE WHEN m.debit = 'third_party' THEN m.cents ELSE -m.cents END) AS BIGINT) AS cents"
            " FROM entry e JOIN movement m ON m.book = e.book AND m.number = e.number"
            " WHERE e.book = 'hub' AND e.rule = 'commission' GROUP BY 1, 2"
        ),
        "books": (
            "SELECT b.id, b.entries, MAX(e.number) AS newest, COUNT(e.number) AS there"
            " FROM book b JOIN entry e ON e.book = b.id GROUP BY b.id, b.entries"
        ),
    },
    "notify": {
        "cycles": "SELECT id, version FROM cycle",
        "orders": (
            "SELECT o.id, CASE WHEN a.version > o.version THEN a.version ELSE o.version END AS version, o.cycle_id,"
            " CASE WHEN a.version > o.version THEN 'placed' ELSE o.state END AS state"
            " FROM household_order o LEFT JOIN allocation a ON a.id = o.id"
            # Of what the hub's shelf takes nobody heard but by what it gets.
            " UNION ALL SELECT a.id, a.version, '', 'placed' FROM allocation a"
            " WHERE NOT EXISTS (SELECT 1 FROM household_order o WHERE o.id = a.id)"
        ),
        "messages": "SELECT id, recipient, template, about, caused_by, state, facts FROM message",
        "schedules": "SELECT id, version FROM schedule",
        "timers": "SELECT name, key FROM timer WHERE name IN ('confirmation', 'allocation', 'pick_list', 'schedule')",
    },
}
EVERYWHERE = {
    "letters": "SELECT subject, reason, error FROM dead_letter",
    "outbox": "SELECT event_id, subject, headers, body, published_at FROM outbox ORDER BY id",
}
JSON_COLUMNS = frozenset(
    {
        "manifest",
        "content",
        "facts",
        "headers",
        "body",
        "cheques",
        "choice",
        "answer",
        "came",
        "day",
        "plan",
        "figures",
        "said",
        "bought",
        "rates",
    }
)


@dataclass
class Evidence:
    """By service, by question: rows. What the village was comes with it, so that a run can be judged from its files."""

    rows: dict[str, dict[str, Rows]] = field(default_factory=dict)
    products: Rows = field(default_factory=list)
    bags: list[str] = field(default_factory=list)
    pools: Rows = field(default_factory=list)
    shelf: str = ""
    agent_of: str = ""
    fee_of: str = ""
    resold: str = ""

    def payee_of(self, producer_id: str) -> str:
        """Who is owed what its goods cost: the hub, where it sells them again."""
        return HUB if producer_id == self.resold and self.resold else producer_id

    def of(self, service: str, question: str) -> Rows:
        return self.rows[service][question]

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, default=str), encoding="utf-8")

    @staticmethod
    def read(file: Path) -> "Evidence":
        return Evidence(**json.loads(file.read_text(encoding="utf-8")))


async def read_rows(url: str, questions: dict[str, str]) -> dict[str, Rows]:
    """Answers in one transaction; JSON is read, bytes are text."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            found = {}
            for name, question in questions.items():
                rows = (await connection.execute(text(question))).mappings()
                found[name] = [{column: _plain(column, row[column]) for column in row} for row in rows]
            return found
    finally:
        await engine.dispose()


async def gather(urls: dict[str, str]) -> dict[str, dict[str, Rows]]:
    """Everything of every service. `urls`: service -> database."""
    return {name: await read_rows(urls[name], QUESTIONS[name] | EVERYWHERE) for name in NAMES}


def _plain(column: str, value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        value = bytes(value).decode()
    if column in JSON_COLUMNS and isinstance(value, str):
        return json.loads(value)
    return value if isinstance(value, int | float | str | dict | list | bool | None) else str(value)
