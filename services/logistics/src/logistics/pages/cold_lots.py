"""The lots of goods that were measured, as their producer told them."""

from collections.abc import Iterable, Mapping, Sequence

from chassis.database import Reader
from logistics.lot.date_mark import Mark
from logistics.lot.lot import Kept, lots_of_list
from ui.i18n import marked as _
from ui.pages import Reading

Lots = Mapping[str, Mapping[str, Sequence[Kept]]]
"""By pick list and product."""

MARKS = {Mark.USE_BY: _("use by %(day)s"), Mark.BEST_BEFORE: _("best before %(day)s")}


def list_of(line_id: str) -> str:
    """The id of a line of the day begins with that of its pick list (network/day_of.py)."""
    return line_id.partition("/")[0]


async def lots_by_list(reader: Reader, line_ids: Iterable[str]) -> Lots:
    return {each: await lots_of_list(reader, each) for each in sorted({list_of(one) for one in line_ids})}


def said_lots(lots: Lots, line_id: str, product_id: str, eyes: Reading) -> list[str]:
    """`L-42, use by Fri 4 Dec`; empty where nobody told."""
    found = []
    for each in lots.get(list_of(line_id), {}).get(product_id, ()):
        mark = ""
        if each.mark in MARKS and each.marked is not None:
            mark = eyes.translate(MARKS[each.mark]) % {"day": eyes.words.short_day(each.marked)}
        found.append(", ".join(filter(None, (each.number, mark))))
    return found
