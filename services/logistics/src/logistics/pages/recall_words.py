"""What the pages of a recall say: what was looked for, what came of it and where it is, sums of quantities in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from contracts import Bilingual, Unit
from contracts.logistics import RecallAction
from logistics.lot.finding import Found
from logistics.lot.lot import Kept
from logistics.lot.recalled import Recall, Share
from logistics.pages.lot_form import MARKS
from ui.i18n import marked as _
from ui.pages import Reading
from ui.words import Words

ACTIONS = {RecallAction.RETURN: _("Bring it back to the pickup point"), RecallAction.DISCARD: _("Throw it away")}


class _Named(Protocol):
    @property
    def name(self) -> Bilingual: ...
    @property
    def pack_label(self) -> str: ...


@dataclass
class _Sum:
    """Thousandths of one product: what came, what households have or may have, what is still here."""

    name: str
    unit: Unit
    came: int = 0
    sure: int = 0
    at_most: int = 0
    here: int = 0
    households: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Line:
    """A row of the quantified statement, in words. `unknown`: of what came and is with nobody who is known."""

    name: str
    came: str
    handed: str
    at_most: str
    here: str
    unknown: str
    households: int


def summed(found: Found, words: Words, now: datetime, *, by_lot: bool) -> list[Line]:
    """By product. What is still here counts apart from what was handed out."""
    sums: dict[str, _Sum] = {}
    for (_cycle, product_id), goods in found.goods.items():
        one = sums.setdefault(product_id, _Sum(words.goods_name(goods.article), goods.article.unit))
        one.came += goods.came
    for each in found.got:
        here = found.still_here(each, now)
        _count(sums[each.product_id], each.household_id, each.thousandths, sure=each.sure, here=here)
    return _lines(sums, words)


def stated(recall: Recall, shares: Iterable[Share], words: Words) -> list[Line]:
    """The same of a recall as it is kept."""
    sums: dict[str, _Sum] = {}
    for each in shares:
        if each.product_id not in sums:
            sums[each.product_id] = _Sum(goods_name(each, words), each.unit, recall.came.get(each.product_id, 0))
        one = sums[each.product_id]
        _count(one, each.household_id, each.thousandths, sure=each.sure, here=each.held_back)
    return _lines(sums, words)


def _count(one: _Sum, household_id: str, thousandths: int, *, sure: bool, here: bool) -> None:
    one.households.add(household_id)
    if not sure:
        one.at_most += thousandths
    elif here:
        one.here += thousandths
    else:
        one.sure += thousandths


def _lines(sums: dict[str, _Sum], words: Words) -> list[Line]:
    lines = []
    for one in sorted(sums.values(), key=lambda each: each.name.casefold()):
        unknown = one.came - one.sure - one.here if not one.at_most else 0
        figures = (one.came, one.sure, one.at_most, one.here, max(unknown, 0))
        came, handed, at_most, here, rest = (words.quantity(each, one.unit) if each else "–" for each in figures)
        lines.append(Line(one.name, came, handed, at_most, here, rest, len(one.households)))
    return lines


def goods_name(each: _Named, words: Words) -> str:
    return ", ".join(filter(None, (words.in_language(each.name), each.pack_label)))


def searched(recall: Recall, eyes: Reading) -> str:
    """`Faisselle, Fromagerie du Pic, lot L-41`: what a recall is of."""
    t, names = eyes.translate, [eyes.words.in_language(name) for name in recall.goods]
    more = [t("and %(num)d more") % {"num": len(names) - 3}] if len(names) > 3 else []
    said = [*names[:3], *more, recall.producer_name]
    if recall.number:
        said.append(t("lot %(number)s") % {"number": recall.number})
    if recall.first is not None:
        said.append(t("delivered from %(day)s on") % {"day": eyes.words.short_day(recall.first)})
    if recall.last is not None:
        said.append(t("delivered until %(day)s") % {"day": eyes.words.short_day(recall.last)})
    return ", ".join(said)


def declared(
    recall: Recall, shares: Sequence[Share], lots: Sequence[Kept], eyes: Reading, hub_name: str
) -> list[tuple[str, str]]:
    """The fields of a declaration in their order, in words: product, lots and dates, where and when it was sold, why,
    what to do, whom to call."""
    t, words = eyes.translate, eyes.words
    days = sorted({each.delivers_on for each in shares})
    places = sorted({f"{each.group_name} ({each.place})" if each.place else each.group_name for each in shares})
    out = sorted({each.group_name for each in shares if not each.held_back})
    told = [
        ", ".join(
            filter(
                None,
                (each.number, f"{t(MARKS[each.mark])} {words.day(each.marked)}" if each.marked is not None else ""),
            )
        )
        for each in lots
    ]
    return [
        (t("Product"), words.listing([words.in_language(name) for name in recall.goods])),
        (t("Producer"), recall.producer_name),
        (t("Lots and dates"), " · ".join(dict.fromkeys(told)) or t("No lots were told.")),
        (t("Handed out from"), words.day(days[0])),
        (t("Handed out until"), words.day(days[-1])),
        (t("Kind"), t("Recall: it was handed out") if out else t("Withdrawal: none of it was handed out")),
        (t("Distributor"), hub_name),
        (t("Points of sale"), " · ".join(places)),
        (t("Reason"), recall.reason),
        (t("What they are to do"), t(ACTIONS[recall.action])),
        (t("Whom to call"), recall.contact),
        (t("Recalled on"), f"{words.moment(recall.recalled_at)}, {recall.recalled_by}"),
        (t("Households"), words.number(len({each.household_id for each in shares}))),
    ]
