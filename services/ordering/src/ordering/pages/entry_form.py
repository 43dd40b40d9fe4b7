"""An order as somebody types it from paper or a telephone: on each row a number, or some letters, and a quantity."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ordering.offer import Offer, plain
from ordering.order import MOST_LINES, Order
from ordering.order_line import deposit_cents, gross_cents
from ordering.pages.basket import words_of
from ordering.wanted import MOST_QUANTITY, Wanted
from ui import decimals
from ui.forms import Form
from ui.words import Words, goods_name

EMPTY_ROWS = 10
"""Rows left free behind those that are filled; the script adds more as they are used."""
LEAST_ROWS = 20
_CODE = re.compile(r"(?P<code>\d{1,6})(?:\s+(?P<rest>\D.*))?")
FIELDS = ("what-", "quantity-")
"""What its fields begin with; the number of the row follows."""
_FIELD = re.compile(r"(?:what|quantity)-(\d{1,4})")
_MOST_NAMED = 5


@dataclass(frozen=True)
class Row:
    """A row as the page shows it. `what`, `quantity`: what its fields hold; `offer`: what was understood."""

    number: int
    what: str = ""
    quantity: str = ""
    offer: Offer | None = None
    cents: int = 0
    deposit_cents: int = 0


@dataclass(frozen=True)
class Entered:
    """A form with rows, judged. `wanted` counts only while `form.ok`; `rows_of` says on which row a product is."""

    form: Form
    rows: tuple[Row, ...]
    wanted: tuple[Wanted, ...]
    base_version: int

    @property
    def cents(self) -> int:
        return sum(row.cents for row in self.rows)

    @property
    def deposit_cents(self) -> int:
        return sum(row.deposit_cents for row in self.rows)

    @property
    def rows_of(self) -> dict[str, int]:
        return {row.offer.product_id: row.number for row in self.rows if row.offer}


def find(what: str, offers: Sequence[Offer]) -> list[Offer]:
    """What somebody means by a number or by letters: one offer where it is clear, several where it is not.

    A number is a code. Letters are looked for as a whole name, then in names, then in all that the search looks
    through; the first that finds something counts.
    """
    typed = _CODE.fullmatch(what.strip())
    if typed:
        coded = [offer for offer in offers if offer.code == int(typed["code"])]
        if not typed["rest"] or (coded and plain(typed["rest"]) in map(plain, _names(coded[0], packed=True))):
            return coded
    wanted = plain(what).split()
    if not wanted:
        return []
    whole = [offer for offer in offers if " ".join(wanted) in map(plain, _names(offer))]
    in_names = [offer for offer in offers if _holds(" ".join(_names(offer)), wanted)]
    return whole or in_names or [offer for offer in offers if _holds(words_of(offer), wanted)]


def _names(offer: Offer, *, packed: bool = False) -> tuple[str, ...]:
    """In both languages; `packed`: also as they are offered, with the pack."""
    a = offer.article
    names = (a.name.fr, a.name.en) if a.name.en else (a.name.fr,)
    return (*names, goods_name(a, "fr"), goods_name(a, "en")) if packed else names


def _holds(text: str, words: Sequence[str]) -> bool:
    simple = plain(text)
    return all(word in simple for word in words)


def read(form: Form, offers: Sequence[Offer], words: Words) -> Entered:
    """The rows that were sent. What is not clear is an error beside its field."""
    numbers = sorted({int(match[1]) for name in form.values if (match := _FIELD.fullmatch(name))})
    rows = [_row(form, number, offers, words) for number in numbers if 0 < number <= MOST_LINES]
    seen: dict[str, int] = {}
    wanted = []
    for row in rows:
        if row.offer is None:
            continue
        product = row.offer.product_id
        if product in seen:
            sentence = form._("This is on row %(row)d already: change the quantity there.")
            form.error(f"what-{row.number}", sentence % {"row": seen[product]})
            continue
        seen[product] = row.number
        quantity = form.quantity(f"quantity-{row.number}", row.offer.article.unit, zero=True, maximum=MOST_QUANTITY)
        if quantity:
            wanted.append(Wanted(product, quantity))
    quantities = {line.product_id: line.quantity_thousandths for line in wanted}
    costed = [_costed(row, quantities, seen) for row in rows]
    version = form.value("version")
    base = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    return Entered(form, tuple(_with_room(costed)), tuple(wanted), base)


def _row(form: Form, number: int, offers: Sequence[Offer], words: Words) -> Row:
    what, quantity = form.text(f"what-{number}"), form.value(f"quantity-{number}").strip()
    offer = None
    if what:
        found = find(what, offers)
        if len(found) == 1:
            offer = found[0]
            if not quantity:
                form.error(f"quantity-{number}", form._("Type how much."))
        elif found:
            named = ", ".join(named_with_code(one, words) for one in found[:_MOST_NAMED])
            more = " …" if len(found) > _MOST_NAMED else ""
            sentence = form._("Several things are called that: %(names)s. Type the number.")
            form.error(f"what-{number}", sentence % {"names": named + more})
        else:
            form.error(f"what-{number}", form._("Nothing on offer is called that. Type its number, or other letters."))
    elif quantity:
        form.error(f"what-{number}", form._("Of what? Type the number or the name."))
    return Row(number, form.value(f"what-{number}"), form.value(f"quantity-{number}"), offer)


def _costed(row: Row, quantities: Mapping[str, int], first: Mapping[str, int]) -> Row:
    offer = row.offer
    if offer is None or first.get(offer.product_id) != row.number or offer.product_id not in quantities:
        return row
    return _with_cents(row, offer, quantities[offer.product_id])


def _with_cents(row: Row, offer: Offer, quantity: int) -> Row:
    cents, deposit = gross_cents(offer.article, quantity), deposit_cents(offer.article, quantity)
    return replace(row, offer=offer, cents=cents, deposit_cents=deposit)


def of_order(order: Order | None, offers: Sequence[Offer], words: Words) -> Entered:
    """The rows of an order as it was saved, in the order of the numbers."""
    quantities = order.quantities if order else {}
    coded = sorted((o for o in offers if o.product_id in quantities), key=lambda o: o.code)
    rows = [
        _with_cents(
            Row(
                number,
                named_with_code(offer, words),
                decimals.typed(quantities[offer.product_id], 3, words.language),
            ),
            offer,
            quantities[offer.product_id],
        )
        for number, offer in enumerate(coded, start=1)
    ]
    return Entered(Form(), tuple(_with_room(rows)), (), order.version if order else 0)


def as_sent(lines: Sequence[tuple[str, str]]) -> dict[str, str]:
    """(what, quantity) row by row, as a form would send them."""
    fields: dict[str, str] = {}
    for number, (what, quantity) in enumerate(lines, start=1):
        fields |= {f"what-{number}": what, f"quantity-{number}": quantity}
    return fields


def named_with_code(offer: Offer, words: Words) -> str:
    """`12 Tomme, 500 g`: what the field offers, and what it understands."""
    return f"{offer.code} {words.goods_name(offer.article)}"


def _with_room(rows: list[Row]) -> list[Row]:
    """With empty rows behind, and none that is empty between."""
    last = max((row.number for row in rows if row.what or row.quantity), default=0)
    by_number = {row.number: row for row in rows}
    return [by_number.get(n, Row(n)) for n in range(1, min(max(LEAST_ROWS, last + EMPTY_ROWS), MOST_LINES) + 1)]
