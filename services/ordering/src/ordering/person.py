"""A person: somebody with a name whom the hub knows. What a person may do is in role.py.

An address belongs to one person, whatever its case; people who order on paper or by phone have none, and so
cannot sign in.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, RowMapping, String, Table, select
from sqlalchemy.exc import IntegrityError

from chassis.database import Reader, Writer
from chassis.tables import Utc
from ordering.conflict import AlreadySent, ChangedMeanwhile, EmailTaken, Missing, name_key
from ordering.tables import metadata

person = Table(
    "person",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_key", String(100), nullable=False),
    Column("email", String(254), nullable=False),
    Column("email_key", String(254), unique=True),
    Column("phone", String(30), nullable=False),
    Column("language", String(5), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("household_id", String(36), ForeignKey("household.id"), index=True),
    Column("added_at", Utc, nullable=False),
    Column("signed_in_at", Utc),
)
"""`email_key`: the address in lower case, NULL where there is none. `signed_in_at`: the last time, NULL for never."""


@dataclass(frozen=True)
class Details:
    """What can be said of a person. `language`: "fr" or "en"."""

    name: str
    email: str = ""
    phone: str = ""
    language: str = "fr"


def email_key(email: str) -> str | None:
    return email.strip().lower() or None


async def add(writer: Writer, person_id: str, details: Details, household_id: str | None = None) -> RowMapping:
    """Somebody new. `person_id` comes with the form, so that a form sent twice adds one person.

    Raises EmailTaken, AlreadySent.
    """
    values = _values(details) | {
        "id": person_id,
        "version": 1,
        "active": True,
        "household_id": household_id,
        "added_at": writer.now,
    }
    made = await writer.execute(writer.insert(person).values(values).on_conflict_do_nothing())
    row = await find(writer, person_id)
    if row is None:
        holder = await with_email(writer, details.email)
        assert holder is not None
        raise EmailTaken(details.email, holder)
    if made.rowcount == 0 and any(row[name] != value for name, value in asdict(details).items()):
        raise AlreadySent(row)
    return row


async def write(writer: Writer, person_id: str, version: int, details: Details) -> bool:
    """Say something else of a person as they stood at `version`; False when that changes nothing.

    Only household.change_person calls this: what a person's household has announced must follow.
    Raises ChangedMeanwhile, EmailTaken, Missing.
    """
    row = await locked(writer, person_id)
    if row["version"] != version:
        raise ChangedMeanwhile(row)
    if all(row[name] == value for name, value in asdict(details).items()):
        return False
    try:
        async with writer.connection.begin_nested():
            values = _values(details) | {"version": version + 1}
            await writer.execute(person.update().where(person.c.id == person_id).values(values))
    except IntegrityError as error:
        holder = await with_email(writer, details.email)
        assert holder is not None
        raise EmailTaken(details.email, holder) from error
    return True


async def locked(writer: Writer, person_id: str) -> RowMapping:
    """The person, whom nobody else changes until this transaction ends. Raises Missing."""
    row = await writer.first(select(person).where(person.c.id == person_id).with_for_update())
    if row is None:
        raise Missing
    return row


def _values(details: Details) -> dict[str, Any]:
    return asdict(details) | {"name_key": name_key(details.name), "email_key": email_key(details.email)}


async def find(reader: Reader, person_id: str) -> RowMapping | None:
    return await reader.first(select(person).where(person.c.id == person_id))


async def with_email(reader: Reader, email: str) -> RowMapping | None:
    """Whoever has this address, whatever its case."""
    return await reader.first(select(person).where(person.c.email_key == email_key(email)))
