"""Where the money of a producer, a household or a volunteer goes. Each change is a row of its own, with who and when;
the newest holds.

A changed account number is the oldest of frauds: a letter in somebody's name, and the money goes elsewhere. So what
was there before stays readable, and who approves a payout is told which accounts never got money before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, String, Table, Text, select

from billing.iban import BankAccount
from billing.schema import metadata
from billing.seller import seller
from chassis.database import Reader, Writer
from chassis.identity import Person
from chassis.tables import Utc


def _account_table(name: str, owner: Column[str]) -> Table:
    """Rows are only added. `number`: 1, 2, 3 for each owner; `reason`: how one knows, by a letter or a call."""
    return Table(
        name,
        metadata,
        owner,
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


producer_account = _account_table("producer_account", Column("producer_id", String(100), primary_key=True))
payee_account = _account_table("payee_account", Column("payee", String(110), primary_key=True))
"""`payee`: see `payee_of_household` and `payee_of_person`."""


@dataclass(frozen=True)
class Kept:
    """A row of either. `owner`: a producer's id, or a payee."""

    owner: str
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


def payee_of_household(household_id: str) -> str:
    return f"household:{household_id}"


def payee_of_person(person_id: str) -> str:
    return f"person:{person_id}"


def is_paid(payee: str, person: Person) -> bool:
    """Whether money for this payee is the person's own, or its household's."""
    return payee in {payee_of_person(person.id), *(payee_of_household(each) for each in person.household_ids)}


async def accounts_of(reader: Reader, producer_ids: Collection[str] | None = None) -> dict[str, list[Kept]]:
    """By producer, the newest first. None: of all."""
    return await _accounts(reader, producer_account, producer_account.c.producer_id, producer_ids)


async def accounts_of_payees(reader: Reader, payees: Collection[str] | None = None) -> dict[str, list[Kept]]:
    """By payee, the newest first. None: of all."""
    return await _accounts(reader, payee_account, payee_account.c.payee, payees)


async def _accounts(
    reader: Reader, table: Table, owner: Column[str], owners: Collection[str] | None
) -> dict[str, list[Kept]]:
    chosen = select(table).order_by(table.c.number.desc())
    if owners is not None:
        chosen = chosen.where(owner.in_(sorted(owners)))
    found: dict[str, list[Kept]] = {}
    for row in await reader.all(chosen):
        account = BankAccount(row["holder"], row["iban"], row["bic"])
        names = ("number", "form_id", "reason", "noted_at", "noted_by", "noted_by_id")
        told = {name: row[name] for name in names}
        found.setdefault(row[owner.name], []).append(Kept(owner=row[owner.name], account=account, **told))
    return found


async def keep(
    writer: Writer, form_id: str, producer_id: str, account: BankAccount, reason: str, by: Person, seen: int
) -> Kept:
    """Keep another account of a producer. `seen`: the number of the one that the form showed, 0 for none. Sent twice,
    it is kept once. Raises NoProducer, Changed."""
    # Held until the end: of two people who change one account the second is told of the first.
    held = select(seller.c.id).where(seller.c.id == producer_id).with_for_update()
    if await writer.scalar(held) is None:
        raise NoProducer
    past = (await accounts_of(writer, [producer_id])).get(producer_id, [])
    return await _keep(writer, producer_account, {"producer_id": producer_id}, past, form_id, account, reason, by, seen)


async def keep_of_payee(
    writer: Writer, form_id: str, payee: str, account: BankAccount, reason: str, by: Person, seen: int
) -> Kept:
    """The same of a household or a person. Raises Changed."""
    past = (await accounts_of_payees(writer, [payee])).get(payee, [])
    return await _keep(writer, payee_account, {"payee": payee}, past, form_id, account, reason, by, seen)


async def _keep(
    writer: Writer,
    table: Table,
    owner: Mapping[str, str],
    past: Sequence[Kept],
    form_id: str,
    account: BankAccount,
    reason: str,
    by: Person,
    seen: int,
) -> Kept:
    same = next((each for each in past if each.form_id == form_id), None)
    if same is not None and same.account == account:
        return same
    newest = past[0].number if past else 0
    if same is not None or newest != seen:
        raise Changed
    row = {
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
    # A payee has no row of its own to hold: who comes second finds the number taken.
    added = await writer.execute(writer.insert(table).values(**owner, **row).on_conflict_do_nothing())
    if not added.rowcount:
        raise Changed
    of = next(iter(owner.values()))
    return Kept(of, newest + 1, form_id, account, reason, writer.now, by.name, by.id)
