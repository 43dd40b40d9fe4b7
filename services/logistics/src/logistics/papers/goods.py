"""What the goods of a published day are called, as the pick lists have it that the day was made from.

A day knows quantities, not units: of each of its lines the article is looked up on the list it names, in the revision
that asked for just this.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from chassis.database import Reader
from coldchain.day import Consignment, Day, Line
from contracts import Article
from contracts.logistics import PickLine, PickSplit
from logistics.pick_list import PickList, pick_list


@dataclass(frozen=True)
class Bag:
    """A household's share of a line, where its group wants bags."""

    household_id: str
    household_name: str
    group_name: str
    thousandths: int


@dataclass(frozen=True)
class Origin:
    """Where a line of the day comes from: its article, producer and group, and whose bags it goes into."""

    article: Article
    producer_name: str
    group_name: str
    bags: tuple[Bag, ...] = ()


@dataclass
class Goods:
    """`origins` by id of the day's line. A line whose list is gone has none, and is called as the day calls it."""

    origins: dict[str, Origin] = field(default_factory=dict)

    def producer(self, consignment: Consignment) -> str:
        """Its name; empty where nobody knows it."""
        return next((self.origins[line.id].producer_name for line in consignment.lines if line.id in self.origins), "")

    def group(self, consignment: Consignment) -> str:
        """Names of the groups it is for, one in most cases."""
        return ", ".join(
            dict.fromkeys(self.origins[one.id].group_name for one in consignment.lines if one.id in self.origins)
        )


async def goods_of(reader: Reader, day: Day) -> Goods:
    """The goods of all lines of the day."""
    wanted = {line.id.split("/")[0] for one in day.consignments for line in one.lines}
    c = pick_list.c
    held = select(c.content).where(c.id.in_(sorted(wanted))).order_by(c.id, c.revision.desc())
    lists: dict[str, list[PickList]] = {}
    for row in await reader.all(held):
        one = PickList.model_validate_json(row["content"])
        lists.setdefault(one.id, []).append(one)
    return found_on(day.consignments, lists)


def found_on(consignments: Iterable[Consignment], lists: Mapping[str, list[PickList]]) -> Goods:
    """`lists` by id, each with its revisions, the newest first. A line that was cut because it fits no compartment
    gives its bags to its first part: a bag is one label."""
    goods = Goods()
    cut: dict[tuple[str, ...], list[Line]] = {}
    for one in consignments:
        for line in one.lines:
            cut.setdefault(tuple(line.id.split("/")[:3]), []).append(line)
    for named, parts in cut.items():
        found = _asked(lists.get(named[0], ()), named, parts)
        if found is None:
            continue
        article, producer_name, split = found
        bags = tuple(
            Bag(each.household_id, each.household_name, split.group_name, each.quantity_thousandths)
            for each in split.households
        )
        for number, part in enumerate(sorted(parts, key=lambda part: part.id)):
            goods.origins[part.id] = Origin(article, producer_name, split.group_name, () if number else bags)
    return goods


def _asked(
    revisions: Iterable[PickList], named: tuple[str, ...], parts: Sequence[Line]
) -> tuple[Article, str, PickSplit] | None:
    """Article, producer's name and share of the group, of the newest revision that asked for just this much; else of
    the newest that has the product in this place. `named`: list, number of the line on it and group, as
    `network.day_of` put them into the id."""
    wanted, nearly = sum(part.quantity for part in parts), None
    for revision in revisions:
        line = _line_at(revision, named[1] if len(named) == 3 else "")
        split = next((each for each in line.splits if each.group_id == named[2]), None) if line else None
        if line is None or split is None or line.article.product_id != parts[0].product_id:
            continue
        found = (line.article, revision.producer_name, split)
        if split.quantity_thousandths == wanted:
            return found
        nearly = nearly or found
    return nearly


def _line_at(revision: PickList, number: str) -> PickLine | None:
    known = number.isascii() and number.isdigit() and int(number) < len(revision.lines)
    return revision.lines[int(number)] if known else None
