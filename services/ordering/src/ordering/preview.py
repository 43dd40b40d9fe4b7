"""What each option of a decision would come to: who gets what, in quantities and money, before anybody decides."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from chassis.database import Reader
from ordering import decision
from ordering.allocation import Choice, Option, Share, Standing
from ordering.cycle import Cycle
from ordering.decision import Decision
from ordering.standing import standing_of
from ordering.why import Moved

MOST_PREVIEWED = 50_000
"""Lines shared out for the previews of one page."""

Preview = dict[Option, tuple[Share, ...]]


async def previews(
    reader: Reader, of: Cycle, subject: str = "", producers: Collection[str] | None = None, country: str = "FR"
) -> dict[str, Preview]:
    """Subject -> option -> what the lines it is about would get, the other decisions being as they are. A top-up is
    shown with the household that was chosen for it, or with nobody yet (an order without id).

    Each option shares out everything again. Where that is much, only `subject` is previewed. `producers`: whose goods
    may be seen; None: all.
    """
    standing = await standing_of(reader, of, country)
    if standing is None:
        return {}
    decisions = await decision.with_joins(reader, of, await decision.of_cycle(reader, of.id))
    chosen = decision.choices(decisions)
    mine = [one for one in decisions if producers is None or one.question.producer_id in producers]
    work = len(standing.asked) * sum(len(one.question.options) for one in mine)
    shown = mine if work <= MOST_PREVIEWED else [one for one in mine if one.subject == subject]

    def reckon() -> dict[str, Preview]:
        found: dict[str, Preview] = {}
        for one in shown:
            products = set(standing.products_of(one.subject))
            for option in one.question.options:
                sharing = standing.shared({**chosen, one.subject: _as_if(one, option)})
                theirs = (share for share in sharing.shares if share.asked.product_id in products)
                found.setdefault(one.subject, {})[option] = tuple(_there(share, standing) for share in theirs)
        return found

    return await asyncio.to_thread(reckon)


def _as_if(one: Decision, option: Option) -> Choice:
    if one.choice is not None and one.choice.option is option:
        return one.choice
    if option is Option.JOIN:
        return one.question.joins[0].choice
    if option not in (Option.TOP_UP, Option.SURPLUS):
        return Choice(option)
    rest = one.question.rests[0]
    return Choice(option, "", rest.product_id, rest.quantity_thousandths)


def _there(share: Share, standing: Standing) -> Share:
    """A line that moves to another order as it would be there, at the price there; nothing where that is closed."""
    target = next((t for t in standing.targets if isinstance(share.why, Moved) and t.of.id == share.why.cycle_id), None)
    if target is None or share.asked.product_id not in target.offers:
        return share
    quantity = share.asked.quantity_thousandths
    cents = target.cents(share.asked.product_id, quantity)
    return replace(share, quantity_thousandths=quantity, gross_cents=cents)
