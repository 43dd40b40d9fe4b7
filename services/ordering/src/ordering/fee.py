"""The fees that billing keeps, as far as the shop tells them before anybody orders.

Billing charges a cycle the versions that stood when it opened (`contracts.fee.FeeSet`): the same are told here,
whatever is set later. What a basket pays of a sum that the whole delivery shares nobody knows before the closing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import JSON, Column, Integer, String, Table, func, select

from chassis.database import Reader, Writer
from chassis.tables import Utc
from contracts import Article, Sale
from contracts.fee import HUB, FeeKind, FeeSet, topped_up
from ordering.cycle import Cycle
from ordering.order_line import gross_cents, half_up
from ordering.tables import metadata

fee = Table(
    "fee",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("set_at", Utc, nullable=False),
    Column("said", JSON, nullable=False),
)
"""Every version. `said`: as the event said it."""

_WHOLE = 100_00
"""100 % in the unit of rates."""


class Bought(NamedTuple):
    article: Article
    quantity_thousandths: int


@dataclass(frozen=True)
class Told:
    """A fee that a household pays if it orders. `cents`: of this basket; None where that depends on the others."""

    fee: FeeSet
    cents: int | None

    @property
    def of_hub(self) -> bool:
        return self.fee.earner_id == HUB


async def keep(writer: Writer, said: FeeSet) -> None:
    row = {"id": said.id, "version": said.version, "set_at": said.set_at, "said": said.model_dump(mode="json")}
    await writer.execute(writer.insert(fee).values(**row).on_conflict_do_nothing())


async def fees_of(reader: Reader, of: Cycle, group_id: str) -> list[FeeSet]:
    """What a group is charged in a cycle, by name."""
    c = fee.c
    last = select(c.id, func.max(c.version).label("version")).where(c.set_at <= of.opens_at).group_by(c.id).subquery()
    rows = await reader.all(select(c.said).join(last, (last.c.id == c.id) & (last.c.version == c.version)))
    found = [FeeSet.model_validate(row["said"]) for row in rows]
    mine = [each for each in found if _holds(each, of) and (not each.group_ids or group_id in each.group_ids)]
    return sorted(mine, key=lambda each: (each.name.casefold(), each.id))


def _holds(one: FeeSet, of: Cycle) -> bool:
    begun = not one.stopped and one.first_day <= of.delivers_on
    return begun and (one.last_day is None or of.delivers_on <= one.last_day)


def told(fees: Iterable[FeeSet], basket: Sequence[Bought], producer_ids: Iterable[str]) -> list[Told]:
    """What is told beside a basket. `producer_ids`: of whom something can be ordered."""
    known = {HUB, *producer_ids}
    return [Told(each, estimate(each, basket)) for each in fees if each.earner_id in known]


def estimate(one: FeeSet, basket: Iterable[Bought]) -> int | None:
    """Cents of a basket as it is ordered; None where its goods share a sum with those of others."""
    mine = [line for line in basket if line.quantity_thousandths and one.earner_id in (HUB, _payee(line.article))]
    goods = sum(gross_cents(*line) for line in mine)
    if one.kind is FeeKind.SHARED:
        return None if goods else 0
    whole = one.cents if one.kind is FeeKind.PER_ORDER else sum(_of_line(one, line) for line in mine)
    return topped_up(whole, goods, one.free_from_cents)


def _payee(article: Article) -> str:
    return HUB if article.sale is Sale.RESALE else article.producer_id


def _of_line(one: FeeSet, line: Bought) -> int:
    """A share of the price is a price of its own: rounded for one unit, as billing does it."""

    def at_rate(cents: int) -> int:
        return half_up(cents * one.rate_hundredths, _WHOLE)

    article = line.article
    tiers = tuple(tier.model_copy(update={"price_cents": at_rate(tier.price_cents)}) for tier in article.tiers)
    priced = article.model_copy(update={"price_cents": at_rate(article.price_cents), "tiers": tiers})
    return gross_cents(priced, line.quantity_thousandths)
