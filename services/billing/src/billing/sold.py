"""What was sold in a cycle by producer and VAT class, with VAT and without: what commissions are reckoned on.

Kept as sums beside the amounts due, so that whoever reckons need not read all papers of a cycle again.
"""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, RowMapping, String, Table, select

from billing.schema import metadata
from chassis.database import Reader
from chassis.tables import Row

producer_class = Table(
    "producer_class",
    metadata,
    Column("cycle_id", String(100), primary_key=True),
    Column("producer_id", String(100), primary_key=True),
    Column("vat_class", String(40), primary_key=True),
    Column("gross_cents", BigInteger, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
)
"""Of the amounts that hold, over all groups, without the deposits. `vat_class`: "" of what an earlier release wrote
without its class."""

ByClass = Mapping[str, Mapping[str, tuple[int, int]]]
"""Gross and net cents by producer id and VAT class."""


class Sold(NamedTuple):
    """What was sold of something, in cents, with VAT and without."""

    gross_cents: int
    net_cents: int


def classes_of(row: RowMapping) -> ByClass:
    """As `by_class` says; of an amount that an earlier release wrote, all without a class."""
    if row["by_class"]:
        kept: ByClass = json.loads(row["by_class"])
        return kept
    return {
        each["producer_id"]: {"": (each["gross_cents"], sum(share["net_cents"] for share in each["vat"]))}
        for each in json.loads(row["cheques"])
    }


def summed_by_class(cycle_id: str, parts: Iterable[tuple[ByClass, int]]) -> list[Row]:
    """Rows of `producer_class`. `parts`: the classes of an amount, and 1 or -1: it came or went."""
    sums: dict[tuple[str, str], Row] = {}
    for by_class, sign in parts:
        for producer_id, classes in by_class.items():
            for name, (gross, net) in classes.items():
                row = sums.get((producer_id, name))
                if row is None:
                    row = sums[producer_id, name] = {
                        "cycle_id": cycle_id,
                        "producer_id": producer_id,
                        "vat_class": name,
                        "gross_cents": 0,
                        "net_cents": 0,
                    }
                row["gross_cents"] += sign * gross
                row["net_cents"] += sign * net
    return list(sums.values())


async def sold_by_class(reader: Reader, cycle_id: str) -> dict[str, dict[str, Sold]]:
    """What households owe for goods of a cycle, by producer and VAT class; what came to nothing is left out."""
    c = producer_class.c
    found: dict[str, dict[str, Sold]] = {}
    for row in await reader.all(select(producer_class).where(c.cycle_id == cycle_id, c.gross_cents != 0)):
        found.setdefault(row["producer_id"], {})[row["vat_class"]] = Sold(row["gross_cents"], row["net_cents"])
    return found
