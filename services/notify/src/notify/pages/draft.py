"""What a mail says before it is laid out, and who says it to whom."""

from dataclasses import dataclass
from typing import Any

from contracts.goods import Article
from contracts.ordering import AllocatedLine, CyclePickup, OrderAllocated, OrderLine, OrderPlaced
from ui.i18n import Translate
from ui.words import Words


@dataclass(frozen=True)
class Lines:
    """A table: rows of (what, how much, price); `total` under them."""

    title: str
    rows: tuple[tuple[str, str, str], ...]
    total: tuple[str, str] | None = None


@dataclass(frozen=True)
class Button:
    label: str
    url: str


@dataclass(frozen=True)
class Draft:
    """The words of a mail, before they are laid out. A block is a paragraph, a table, or a link to press."""

    subject: str
    blocks: tuple[str | Lines | Button, ...]


@dataclass(frozen=True)
class Speaker:
    """Who writes, to whom: the hub's name and address, the recipient's language."""

    translate: Translate
    words: Words
    hub_name: str
    public_url: str

    def link(self, path: str) -> str:
        return self.public_url.rstrip("/") + path

    def named(self, article: Article) -> str:
        """An article so that its sizes are told apart: "Citrons, cagette 5 kg"."""
        return ", ".join(filter(None, (self.words.in_language(article.name), article.pack_label)))

    def wish(self, line: OrderLine) -> str:
        """An article as it was asked for, with what the household would accept."""
        _ = self.translate
        accepted = []
        if line.tolerance_thousandths:
            more = self.words.quantity(line.tolerance_thousandths, line.article.unit)
            accepted.append(_("up to %(more)s more to fill a case") % {"more": more})
        if line.least_thousandths:
            least = self.words.quantity(line.least_thousandths, line.article.unit)
            accepted.append(_("nothing rather than less than %(least)s") % {"least": least})
        if line.substitute:
            accepted.append(_("or something like it"))
        name = self.named(line.article)
        return f"{name} ({', '.join(accepted)})" if accepted else name

    def given(self, line: AllocatedLine, before: int | None, order: OrderAllocated) -> str:
        """What was asked of an article, what comes of it, and why; `before`: what was told last."""
        _, unit = self.translate, line.article.unit
        values = {
            "article": self.named(line.article),
            "asked": self.words.quantity(line.asked_thousandths, unit),
            "given": self.words.quantity(line.quantity_thousandths, unit),
            "price": self.words.money(line.gross_cents),
        }
        if line.instead_of:
            missing = next((one.article for one in order.lines if one.article.product_id == line.instead_of), None)
            values["missing"] = self.named(missing) if missing else "…"
            sentence = (
                _("%(article)s instead of %(missing)s: you get %(given)s (%(price)s).")
                if line.quantity_thousandths
                else _("%(article)s instead of %(missing)s does not come after all.")
            )
        elif not line.quantity_thousandths:
            sentence = _("%(article)s: you asked for %(asked)s and get none.")
        elif line.quantity_thousandths == line.asked_thousandths:
            sentence = _("%(article)s: you get the %(given)s you asked for (%(price)s).")
        else:
            sentence = _("%(article)s: you asked for %(asked)s and get %(given)s (%(price)s).")
        said = [sentence % values]
        if before is not None:
            said.append(_("Before it was %(before)s.") % {"before": self.words.quantity(before, unit)})
        if line.reason is not None:
            said.append(self.words.in_language(line.reason))
        return " ".join(said)

    def deposits(self, order: OrderPlaced | OrderAllocated) -> tuple[str, ...]:
        """What comes to the goods for their containers, as a paragraph; nothing where there are none."""
        cents = sum(line.deposit_cents for line in order.lines)
        told = self.translate("Deposits on containers come to %(sum)s more.") % {"sum": self.words.money(cents)}
        return (told,) if cents else ()

    def weighed(self, order: OrderPlaced | OrderAllocated) -> tuple[str, ...]:
        """That the sum is not the last word, where something is billed by weight."""
        told = self.translate(
            "Some products are weighed at delivery: the sum can still change a little. Your order says between what."
        )
        return (told,) if any(line.article.weighed for line in order.lines) else ()

    def pickup(self, pickup: dict[str, Any] | None) -> tuple[str, ...]:
        """Where and when to collect, as a paragraph; nothing where nobody told."""
        if pickup is None:
            return ()
        where = CyclePickup.model_validate(pickup)
        place = ", ".join(filter(None, (where.address, where.place.name)))
        return (
            self.translate("Collect your goods: %(day)s, from %(start)s to %(end)s, %(place)s.")
            % {
                "day": self.words.day(where.starts_at),
                "start": self.words.clock_time(where.starts_at),
                "end": self.words.clock_time(where.ends_at),
                "place": place,
            },
        )
