"""Who looks after which group, and how to write to them. A copy of ordering's."""

from sqlalchemy import JSON, Column, Integer, String, Table, select

from chassis.database import Reader, Writer
from contracts.ordering import ReferentsChanged
from notify.household import Addressee, addressees
from notify.schema import metadata

referents = Table(
    "referents",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("groups", JSON, nullable=False),
)
"""One row: all of them, as ordering says it. `groups`: a list of `contracts.ordering.GroupReferents`."""


async def keep_referents(writer: Writer, said: ReferentsChanged) -> bool:
    """True when it was news."""
    groups = [one.model_dump(mode="json") for one in said.groups]
    return await writer.keep_newest(referents, {"id": said.id, "version": said.version, "groups": groups})


async def referents_by_group(reader: Reader) -> dict[str, list[Addressee]]:
    """Those who have an address; nobody while ordering has not told."""
    row = await reader.first(select(referents))
    return {} if row is None else {one["group_id"]: addressees(one) for one in row["groups"]}
