"""What our mails say, in French and in English: laid out once, as text and as HTML of the same words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from sqlalchemy import RowMapping

from contracts.ordering import CyclePickup, OrderPlaced, OrderWithdrawn
from notify import message
from notify.message import Letter
from ui.environment import environment
from ui.i18n import LANGUAGES, Translate, translator
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


def sign_in(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    expires = datetime.fromisoformat(facts["expires_at"])
    return Draft(
        _("Your link to sign in to %(hub)s") % {"hub": say.hub_name},
        (
            _("Press the button to sign in. The link works once, until %(time)s.")
            % {"time": say.words.clock_time(expires)},
            Button(_("Sign in"), say.link(facts["path"])),
            _("You did not ask for it? Then forget this mail: without it nobody comes in."),
        ),
    )


def order_confirmation(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    order = OrderPlaced.model_validate(facts["order"])
    tables = []
    for producer in sorted({line.producer_name for line in order.lines}, key=str.casefold):
        mine = [line for line in order.lines if line.producer_name == producer]
        rows = tuple(
            (
                say.words.in_language(line.article.name),
                say.words.quantity(line.quantity_thousandths, line.article.unit),
                say.words.money(line.gross_cents),
            )
            for line in mine
        )
        total = (_("Total"), say.words.money(sum(line.gross_cents for line in mine)))
        tables.append(Lines(producer, rows, total if len(mine) > 1 else None))
    until = _("You can change it until %(moment)s.") % {"moment": say.words.moment(order.closes_at)}
    if facts["closed"]:
        until = _("Orders are closed now: it stays as it is.")
    values = {"cycle": order.cycle_name, "household": order.household_name, "group": order.group_name}
    return Draft(
        _("Your order: %(cycle)s") % values,
        (
            _("The order of %(household)s with the group %(group)s is taken.") % values,
            *tables,
            Lines("", (), (_("Whole order"), say.words.money(order.gross_cents))),
            until,
            *say.pickup(facts["pickup"]),
            Button(_("See my order") if facts["closed"] else _("See or change my order"), say.link("/ordering/orders")),
        ),
    )


def order_withdrawn(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    order = OrderWithdrawn.model_validate(facts["order"])
    return Draft(
        _("Order withdrawn: %(cycle)s") % {"cycle": order.cycle_name},
        (
            _("The order of %(household)s is withdrawn: nothing is ordered any more.")
            % {"household": order.household_name},
            Button(_("Open the shop"), say.link("/ordering/shop")),
        ),
    )


def closing_reminder(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    values = {
        "cycle": facts["cycle_name"],
        "moment": say.words.moment(datetime.fromisoformat(facts["closes_at"])),
    }
    return Draft(
        _("Orders close soon: %(cycle)s") % values,
        (
            _("Your household has not ordered yet. Orders are taken until %(moment)s.") % values,
            *say.pickup(facts["pickup"]),
            Button(_("Open the shop"), say.link("/ordering/shop")),
            _("You need nothing this time? Then there is nothing to do."),
        ),
    )


def pick_list(say: Speaker, facts: dict[str, Any]) -> Draft:
    _ = say.translate
    day = date.fromisoformat(facts["delivers_on"])
    values = {"cycle": facts["cycle_name"], "day": say.words.day(day), "producer": facts["producer_name"]}
    count = _.plural("One product", "%(n)d products", facts["lines"]) % {"n": facts["lines"]}
    return Draft(
        _("What to bring on %(day)s") % values,
        (
            _(
                "Orders for %(cycle)s are closed. "
                "Here is what %(producer)s is to bring on %(day)s, for all groups together."
            )
            % values,
            Lines("", (), (count, say.words.money(facts["gross_cents"]))),
            _("The list is attached to print. The button shows it on a phone, without an account."),
            Button(_("Open the pick list"), say.link(facts["path"])),
        ),
    )


DRAFTS: dict[str, Callable[[Speaker, dict[str, Any]], Draft]] = {
    message.SIGN_IN: sign_in,
    message.CONFIRMATION: order_confirmation,
    message.WITHDRAWAL: order_withdrawn,
    message.REMINDER: closing_reminder,
    message.PICK_LIST: pick_list,
}


class Letters:
    """Lays out messages: `letters(row)` gives the Letter."""

    def __init__(self, hub_name: str, public_url: str, zone: ZoneInfo) -> None:
        self.hub_name = hub_name
        self.public_url = public_url
        self.zone = zone
        self._pages = {code: environment("notify", code, zone).get_template("mail/letter.html") for code in LANGUAGES}
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)

    def __call__(self, held: RowMapping) -> Letter:
        language = held["language"] if held["language"] in LANGUAGES else "fr"
        say = Speaker(translator("notify", language), Words(language, self.zone), self.hub_name, self.public_url)
        draft = DRAFTS[held["template"]](say, held["facts"])
        hello = say.translate("Hello %(name)s,") % {"name": held["name"]} if held["name"] else say.translate("Hello,")
        colon = say.translate(": ")
        html = self._pages[language].render(
            draft=draft,
            hello=hello,
            hub_name=self.hub_name,
            public_url=self.public_url,
            kinds=[type(block).__name__ for block in draft.blocks],
        )
        return Letter(draft.subject, plain(draft, hello, self.hub_name, colon), self._inliner.inline(html))


def plain(draft: Draft, hello: str, hub_name: str, colon: str) -> str:
    """The same words for those who read text. `colon`: between a word and its figure."""
    parts = [hello]
    for block in draft.blocks:
        if isinstance(block, Lines):
            lines = [block.title] if block.title else []
            lines += [f"  {what} – {amount} – {price}" for what, amount, price in block.rows]
            lines += [f"  {block.total[0]}{colon}{block.total[1]}"] if block.total else []
            parts.append("\n".join(lines))
        elif isinstance(block, Button):
            parts.append(f"{block.label}\n{block.url}")
        else:
            parts.append(block)
    return "\n\n".join([*parts, f"-- \n{hub_name}"]) + "\n"
