"""Where a producer's money goes. Each change is a row of its own, with who and when; the newest holds.

A changed account number is the oldest of frauds: a letter in a producer's name, and the money goes elsewhere. So what
was there before stays readable, and who approves a payout is told which accounts never got money before.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, RowMapping, String, Table, Text, select

from billing.iban import BankAccount
from billing.schema import metadata
from billing.seller import seller
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc

producer_account = Table(
    "producer_account",
    metadata,
    Column("producer_id", String(100), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("form_id", String(36), nullable=False),
    Column("holder", Text, nullable=False),
    Column("iban", String(34), nullable=False),
    Column("bic", String(11), nullable=False),
    Column("reason", Text, nullable=False),
    Column("noted_at", Utc, nullable=False),
    Column("noted_by", Text, nullable=False),
    Column("noted_by_id", String(100), nullable=False),
)
"""Rows are only added. `number`: 1, 2, 3 for each producer; `reason`: how one knows, by a letter or a call."""


@dataclass(frozen=True)
class Kept:
    """A row of `producer_account`."""

    producer_id: str
    number: int
    form_id: str
    account: BankAccount
    reason: str
    noted_at: datetime
    noted_by: str
    noted_by_id: str


class NoProducer(Exception):
    """Nobody told of this producer."""


class Changed(Exception):
    """Somebody else changed the account meanwhile."""


async def accounts_of(reader: Reader, producer_ids: Collection[str] | None = None) -> dict[str, list[Kept]]:
    """By producer, the newest first. None: of all."""
    a = producer_account.c
    chosen = select(producer_account).order_by(a.number.desc())
    if producer_ids is not None:
        chosen = chosen.where(a.producer_id.in_(sorted(producer_ids)))
    found: dict[str, list[Kept]] = {}
    for row in await reader.all(chosen):
        found.setdefault(row["producer_id"], []).append(_read(row))
    return found


def _read(row: RowMapping) -> Kept:
    names = ("producer_id", "number", "form_id", "reason", "noted_at", "noted_by", "noted_by_id")
    return Kept(account=BankAccount(row["holder"], row["iban"], row["bic"]), **{name: row[name] for name in names})


async def keep(
    writer: Writer, form_id: str, producer_id: str, account: BankAccount, reason: str, by: Person, seen: int
) -> Kept:
    """Keep another account. `seen`: the number of the one that the form showed, 0 for none. Sent twice, it is kept
    once. Raises NoProducer, Changed."""
    # Held until the end: of two people who change one account the second is told of the first.
    held = select(seller.c.id).where(seller.c.id == producer_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoProducer
    past = (await accounts_of(writer, [producer_id])).get(producer_id, [])
    same = next((each for each in past if each.form_id == form_id), None)
    if same is not None and same.account == account:
        return same
    newest = past[0].number if past else 0
    if same is not None or newest != seen:
        raise Changed
    row = {
        "producer_id": producer_id,
        "number": newest + 1,
        "form_id": form_id,
        "holder": account.holder,
        "iban": account.iban,
        "bic": account.bic,
        "reason": reason,
        "noted_at": writer.now,
        "noted_by": by.name,
        "noted_by_id": by.id,
    }
    await writer.execute(producer_account.insert().values(**row))
    return (await accounts_of(writer, [producer_id]))[producer_id][0]
