"""From a pick list to the sheet that people read, in their language and in the hub's time."""

from collections.abc import Callable, Iterable
from itertools import groupby

from coldchain.temperature import TemperatureClass, temperature_class
from contracts import Article, Unit
from contracts.logistics import PickLine
from contracts.ordering import CyclePickup
from logistics.change import Change, changes
from logistics.pick_list import Kept, PickList, Revision, alphabetical
from logistics.sheet import Bag, ChangedItem, ClassBlock, GroupBlock, Item, Sheet
from ui.i18n import Translate
from ui.words import NO_BREAK, Words

Share = tuple[Article, int]
"""An article with so many thousandths of its unit."""


def sheet_of(kept: Kept, words: Words, t: Translate, hub_name: str) -> Sheet:
    write, pick_list = _Writing(words, t), kept.pick_list
    return Sheet(
        list_id=pick_list.id,
        language=words.language,
        hub=hub_name,
        producer=pick_list.producer_name,
        cycle=pick_list.cycle_name,
        delivers_on=words.day(pick_list.delivers_on),
        issued=t("made on %(moment)s") % {"moment": words.short_moment(pick_list.issued_at)},
        revision=pick_list.revision,
        corrected=write.corrected(kept),
        outdated=write.outdated(kept.replaced_by),
        nothing="" if pick_list.lines else t("Nothing is to be brought any more."),
        changes=tuple(write.changed(each) for each in changes(kept.before, pick_list)) if kept.before else (),
        sums=write.sums(pick_list.lines) or (t("nothing"),),
        gross=words.money(pick_list.gross_cents),
        gross_cents=pick_list.gross_cents,
        classes=write.classes([(line.article, line.quantity_thousandths) for line in pick_list.lines]),
        groups=tuple(write.group(pick_list, pickup) for pickup in pick_list.pickups),
        labels=labels(t),
    )


def labels(t: Callable[[str], str]) -> dict[str, str]:
    """The fixed words of the documents."""
    return {
        "title": t("Pick list"),
        "deliver": t("To deliver on"),
        "in_all": t("In all"),
        "gross": t("Amount, VAT included"),
        "to_bring": t("To bring in all"),
        "by_group": t("By group"),
        "bags": t("Bags"),
        "bags_of": t("Bags for"),
        "bags_count": t("bags"),
        "weighed": t("to be weighed"),
        "page": t("Page"),
        "group": t("Group"),
        "pickup": t("Pickup"),
        "household": t("Household"),
        "class": t("Class"),
        "temperature": t("Temperature"),
        "reference": t("Reference"),
        "product": t("Product"),
        "pack": t("Pack"),
        "quantity": t("Quantity"),
        "unit": t("Unit"),
        "contents": t("Contents"),
        "corrected": t("Corrected list"),
        "changes": t("What changed"),
        "share": t("For"),
        "in_all_groups": t("in all"),
        "was": t("Was"),
        "now": t("Is now"),
    }


def limits_of(kind: TemperatureClass, t: Callable[[str], str]) -> str:
    """`8 °C au plus`, `de 5 °C à 15 °C`; empty where there is none."""
    lowest, highest = _degrees(kind.min_c), _degrees(kind.max_c)
    if lowest and highest:
        return t("%(lowest)s to %(highest)s") % {"lowest": lowest, "highest": highest}
    if highest:
        return t("%(degrees)s at most") % {"degrees": highest}
    return t("%(degrees)s at least") % {"degrees": lowest} if lowest else ""


def _degrees(value: int | None) -> str:
    return "" if value is None else f"{value}{NO_BREAK}°C".replace("-", "−")


class _Writing:
    def __init__(self, words: Words, t: Translate) -> None:
        self.words = words
        self.t = t

    def sums(self, lines: Iterable[PickLine]) -> tuple[str, ...]:
        """What there is to carry, by unit: pieces first."""
        totals = dict.fromkeys(Unit, 0)
        for line in lines:
            totals[line.article.unit] += line.quantity_thousandths
        return tuple(self.words.quantity(total, unit) for unit, total in totals.items() if total)

    def corrected(self, kept: Kept) -> str:
        if kept.pick_list.revision == 1 or kept.before is None:
            return ""
        return self.t("Corrected list: revision %(number)s. It replaces the one of %(moment)s.") % {
            "number": kept.pick_list.revision,
            "moment": self.words.short_moment(kept.before.issued_at),
        }

    def outdated(self, newest: Revision | None) -> str:
        if newest is None:
            return ""
        return self.t("This list does not hold any more: it was corrected on %(moment)s (revision %(number)s).") % {
            "number": newest.revision,
            "moment": self.words.short_moment(newest.issued_at),
        }

    def changed(self, change: Change) -> ChangedItem:
        article = change.article
        return ChangedItem(
            product_id=article.product_id,
            name=self.words.in_language(article.name),
            pack=article.pack_label,
            reference=article.reference,
            share=" · ".join(filter(None, (change.group, change.household))),
            was=self.words.quantity(change.was, article.unit),
            now=self.words.quantity(change.now, article.unit),
            was_thousandths=change.was,
            now_thousandths=change.now,
        )

    def classes(self, shares: Iterable[Share]) -> tuple[ClassBlock, ...]:
        """Shares come in loading order: one block for each class."""
        return tuple(
            self._block(temperature_class(code), tuple(self._item(*share) for share in block))
            for code, block in groupby(shares, key=lambda share: share[0].temperature_class)
        )

    def _block(self, kind: TemperatureClass, items: tuple[Item, ...]) -> ClassBlock:
        name, note = self.words.in_language(kind.name), self.words.in_language(kind.note)
        return ClassBlock(kind.code, name, limits_of(kind, self.t), note, items)

    def _item(self, article: Article, thousandths: int) -> Item:
        figure, _space, unit = self.words.quantity(thousandths, article.unit).rpartition(NO_BREAK)
        contents = ""
        if article.content_thousandths and article.content_unit and article.content_unit != Unit.PIECE:
            held = thousandths * article.content_thousandths // 1000
            contents = f"={NO_BREAK}{self.words.quantity(held, article.content_unit)}"
        return Item(
            product_id=article.product_id,
            name=self.words.in_language(article.name),
            pack=article.pack_label,
            reference=article.reference,
            figure=figure,
            unit=unit,
            contents=contents,
            weighed=article.weighed,
            thousandths=thousandths,
        )

    def group(self, pick_list: PickList, pickup: CyclePickup) -> GroupBlock:
        """One group's share of the list, and its bags by name of household."""
        mine: list[Share] = []
        bags: dict[str, tuple[str, list[Share]]] = {}
        for line in pick_list.lines:
            for split in line.splits:
                if split.group_id != pickup.group_id:
                    continue
                mine.append((line.article, split.quantity_thousandths))
                for one in split.households:
                    bag = bags.setdefault(one.household_id, (one.household_name, []))
                    bag[1].append((line.article, one.quantity_thousandths))
        place = pickup.place.name if not pickup.address else f"{pickup.address}, {pickup.place.name}"
        return GroupBlock(
            name=pickup.group_name,
            place=place,
            when=self._when(pickup),
            classes=self.classes(mine),
            bags=tuple(Bag(name, self.classes(shares)) for name, shares in sorted(bags.values(), key=_by_name)),
        )

    def _when(self, pickup: CyclePickup) -> str:
        begins, ends = self.words.short_moment(pickup.starts_at), self.words.clock_time(pickup.ends_at)
        return begins if pickup.starts_at >= pickup.ends_at else f"{begins} – {ends}"


def _by_name(bag: tuple[str, list[Share]]) -> str:
    return alphabetical(bag[0])
