"""Which pickup points can never receive a product: our copy of what logistics says of its network, and the judgement.

It is a remark for who offers: nothing is refused here. Whether orders are held to it, the coordinator decides.
"""

from dataclasses import replace

from sqlalchemy import JSON, Column, Integer, String, Table, select

from catalog.schema import metadata
from chassis.database import Reader, Writer
from coldchain.described import Early
from coldchain.early import Never, Refusal
from contracts import Article
from contracts.network import NetworkDescribed

network = Table(
    "network",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("described", JSON, nullable=False),
)
"""One row, as the newest event says it; none while logistics has said nothing."""

ALIKE = frozenset({Never.NOT_KEPT, Never.NOT_CARRIED, Never.EGGS_RESOLD, Never.MINCED_RESOLD})
"""Of these one sentence names all the places."""


async def keep(writer: Writer, event: NetworkDescribed) -> None:
    """Keep what logistics says, unless something newer is known."""
    row = {"id": event.id, "version": event.version, "described": event.model_dump(mode="json")}
    await writer.keep_newest(network, row)


async def early(reader: Reader) -> Early | None:
    """Who judges; None while logistics has said nothing."""
    row = await reader.first(select(network))
    return None if row is None else Early(NetworkDescribed.model_validate(row["described"]))


def never_received(judge: Early | None, article: Article) -> dict[Refusal, list[str]]:
    """Why it can never be received -> names of the places, by name. What differs from place to place has one."""
    found: dict[Refusal, list[str]] = {}
    for group_id in judge.group_ids if judge else ():
        refusal = judge.why_never(article, group_id) if judge else None
        if refusal is not None:
            why = replace(refusal, site="") if refusal.never in ALIKE else refusal
            found.setdefault(why, []).append(refusal.site)
    return {why: sorted(names, key=str.casefold) for why, names in found.items()}
