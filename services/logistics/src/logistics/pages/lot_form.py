"""The form of lots: of each product a few rows, read, judged and filled in again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts import Article
from logistics.lot.date_mark import Dating, Fault, Mark, dating, faults
from logistics.lot.lot import Kept, Lot
from logistics.lot.number import MOST, number_key
from logistics.pages.answers import named
from logistics.pick_list import PickList
from ui.decimals import typed as number
from ui.forms import Form
from ui.i18n import Translate
from ui.i18n import marked as _
from ui.words import Words

ROWS, MOST_ROWS = 3, 12
MARKS = {
    Mark.USE_BY: _("Use-by date (DLC)"),
    Mark.BEST_BEFORE: _("Best-before date (DDM)"),
    Mark.NONE: _("No date"),
}
FAULTS = {
    Fault.NOT_THIS_KIND: _("Goods of this kind do not go without this: choose one of the list."),
    Fault.DATE_WANTED: _("Type the date on the label, for example 31/05/2026."),
    Fault.REASON_WANTED: _("Say why there is no date, for example “cut at the counter, not packed”."),
    Fault.USE_BY_OVER: _("This use-by date is over when the last group collects, on %(day)s: it cannot be handed out."),
    Fault.LAID_WANTED: _("Type the day on which the first of these eggs were laid."),
    Fault.LAID_LATER: _("These eggs are not laid yet: look at the day again."),
    Fault.EGGS_TOO_LONG: _("Eggs bear a best-before date of at most 28 days after laying."),
    Fault.FAR_AWAY: _("This date is more than ten years away: look at the year again."),
    Fault.BEST_BEFORE_OVER: _("%(name)s, lot %(lot)s: the best-before date is over when it is collected."),
    Fault.LAST_DAY: _("%(name)s, lot %(lot)s: it is to be eaten on the very day of the last collection."),
    Fault.EGGS_OLD: _("%(name)s, lot %(lot)s: the eggs are more than 21 days old when they are collected."),
}
AT = {
    Fault.NOT_THIS_KIND: "mark",
    Fault.REASON_WANTED: "because",
    Fault.LAID_WANTED: "laid",
    Fault.LAID_LATER: "laid",
}
"""The field a fault is told at; of the others the date."""


@dataclass(frozen=True)
class Product:
    """A product of the list, as it stands in the form. `asked`: "12 kg"; `last`: the lot number of the time before;
    `collected_on`: the last day on which a group collects of it."""

    id: str
    article: Article
    name: str
    thousandths: int
    asked: str
    collected_on: date
    rows: int
    last: str = ""

    @property
    def dating(self) -> Dating:
        return dating(self.article.temperature_class)

    def field(self, name: str, row: int) -> str:
        return f"{name}-{self.id}-{row}"


def products_of(
    one: PickList, words: Words, held: Mapping[str, Sequence[Kept]], last: Mapping[str, str]
) -> tuple[Product, ...]:
    """In the order of the list, each once. `held`, `last`: by product, the lots there are, the number proposed."""
    days = {pickup.group_id: _local(pickup.starts_at, words.zone) for pickup in one.pickups}
    asked: dict[str, int] = {}
    until: dict[str, date] = {}
    articles: dict[str, Article] = {}
    for line in one.lines:
        product = line.article.product_id
        articles[product] = line.article
        asked[product] = asked.get(product, 0) + line.quantity_thousandths
        theirs = [days[split.group_id] for split in line.splits if split.group_id in days]
        until[product] = max([until.get(product, one.delivers_on), *theirs])
    return tuple(
        Product(
            product,
            article,
            named(article, words),
            asked[product],
            words.quantity(asked[product], article.unit),
            until[product],
            min(max(ROWS, len(held.get(product, ())) + 1), MOST_ROWS),
            last.get(product, ""),
        )
        for product, article in articles.items()
    )


def _local(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def filled(products: Sequence[Product], held: Mapping[str, Sequence[Kept]], words: Words) -> dict[str, str]:
    """What is told already; of the first row of the others the whole quantity."""
    values: dict[str, str] = {}
    for product in products:
        values[product.field("mark", 1)] = product.dating.marks[0].value
        for row, lot in enumerate(held.get(product.id, ()), 1):
            values[product.field("number", row)] = lot.number
            values[product.field("mark", row)] = lot.mark.value
            values[product.field("marked", row)] = lot.marked.isoformat() if lot.marked else ""
            values[product.field("because", row)] = lot.because
            values[product.field("laid", row)] = lot.laid_on.isoformat() if lot.laid_on else ""
            values[product.field("quantity", row)] = number(lot.thousandths, 3, words.language)
            if lot.in_order:
                values[f"in_order-{product.id}"] = "on"
    return values


def read_lots(form: Form, products: Sequence[Product], t: Translate, words: Words) -> dict[str, tuple[Lot, ...]]:
    """By product, what was typed; what is wrong with it is in `form.errors`, at its field. A row without a number, a
    date and a reason says nothing."""
    return {product.id: tuple(_of_product(form, product, t, words)) for product in products}


def _of_product(form: Form, product: Product, t: Translate, words: Words) -> Iterator[Lot]:
    rows = [row for row in range(1, MOST_ROWS + 1) if _says(form, product, row)]
    in_order = len(rows) > 1 and form.boolean(f"in_order-{product.id}")
    total, seen = 0, dict[str, int]()
    for row in rows:
        lot = _row(form, product, row, t, words, alone=len(rows) == 1, in_order=in_order)
        total += lot.thousandths
        if number_key(lot.number) in seen:
            form.error(product.field("number", row), t("This lot number is there twice: put them into one row."))
        seen[number_key(lot.number)] = row
        # What is weighed comes a little heavier or lighter than it was asked for.
        if total > product.thousandths and not product.article.weighed:
            said = t("The lots come to %(sum)s, more than the %(asked)s that are asked for.")
            come_to = words.quantity(total, product.article.unit)
            form.error(product.field("quantity", row), said % {"sum": come_to, "asked": product.asked})
        yield lot


def _says(form: Form, product: Product, row: int) -> bool:
    return any(form.value(product.field(name, row)).strip() for name in ("number", "marked", "because", "laid"))


def _row(form: Form, product: Product, row: int, t: Translate, words: Words, *, alone: bool, in_order: bool) -> Lot:
    def field(name: str) -> str:
        return product.field(name, row)

    marks = product.dating.marks
    chosen = form.choice(field("mark"), [mark.value for mark in marks], required=len(marks) > 1)
    mark = Mark(chosen) if chosen else marks[0]
    marked, laid_on = form.date(field("marked")), form.date(field("laid"))
    because = form.text(field("because"), max_length=200)
    if marked is not None and mark is Mark.NONE:
        form.error(field("marked"), t("Say whether this is a use-by or a best-before date, or leave it empty."))
    judged = form.ok or not any(field(name) in form.errors for name in ("marked", "laid", "mark", "because"))
    for fault in faults(product.article.temperature_class, mark, marked, because, laid_on, product.collected_on):
        if judged and not fault.told_only:
            said = t(FAULTS[fault]) % {"day": words.day(product.collected_on)}
            form.error(field(AT.get(fault, "marked")), said)
    typed = form.text(field("number"), max_length=MOST)
    if typed and not number_key(typed):
        form.error(field("number"), t("A lot number holds letters or figures."))
    if not typed:
        if marked is None:
            form.error(field("number"), t("Type the lot number on the label; the day it was made will do."))
        else:
            # A date that shows day and month may stand in the place of the number (directive 2011/91/EU, article 5).
            typed = marked.isoformat()
    much = form.quantity(field("quantity"), product.article.unit, required=not alone)
    return Lot(
        number=typed,
        mark=mark,
        marked=marked if mark is not Mark.NONE else None,
        because=because if mark is Mark.NONE else "",
        laid_on=laid_on if product.dating.laid else None,
        thousandths=product.thousandths if much is None and alone else much or 0,
        in_order=in_order,
    )


def told_of(products: Sequence[Product], held: Mapping[str, Sequence[Kept]], t: Translate, words: Words) -> list[str]:
    """What is to be known of the lots there are, though it keeps nothing back."""
    found = []
    for product in products:
        lots = held.get(product.id, ())
        for lot in lots:
            of = (lot.mark, lot.marked, lot.because, lot.laid_on, product.collected_on)
            values = {"name": product.name, "lot": lot.number}
            found += [
                t(FAULTS[each]) % values for each in faults(product.article.temperature_class, *of) if each.told_only
            ]
        missing = product.thousandths - sum(lot.thousandths for lot in lots)
        if lots and missing > 0 and not product.article.weighed:
            values = {"name": product.name, "much": words.quantity(missing, product.article.unit)}
            found.append(t("%(name)s: of %(much)s no lot is told, so nobody is known to have got which.") % values)
    return found
