"""What the cheques of one group to one producer come to: goods and fees, deposits, VAT by rate. Sums kept beside the
amounts."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from billing.fee.charged import is_written
from billing.schema import metadata
from chassis.database import Writer
from chassis.tables import Row

producer_due = Table(
    "producer_due",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("group_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("producer_name", Text, nullable=False),
    Column("mention", Text, nullable=False),
    Column("cheques", Integer, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("deposit_cents", BigInteger, nullable=False),
    Column("expected_cents", BigInteger, nullable=False, server_default="0"),
)
"""What the cheques of one group to one producer come to, as they hold; `expected_cents`: what they had come to as
ordered, with the deposits."""

producer_vat = Table(
    "producer_vat",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("group_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("rate_hundredths", Integer, primary_key=True),
    Column("gross_cents", BigInteger, nullable=False),
    Column("vat_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
)
"""The same by rate of VAT: sums of what is on the cheques, so that they agree with what every household holds."""


def to_pay_of(cheque: Mapping[str, Any]) -> int:
    """Of a cheque as read, deposits included."""
    return int(cheque["gross_cents"]) + int(cheque.get("deposit_cents", 0))


def expected_of(cheque: Mapping[str, Any]) -> int:
    """The same as it was expected."""
    return int(cheque.get("expected_cents", to_pay_of(cheque)))


def summed(cycle_id: str, parts: Iterable[tuple[str, dict[str, Any], int]]) -> tuple[list[Row], list[Row]]:
    """Rows of `producer_due` and of `producer_vat`. `parts`: group, cheque as read, and 1 or -1: it came or went."""
    dues: dict[tuple[str, str], Row] = {}
    rates: dict[tuple[str, str, int], Row] = {}
    for group_id, cheque, sign in parts:
        producer_id = cheque["producer_id"]
        row = dues.get((group_id, producer_id))
        if row is None:
            row = dues[group_id, producer_id] = {
                "cycle_id": cycle_id,
                "group_id": group_id,
                "producer_id": producer_id,
                "producer_name": cheque["producer_name"],
                "mention": cheque["mention"],
                "cheques": 0,
                "gross_cents": 0,
                "deposit_cents": 0,
                "expected_cents": 0,
            }
        row["cheques"] += sign if is_written(cheque) else 0
        row["gross_cents"] += sign * cheque["gross_cents"]
        row["deposit_cents"] += sign * cheque.get("deposit_cents", 0)
        row["expected_cents"] += sign * expected_of(cheque)
        for share in cheque["vat"]:
            hundredths = share["rate_hundredths"]
            of = rates.get((group_id, producer_id, hundredths))
            if of is None:
                of = rates[group_id, producer_id, hundredths] = {
                    "cycle_id": cycle_id,
                    "group_id": group_id,
                    "producer_id": producer_id,
                    "rate_hundredths": hundredths,
                    "gross_cents": 0,
                    "vat_cents": 0,
                    "net_cents": 0,
                }
            for name in ("gross_cents", "vat_cents", "net_cents"):
                of[name] += sign * share[name]
    return list(dues.values()), list(rates.values())


async def add(writer: Writer, table: Table, sums: tuple[str, ...], rows: list[Row]) -> None:
    """Insert rows, or add their `sums` to those of the rows that are there."""
    if not rows:
        return
    statement = writer.insert(table)
    added = {name: table.c[name] + statement.excluded[name] for name in sums}
    keys = [column.name for column in table.primary_key]
    await writer.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
