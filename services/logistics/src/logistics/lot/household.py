"""Households and how to reach their people when something they took home is not safe. A copy of ordering's.

Names, telephones and addresses are kept for this one use (interest of the people themselves: article 6 (1) (d) and (f)
of the GDPR); nothing else here reads them, and only a coordinator sees them.
"""

import json
from dataclasses import dataclass

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from chassis.database import Writer
from contracts.ordering import HouseholdChanged, HouseholdRegistered
from logistics.tables import metadata

household = Table(
    "household",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("people", Text, nullable=False),
)
"""`people`: JSON, a list of [name, telephone, e-mail]."""


@dataclass(frozen=True)
class Reachable:
    """Somebody of a household; `phone` and `email` empty where there is none."""

    name: str
    phone: str
    email: str


async def keep_household(writer: Writer, said: HouseholdRegistered | HouseholdChanged) -> None:
    people = [[each.name, each.phone, each.email] for each in said.people]
    row = {"id": said.id, "version": said.version, "name": said.name, "active": said.active}
    await writer.keep_newest(household, row | {"people": json.dumps(people, ensure_ascii=False)})


def people_of(stored: str | None) -> tuple[Reachable, ...]:
    """`stored` None: nobody told of the household."""
    return tuple(Reachable(*each) for each in json.loads(stored or "[]"))
