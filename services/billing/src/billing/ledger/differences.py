"""What goods measured less than their producer's bill, or what was spoiled of them, borne by the hub or the fund:
booked once for each producer and cycle in the books of both, and put right when anything changes that it follows from.

The producer sold all of it: what a third person pays of a price belongs to what is taxed (code général des impôts
art. 266, 1 a). The hub bought nothing, so it deducts nothing: to it the whole is a cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select

from billing.claim.effect import borne_by_hub
from billing.ledger.book import entry, hold_books, movement, movement_of
from billing.ledger.chart import HUB
from billing.ledger.entry import Cause, Entry, Movement, opposite
from billing.ledger.posting import post
from billing.ledger.rules import CLAIM_HUB, WEIGHT_FUND, WEIGHT_HUB, Rule, weight_borne, weight_completed
from billing.ledger.sales import Because, because_closed
from billing.order import goods_of
from billing.seller import frozen_sellers
from billing.solidarity import fund
from billing.together import CLAIM, Short, together_of
from billing.vat import VatShare, VatTables, by_rate
from chassis.database import Reader, Writer
from contracts import Bearer

RULES = {Bearer.HUB.value: WEIGHT_HUB, Bearer.FUND.value: WEIGHT_FUND, CLAIM: CLAIM_HUB}

Borne = tuple[str, Rule]
"""Producer, and by which rule."""


@dataclass(frozen=True)
class Booked:
    """What stands in one book, number 0 for nothing. `times`: how often something was booked of it."""

    number: int = 0
    times: int = 0
    movements: tuple[Movement, ...] = ()


NOTHING = Booked()


@dataclass(frozen=True)
class Differences:
    """`zone`: the hub's, whose midnight parts the days; `country`: where the goods are handed out."""

    zone: ZoneInfo
    vat: VatTables
    country: str

    async def book(self, writer: Writer, cycle: RowMapping, because: Because | None = None) -> None:
        """Have in the books what the hub and the fund bear of a cycle as it is recorded, and nothing else of it. The
        caller holds the cycle's row. `because`: None for the closing of the cycle or its revision."""
        short = await _short(writer, cycle["id"])
        booked = await booked_of(writer, cycle["id"])
        if not short and not booked:
            return
        await hold_books(writer)
        because = because or because_closed(cycle)
        due = await self._due(writer, cycle, short)
        standing = {(book, rule) for book, rule in booked if not book.startswith(f"{HUB}:")}
        changed = [
            (producer_id, rule)
            for producer_id, rule in sorted(due.keys() | standing, key=lambda one: (one[0], one[1].name))
            if weight_completed(due.get((producer_id, rule), ())) != booked.get((producer_id, rule), NOTHING).movements
        ]
        made = partial(_entry, cycle, because, because.at.astimezone(self.zone).date())
        # All of them first, so that the fund has what it had before it bears anything anew.
        for producer_id, rule in changed:
            both = booked.get((producer_id, rule), NOTHING), booked.get((f"{HUB}:{producer_id}", rule), NOTHING)
            backs = zip((producer_id, HUB), both, strict=True)
            await post(writer, [made(book, producer_id, rule, each, back=True) for book, each in backs if each.number])
        for producer_id, rule in changed:
            shares = due.get((producer_id, rule), ())
            if not shares:
                continue
            cents = sum(share.gross_cents for share in shares)
            of_fund = fund.taken(await fund.lies(writer), cents) if rule is WEIGHT_FUND else {}
            sold, borne = weight_completed(shares), weight_borne(producer_id, cents, of_fund)
            held = booked.get((producer_id, rule), NOTHING)
            both_books = (producer_id, sold), (HUB, borne)
            fresh = [Booked(0, held.times, movements) for _, movements in both_books]
            await post(
                writer,
                [made(book, producer_id, rule, one) for (book, _), one in zip(both_books, fresh, strict=True)],
            )

    async def borne(self, reader: Reader, cycle: RowMapping, producer_id: str) -> dict[Rule, tuple[VatShare, ...]]:
        """What is borne of a producer's bill by others than its buyers as the cycle is recorded, by the rule it is
        booked by: reckoned anew, not read from the books."""
        short = [each for each in await _short(reader, cycle["id"]) if each.producer_id == producer_id]
        return {rule: shares for (_producer, rule), shares in (await self._due(reader, cycle, short)).items()}

    async def _due(
        self, reader: Reader, cycle: RowMapping, short: Iterable[Short]
    ) -> dict[Borne, tuple[VatShare, ...]]:
        """By rate of VAT, as the producer is taxed."""
        sellers = frozen_sellers(cycle)
        goods = await goods_of(reader, {each.key for each in short})
        found: dict[Borne, list[tuple[int, int]]] = {}
        for each in short:
            regime = sellers[each.producer_id].regime
            rate = self.vat.rate(goods[each.key].vat_class, self.country, cycle["delivers_on"], regime)
            found.setdefault((each.producer_id, RULES[each.by]), []).append((rate, each.cents))
        return {one: by_rate(taxed) for one, taxed in found.items()}


async def _short(reader: Reader, cycle_id: str) -> tuple[Short, ...]:
    return *(await together_of(reader, cycle_id)).short, *await borne_by_hub(reader, cycle_id)


def _entry(
    cycle: RowMapping,
    because: Because,
    day: date,
    book: str,
    producer_id: str,
    rule: Rule,
    one: Booked,
    *,
    back: bool = False,
) -> Entry:
    """What takes `one` back, or books its movements once more."""
    key = f"{rule.name}:{cycle['id']}:{producer_id}"
    return Entry(
        book=book,
        key=f"back:{key}:{one.times}" if back else f"{key}:{one.times + 1}",
        day=day,
        journal=rule.journal,
        cause=Cause(because.event, rule.name, rule.version, because.person_id),
        movements=opposite(one.movements) if back else one.movements,
        cycle_id=cycle["id"],
        revision=cycle["revision"],
        counters=one.number if back else None,
    )


async def booked_of(reader: Reader, cycle_id: str) -> dict[tuple[str, Rule], Booked]:
    """By book and rule; of the hub's book by producer, as `hub:` and its id."""
    e, m = entry.c, movement.c
    back = entry.alias()
    taken_back = select(back.c.number).where(back.c.book == e.book, back.c.counters == e.number).exists()
    by_name = {rule.name: rule for rule in RULES.values()}
    rows = await reader.all(
        select(movement, e.rule, e.key, taken_back.label("taken_back"))
        .join(entry, (e.book == m.book) & (e.number == m.number))
        .where(e.cycle_id == cycle_id, e.rule.in_(sorted(by_name)), e.counters.is_(None))
        .order_by(m.book, m.number, m.place)
    )
    found: dict[tuple[str, Rule], Booked] = {}
    for row in rows:
        rule = by_name[row["rule"]]
        whose = row["key"].removeprefix(f"{rule.name}:{cycle_id}:").rpartition(":")[0]
        where = (whose if row["book"] != HUB else f"{HUB}:{whose}"), rule
        before = found.get(where, NOTHING)
        times = before.times + (row["place"] == 1)
        if row["taken_back"]:
            found[where] = Booked(0, times)
        else:
            found[where] = Booked(row["number"], times, (*before.movements, movement_of(row)))
    return found
