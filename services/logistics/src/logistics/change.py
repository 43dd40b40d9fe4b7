"""What changed from one revision of a pick list to the next: was, is, for each line and each share of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import Article
from contracts.logistics import PickLine
from logistics.pick_list import PickList, loading_order, same_goods


@dataclass(frozen=True)
class Change:
    """So much of an article was wanted and is now, in thousandths: in all, of one group, or of one household's bag.

    `group`, `household`: names, "" for all of them.
    """

    article: Article
    group: str
    household: str
    was: int
    now: int


def changes(before: PickList, after: PickList) -> list[Change]:
    """In loading order; of each article first the change in all, then by group and household as the lists have them."""
    was = {same_goods(line.article): line for line in before.lines}
    now = {same_goods(line.article): line for line in after.lines}
    found: list[Change] = []
    for goods in was.keys() | now.keys():
        article = (now.get(goods) or was[goods]).article
        before_by, after_by = (dict(_shares(side.get(goods))) for side in (was, now))
        for key in after_by | before_by:
            old, new = before_by.get(key, 0), after_by.get(key, 0)
            if old != new:
                (_group_id, group), (_household_id, household) = key
                found.append(Change(article, group, household, old, new))
    return sorted(found, key=lambda change: loading_order(change.article))


_Key = tuple[tuple[str, str], tuple[str, str]]
_ALL = ("", "")


def _shares(line: PickLine | None) -> Iterator[tuple[_Key, int]]:
    """By (group id and name, household id and name): the whole line, each group's share, each household's."""
    if line is None:
        return
    yield (_ALL, _ALL), line.quantity_thousandths
    for split in line.splits:
        group = (split.group_id, split.group_name)
        yield (group, _ALL), split.quantity_thousandths
        for one in split.households:
            yield (group, (one.household_id, one.household_name)), one.quantity_thousandths
